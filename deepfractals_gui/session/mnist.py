"""The MNIST digits, fetched on request: from a mirror, checked, kept in a folder."""

from __future__ import annotations

import hashlib
import http.client
import queue
import socket
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.session import store
from deepfractals_gui.session.files import atomic_write, cause, one_line

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
TIMEOUT = 20.0
"""Seconds without a byte after which a mirror is given up."""
_CHUNK = 1 << 15
_POLL_SECONDS = 0.03


class FetchError(OSError):
    """A file can't be fetched; the message is one line that says which, and why."""


@dataclass(frozen=True)
class Archive:
    """A file as its mirrors have it: ``size`` bytes of the SHA-256 ``sha256``."""

    name: str
    size: int
    sha256: str

    def fits(self, content: bytes) -> bool:
        return len(content) == self.size and hashlib.sha256(content).hexdigest() == self.sha256

    def lies_in(self, folder: Path) -> bool:
        """Whether the file is there, whole."""
        path = folder / self.name
        try:
            return path.stat().st_size == self.size and self.fits(path.read_bytes())
        except OSError:
            return False


@dataclass(frozen=True)
class Digits:
    """Images and their labels."""

    title: str
    images: Archive
    labels: Archive

    @property
    def archives(self) -> tuple[Archive, Archive]:
        return self.images, self.labels

    @property
    def size(self) -> int:
        """Bytes of both files."""
        return self.images.size + self.labels.size


SETS = {
    "test": Digits(
        "10,000 digits",
        Archive(
            "t10k-images-idx3-ubyte.gz", 1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        Archive(
            "t10k-labels-idx1-ubyte.gz", 4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    "train": Digits(
        "60,000 digits",
        Archive(
            "train-images-idx3-ubyte.gz", 9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        Archive(
            "train-labels-idx1-ubyte.gz", 28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
    ),
}  # fmt: skip


def folder() -> Path:
    """Where the files are kept, if not told otherwise."""
    return store.data_folder() / "mnist"


def fetch(
    digits: Digits,
    into: Path,
    *,
    mirrors: Sequence[str] = MIRRORS,
    progress: Callable[[float], None] | None = None,
    cancel: CancelFlag | None = None,
) -> Path:
    """Fetch images and labels; files that are there, whole, are left as they are.

    A file is kept in memory until it has been checked, and then written beside its target and
    renamed: whatever happens, nothing half done is left.

    Parameters
    ----------
    mirrors : addresses that end in a slash, tried one after the other
    progress : told the share of bytes that have come, 0 to 1

    Returns
    -------
    the path of the images; the labels lie beside them

    Raises
    ------
    FetchError   no mirror has the right file, or none can be reached
    FileError    a file can't be written
    Cancelled    the flag went up; it is looked at every 30 ms
    """
    cancel = cancel or CancelFlag()
    store.make_folder(into)
    come = 0
    for archive in digits.archives:
        if not archive.lies_in(into):

            def told(count: int, before: int = come) -> None:
                if progress is not None:
                    progress((before + count) / digits.size)

            content = _from_any(archive, mirrors, told, cancel)
            with atomic_write(into / archive.name) as file:
                file.write(content)
        come += archive.size
        if progress is not None:
            progress(come / digits.size)
    return into / digits.images.name


def _from_any(
    archive: Archive, mirrors: Sequence[str], told: Callable[[int], None], cancel: CancelFlag
) -> bytes:
    unreached = wrong = ""
    for mirror in mirrors:
        host = urllib.parse.urlsplit(mirror).hostname or mirror
        content = b""
        try:
            for chunk in _chunks(mirror + archive.name, archive.size, cancel):
                content += chunk
                told(len(content))
        except (OSError, http.client.HTTPException, ValueError) as error:
            unreached = f"{host}: {_reason(error)}"
            continue
        if archive.fits(content):
            return content
        wrong = host
    if wrong:
        why = f"what {wrong} sends isn't the file that is expected (another SHA-256)"
        raise FetchError(one_line(f"{archive.name}: {why}; nothing of it was kept"))
    raise FetchError(one_line(f"{archive.name} can't be fetched, no mirror answers: {unreached}"))


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answers {error.code}, {error.reason}"
    if isinstance(error, urllib.error.URLError):
        error = error.reason if isinstance(error.reason, Exception) else OSError(error.reason)
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, socket.gaierror):
        return "its name isn't found; there may be no connection"
    if isinstance(error, ssl.SSLError):
        # Its numbers are no system's.
        return "it can't prove who it is"
    return cause(error) if isinstance(error, OSError) else str(error) or type(error).__name__


def _chunks(address: str, size: int, cancel: CancelFlag) -> Iterator[bytes]:
    """The bytes at an address, one more than ``size`` at most.

    A thread of its own waits for the network, which can't be interrupted: whoever cancels doesn't
    wait for it. What it reads afterwards is dropped.
    """
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise ValueError("an address begins with http:// or https://")
    arrived: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
    over = threading.Event()

    def read() -> None:
        left = size + 1
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT) as source:
                while left and not over.is_set() and (chunk := source.read1(min(_CHUNK, left))):
                    arrived.put(chunk)
                    left -= len(chunk)
            arrived.put(b"")
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            arrived.put(error)

    threading.Thread(target=read, name="fetching", daemon=True).start()
    try:
        while True:
            cancel.check()
            try:
                found = arrived.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(found, Exception):
                raise found
            if not found:
                return
            yield found
    finally:
        over.set()
