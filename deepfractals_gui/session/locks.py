"""Locks that the system lets go of when their process dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # Far behind any content: a lock on Windows keeps others from reading what it covers.
    _PLACE = 0x7FFF_0000

    def _lock(descriptor: int) -> None:
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _PLACE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def process_lives(pid: int) -> bool:
        """False: there, signal 0 would end the process, and open files can't be removed anyway."""
        return False

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def process_lives(pid: int) -> bool:
        """True when a process of that number runs on this machine."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            return True
        return True


class FileLock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, descriptor: int, owned: bool) -> None:
        self._descriptor: int | None = descriptor
        self._owned = owned

    @classmethod
    def try_acquire(cls, path: Path, *, create: bool) -> FileLock | None:
        """Lock a file; None when another holder has it, or it can't be opened.

        Raises
        ------
        OSError   ``create`` is set and the file can't be made
        """
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError:
            if create:
                raise
            return None
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return None
        return cls(descriptor, owned=True)

    @classmethod
    def of_descriptor(cls, descriptor: int) -> FileLock:
        """Lock an open file that its opener closes.

        Some network file systems know no locks; there the file simply isn't protected from being
        swept away, which the opener notices as a missing file.
        """
        with contextlib.suppress(OSError):
            _lock(descriptor)
        return cls(descriptor, owned=False)

    def release(self) -> None:
        """Let go; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with contextlib.suppress(OSError):
            _unlock(descriptor)
        if self._owned:
            os.close(descriptor)
