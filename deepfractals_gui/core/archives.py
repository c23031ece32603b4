"""Arrays read from .npz files that may come from anywhere. No pickles, no surprise of size."""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, TypeVar

import numpy as np

from deepfractals_gui.core.arrays import Array

T = TypeVar("T")
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip file begins, the second one when it is empty."""
MOST_MEMBERS = 1 << 12
"""Arrays of a file, those that nobody asks for among them."""
_ENTRY = b"PK\x01\x02"
"""How a member's entry in a zip file's directory begins."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HEADER_LIMIT = 4096
"""Bytes of an array's header; NumPy writes 128 for three dimensions."""


def arrays_in(
    content: bytes,
    name: str,
    wanted: Sequence[str],
    optional: Sequence[str] = (),
    *,
    most: int,
    dimensions: int = 2,
) -> dict[str, Array]:
    """Named arrays of an .npz file as float64; the optional ones only where it has them.

    An array's header is looked at before its numbers are read: up to ``most`` numbers in up to
    ``dimensions`` dimensions are.

    Raises
    ------
    ValueError   one line that names ``name``, the array and what is wrong with it
    """

    def read(file: IO[bytes], where: str) -> Array:
        return _array(file, where, most, dimensions)

    return dict(_members(content, name, wanted, optional, read))


def each_array(
    content: bytes, name: str, wanted: Sequence[str], *, most: int, dimensions: int = 2
) -> Iterator[tuple[str, Array]]:
    """The arrays of `arrays_in` one after the other, for those who keep less than float64 of each.

    Raises
    ------
    ValueError   as `arrays_in` does, when it comes to the array
    """

    def read(file: IO[bytes], where: str) -> Array:
        return _array(file, where, most, dimensions)

    return _members(content, name, wanted, (), read)


def shapes_in(
    content: bytes, name: str, wanted: Sequence[str], *, most: int, dimensions: int = 2
) -> dict[str, tuple[int, ...]]:
    """The shapes of named arrays, none of whose numbers are read. Raises ValueError."""

    def read(file: IO[bytes], where: str) -> tuple[int, ...]:
        _, shape, _, _ = _numeric(file, where, most, dimensions)
        return shape

    return dict(_members(content, name, wanted, (), read))


def text_in(content: bytes, name: str, one: str, *, most: int = 1 << 20) -> str:
    """A text of up to ``most`` characters, stored as a single string or as UTF-8 bytes (uint8).

    Raises
    ------
    ValueError   one line that names ``name``, the array and what is wrong with it
    """

    def read(file: IO[bytes], where: str) -> str:
        return _text(file, where, most)

    return dict(_members(content, name, (one,), (), read))[one]


def _members(
    content: bytes,
    name: str,
    wanted: Sequence[str],
    optional: Sequence[str],
    read: Callable[[IO[bytes], str], T],
) -> Iterator[tuple[str, T]]:
    # The directory is read as a whole, and there is no saying how long it is but by its entries.
    if content.count(_ENTRY) > MOST_MEMBERS:
        raise ValueError(f"{name} has more than {MOST_MEMBERS:,} arrays")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {member.removesuffix(".npy") for member in archive.namelist()}
            missing = [one for one in wanted if one not in members]
            if missing:
                known = ", ".join(ascii(one)[1:-1] for one in sorted(members)[:8]) or "nothing"
                raise _WrongArray(f"{name} has no array {missing[0]}; it has {known[:200]}")
            for one in (*wanted, *(extra for extra in optional if extra in members)):
                if archive.getinfo(f"{one}.npy").compress_type not in _COMPRESSIONS:
                    raise _WrongArray(f"{name}: {one} is compressed as NumPy never does")
                with archive.open(f"{one}.npy") as file:
                    found = read(file, f"{name}: {one}")
                yield one, found
    except _WrongArray as error:
        raise ValueError(str(error)) from None
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, KeyError,
        ValueError, RuntimeError, IndexError,
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{name} is not a readable .npz file: {reason}") from None


def check_finite(array: Array, name: str, what: str) -> None:
    """Raise ValueError that names the first number of a table or a list that is none."""
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        place = ", column ".join(str(int(index) + 1) for index in wrong[0])
        raise ValueError(f"{name}: {what} is {array[tuple(wrong[0])]} at row {place}")


class _WrongArray(Exception):
    """What is wrong inside a zip file that is sound."""


def _header(file: IO[bytes], where: str) -> tuple[IO[bytes], tuple[int, ...], bool, Any]:
    """What of the array was read after its header, its shape, whether columns come first, type."""
    # NumPy would read a header of any length that it promises.
    start = io.BytesIO(file.read(_HEADER_LIMIT))
    try:
        version = np.lib.format.read_magic(start)
        read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
        shape, by_columns, dtype = read[version[0]](start)
    except (
        ValueError, KeyError, TypeError, IndexError, AttributeError, SyntaxError, RecursionError,
        MemoryError, OverflowError, tokenize.TokenError,
    ):  # fmt: skip
        raise _WrongArray(f"{where} is not a NumPy array") from None
    return start, shape, by_columns, dtype


def _numeric(
    file: IO[bytes], where: str, most: int, dimensions: int
) -> tuple[IO[bytes], tuple[int, ...], bool, Any]:
    """The header of an array of numbers, not too many of them; see `_header`."""
    start, shape, by_columns, dtype = _header(file, where)
    if dtype.kind not in "fiub":
        raise _WrongArray(f"{where} holds {str(dtype)[:40]}, not numbers")
    if len(shape) > dimensions or any(side < 0 for side in shape) or math.prod(shape) > most:
        raise _WrongArray(f"{where} has the shape {str(shape)[:60]}, which is too large")
    return start, shape, by_columns, dtype


def _array(file: IO[bytes], where: str, most: int, dimensions: int) -> Array:
    start, shape, by_columns, dtype = _numeric(file, where, most, dimensions)
    content = _numbers(start, file, where, math.prod(shape) * dtype.itemsize)
    flat = np.frombuffer(content, dtype)
    # A long double may be beyond float64; the infinity it becomes is told of by those who care.
    with np.errstate(over="ignore"):
        return flat.reshape(shape, order="F" if by_columns else "C").astype(np.float64)


def _text(file: IO[bytes], where: str, most: int) -> str:
    start, shape, _, dtype = _header(file, where)
    single, stored = shape == () and dtype.kind == "U", len(shape) == 1 and dtype == np.uint8
    if not (single or stored):
        raise _WrongArray(f"{where} is neither a single string nor bytes (uint8)")
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size > 4 * most:
        raise _WrongArray(f"{where} is longer than {most} characters")
    content = _numbers(start, file, where, size)
    try:
        if single:
            return str(np.frombuffer(content, dtype)[0]) if size else ""
        return content.decode("utf-8")
    except ValueError:
        raise _WrongArray(f"{where} is not a text") from None


def _numbers(start: IO[bytes], file: IO[bytes], where: str, size: int) -> bytes:
    content = start.read(size)
    content += file.read(size - len(content))
    if len(content) != size:
        raise _WrongArray(f"{where} is cut short")
    return content
