"""What the atlas answers, bit for bit: its float32 operations one by one, in plain NumPy.

Nothing here is compiled and no library's mathematics is called: additions, multiplications,
divisions and roundings of IEEE 754 alone, which is what a file relies upon to be read elsewhere.
"""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.kernels.atlas_functions import _NARROW
from tests.reference.atlas import corners

F = np.float32


def fma(a, b, c):
    """a b + c of float32 numbers with one rounding, by way of float64.

    The product is exact there. The sum is rounded to odd, so that rounding it again is harmless
    (Boldo and Melquiond 2008).
    """
    product = np.asarray(a, np.float64) * np.asarray(b, np.float64)
    addend = np.asarray(c, np.float64)
    total = product + addend
    part = total - product
    rest = (product - (total - part)) + (addend - part)
    even = np.ascontiguousarray(total).view(np.int64).reshape(np.shape(total)) & 1 == 0
    towards = np.nextafter(total, np.copysign(np.inf, rest))
    return np.where(even & (rest != 0), towards, total).astype(F)


def polynomial(z, coefficients):
    total = fma(z, F(coefficients[0]), F(coefficients[1]))
    for one in coefficients[2:]:
        total = fma(z, total, F(one))
    return total


def expm1_twice(x):
    t = fma(x, F(2 / math.log(2)), F(1.5 * 2**23))
    turns = t - F(1.5 * 2**23)
    r = fma(turns, -F(_NARROW.half_ln2[0]), x)
    r = fma(turns, -F(_NARROW.half_ln2[1]), r)
    z = r * r
    q = fma(r, polynomial(z, _NARROW.odd), z * polynomial(z, _NARROW.even))
    # 2 to the whole number that the sum's last bits hold.
    return np.ldexp(F(1), turns.astype(np.int32)).astype(F), q


def tanh(x):
    power, q = expm1_twice(np.clip(x, F(-_NARROW.saturated), F(_NARROW.saturated)))
    return fma(power, q, power - F(1)) / fma(power, q, power + F(1))


def exp(x):
    power, q = expm1_twice(np.maximum(x, F(-_NARROW.lowest)) * F(0.5))
    return fma(power, q, power)


def gelu(z):
    a = math.sqrt(2 / math.pi)
    t = tanh(z * fma(z * z, F(0.044715 * a), F(a)))
    return z * fma(t, F(0.5), F(0.5))


def product(weights, start, rows):
    """(outs, ins) times (ins, n), onto (outs, 1) or (outs, n), the inputs in their order."""
    total = np.broadcast_to(start, (len(weights), rows.shape[1])).astype(F)
    for weight, row in zip(weights.T, rows, strict=True):
        total = fma(row, weight[:, None], total)
    return total


def octaves(positions, capacity, count):
    rows = []
    full = 2 * capacity
    scale = F(1) / F(full)
    sines, cosines = (
        [(-1) ** k * (math.pi / 2) ** (2 * k + o) / math.factorial(2 * k + o) for k in range(9)]
        for o in (1, 0)
    )
    for k in range(count):
        fours = [4 * ((2 * int(i) + 1) * 2**k % full) for i in positions]
        quarters = np.array([(four + capacity) // full for four in fours])
        u = (np.array(fours) - quarters * full).astype(F) * scale
        z = u * u
        s, c = polynomial(z, sines[::-1]) * u, polynomial(z, cosines[::-1])
        rows.append(np.choose(quarters % 4, [s, c, -s, -c]))
        rows.append(np.choose(quarters % 4, [c, -s, -c, s]))
    return rows


def grids(positions, capacity, cells, most, table):
    rows = []
    begin = 0
    scale = F(1) / F(2 * capacity)
    for count in cells:
        left, right, _ = corners(positions, capacity, count, most)
        rest = np.array([(2 * int(i) + 1) * count % (2 * capacity) for i in positions])
        w = rest.astype(F) * scale
        low, high = table[begin + left], table[begin + right]
        rows.extend(fma(w[:, None], high - low, low).T)
        begin += min(count + 1, most)
    return rows


def likelihoods(p, features, keys, units, rate):
    """exp(logit - the greatest), (V, n), and its sums in the order of symbols.

    ``p``: the arrays by name; ``features``, ``keys``: rows (n,), the key's signed.
    """
    rows = np.array([*features, *keys], F)

    def of_rows(name):
        own, columns = p[name][:, : len(features)], p[f"{name}_key"][:, : len(keys)]
        bias = p[{"first": "first_bias", "inject": "block_bias"}[name]]
        return product(np.hstack([own, columns]), bias[:, None], rows)

    h = product(p["second"], p["second_bias"][:, None], gelu(of_rows("first")))
    drive = of_rows("inject")
    for updated in units:
        to = tanh(product(p["block"][updated], drive[updated], h))
        h[updated] = h[updated] + F(rate) * (to - h[updated])
    logits = product(p["readout"], p["readout_bias"][:, None], h)
    weights = exp(logits - logits.max(axis=0))
    total = np.zeros(rows.shape[1], F)
    for row in weights:
        total = total + row
    return weights, total


def frequencies(weights, total, whole):
    """Whole numbers (n, V), what is left over to the first of the likeliest symbols."""
    scale = F(whole - len(weights)) / total
    found = 1 + (weights * scale).astype(np.int64)
    best = weights.argmax(axis=0)
    found[best, np.arange(len(best))] += whole - found.sum(axis=0)
    return found.T
