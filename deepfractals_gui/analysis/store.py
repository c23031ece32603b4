"""Outcomes of rendered frames, kept on the disk so that a long measurement can be gone on with."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from deepfractals_gui.analysis.identity import fingerprint
from deepfractals_gui.core import Array
from deepfractals_gui.render import RenderRequest
from deepfractals_gui.session.files import atomic_write
from deepfractals_gui.session.strict_json import parse

FRAME_NAME = "path_{:03d}_level_{:03d}.npz"
PATTERN = "path_*_level_*.npz"
_FORMAT = 1
_OVERHEAD = 64 * 1024
"""Bytes that a file may hold besides its outcomes: headers and the archive's directory."""
_DAMAGE = (
    OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class FrameStore:
    """Outcomes bool (H, W), a file for each path and level.

    A file holds ``outcome``, uint8, a bit for each pixel in row-major order, and ``header``, JSON
    with the fingerprint of the request and the SHA-256 of the bits.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: int, level: int, request: RenderRequest) -> Array | None:
        """The outcomes of this very request; None: no file, a damaged one, or another request's."""
        file = self.folder / FRAME_NAME.format(path, level)
        count = request.shape[0] * request.shape[1]
        size = -(-count // 8)
        try:
            with zipfile.ZipFile(file) as archive:
                # Looked at before any of it is unpacked.
                if sum(member.file_size for member in archive.infolist()) > size + _OVERHEAD:
                    return None
            with np.load(file, allow_pickle=False) as arrays:
                header, packed = parse(str(arrays["header"])), arrays["outcome"]
        except _DAMAGE:
            # Computed again, and replaced.
            return None
        sound = packed.dtype == np.uint8 and packed.shape == (size,)
        if not sound or header != _header(request, packed):
            return None
        outcome: Array = np.unpackbits(packed, count=count).astype(bool).reshape(request.shape)
        return outcome

    def write(self, path: int, level: int, request: RenderRequest, outcome: Array) -> None:
        """Keep the outcomes bool (H, W) of a request. Raises FileError."""
        packed = np.packbits(outcome)
        header = np.array(json.dumps(_header(request, packed)))
        with atomic_write(self.folder / FRAME_NAME.format(path, level)) as file:
            np.savez(file, allow_pickle=False, header=header, outcome=packed)


def _header(request: RenderRequest, packed: Array) -> dict[str, object]:
    return {
        "deepfractals_frame": _FORMAT,
        "request": fingerprint(request),
        "sha256": hashlib.sha256(packed.tobytes()).hexdigest(),
    }
