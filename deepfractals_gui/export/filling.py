"""The first half of colouring: values or light of each sample, before glow, vignette and mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from deepfractals_gui.coloring import BandPainter, Run, Scene
from deepfractals_gui.coloring.paint import _Window
from deepfractals_gui.coloring.plans import ValuePlan
from deepfractals_gui.core import Array, CancelFlag, Coloring

Part = tuple[int, int]
"""Pixel rows [first, last)."""


class FillingPainter(BandPainter):
    """A painter that can stop half-way: what a sample shows by itself is kept, to be painted later.

    Attributes
    ----------
    planes : 1 where a sample is a value in [0, 1] (2: it has none), 3 where it is linear light
    reach : pixel rows of samples that a band needs beyond its own on either side
    """

    def __init__(
        self, scene: Scene, coloring: Coloring, shape: tuple[int, int], supersampling: int = 1
    ) -> None:
        super().__init__(scene, coloring, shape, supersampling)
        self.planes = 1 if isinstance(self._plan, ValuePlan) else 3
        self.reach = math.ceil(self._context / supersampling)
        self.radius = self._reach
        """Pixels that the glow reaches."""

    def fill(
        self,
        channels: Mapping[str, Array],
        first: int,
        last: int,
        *,
        run: Run | None = None,
        cancel: CancelFlag | None = None,
    ) -> Array:
        """Values or light of the pixel rows [first, last).

        Parameters
        ----------
        channels : samples of those rows and of ``reach`` rows beyond, as far as the image goes

        Returns
        -------
        float32 (planes, rows s, W s)

        Raises
        ------
        ValueError   the arrays aren't those rows
        Cancelled    the flag went up
        """
        top, bottom = max(0, first - self.reach), min(self.shape[0], last + self.reach)
        self._check(channels, bottom - top)
        window = _Window(channels, top, bottom)
        s = self.supersampling
        out = np.empty((self.planes, (last - first) * s, self.shape[1] * s), np.float32)

        def fill(part: Part) -> None:
            low, high = part
            out[:, (low - first) * s : (high - first) * s] = self._filled(window, low, high)

        self.each(fill, first, last, run, cancel)
        return out

    def each(
        self,
        function: Callable[[Part], None],
        first: int,
        last: int,
        run: Run | None,
        cancel: CancelFlag | None,
    ) -> None:
        """Call a function for parts of the rows [first, last). Raises Cancelled."""

        def act(part: Part) -> None:
            if cancel is not None:
                cancel.check()
            function(part)

        parts: Sequence[Part] = self._bands(first, last)
        if run is None or len(parts) < 2:
            for part in parts:
                act(part)
        else:
            run(act, parts)
