"""Arrays and files inside frozen parameters, known by their contents."""

from __future__ import annotations

import base64
import binascii
import hashlib
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

INLINE_LIMIT = 64 * 1024
"""Bytes of data that may travel inside a document."""
FILE_LIMIT = 256 * 1024**2


@dataclass(frozen=True)
class DataRef:
    """A piece of data outside the parameters; two are equal when their contents are.

    ``inline`` holds the bytes of small data, so that a document carries them along.
    """

    name: str = field(compare=False)
    sha256: str
    path: str = field(default="", compare=False)
    inline: bytes = field(default=b"", compare=False, repr=False)

    @classmethod
    def of_file(cls, path: Path) -> DataRef:
        """Refer to a file as it is now.

        Raises
        ------
        OSError      the file can't be read
        ValueError   it is no regular file, or larger than 256 MiB
        """
        content = _content(path)
        inline = content if len(content) <= INLINE_LIMIT else b""
        return cls(path.name, hashlib.sha256(content).hexdigest(), str(path.resolve()), inline)

    def read(self) -> bytes:
        """The bytes, as they were when the reference was made.

        Raises
        ------
        ValueError   the file is missing or has changed since
        """
        if self.inline:
            return self.inline
        try:
            content = _content(Path(self.path))
        except OSError as error:
            raise ValueError(f"the data file {self.path} can't be read: {error.strerror}") from None
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ValueError(f"the data file {self.path} has changed since it was used")
        return content

    def to_json(self) -> dict[str, Any]:
        """What a document holds: name, hash and path, and the bytes where they are few."""
        data = {"name": self.name, "sha256": self.sha256, "path": self.path}
        if self.inline:
            data["inline"] = base64.b64encode(self.inline).decode("ascii")
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DataRef:
        """Read what `to_json` wrote. Raises ValueError."""
        if not set(data) <= {"name", "sha256", "path", "inline"}:
            raise ValueError("a data file has an unknown field")
        if not all(isinstance(value, str) for value in data.values()):
            raise ValueError("the fields of a data file are texts")
        sha256 = data.get("sha256", "")
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("a data file needs the SHA-256 of its contents")
        name = data.get("name", "")
        try:
            inline = base64.b64decode(data.get("inline", ""), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"the data of {name[:60]!r} inside the document is damaged") from None
        if inline and hashlib.sha256(inline).hexdigest() != sha256:
            raise ValueError(f"the data of {name[:60]!r} inside the document is damaged")
        return cls(name[:255], sha256, data.get("path", "")[:4096], inline)


def _content(path: Path) -> bytes:
    found = path.stat()
    # Reading a pipe or a device might never end.
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path.name} is not a regular file")
    if found.st_size > FILE_LIMIT:
        raise ValueError(f"{path.name} is larger than {FILE_LIMIT >> 20} MiB")
    return path.read_bytes()
