"""Named arrays of .npz files, whose sizes are looked at before they are read. No pickles."""

from __future__ import annotations

import io
import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from deepfractals_gui.core import Array

T = TypeVar("T")
MOST_NUMBERS = 25_600_000
"""Numbers, at most, of one array."""
LONGEST_TEXT = 1 << 20
"""Characters, at most, of a text."""
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading a damaged or encrypted archive raises."""


def is_npz(content: bytes) -> bool:
    """True for what begins like an .npz file."""
    return content[:4] == b"PK\x03\x04"


def read_arrays(
    name: str, content: bytes, wanted: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Array]:
    """The ``wanted`` arrays, and those of the ``optional`` ones that are there, as float64.

    Raises
    ------
    ValueError   one line that says what is wrong
    """
    return _read(name, content, wanted, optional, _array)


def read_text(name: str, content: bytes, one: str) -> str:
    """A text that is stored as a single string or as its UTF-8 bytes (uint8). Raises ValueError."""
    return _read(name, content, (one,), (), _text)[one]


def _read(
    name: str,
    content: bytes,
    wanted: tuple[str, ...],
    optional: tuple[str, ...],
    read: Callable[[str, str, Any], T],
) -> dict[str, T]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = {member.removesuffix(".npy") for member in archive.namelist()}
        missing = [one for one in wanted if one not in members]
        if missing:
            known = ", ".join(sorted(members)[:8]) or "nothing"
            raise ValueError(f"{name} has no array {missing[0]}; it has {known}")
        found = {}
        for one in (*wanted, *(extra for extra in optional if extra in members)):
            with archive.open(f"{one}.npy") as file:
                found[one] = read(name, one, file)
    except _DAMAGED as error:
        raise ValueError(f"{name} is not a readable .npz file: {error}") from None
    return found


def _header(name: str, one: str, file: Any) -> tuple[tuple[int, ...], bool, Any]:
    """Shape, whether columns come first, and type."""
    try:
        version = np.lib.format.read_magic(file)
        read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
        shape, by_columns, dtype = read[version[0]](file)
    except (ValueError, KeyError, SyntaxError, tokenize.TokenError):
        raise ValueError(f"{name}: {one} is not a NumPy array") from None
    if min(shape, default=0) < 0:
        raise ValueError(f"{name}: {one} is not a NumPy array")
    return shape, by_columns, dtype


def _content(name: str, one: str, file: Any, size: int) -> bytes:
    content: bytes = file.read(size)
    if len(content) != size:
        raise ValueError(f"{name}: {one} is cut short")
    return content


def _array(name: str, one: str, file: Any) -> Array:
    shape, by_columns, dtype = _header(name, one, file)
    if dtype.kind not in "fiub":
        raise ValueError(f"{name}: {one} holds {dtype}, not numbers")
    if len(shape) > 2 or math.prod(shape) > MOST_NUMBERS:
        raise ValueError(f"{name}: {one} has the shape {shape}, which is too large")
    content = _content(name, one, file, math.prod(shape) * dtype.itemsize)
    flat = np.frombuffer(content, dtype)
    return flat.reshape(shape, order="F" if by_columns else "C").astype(np.float64)


def _text(name: str, one: str, file: Any) -> str:
    shape, _, dtype = _header(name, one, file)
    single, stored = shape == () and dtype.kind == "U", len(shape) == 1 and dtype == np.uint8
    if not (single or stored):
        raise ValueError(f"{name}: {one} is neither a single string nor bytes (uint8)")
    size = math.prod(shape) * dtype.itemsize
    if size > 4 * LONGEST_TEXT:
        raise ValueError(f"{name}: {one} is longer than {LONGEST_TEXT} characters")
    content = _content(name, one, file, size)
    try:
        if single:
            return str(np.frombuffer(content, dtype)[0]) if size else ""
        return content.decode("utf-8")
    except ValueError:
        raise ValueError(f"{name}: {one} is not a text") from None


def check_finite(name: str, what: str, array: Array) -> None:
    """Raise ValueError, with the first place, where an array holds what isn't a finite number."""
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        place = ", ".join(str(int(index) + 1) for index in wrong[0])
        value = array[tuple(wrong[0])]
        raise ValueError(f"{name}: {what} is {value} at row {place.replace(', ', ', column ')}")
