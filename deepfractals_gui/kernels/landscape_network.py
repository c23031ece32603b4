"""A trained network, two directions of its weights and its data, laid out for the kernel.

Loads no Numba itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.kernels.training_network import POINTS, chunked

ACTIVATIONS = (
    "tanh", "relu", "identity", "sigmoid", "gelu", "sin", "leaky_relu", "softplus",
)  # fmt: skip
LOSSES = ("mse", "cross_entropy", "binary_cross_entropy")
DENSE, NORM, ACTIVATION = range(3)
"""Kinds of a stage."""
CHUNK_ELEMENTS = 4096
"""Activations of a layer, about, that are held at once: 32 kB stay in the nearest cache."""
CHUNK = 512
"""Data points, at most, that are taken through the network together."""
NOTHING: Array = np.zeros((0, 0))
_PIECE = 1 << 26
"""Multiplications between two looks at a cancel flag."""
_TILE = 4 * POINTS


class Stage(NamedTuple):
    """What is done to the units: a dense layer, a fixed affine map of each, or a function.

    ``weights`` are W (in, out) of a dense stage, or the factors (units,) of a NORM; ``bias`` is
    b (out,), or what a NORM adds. ``first`` and ``second`` hold the two directions of W and b.
    """

    kind: int
    ins: int
    outs: int
    activation: str = "identity"
    residual: bool = False
    scale: float = 1.0
    weights: Array = NOTHING
    bias: Array | None = None
    first: tuple[Array, Array | None] = (NOTHING, None)
    second: tuple[Array, Array | None] = (NOTHING, None)


class Landscape(NamedTuple):
    """What every point of a landscape shares. Made by `pack`.

    Attributes
    ----------
    kind, ins, outs, activation, bias, residual : int64 (S,), a stage each; the first is dense
    scale : float64 (S,), factors of the dense stages' products
    at : int64 (S,), where a stage's numbers begin in ``centre``
    centre, first, second : float64 (P,), W (in, out) row by row and b of each dense stage, the
        factors and shifts of a NORM, for which the directions are 0
    base, base_first, base_second : float64 (C, units stride), what the first stage makes of the
        data with the weights of ``centre``, and of the two directions: it is linear in them
    inputs : float64 (C, rows stride), the data where the first stage adds them, else (C, 0)
    targets : float64 (C, rows stride)
    classes : float64 (C, stride), number of the greatest target
    counts : int64 (C,), data points of each chunk
    stride : elements between two units' rows of a chunk
    widest : units of the widest stage
    square : weights of the largest product
    loss : index into `LOSSES`
    total : data points
    l1, l2 : penalties on W of all dense stages
    level : loss from which on a point is above
    """

    kind: Array
    ins: Array
    outs: Array
    activation: Array
    bias: Array
    residual: Array
    scale: Array
    at: Array
    centre: Array
    first: Array
    second: Array
    base: Array
    base_first: Array
    base_second: Array
    inputs: Array
    targets: Array
    classes: Array
    counts: Array
    stride: int
    widest: int
    square: int
    loss: int
    total: int
    l1: float
    l2: float
    level: float


def pack(
    inputs: Array,
    targets: Array,
    stages: Sequence[Stage],
    *,
    loss: str,
    l1: float = 0.0,
    l2: float = 0.0,
    level: float = 0.0,
    cancel: CancelFlag | None = None,
) -> Landscape:
    """Lay out stages and data (D, in), (D, k) for `sample`.

    Raises
    ------
    ValueError   the first stage isn't dense
    Cancelled    the flag went up
    """
    begin = stages[0]
    if begin.kind != DENSE:
        raise ValueError("the first stage must be dense")
    count = len(inputs)
    widest = max(stage.outs for stage in stages)
    stride = _stride(count, widest)
    chunks = -(-count // stride)
    flag = cancel or CancelFlag()
    base, base_first, base_second = (
        chunked(_products(inputs, *pair, begin.scale, flag), chunks, stride, last=True)
        for pair in ((begin.weights, begin.bias), begin.first, begin.second)
    )
    centre, first, second = (
        _flat(array for stage in stages for array in parts(stage))
        for parts in (
            lambda stage: (stage.weights, stage.bias),
            lambda stage: _direction(stage, stage.first),
            lambda stage: _direction(stage, stage.second),
        )
    )
    sizes = [_flat((stage.weights, stage.bias)).size for stage in stages]
    classes = np.argmax(targets, axis=1)[:, np.newaxis].astype(np.float64)
    own = inputs if begin.residual else np.zeros((count, 0))

    def each(values: Iterable[int]) -> Array:
        return np.array(list(values), np.int64)

    return Landscape(
        kind=each(stage.kind for stage in stages),
        ins=each(stage.ins for stage in stages),
        outs=each(stage.outs for stage in stages),
        activation=each(ACTIVATIONS.index(stage.activation) for stage in stages),
        bias=each(stage.bias is not None for stage in stages),
        residual=each(stage.residual for stage in stages),
        scale=np.array([stage.scale for stage in stages], np.float64),
        at=each([0, *np.cumsum(sizes)[:-1]]),
        centre=centre,
        first=first,
        second=second,
        base=base,
        base_first=base_first,
        base_second=base_second,
        inputs=chunked(own, chunks, stride, last=True),
        targets=chunked(targets, chunks, stride),
        classes=chunked(classes, chunks, stride),
        counts=each(min(stride, count - k * stride) for k in range(chunks)),
        stride=stride,
        widest=widest,
        square=max([1, *(s.ins * s.outs for s in stages[1:] if s.kind == DENSE)]),
        loss=LOSSES.index(loss),
        total=count,
        l1=l1,
        l2=l2,
        level=level,
    )


def _products(
    inputs: Array, weights: Array, bias: Array | None, scale: float, cancel: CancelFlag
) -> Array:
    """scale (X W) + b of data (D, in), in pieces between which it can be cancelled."""
    found = np.empty((len(inputs), weights.shape[1]))
    rows = max(1, _PIECE // weights.size)
    for start in range(0, len(inputs), rows):
        cancel.check()
        piece = slice(start, start + rows)
        found[piece] = scale * (inputs[piece] @ weights)
    if bias is not None:
        found += bias
    return found


def _stride(count: int, widest: int) -> int:
    """Data points of a chunk: whole tiles of the product, and chunks of about one size."""
    most = max(_TILE, min(CHUNK, CHUNK_ELEMENTS // widest) // _TILE * _TILE)
    chunks = -(-count // most)
    return -(-count // (chunks * POINTS)) * POINTS


def _flat(parts: Iterable[Array | None]) -> Array:
    """The numbers of those that are there, one after the other."""
    found = [np.ravel(part) for part in parts if part is not None]
    return np.concatenate([np.zeros(0), *found])


def _direction(
    stage: Stage, direction: tuple[Array, Array | None]
) -> tuple[Array | None, Array | None]:
    return (np.zeros(stage.outs), np.zeros(stage.outs)) if stage.kind == NORM else direction
