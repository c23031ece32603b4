"""What ends a step of the field, point by point: drive, activation, and how far z was from it.

Points are stored as `field_transform` has them: ``channels`` real parts, then as many imaginary
ones.
"""

from __future__ import annotations

from typing import Any

from deepfractals_gui.kernels.emit import (
    Value,
    bits,
    cgutils,
    fma,
    from_bits,
    greatest,
    intrinsic,
    least,
    loop,
    select,
    types,
    whole,
)
from deepfractals_gui.kernels.field_torus import CARDIOID, LINEAR, MODRELU, POINTS
from deepfractals_gui.kernels.field_transform import Planes

_GUESS = 0x5FE6EB50C7B537A9
_SMALL, _LARGE = 1e-280, 1e280


def over_root(square: Value) -> Value:
    """1 / √square to an ulp or two, within [1e-280, 1e280]; outside it, that of the nearer end.

    A first guess by halving the exponent, then the steps of Halley twice and of Newton once: with a
    root and a division by the processor the whole pass takes 1.7 times as long.

    References
    ----------
    Moroz et al. 2018, "Fast calculation of inverse square root with the use of magic constant",
    for the guess.
    """
    x = least(greatest(square, _SMALL), _LARGE)
    pattern = bits(x)
    y = from_bits(pattern.constant(_GUESS).minus(pattern >> 1))
    for _ in range(2):
        e = fma(-(x * y), y, 1.0)
        y = fma(y * e, fma(e, 0.375, 0.5), y)
    e = fma(-(x * y), y, 1.0)
    return fma(y * e, 0.5, y)


def _scale(kind: int, re: Value, im: Value, beta: Value | None) -> Value:
    """The real factor of the activation: 1 + β / r or nothing, or (1 + re / r) / 2."""
    turn = over_root(fma(re, re, im * im))
    if kind == MODRELU:
        if beta is None:
            raise TypeError("modReLU has a bias")
        return greatest(fma(beta, turn, 1.0), 0.0)
    return fma(re * turn, 0.5, 0.5)


def _slopes(kind: int, re: Value, im: Value, beta: Value | None) -> list[Value]:
    """The transposed derivative (a, b; c, d): what g = (re, im) becomes on its way back.

    modReLU: u (Re q + i (1 + β/r) Im q) with q = ū g, where r + β > 0, else 0.
    cardioid: u (c Re q + i (c Im q - s Re q)) with c = (1 + cos θ) / 2, s = sin θ / 2.
    """
    turn = over_root(fma(re, re, im * im))
    x, y = re * turn, im * turn
    if kind == MODRELU:
        if beta is None:
            raise TypeError("modReLU has a bias")
        across = greatest(fma(beta, turn, 1.0), 0.0)
        along = select(across.constant(0.0) < across, across.constant(1.0), 0.0)
        skew = (along - across) * (x * y)
        return [fma(along * x, x, across * y * y), skew, skew, fma(along * y, y, across * x * x)]
    c, s = fma(x, 0.5, 0.5), y * 0.5
    # With u = x + iy the matrix is c 1 - s (-y; x) (x, y).
    return [fma(s * y, x, c), s * y * y, -(s * x * x), fma(-(s * x), y, c)]


def _finish(kind: int) -> Any:
    """An intrinsic that ends the step of a row of points, and sums the squares of f - z and f."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row, state, drive, result, bias, sums = (
            Planes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 3, 5, 8, 9)
        )
        starts = [arguments[k] for k in (2, 4, 6)]
        gamma = row.spread(arguments[7])
        points, channels = arguments[10:]
        totals = [
            cgutils.alloca_once_value(builder, sums.get(whole(POINTS * k)).value) for k in range(4)
        ]
        with (
            loop(builder, whole(0), points) as point,
            loop(builder, whole(0), channels, POINTS) as channel,
        ):
            at = builder.add(builder.mul(point, builder.mul(channels, whole(2))), channel)
            places = [at, builder.add(at, channels)]
            z, given = (
                [plane.get(builder.add(start, place)) for place in places]
                for plane, start in zip((state, drive), starts, strict=False)
            )
            u = [fma(gamma, row.get(place), one) for place, one in zip(places, given, strict=True)]
            if kind == LINEAR:
                f = u
            else:
                beta = bias.get(channel) if kind == MODRELU else None
                scale = _scale(kind, u[0], u[1], beta)
                f = [part * scale for part in u]
            for part in range(2):
                result.put(builder.add(starts[2], places[part]), f[part])
                gap = f[part] - z[part]
                for total, term in zip(totals[2 * part :], (gap, f[part]), strict=False):
                    sum_so_far = Value(builder, builder.load(total, typ=sums.vector))
                    builder.store(fma(term, term, sum_so_far).value, total)
        for k, total in enumerate(totals):
            sums.put(whole(POINTS * k), Value(builder, builder.load(total, typ=sums.vector)))
        return context.get_dummy_value()

    def apply(
        typing_context: Any, row: Any, state: Any, z_at: Any, drive: Any, d_at: Any, result: Any,
        r_at: Any, gamma: Any, bias: Any, sums: Any, points: Any, channels: Any,
    ) -> Any:  # fmt: skip
        signature = types.void(
            row, state, types.int64, drive, types.int64, result, types.int64, types.float64, bias,
            sums, types.int64, types.int64,
        )  # fmt: skip
        return signature, generate

    return intrinsic(apply)


finish_linear, finish_modrelu, finish_cardioid = (_finish(k) for k in range(3))


def _keep_slopes(kind: int) -> Any:
    """An intrinsic that writes the transposed derivative at a row of points: four numbers each."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row, drive, result, bias = (
            Planes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 3, 6)
        )
        d_at, r_at = arguments[2], arguments[4]
        gamma = row.spread(arguments[5])
        points, channels = arguments[7:]
        with (
            loop(builder, whole(0), points) as point,
            loop(builder, whole(0), channels, POINTS) as channel,
        ):
            at = builder.add(builder.mul(point, builder.mul(channels, whole(2))), channel)
            u = []
            for place in (at, builder.add(at, channels)):
                u.append(fma(gamma, row.get(place), drive.get(builder.add(d_at, place))))
            beta = bias.get(channel) if kind == MODRELU else None
            at = builder.add(builder.mul(point, builder.mul(channels, whole(4))), channel)
            at = builder.add(r_at, at)
            for number in _slopes(kind, u[0], u[1], beta):
                result.put(at, number)
                at = builder.add(at, channels)
        return context.get_dummy_value()

    def apply(
        typing_context: Any, row: Any, drive: Any, d_at: Any, result: Any, r_at: Any, gamma: Any,
        bias: Any, points: Any, channels: Any,
    ) -> Any:  # fmt: skip
        signature = types.void(
            row, drive, types.int64, result, types.int64, types.float64, bias, types.int64,
            types.int64,
        )  # fmt: skip
        return signature, generate

    return intrinsic(apply)


keep_modrelu_slopes, keep_cardioid_slopes = (_keep_slopes(k) for k in (MODRELU, CARDIOID))


@intrinsic
def apply_slopes(
    typing_context: Any, slopes: Any, s_at: Any, given: Any, g_at: Any, result: Any, points: Any,
    channels: Any,
) -> Any:  # fmt: skip
    """result = M given, point by point of a row, with what `keep_slopes` wrote."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrix, source, target = (
            Planes(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 4)
        )
        s_at, g_at, points, channels = (arguments[k] for k in (1, 3, 5, 6))
        with (
            loop(builder, whole(0), points) as point,
            loop(builder, whole(0), channels, POINTS) as channel,
        ):
            at = builder.add(builder.mul(point, builder.mul(channels, whole(2))), channel)
            from_here = builder.add(g_at, at)
            g = [source.get(from_here), source.get(builder.add(from_here, channels))]
            place = builder.add(builder.mul(point, builder.mul(channels, whole(4))), channel)
            place = builder.add(s_at, place)
            m = []
            for _ in range(4):
                m.append(matrix.get(place))
                place = builder.add(place, channels)
            target.put(at, fma(m[0], g[0], m[1] * g[1]))
            target.put(builder.add(at, channels), fma(m[2], g[0], m[3] * g[1]))
        return context.get_dummy_value()

    signature = types.void(
        slopes, types.int64, given, types.int64, result, types.int64, types.int64
    )
    return signature, generate
