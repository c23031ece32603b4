"""What becomes of eight pixels that are trained side by side, one in each lane of a vector.

Used where a pixel's whole state is small enough that pixels, not data points, fill the vectors.
A lane that is lost goes on in its vector, but what counts is what was kept of it when it was
found lost: a pixel's bits depend neither on its lane nor on the seven beside it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.emit import Lanes, Value, select, whole
from deepfractals_gui.kernels.intrinsics import never_inlined
from deepfractals_gui.kernels.jit import routine

LANES = 8
BLOCK = 64
"""Steps, at most, between two looks for lost lanes."""
CAP = 1e6
"""A loss of so many times the first counts as this, whatever it is."""
LAST = 20
"""Steps at the end over which the loss is averaged."""
CONVERGED, DIVERGED, NON_FINITE = np.uint8(3), np.uint8(4), np.uint8(6)
_LARGEST = 1.7976931348623157e308
(
    RATE_IN, RATE_OUT, SCALE, BEGIN, FALLS, RISES, TAIL, LEAST, LOSS, LOST, OVERFLOWED, RESIDUAL,
) = range(12)  # fmt: skip
"""Rows of eight lanes: rates, the output's factor, and what is kept of the losses."""
FIELDS = 12


def row(which: int) -> Any:
    """Where a row of ``fields`` begins, in the code being written."""
    return whole(which * LANES)


def note_loss(fields: Lanes, loss: Value, step: Any, steps: Any) -> None:
    """Write code that takes the losses of a step, as the paper's measure asks, into ``fields``."""
    builder = fields.builder

    def as_float(count: Any) -> Value:
        return fields.spread(builder.sitofp(count, fields.scalar))

    finite = loss < _LARGEST
    count = as_float(step)
    v = select(finite, loss, CAP)
    begin = select(count < 1.0, v, fields.get(row(BEGIN)))
    fields.put(row(BEGIN), begin)
    v = v / begin
    v = select(v < CAP, v, CAP)
    lost = fields.get(row(LOST))
    here = select(v < CAP, select(finite, lost, count), count)
    fields.put(row(LOST), select(lost < 0.0, here, lost))
    fields.put(row(LOSS), loss)
    fields.put(row(FALLS), fields.get(row(FALLS)) + v)
    fields.put(row(RISES), fields.get(row(RISES)) + v.constant(1.0) / v)
    tail = fields.get(row(TAIL))
    last = as_float(builder.sub(steps, whole(LAST)))
    fields.put(row(TAIL), select(count < last, tail, tail + v))
    least = fields.get(row(LEAST))
    fields.put(row(LEAST), select(loss < least, loss, least))
    over = fields.get(row(OVERFLOWED))
    fields.put(row(OVERFLOWED), select(finite, over, 1.0))


@routine
def begin_lanes(fields: Array) -> None:
    """Forget the eight pixels before."""
    never_inlined()
    fields[:] = 0.0
    fields[LEAST * LANES : (LEAST + 1) * LANES] = np.inf
    fields[LOST * LANES : (LOST + 1) * LANES] = -1.0


@routine
def keep_lanes(
    fields: Array,
    kept: Array,
    ended: Array,
    outputs: Array,
    first: int,
    stride: int,
    units: int,
    done: int,
    steps: int,
) -> bool:
    """Keep the fields of lanes that are lost or through; False when no lane is left to train.

    A lane is lost when a weight of its output isn't finite, which it never becomes again. These
    weights are ``outputs[first + j stride + lane]`` for ``units`` units j. ``ended`` (8,) holds
    the steps after which a lane was found lost, else ``steps``.
    """
    never_inlined()
    alive = False
    for lane in range(LANES):
        finite = True
        for j in range(units):
            finite &= math.isfinite(outputs[first + j * stride + lane])
        alive |= finite
        if ended[lane] == steps and (done == steps or not finite):
            ended[lane] = done
            for field in range(lane, FIELDS * LANES, LANES):
                kept[field] = fields[field]
    return alive


@routine
def write_results(
    kept: Array,
    lane: int,
    ended: int,
    steps: int,
    at: int,
    status: Array,
    value: Array,
    final_loss: Array,
    least_loss: Array,
    divergence: Array,
    probe_output: Array,
) -> bool:
    """Results of pixel ``at`` from the lane's kept fields; True where it has trained weights."""
    never_inlined()
    rest = steps - ended
    falls, rises = kept[FALLS * LANES + lane], kept[RISES * LANES + lane]
    tail, lost = kept[TAIL * LANES + lane], kept[LOST * LANES + lane]
    loss, begin = kept[LOSS * LANES + lane], kept[BEGIN * LANES + lane]
    if rest:
        v = min(CAP / begin, CAP)
        falls += rest * v
        rises += rest / v
        tail += min(rest, LAST) * v
        loss = np.nan
    converged = tail / LAST < 1.0
    value[at] = -falls if converged else rises
    least = kept[LEAST * LANES + lane]
    # Where no loss was finite there is none to be the least.
    least_loss[at] = least if least < np.inf else np.nan
    # A lane that is lost without a loss noted was lost in its last update: ended = steps if none.
    divergence[at] = np.nan if converged else (lost if lost >= 0.0 else float(ended))
    probe_output[at] = np.nan
    if not converged and (rest > 0 or kept[OVERFLOWED * LANES + lane] > 0.0):
        final_loss[at] = np.nan
        status[at] = NON_FINITE
        return False
    final_loss[at] = loss
    status[at] = CONVERGED if converged else DIVERGED
    return rest == 0
