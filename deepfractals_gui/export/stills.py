"""Pictures: whole ones for the screen, and PNG files of any size that carry their document."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

import deepfractals_gui
from deepfractals_gui.coloring import Scene, apply, locked, mode_of
from deepfractals_gui.core import Array, CancelFlag, Coloring, Document
from deepfractals_gui.export.png import PngWriter
from deepfractals_gui.export.progress import Progress, Rising
from deepfractals_gui.export.rolling import RollingPainter
from deepfractals_gui.render import Renderer
from deepfractals_gui.render.request import RenderRequest
from deepfractals_gui.session.documents import complete
from deepfractals_gui.session.files import atomic_write
from deepfractals_gui.session.png_text import KEYWORD
from deepfractals_gui.systems import system

RANGE_SIDE = 1024
"""The longer side, in pixels, of the reduced picture that levels and knots are taken from."""
_BAND_BYTES = 64 << 20
"""Samples of one band; with the parts of the pipeline that hold one, the export's memory."""
_WAITING = 2
"""Painted bands that may wait for the compressor."""


def export_png(
    document: Document,
    path: Path,
    *,
    renderer: Renderer,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> None:
    """Write the picture of a document as a PNG that carries the document.

    The picture is rendered, coloured and compressed in bands from the top down: 16384 x 16384
    pixels of 16 samples need less than 1.5 GB. Where the colouring takes a range from the image,
    the range is fixed first by `fixed_coloring`, and the PNG's document holds it: opened again, it
    gives the same pixels.

    Parameters
    ----------
    document : its ``shape`` (H, W) is the picture's; view and colouring default to the System's
    progress : called with the fraction done, from worker threads

    Raises
    ------
    ValueError   the document has no shape, or its colouring can't be used
    FileError    the file can't be written
    Cancelled    the flag went up; the old file stays
    """
    document = _whole(document)
    shape = document.shape
    assert shape is not None
    flag = cancel or CancelFlag()
    tell = Rising(progress)
    with atomic_write(path) as file:
        document = replace(document, coloring=fixed_coloring(document, renderer, flag))
        painter = RollingPainter(*_painting(document), shape, document.supersampling)
        writer = PngWriter(file, shape, _texts(document), run=renderer.run)
        with ThreadPoolExecutor(1, "compress") as thread:
            pending: list[Future[None]] = []
            for rows in _painted(document, painter, renderer, tell, flag):
                pending.append(thread.submit(writer.write_rows, rows))
                while len(pending) > _WAITING:
                    pending.pop(0).result()
            for job in pending:
                job.result()
        flag.check()
        writer.close()
    tell(1.0)


def picture(
    document: Document,
    renderer: Renderer,
    *,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> Array:
    """The whole picture of a document in memory, with the pixels that `export_png` writes.

    Returns
    -------
    uint8 (H, W, 4) RGBA, row 0 at the smallest y

    Raises
    ------
    ValueError   the document has no shape, or its colouring can't be used
    Cancelled    the flag went up
    """
    document = _whole(document)
    coloring = fixed_coloring(document, renderer, cancel)
    samples = renderer.render(request_of(document), progress=progress, cancel=cancel)
    return apply(
        samples.channels,
        scene_of(document),
        coloring,
        supersampling=document.supersampling,
        cancel=cancel,
        run=renderer.run,
    )


def fixed_coloring(
    document: Document, renderer: Renderer, cancel: CancelFlag | None = None
) -> Coloring:
    """The document's colouring, with the range it takes from the image fixed.

    The range comes from the same view at one sample a pixel and at most 1024 pixels a side, so
    that it doesn't depend on how large the picture is drawn.

    Raises
    ------
    ValueError   the colouring can't be used with this System
    Cancelled    the flag went up
    """
    document = _whole(document)
    assert document.coloring is not None
    assert document.shape is not None
    if mode_of(document.coloring).fixed(document.coloring):
        return document.coloring
    reduced = replace(document, shape=reduced_shape(document.shape, RANGE_SIDE), supersampling=1)
    samples = renderer.render(request_of(reduced), cancel=cancel)
    return locked(samples.channels, scene_of(document), document.coloring)


def reduced_shape(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """The same aspect with no side longer than ``side``; small shapes stay."""
    scale = min(1.0, side / max(shape))
    height, width = (max(1, round(length * scale)) for length in shape)
    return height, width


def request_of(document: Document) -> RenderRequest:
    """The request for a document's samples. Raises ValueError when it has no view or shape."""
    if document.viewport is None or document.shape is None:
        raise ValueError("the document has no view or no size in pixels")
    return RenderRequest(
        document.key,
        document.params,
        document.viewport,
        document.shape,
        document.supersampling,
    )


def scene_of(document: Document) -> Scene:
    """The channels and recipes that the document's System has at its parameters."""
    found = system(document.key)
    return Scene(
        found.channels(document.params), found.recipes(document.params), tuple(found.statuses)
    )


def _painted(
    document: Document,
    painter: RollingPainter,
    renderer: Renderer,
    progress: Progress,
    cancel: CancelFlag,
) -> Iterator[Array]:
    """Rows (n, W, 3) uint8, the upper one first, from the top of the picture down."""
    request = request_of(document)
    (height, width), s, reach = request.shape, request.supersampling, painter.reach
    sample = sum(channel.numpy_dtype().itemsize for channel in scene_of(document).channels)
    rows = max(4, _BAND_BYTES // (sample * width * s * s))
    for last in range(height, 0, -rows):
        first = max(0, last - rows)
        low, high = max(0, first - reach), min(height, last + reach)

        def tell(fraction: float, last: int = last, first: int = first) -> None:
            progress(0.99 * (height - last + fraction * (last - first)) / height)

        channels = renderer.render_band(request, low * s, (high - low) * s, cancel, tell)
        for _, rgba in painter.feed(channels, first, run=renderer.run, cancel=cancel):
            yield np.ascontiguousarray(rgba[::-1, :, :3])
        progress(0.99 * (height - first) / height)
        # Not kept while the next band is rendered.
        del channels


def _whole(document: Document) -> Document:
    if document.shape is None:
        raise ValueError("the document has no size in pixels")
    return complete(document)


def _painting(document: Document) -> tuple[Scene, Coloring]:
    assert document.coloring is not None
    return scene_of(document), document.coloring


def _texts(document: Document) -> dict[str, str]:
    return {
        "Title": system(document.key).title,
        "Software": f"deepfractals {deepfractals_gui.__version__}",
        KEYWORD: document.to_json(),
    }
