"""Points on the boundary between a System's outcomes, found by bisection along random rays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, Float64, Points, System, Viewport
from deepfractals_gui.render import Renderer, sample_points

MOST_RAYS = 256
"""Rays drawn for a point before the view counts as one without a boundary."""
_MOST_HALVINGS = 200

Side = Callable[[Float64, Float64], Array]
"""From coordinates x (N,) and y (N,) to the outcomes bool (N,)."""


def check_outcome(system: System[Any]) -> None:
    """Raises ValueError for a System that tells no two outcomes apart."""
    if system.outcome(np.zeros(1, np.uint8)) is None:
        raise ValueError(f"{system.key} has no two outcomes, hence no boundary to measure")


def outcome_of(system: System[Any], status: Array) -> Array:
    """The outcomes, bool like ``status``. Raises ValueError where the System has none."""
    outcome = system.outcome(status)
    if outcome is None:
        raise ValueError(f"{system.key} has no two outcomes, hence no boundary to measure")
    return outcome


def sides(system: System[Any], params: Any, renderer: Renderer, cancel: CancelFlag) -> Side:
    """A function that samples the outcome at points, on the renderer's threads."""
    prepared = renderer.prepared(system, params, cancel)

    def side(x: Float64, y: Float64) -> Array:
        points = Points.absolute(x, y)
        found = sample_points(system, params, prepared, points, cancel, renderer.run)
        return outcome_of(system, found["status"])

    return side


def boundary_points(side: Side, view: Viewport, count: int, seed: int) -> Float64:
    """Points of a square view, float64 (count, 2), with a change of outcome within one ulp.

    Ray k runs between two uniform points of the view, drawn from ``PCG64([seed, k])`` until their
    outcomes differ; it is bisected down to the spacing of the view's largest coordinate. Point k
    doesn't depend on how many there are.

    Raises
    ------
    ValueError   the ends of `MOST_RAYS` rays had one outcome
    Cancelled    from ``side``
    """
    near, far = _rays(side, view, count, seed)
    # The outcome at the near end is true, at the far end false.
    grain = float(np.spacing(max(abs(float(view.x)), abs(float(view.y))) + view.width / 2))
    for _ in range(_MOST_HALVINGS):
        gap = np.abs(far - near).max(axis=1)
        middle = near + (far - near) / 2
        moves = (gap > grain) & np.any((middle != near) & (middle != far), axis=1)
        if not moves.any():
            break
        inside = np.zeros(count, bool)
        inside[moves] = side(middle[moves, 0], middle[moves, 1])
        near[moves & inside] = middle[moves & inside]
        far[moves & ~inside] = middle[moves & ~inside]
    return near


def _rays(side: Side, view: Viewport, count: int, seed: int) -> tuple[Float64, Float64]:
    generators = [np.random.Generator(np.random.PCG64([seed, k])) for k in range(count)]
    centre = np.array([float(view.x), float(view.y)])
    near, far = np.empty((count, 2)), np.empty((count, 2))
    open_rays = np.arange(count)
    for _ in range(MOST_RAYS):
        ends = np.array([generators[k].random((2, 2)) for k in open_rays])
        ends = centre + (ends - 0.5) * view.width
        found = side(ends[..., 0].ravel(), ends[..., 1].ravel()).reshape(-1, 2)
        # Turned so that the outcome is true at the near end.
        near[open_rays] = np.where(found[:, :1], ends[:, 0], ends[:, 1])
        far[open_rays] = np.where(found[:, :1], ends[:, 1], ends[:, 0])
        open_rays = open_rays[found[:, 0] == found[:, 1]]
        if not len(open_rays):
            return near, far
    raise ValueError(
        f"no boundary found: {MOST_RAYS} random rays across the view had one outcome at both ends; "
        "choose a view that shows both outcomes"
    )
