"""The numbers behind a picture, as an .npz file."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepfractals_gui.core import CancelFlag, Document
from deepfractals_gui.export.progress import Progress, Rising
from deepfractals_gui.export.stills import request_of
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.documents import complete
from deepfractals_gui.session.files import atomic_write
from deepfractals_gui.systems import system

LIMIT = 4 << 30
"""Bytes of samples that are held in memory for a file, at most."""


def export_samples(
    document: Document,
    path: Path,
    *,
    renderer: Renderer,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> None:
    """Write every channel of a document's view as an array of an .npz file, without pickles.

    The file holds each channel (H, W) under its own name, row 0 at the smallest y; ``x`` (W,) and
    ``y`` (H,), the absolute float64 coordinates of the points sampled (log10 values on a
    logarithmic axis); and ``document``, the JSON text.

    Raises
    ------
    ValueError   the document has no shape, asks for supersampling, or for more than 4 GiB
    FileError    the file can't be written
    Cancelled    the flag went up; the old file stays
    """
    document = complete(document)
    check_samples(document)
    request = request_of(document)
    height = request.shape[0]
    channels = system(document.key).channels(document.params)
    tell = Rising(progress)
    with atomic_write(path) as file:
        values = renderer.render_band(request, 0, height, cancel, tell)
        raster = request.raster
        arrays = {channel.name: values[channel.name] for channel in channels}
        text = np.array(replace(document, supersampling=1).to_json())
        np.savez(file, allow_pickle=False, x=raster.x, y=raster.y, document=text, **arrays)
        if cancel is not None:
            cancel.check()
    tell(1.0)


def holds_samples(path: Path, document: Document) -> bool:
    """True where the file is whole and holds the samples of this complete document."""
    text = replace(document, supersampling=1).to_json()
    channels = system(document.key).channels(document.params)
    try:
        with zipfile.ZipFile(path) as archive:
            # Nothing is unpacked that isn't known to be of the size that was asked for.
            names = {member.filename for member in archive.infolist()}
            wanted = {f"{name}.npy" for name in ("x", "y", "document", *(c.name for c in channels))}
            stored = all(m.compress_type == zipfile.ZIP_STORED for m in archive.infolist())
            if names != wanted or not stored or archive.testzip() is not None:
                return False
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["document"]) != text:
                return False
            return all(
                arrays[channel.name].shape == document.shape
                and arrays[channel.name].dtype == channel.numpy_dtype()
                for channel in channels
            )
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return False


def check_samples(document: Document) -> None:
    """Refuse what can't be exported, before anything is computed.

    Raises
    ------
    ValueError   the document has no shape, asks for supersampling, or for more than 4 GiB
    """
    if document.supersampling != 1:
        raise ValueError("a samples file holds one sample a pixel; set supersampling to 1")
    height, width = request_of(document).shape
    channels = system(document.key).channels(document.params)
    size = height * width * sum(channel.numpy_dtype().itemsize for channel in channels)
    if size > LIMIT:
        raise ValueError(
            f"the samples of {width} x {height} points need {size / 2**30:.1f} GiB; "
            f"at most {LIMIT >> 30} GiB can be exported"
        )
