"""Inputs brought to a size that networks learn well from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.nn.dataset import Dataset, frozen

SCALINGS = ("none", "unit", "standard")


@dataclass(frozen=True, eq=False)
class Scaling:
    """(x - offset) / scale, column by column, as found from the data to train with.

    Attributes
    ----------
    how : one of SCALINGS
    offset, scale : float64 (n,); the scale of a column that never changes is inf, which makes it 0
    """

    how: str
    offset: Array
    scale: Array

    def apply(self, inputs: Array) -> Array:
        """Scaled inputs, float64 (N, n); new data may leave the range of those it was found from.

        Raises
        ------
        ValueError   the inputs don't have n columns
        """
        inputs = np.asarray(inputs, np.float64)
        if inputs.shape[-1:] != self.offset.shape:
            raise ValueError(
                f"the scaling is for {len(self.offset)} columns, the inputs are {inputs.shape}"
            )
        scaled: Array = (inputs - self.offset) / self.scale
        return scaled


def scaler(train: Dataset, how: str) -> Scaling:
    """How to scale the inputs of a network that is trained with ``train``.

    ``unit``: to [0, 1], images by the range of all their pixels, other data column by column.
    ``standard``: each column to mean 0 and variance 1. ``none``: as they are.

    Raises
    ------
    ValueError   ``how`` is none of SCALINGS
    """
    if how not in SCALINGS:
        raise ValueError(f"a scaling is one of {', '.join(SCALINGS)}, not {str(how)[:40]!r}")
    columns = train.n_inputs
    if how == "none":
        return Scaling(how, frozen(np.zeros(columns)), frozen(np.ones(columns)))
    low, high = train.inputs.min(axis=0), train.inputs.max(axis=0)
    if how == "unit":
        if train.image_shape is not None:
            low, high = np.full(columns, low.min()), np.full(columns, high.max())
        offset, scale = low, high - low
    else:
        # Squares of what is very large or small leave the range of float64.
        size = np.maximum(np.abs(low), np.abs(high))
        size[size == 0.0] = 1.0
        within = train.inputs / size
        offset, scale = within.mean(axis=0) * size, within.std(axis=0) * size
    # The deviation of equal numbers may be a rounding error.
    return Scaling(how, frozen(offset), frozen(np.where(low == high, np.inf, scale)))
