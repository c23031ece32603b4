"""The gradient of the field's kernel: what goes back times what went in, summed over all points.

In frequencies that is gW[o, c, k] = 1 / (H W) Σ_ω Ĝ[o] conj(X̂[c]) e^(-iω (k - 1)). Down a column
the three terms are summed as 1, cos ω, sin ω; across, `field_torus.kernel_gradient` does the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.emit import Value, fma, intrinsic, ir, loop, types, whole
from deepfractals_gui.kernels.field_step import room
from deepfractals_gui.kernels.field_torus import POINTS, Sides, sides
from deepfractals_gui.kernels.field_transform import Planes, forward
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import kernel

_INPUTS = 2
"""Input channels of a tile; by two vectors of output channels it fills the registers."""
_TILE = 2


@intrinsic
def _add_column(
    typing_context: Any, gradient: Any, state: Any, turns: Any, count: Any, totals: Any, at: Any,
    channels: Any,
) -> Any:  # fmt: skip
    """Add Σ_ω (1, cos ω, sin ω) Ĝ[o] conj(X̂[c]) of a column to the totals from ``at`` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        back, given, angles, sums = (
            Planes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 2, 4)
        )
        count, begin, width = (arguments[k] for k in (3, 5, 6))
        double = builder.mul(width, whole(2))

        def tile(into: Any, unit: Any, size: int) -> None:
            entry = builder.block
            head = builder.append_basic_block("outer")
            done = builder.append_basic_block("outer.done")
            builder.branch(head)
            builder.position_at_end(head)
            frequency = builder.phi(ir.IntType(64))
            frequency.add_incoming(whole(0), entry)
            totals = []
            for _ in range(_INPUTS * size * 6):
                phi = builder.phi(sums.vector)
                phi.add_incoming(sums.zero().value, entry)
                totals.append(phi)
            turn = builder.mul(frequency, whole(2))
            cosine = angles.spread(angles.single(turn))
            sine = angles.spread(angles.single(builder.add(turn, whole(1))))
            row = builder.mul(frequency, double)
            following = []
            for c in range(_INPUTS):
                at = builder.add(row, builder.add(into, whole(c)))
                x = [given.spread(given.single(place)) for place in (at, builder.add(at, width))]
                for v in range(size):
                    at = builder.add(row, builder.add(unit, whole(POINTS * v)))
                    g = [back.get(place) for place in (at, builder.add(at, width))]
                    product = (
                        fma(g[1], x[1], g[0] * x[0]),
                        fma(-g[0], x[1], g[1] * x[0]),
                    )
                    for k, factor in enumerate((None, cosine, sine)):
                        for part, term in enumerate(product):
                            place = ((c * size + v) * 3 + k) * 2 + part
                            total = Value(builder, totals[place])
                            grown = total + term if factor is None else fma(term, factor, total)
                            following.append(grown.value)
            after = builder.add(frequency, whole(1))
            frequency.add_incoming(after, head)
            for phi, value in zip(totals, following, strict=True):
                phi.add_incoming(value, head)
            builder.cbranch(builder.icmp_signed("<", after, count), head, done)
            builder.position_at_end(done)
            for number, value in enumerate(following):
                rest, part = divmod(number, 2)
                rest, k = divmod(rest, 3)
                c, v = divmod(rest, size)
                line = builder.mul(builder.add(into, whole(c)), whole(6))
                line = builder.mul(builder.add(line, whole(2 * k + part)), width)
                place = builder.add(builder.add(begin, line), unit)
                place = builder.add(place, whole(POINTS * v))
                sums.put(place, sums.get(place) + Value(builder, value))

        wide = builder.mul(builder.sdiv(width, whole(_TILE * POINTS)), whole(_TILE * POINTS))
        with loop(builder, whole(0), width, _INPUTS) as into:
            with loop(builder, whole(0), wide, _TILE * POINTS) as unit:
                tile(into, unit, _TILE)
            with loop(builder, wide, width, POINTS) as unit:
                tile(into, unit, 1)
        return context.get_dummy_value()

    signature = types.void(gradient, state, turns, types.int64, totals, types.int64, types.int64)
    return signature, generate


@kernel
def add_products(
    gradient: Array, state: Array, rows: Array, torus: Sides, totals: Array, flag: Array
) -> None:
    """Add gradient times conjugate state, for the samples listed, to the sums of the columns.

    Parameters
    ----------
    gradient, state : float64 (N, H, W, 2, C)   with regard to the convolution's result; its input
    totals : float64 (W, C, 3, 2, C)
    flag : when it goes up, this returns before the next sample
    """
    height, width, channels = state.shape[1], state.shape[2], state.shape[4]
    size = 2 * height * width * channels
    line, point = 2 * channels * width, 2 * channels
    matrices = 3 * channels * point
    back, given, sums = gradient.reshape(-1), state.reshape(-1), totals.reshape(-1)
    spectra = (room(size, state), room(size, state))
    columns = (room(point * height, state), room(point * height, state))
    for n in rows:
        if raised(flag):
            return
        for y in range(height):
            at = y * line
            for k in range(2):
                forward(
                    back if k == 0 else given, n * size + at, point, spectra[k], at, point,
                    torus.across_factors, torus.across_places, channels,
                )  # fmt: skip
        for x in range(width):
            for k in range(2):
                forward(
                    spectra[k], x * point, line, columns[k], 0, point, torus.down_factors,
                    torus.down_places, channels,
                )  # fmt: skip
            _add_column(columns[0], columns[1], torus.turns, height, sums, x * matrices, channels)


def _warm() -> None:
    z = np.zeros((1, 7, 7, 2, POINTS))
    totals = np.zeros((7, POINTS, 3, 2, POINTS))
    add_products(z, z, np.zeros(1, np.int64), sides(7, 7), totals, np.zeros(1, np.uint8))


WARM = (("field gradients", _warm),)
