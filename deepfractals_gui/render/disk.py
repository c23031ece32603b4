"""Samples kept on the disk, so that what took long is there again after a restart.

One file an entry, named by the SHA-256 of what the samples depend on: the request, the rows of it,
and the build of the program. A file is a line that says what it is, a line of JSON, the arrays as
they lie in memory, and the SHA-256 of all that. There is no index: the folder is the truth, also
when several windows and commands share it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import platformdirs

from deepfractals_gui.core import Array, CancelFlag, Channel
from deepfractals_gui.render.build import build
from deepfractals_gui.render.request import UNKNOWN, Piece, Samples

LOG = logging.getLogger(__name__)

FOLDER_VARIABLE = "DEEPFRACTALS_SAMPLE_CACHE"
"""Environment variable that names another folder."""
BUDGET = 2 << 30
"""Bytes kept unless a person chose otherwise."""
MAGIC = b"deepfractals samples 1\n"
SUFFIX = ".samples"
PART_SUFFIX = ".rows.samples"
"""How the name of a part of a picture ends."""
PARTS_SHARE = 0.25
"""The share of the budget that is left to parts of pictures: an export is large, and soon over."""
PART_PREFIX = ".part-"
PART_HOURS = 1.0
"""An unfinished file that old was left by a process that was killed."""
FREE_BYTES = 256 << 20
"""What is left free on the disk at least."""
HEADER_LIMIT = 1 << 20
CHUNK_BYTES = 4 << 20
"""Read or written between two looks at the cancel flag: a few milliseconds."""
DIGEST_BYTES = hashlib.sha256().digest_size


class _Damaged(Exception):
    """A file isn't what its name says."""


class Entry(NamedTuple):
    """What a file of the cache holds.

    ``shape`` is (H, W) of the picture, ``rows`` how many of its sample rows these are, ``share``
    the share of the samples that is known, ``used`` the time of the last use in seconds since the
    epoch, and ``current`` is False for samples that another build of the program made.
    """

    path: Path
    key: str
    shape: tuple[int, int]
    supersampling: int
    rows: int
    share: float
    seconds: float
    nbytes: int
    used: float
    current: bool


@dataclass(frozen=True)
class _Header:
    identity: str
    channels: tuple[tuple[str, str], ...]
    shape: tuple[int, int]
    leveled: bool
    known: int
    seconds: float

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        each = sum(np.dtype(dtype).itemsize for _, dtype in self.channels) + self.leveled
        return each * self.shape[0] * self.shape[1]

    def line(self) -> bytes:
        return json.dumps(vars(self), allow_nan=False).encode() + b"\n"

    @classmethod
    def read(cls, file: BinaryIO) -> _Header:
        """Raises _Damaged."""
        if file.read(len(MAGIC)) != MAGIC:
            raise _Damaged("it is no file of samples")
        line = file.readline(HEADER_LIMIT)
        try:
            data = json.loads(line)
            channels = tuple(
                (str(name), np.dtype(str(kind)).str) for name, kind in data["channels"]
            )
            rows, columns = map(int, data["shape"])
            identity, leveled = str(data["identity"]), bool(data["leveled"])
            known, seconds = int(data["known"]), float(data["seconds"])
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise _Damaged("its description can't be read") from error
        return cls(identity, channels, (rows, columns), leveled, known, seconds)


class DiskCache:
    """A folder of samples, the least recently used removed beyond a budget of bytes.

    Nothing here raises because of the disk: what can't be written is not kept, what can't be read
    is rendered again, and a line in the log says so. Every method may be called from any thread,
    but not from the window's: they wait for the disk.
    """

    def __init__(self, folder: Path | None = None, budget: int = BUDGET) -> None:
        self.folder = sample_folder() if folder is None else folder
        self.budget = budget
        self._complained = False

    def get(
        self, piece: Piece, channels: tuple[Channel, ...], cancel: CancelFlag
    ) -> Samples | None:
        """The samples of a piece, as far as they are known; `Samples.level` tells.

        Raises
        ------
        Cancelled   the flag went up
        """
        identity = _identity(piece)
        path = self._path(piece, identity)
        try:
            with open(path, "rb") as file:
                header = _Header.read(file)
                _check(header, identity, piece, channels, os.fstat(file.fileno()).st_size, file)
                arrays = _read(file, header, cancel)
        except FileNotFoundError:
            return None
        except (OSError, MemoryError) as error:
            LOG.warning("the samples kept in %s can't be read: %s", path, error)
            return None
        except _Damaged as error:
            LOG.warning("%s is dropped: %s", path, error)
            self._remove(path)
            return None
        # The time of the last use; where it can't be set the file is only removed sooner.
        with contextlib.suppress(OSError):
            os.utime(path)
        level = arrays.pop("", None)
        return Samples(piece.request, arrays, level, header.seconds)

    def put(self, piece: Piece, samples: Samples) -> bool:
        """Keep the samples of a piece, finished or not; they may go on changing meanwhile.

        What is unfinished never takes the place of what is finished. Returns whether it is kept.
        """
        if piece.request.precision != "float64":
            return False
        # The level first: what it calls computed is then sure to be written as computed.
        level = None if samples.level is None else np.array(samples.level)
        if level is None and not np.all(samples.channels["status"]):
            level = np.where(samples.channels["status"] == 0, UNKNOWN, 0).astype(np.uint8)
        identity = _identity(piece)
        path = self._path(piece, identity)
        header = _Header(
            identity,
            tuple((name, array.dtype.str) for name, array in samples.channels.items()),
            piece.shape,
            level is not None,
            int(piece.rows * piece.shape[1] - (0 if level is None else np.count_nonzero(level))),
            samples.seconds,
        )
        try:
            if level is not None and self._is_finished(path):
                return False
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
            if header.size > min(self.budget, free - FREE_BYTES):
                self._complain(f"{header.size >> 20} MiB don't fit")
                return False
            self._write(path, header, ([level] if level is not None else [], samples.channels))
            self.prune(keep=path)
        except OSError as error:
            self._complain(str(error))
            return False
        self._complained = False
        return True

    def entries(self) -> list[Entry]:
        """What is kept, last used first. Files that can't be read are left out."""
        found = []
        for path, size, used in self._files():
            try:
                with open(path, "rb") as file:
                    found.append(_entry(path, _Header.read(file), size, used))
            except (OSError, _Damaged) as error:
                LOG.info("%s is left out: %s", path, error)
        return sorted(found, key=lambda entry: -entry.used)

    @property
    def nbytes(self) -> int:
        """Bytes that the folder holds."""
        return sum(size for _, size, _ in self._files())

    def clear(self) -> int:
        """Remove everything; returns how many bytes that were."""
        return sum(size for path, size, _ in self._files(parts=True) if self._remove(path))

    def prune(self, keep: Path | None = None) -> None:
        """Remove the least recently used files beyond the budget, and what killed writers left.

        Of parts of pictures, which exports leave, no more than a quarter of the budget is spared.
        """
        old = time.time() - PART_HOURS * 3600
        for path, _, used in self._files(parts=True):
            if path.name.startswith(PART_PREFIX) and used < old:
                self._remove(path)
        files = sorted(self._files(), key=lambda file: file[2])
        parts = [file for file in files if file[0].name.endswith(PART_SUFFIX)]
        over = sum(size for _, size, _ in files) - self.budget
        beyond = sum(size for _, size, _ in parts) - self.budget * PARTS_SHARE
        first = []
        for file in parts:
            if beyond > 0:
                first.append(file)
                beyond -= file[1]
        for path, size, _ in (*first, *(file for file in files if file not in first)):
            if over <= 0:
                return
            if path != keep and self._remove(path):
                over -= size

    def _path(self, piece: Piece, identity: str) -> Path:
        whole = piece.rows == piece.request.grid[0]
        name = hashlib.sha256(identity.encode()).hexdigest()
        return self.folder / (name + (SUFFIX if whole else PART_SUFFIX))

    def _files(self, parts: bool = False) -> Iterator[tuple[Path, int, float]]:
        """Path, size and time of last use of each file of the cache."""
        try:
            with os.scandir(self.folder) as found:
                names = list(found)
        except FileNotFoundError:
            return
        except OSError as error:
            LOG.warning("%s can't be listed: %s", self.folder, error)
            return
        for name in names:
            if not (name.name.endswith(SUFFIX) or (parts and name.name.startswith(PART_PREFIX))):
                continue
            # Another process may have removed it since.
            with contextlib.suppress(OSError):
                if name.is_file(follow_symlinks=False):
                    facts = name.stat(follow_symlinks=False)
                    yield Path(name.path), facts.st_size, facts.st_mtime

    def _is_finished(self, path: Path) -> bool:
        try:
            with open(path, "rb") as file:
                return not _Header.read(file).leveled
        except (FileNotFoundError, _Damaged):
            return False

    def _write(
        self, path: Path, header: _Header, arrays: tuple[list[Array], Mapping[str, Array]]
    ) -> None:
        levels, channels = arrays
        part = self.folder / f"{PART_PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
        digest = hashlib.sha256()
        try:
            # Not brought to the disk at once: after a power cut the checksum tells.
            with open(part, "xb") as file:
                for text in (MAGIC, header.line()):
                    digest.update(text)
                    file.write(text)
                for array in (*levels, *channels.values()):
                    for chunk in _chunks(array):
                        # Workers may go on writing: what is summed must be what is written.
                        copy = np.array(chunk, order="C")
                        digest.update(copy.data)
                        file.write(copy.data)
                file.write(digest.digest())
            os.replace(part, path)
        finally:
            self._remove(part)

    def _remove(self, path: Path) -> bool:
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            LOG.warning("%s can't be removed: %s", path, error)
            return False
        return True

    def _complain(self, cause: str) -> None:
        # A render tries again every few seconds.
        if not self._complained:
            LOG.warning("samples aren't kept in %s: %s", self.folder, cause)
        self._complained = True


def sample_folder() -> Path:
    """The folder for this user's samples."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    return Path(platformdirs.user_cache_dir("deepfractals", appauthor=False)) / "samples"


def _identity(piece: Piece) -> str:
    """Canonical JSON of all that the samples depend on, the build included."""
    described = {
        **piece.request.identity,
        "rows": [piece.first_row, piece.rows],
        "build": build(),
    }
    return json.dumps(described, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _check(
    header: _Header,
    identity: str,
    piece: Piece,
    channels: tuple[Channel, ...],
    size: int,
    file: BinaryIO,
) -> None:
    """Refuse what isn't the samples of a piece, before any memory is taken. Raises _Damaged."""
    declared = {channel.name: channel.numpy_dtype().str for channel in channels}
    if header.identity != identity:
        raise _Damaged("it holds the samples of something else")
    if dict(header.channels) != declared or header.shape != piece.shape:
        raise _Damaged("its arrays aren't those of the system")
    if size != file.tell() + header.size + DIGEST_BYTES:
        raise _Damaged("it is not complete")


def _read(file: BinaryIO, header: _Header, cancel: CancelFlag) -> dict[str, Array]:
    """The arrays, the level under the name "". Raises _Damaged, Cancelled."""
    digest = hashlib.sha256()
    for text in (MAGIC, header.line()):
        digest.update(text)
    level = (("", "|u1"),) if header.leveled else ()
    arrays = {}
    for name, dtype in (*level, *header.channels):
        arrays[name] = array = np.empty(header.shape, dtype)
        for chunk in _chunks(array):
            cancel.check()
            if file.readinto(chunk.data) != chunk.nbytes:  # type: ignore[attr-defined]
                raise _Damaged("it is not complete")
            digest.update(chunk.data)
    if file.read(DIGEST_BYTES) != digest.digest():
        raise _Damaged("its checksum is wrong")
    return arrays


def _chunks(array: Array) -> Iterator[Array]:
    rows = max(1, CHUNK_BYTES // max(1, array[:1].nbytes))
    for first in range(0, len(array), rows):
        yield array[first : first + rows]


def _entry(path: Path, header: _Header, size: int, used: float) -> Entry:
    """Raises _Damaged."""
    try:
        data: dict[str, Any] = json.loads(header.identity)
        height, width = data["shape"]
        return Entry(
            path,
            str(data["system"]),
            (int(height), int(width)),
            int(data["supersampling"]),
            header.shape[0],
            header.known / (header.shape[0] * header.shape[1]),
            header.seconds,
            size,
            used,
            data["build"] == build(),
        )
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise _Damaged("its description can't be read") from error
