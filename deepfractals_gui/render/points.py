"""Flat lists of points, sampled in parallel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, Points, System
from deepfractals_gui.render.cost import Effort

FIRST_POINTS = 8
CHUNK_SECONDS = 0.015
CHUNKS = 32
"""Chunks handed to the pool at once: enough that its threads finish them about together."""


class Run(Protocol):
    """An ordered map, such as `Renderer.run`."""

    def __call__(
        self, function: Callable[[slice], tuple[int, float]], sequence: Sequence[slice], /
    ) -> list[tuple[int, float]]: ...


def sample_points(
    system: System[Any],
    params: Any,
    prepared: Any,
    points: Points,
    cancel: CancelFlag,
    run: Run,
) -> dict[str, Array]:
    """Sample a flat list of N points: every channel as an array (N,) in its storage type.

    The list is cut into chunks of about 15 ms, so that whatever else waits for the pool gets its
    turn; the bits don't depend on where it is cut.

    Raises
    ------
    Cancelled   the flag went up
    Exception   what the System raised
    """
    out = system.allocate(len(points), params)

    def compute(chunk: slice) -> tuple[int, float]:
        cancel.check()
        effort = Effort()
        part = Points(
            points.x[chunk], points.y[chunk], points.dx[chunk], points.dy[chunk], points.viewport
        )
        values = {name: array[chunk] for name, array in out.items()}
        system.sample(part, params, prepared, values, cancel)
        return len(part), effort.seconds

    start, size = 0, FIRST_POINTS
    while start < len(points):
        cancel.check()
        end = min(len(points), start + CHUNKS * size)
        edges = np.arange(start, end + size, size).clip(max=end)
        timings = run(compute, [slice(int(a), int(b)) for a, b in zip(edges, edges[1:])])  # noqa: B905, RUF007
        counts, seconds = map(sum, zip(*timings, strict=True))
        size = max(1, min(16 * size, int(CHUNK_SECONDS * counts / max(seconds, 1e-9))))
        start = end
    return out
