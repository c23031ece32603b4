"""A picture that is ready to be shown, and what it is a picture of."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtGui import QImage

from deepfractals_gui.core import Array, Coloring, Viewport
from deepfractals_gui.render.request import RenderRequest, Samples

PREVIEW_SECONDS = 0.05
"""What a preview of a scrub should take."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Coloured samples of a request.

    Attributes
    ----------
    rgba : uint8 (H, W, 4), row 0 at the smallest y; alpha is 0 where nothing is known yet. Its
        memory runs from the top row down, so that it is painted without a copy
    final : every pixel is known and in full precision
    preview : from float32 at reduced resolution, while a parameter is scrubbed
    grain : how many of its pixels, in a row, share one sample on average; 1 when it is final
    fine : of an unfinished picture, the pixels that are finer than an older picture stretched to
        this view; the others have alpha 0
    thumbnail : the picture made small; None of a preview
    """

    rgba: Array
    request: RenderRequest
    coloring: Coloring
    final: bool
    samples: Samples
    preview: bool = False
    grain: float = 1.0
    fine: Array | None = None
    thumbnail: QImage | None = None

    @property
    def viewport(self) -> Viewport:
        return self.request.viewport

    @property
    def whole(self) -> bool:
        """True when no pixel is missing."""
        return self.final or self.preview

    @property
    def content(self) -> tuple[str, Any, Coloring]:
        """What the picture shows, wherever it looks: frames of equal content fit together."""
        return (self.request.key, self.request.params, self.coloring)


class Backdrops:
    """The pictures that may lie under an unfinished one: the last whole one and the last two."""

    def __init__(self) -> None:
        self._frames: tuple[Frame, ...] = ()

    def add(self, frame: Frame) -> None:
        others = [old for old in self._frames if old.request != frame.request]
        whole = [old for old in others if old.whole]
        self._frames = (*whole[-1:], *others[-1:], frame)

    def stretch(self, request: RenderRequest, coloring: Coloring) -> float:
        """How many pixels of the new picture a pixel of the best older one covers; 0: none fits."""
        content = (request.key, request.params, coloring)
        grains = [
            frame.grain * frame.viewport.step(frame.request.shape[1])
            for frame in self._frames
            if frame.content == content and frame.request != request
        ]
        return min(grains) / request.viewport.step(request.shape[1]) if grains else 0.0


class PreviewSize:
    """How small the previews of a scrub are: so small that one takes about 50 ms."""

    def __init__(self) -> None:
        self._scale = 3.0
        self._began = 0.0

    def begin(self, request: RenderRequest) -> RenderRequest:
        """The preview of a request; it is being computed from now on."""
        height, width = request.shape
        shape = (max(1, round(height / self._scale)), max(1, round(width / self._scale)))
        self._began = time.monotonic()
        return replace(request, shape=shape, supersampling=1, precision="float32")

    def end(self) -> None:
        """The preview is on the screen."""
        wish = self._scale * ((time.monotonic() - self._began) / PREVIEW_SECONDS) ** 0.5
        self._scale = min(max(wish, self._scale * 0.8, 2.0), 16.0)
