"""What a file holds, read only where that comes to an end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def printable(text: str) -> str:
    """A line from a file as a terminal may be given it: without signs that would steer it."""
    return "".join(one if one.isprintable() else "?" for one in text)


def size_of(path: Path, error: type[ValueError] = ValueError) -> int:
    """Bytes of a file.

    Raises
    ------
    error     it is no regular file: reading a pipe or a device might never end
    OSError   it can't be found, or is a folder
    """
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise error(f"{path.name} is not a regular file")
    return found.st_size


def content_of(path: Path, most: int, error: type[ValueError] = ValueError) -> bytes:
    """The bytes of a file, up to ``most`` of them.

    Raises
    ------
    error     it is no regular file, or has more bytes
    OSError   it can't be read
    """
    size = size_of(path, error)
    if size > most:
        raise error(f"{path.name} is larger than {most >> 20} MiB")
    with path.open("rb") as file:
        # As much memory is taken as is asked for, however short the file.
        return file.read(size)
