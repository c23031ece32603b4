"""Writing files so that a failure leaves the old file or none."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from deepfractals_gui.session.locks import FileLock, process_lives

PART_PREFIX = ".deepfractals-part-"
"""How the name of an unfinished file begins."""

_CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "its folder is not a folder",
    errno.EISDIR: "it is a folder",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EFBIG: "the disk can't hold a file that large",
    errno.EIO: "the disk reports an error",
    errno.ELOOP: "its links lead in a circle",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.ETXTBSY: "another program is using it",
    errno.EBUSY: "another program is using it",
}


class FileError(OSError):
    """A file can't be written or moved; the message is one line that names it and the cause."""


def one_line(text: str, limit: int = 300) -> str:
    """Make a message fit one line of any terminal: no control characters, no lone surrogates."""
    plain = "".join(c if c.isprintable() or c == " " else " " for c in _encodable(text))
    plain = " ".join(plain.split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def cause(error: OSError) -> str:
    """Say in a few words why the system refused."""
    if isinstance(error, FileError):
        return str(error)
    code = error.errno or 0
    return _CAUSES.get(code) or (error.strerror or type(error).__name__).lower()


def file_error(path: Path, error: OSError, verb: str = "written") -> FileError:
    """The one line that says which file can't be written, and why."""
    if isinstance(error, FileError):
        return error
    return FileError(one_line(f"{shown(path)} can't be {verb}: {cause(error)}"))


def shown(path: Path) -> str:
    """A path as a message shows it; a very long one keeps its end."""
    text = _encodable(str(path))
    return text if len(text) <= 160 else "…" + text[-159:]


def check_target(path: Path) -> Path:
    """Find the file that writing ``path`` would replace, before any work is put into it.

    Returns
    -------
    the path with its links followed

    Raises
    ------
    FileError   the folder is missing, the target is a folder, a device or read-only, or its name
        can't be used
    """
    try:
        target = Path(os.path.realpath(path))
        if not path.name:
            raise IsADirectoryError(errno.EISDIR, "")
        try:
            found = os.stat(target)
        except FileNotFoundError:
            os.stat(target.parent)
            if not target.parent.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "") from None
            return target
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "")
        if not stat.S_ISREG(found.st_mode):
            raise FileError(f"{shown(path)} can't be written: it is a device, not a file")
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        raise file_error(path, error) from None
    except ValueError:
        raise FileError(f"{shown(path)!r} can't be written: its name can't be used") from None
    return target


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file beside ``path``, for a writer that opens it itself.

    When the block ends well the temporary file is flushed to the disk and renamed over the
    target; when it raises anything, KeyboardInterrupt included, the temporary file is removed and
    the old target stays as it was.

    Raises
    ------
    FileError   from the block's or the system's OSError: one line with the cause
    """
    target = check_target(path)
    sweep(target.parent)
    part = target.parent / f"{PART_PREFIX}{os.getpid()}-{secrets.token_hex(6)}{_suffix(target)}"
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    except OSError as error:
        raise file_error(path, error) from None
    lock = FileLock.of_descriptor(descriptor)
    try:
        try:
            yield part
            _settle(part, target)
        finally:
            # A file that is open can't be renamed or removed on every system.
            lock.release()
            os.close(descriptor)
        os.replace(part, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise file_error(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Give a binary file, open for writing, that replaces ``path`` when the block ends well.

    Raises
    ------
    FileError   see `atomic_path`
    """
    with atomic_path(path) as part, open(part, "r+b") as file:
        yield file


def sweep(folder: Path) -> None:
    """Remove unfinished files that interrupted runs have left in a folder.

    A file that another process is still writing is locked by it, and stays.
    """
    with contextlib.suppress(OSError):
        for part in folder.glob(f"{PART_PREFIX}*"):
            if not _abandoned(part):
                continue
            with contextlib.suppress(OSError):
                part.unlink()


def set_aside(path: Path) -> Path:
    """Rename a file that can't be read to a free name ending in ``.damaged``.

    Raises
    ------
    FileError   it can't be renamed
    """
    aside = path.with_name(path.name + ".damaged")
    number = 2
    while aside.exists():
        aside = path.with_name(f"{path.name}.{number}.damaged")
        number += 1
    try:
        os.rename(path, aside)
    except OSError as error:
        raise file_error(path, error, "set aside") from None
    return aside


def _abandoned(part: Path) -> bool:
    owner = part.name.removeprefix(PART_PREFIX).split("-")[0]
    # Between its making and its locking a part is known by its writer's number alone.
    if owner.isdecimal() and len(owner) < 10 and process_lives(int(owner)):
        return False
    lock = FileLock.try_acquire(part, create=False)
    if lock is None:
        return False
    lock.release()
    return True


_BINARY: int = getattr(os, "O_BINARY", 0)


def _settle(part: Path, target: Path) -> None:
    """Bring the part to the disk, with the permissions of the file it replaces."""
    with open(part, "r+b") as file:
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        os.chmod(part, stat.S_IMODE(os.stat(target).st_mode))


def _sync_folder(folder: Path) -> None:
    # The rename has happened; a file system that can't sync a folder is no reason to complain.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _suffix(target: Path) -> str:
    # Encoders choose their container by the suffix.
    return target.suffix if len(target.suffix) <= 16 else ""


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
