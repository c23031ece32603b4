"""Adam for parameters of which some are complex."""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.equilibrium.field import FieldParams


def adam(
    params: FieldParams,
    first: FieldParams,
    second: FieldParams,
    slope: FieldParams,
    update: int,
    rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[FieldParams, FieldParams, FieldParams]:
    """Parameters and moments after an update, the first of which is 1.

    A complex number has one second moment, that of |g|²: its step turns with its gradient, instead
    of preferring the axes.

    References
    ----------
    Kingma and Ba 2014, arXiv:1412.6980.
    """
    moved: tuple[dict[str, Array], ...] = ({}, {}, {})
    for (name, w), (_, m), (_, v), (_, g) in zip(params, first, second, slope, strict=True):
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * (g.real**2 + g.imag**2)
        size = np.sqrt(v / (1.0 - beta2**update)) + epsilon
        w = w - rate * (m / (1.0 - beta1**update)) / size
        for new, array in zip(moved, (w, m, v), strict=True):
            new[name] = array
    p, m_new, v_new = (FieldParams.of(arrays) for arrays in moved)
    return p, m_new, v_new
