"""The 3 x 3 convolution between the two transforms: a product of matrices at each frequency.

A kernel W (O, C, 3, 3) multiplies the frequency ω by Σ_k W[:, :, k] e^(iω (k - 1)). Along x the
three terms are summed beforehand, by `field_torus.symbols`; along y they are left as
A + P cos ω + Q sin ω, from which a pair ω, -ω takes three operations an entry: all the matrices of
a 28 x 28 torus would fill 3 MB, which no near cache holds.
"""

from __future__ import annotations

from typing import Any

from deepfractals_gui.kernels.emit import Value, fma, intrinsic, ir, loop, types, whole
from deepfractals_gui.kernels.field_torus import POINTS
from deepfractals_gui.kernels.field_transform import Planes

_TILE = 2
"""Vectors of output channels of which a pair of frequencies keeps its sums in registers."""


@intrinsic
def multiply_column(
    typing_context: Any,
    column: Any,
    result: Any,
    symbol: Any,
    begin: Any,
    where: Any,
    turns: Any,
    count: Any,
    channels: Any,
) -> Any:
    """result[ω] = S(ω) column[ω] for all frequencies of a column of ``channels`` channels.

    The matrices begin at element ``begin`` of ``symbol``; ``where`` and ``turns`` are flat
    `pairs`, ``count`` of them.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given, sums, matrices, angles = (
            Planes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 2, 5)
        )
        places = context.make_array(signature.args[4])(context, builder, arguments[4]).data
        origin, number, width = (arguments[k] for k in (3, 6, 7))
        double = builder.mul(width, whole(2))

        def tile(
            frequencies: list[Any], odd: Any, cosine: Value, sine: Value, unit: Any, size: int
        ) -> None:
            entry = builder.block
            head = builder.append_basic_block("product")
            done = builder.append_basic_block("product.done")
            builder.branch(head)
            builder.position_at_end(head)
            into = builder.phi(ir.IntType(64))
            into.add_incoming(whole(0), entry)
            totals = []
            for _ in range(4 * size):
                phi = builder.phi(sums.vector)
                phi.add_incoming(sums.zero().value, entry)
                totals.append(phi)
            row = builder.add(origin, builder.mul(into, builder.mul(double, whole(3))))
            row = builder.add(row, unit)
            x = []
            for frequency in frequencies:
                at = builder.add(builder.mul(frequency, double), into)
                parts = (at, builder.add(at, width))
                x.append([given.spread(given.single(part)) for part in parts])
            following: list[Any] = [None] * (4 * size)
            for v in range(size):
                matrix = []
                for part in range(2):
                    terms = []
                    for k in (whole(0), whole(1), odd):
                        shift = builder.add(builder.mul(k, whole(2)), whole(part))
                        shift = builder.mul(width, shift)
                        shift = builder.add(shift, whole(POINTS * v))
                        terms.append(matrices.get(builder.add(row, shift)))
                    even = fma(terms[1], cosine, terms[0])
                    matrix.append((fma(terms[2], sine, even), fma(terms[2], -sine, even)))
                for which in range(2):
                    re, im = matrix[0][which], matrix[1][which]
                    at = 4 * v + 2 * which
                    real, imaginary = (Value(builder, totals[at + part]) for part in range(2))
                    real = fma(-im, x[which][1], fma(re, x[which][0], real))
                    imaginary = fma(im, x[which][0], fma(re, x[which][1], imaginary))
                    following[at], following[at + 1] = real.value, imaginary.value
            after = builder.add(into, whole(1))
            into.add_incoming(after, head)
            for phi, value in zip(totals, following, strict=True):
                phi.add_incoming(value, head)
            builder.cbranch(builder.icmp_signed("<", after, width), head, done)
            builder.position_at_end(done)
            for v in range(size):
                for which, frequency in enumerate(frequencies):
                    at = builder.add(builder.mul(frequency, double), unit)
                    at = builder.add(at, whole(POINTS * v))
                    for part in range(2):
                        place = builder.add(at, width) if part else at
                        value = following[4 * v + 2 * which + part]
                        sums.put(place, Value(builder, value))

        with loop(builder, whole(0), number) as pair:
            at = builder.mul(pair, whole(3))
            *frequencies, odd = (
                builder.load(builder.gep(places, [builder.add(at, whole(k))])) for k in range(3)
            )
            at = builder.mul(pair, whole(2))
            cosine, sine = (
                angles.spread(angles.single(builder.add(at, whole(k)))) for k in range(2)
            )
            wide = builder.mul(builder.sdiv(width, whole(_TILE * POINTS)), whole(_TILE * POINTS))
            with loop(builder, whole(0), wide, _TILE * POINTS) as unit:
                tile(frequencies, odd, cosine, sine, unit, _TILE)
            with loop(builder, wide, width, POINTS) as unit:
                tile(frequencies, odd, cosine, sine, unit, 1)
        return context.get_dummy_value()

    signature = types.void(
        column, result, symbol, types.int64, where, turns, types.int64, types.int64
    )
    return signature, generate
