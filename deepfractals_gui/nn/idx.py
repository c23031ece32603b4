"""IDX files, the format of the MNIST data: a header of big-endian counts, then the numbers."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deepfractals_gui.core import Array

IMAGES = 0x0803
"""The magic number of images: unsigned bytes in three dimensions; 2051."""
LABELS = 0x0801
"""The magic number of labels: unsigned bytes in one dimension; 2049."""
MOST_BYTES = 1 << 28
MOST_DIMENSIONS = 4
GZIP = b"\x1f\x8b"

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_SIDES = {1: ("labels",), 3: ("images", "rows", "columns")}
_NAME = re.compile(
    r"(?P<set>.*)(?P<what>images|labels)(?P<dot>[-.])idx[13]-ubyte(?P<gz>\.gz)?", re.I | re.S
)


def looks_like_idx(content: bytes) -> bool:
    """Whether a file, compressed or not, can be an IDX file: neither text nor .npz begins so."""
    return content[:2] in (b"\0\0", GZIP)


def read_idx(content: bytes, name: str, magic: int | None = None) -> Array:
    """The array of an IDX file, gzip-compressed or not, in its own type and shape.

    No more is unpacked than the header promises, and at most 256 MiB. Where ``magic`` is given
    the file must begin with it.

    Raises
    ------
    ValueError   one line that names ``name``, the field and what is wrong with it

    References
    ----------
    Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits: file formats.
    """
    source = _Source(content, name)
    found = int.from_bytes(source.header(4, "the magic number"), "big")
    if magic is not None and found != magic:
        raise ValueError(f"{name}: the magic number is {found}, not {magic}")
    kind, dimensions = found >> 8, found & 0xFF
    if kind not in _TYPES or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise ValueError(
            f"{name}: the magic number is {found}, which is none of an IDX file of 1 to "
            f"{MOST_DIMENSIONS} dimensions (images have {IMAGES}, labels {LABELS})"
        )
    dtype = np.dtype(_TYPES[kind])
    sides = _SIDES.get(dimensions, tuple(f"side {side + 1}" for side in range(dimensions)))
    shape = []
    for side in sides:
        field = f"the number of {side}" if dimensions in _SIDES else side
        count = int.from_bytes(source.header(4, field), "big")
        if count == 0:
            raise ValueError(f"{name}: {field} is 0")
        shape.append(count)
    size = dtype.itemsize
    for count in shape:
        size *= count
    promise = _promise(shape, size)
    if size > MOST_BYTES:
        raise ValueError(f"{name}: the header promises {promise}; at most {MOST_BYTES} are read")
    data = source.read(size + 1)
    if len(data) != size:
        follow = "more" if len(data) > size else f"{len(data)}"
        raise ValueError(f"{name}: the header promises {promise}, but {follow} follow")
    return np.frombuffer(data, dtype).reshape(shape)


def idx_partner(path: Path) -> Path | None:
    """The labels beside a file of images, or the images beside labels, by their usual names.

    Those are ``SET-images-idx3-ubyte`` and ``SET-labels-idx1-ubyte``, also with a dot in front of
    ``idx`` and with ``.gz`` at the end. The partner is spelled like ``path`` if there is one.
    """
    name = _NAME.fullmatch(path.name)
    if name is None:
        return None
    what = "labels-idx1" if names_images(path) else "images-idx3"
    for other in _spellings(what, name["dot"], name["gz"] or ""):
        partner = path.with_name(f"{name['set']}{other}")
        if partner.is_file():
            return partner
    return None


def names_images(path: Path) -> bool:
    """Whether the name of an IDX file says that it holds images."""
    name = _NAME.fullmatch(path.name)
    return name is not None and name["what"].lower() == "images"


def _spellings(what: str, dot: str, gz: str) -> Iterator[str]:
    for between in dict.fromkeys((dot, "-", ".")):
        for end in dict.fromkeys((gz, ".gz", "")):
            yield f"{what.replace('-', between)}-ubyte{end}"


def _promise(shape: list[int], size: int) -> str:
    if len(shape) == 3:
        return f"{shape[0]} images of {shape[1]} x {shape[2]}, {size} bytes"
    if len(shape) == 1:
        return f"{shape[0]} labels, {size} bytes"
    return f"{' x '.join(map(str, shape))} numbers, {size} bytes"


class _Source:
    """The bytes of a file, unpacked only as far as they are asked for."""

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        self._place = 0
        self._packed = content[:2] == GZIP
        self._file: io.BufferedIOBase = io.BytesIO(content)
        if self._packed:
            self._file = gzip.GzipFile(fileobj=io.BytesIO(content))

    def header(self, count: int, field: str) -> bytes:
        """The next bytes of the header. Raises ValueError where there are fewer."""
        data = self.read(count)
        if len(data) != count:
            length = self._place + len(data)
            raise ValueError(f"{self._name}: the file ends after {length} bytes, within {field}")
        self._place += count
        return data

    def read(self, most: int) -> bytes:
        """Up to ``most`` bytes; fewer only where the file ends."""
        try:
            return self._file.read(most)
        except EOFError:
            reason = "is cut short"
        except (OSError, zlib.error) as error:
            reason = f"is damaged: {str(error).splitlines()[0]}"
        raise ValueError(f"{self._name}: the gzip data {reason}")
