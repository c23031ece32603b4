"""Where compiled kernels are kept between starts. Loads no Numba.

Numba notices a change in a kernel's own file only: a helper that changes in another file leaves
stale machine code behind. Hence one directory per version of the application, hash of all kernel
sources and version of Python.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import platformdirs

from deepfractals_gui import __version__

log = logging.getLogger(__name__)

_MARKER = "warm"
_STALE_DAYS = 30.0


def root() -> Path:
    """The folder that holds one cache directory per build of the kernels."""
    chosen = os.environ.get("DEEPFRACTALS_KERNEL_CACHE")
    if chosen:
        return Path(chosen)
    return Path(platformdirs.user_cache_dir("deepfractals", appauthor=False)) / "kernels"


@cache
def fingerprint() -> str:
    """Name the build: application version, Python version and a hash of the kernel sources."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    python = f"{sys.implementation.cache_tag}-{sys.platform}"
    return f"{__version__}-{python}-{digest.hexdigest()[:16]}"


def directory() -> Path:
    """The cache directory of this build; it need not exist yet."""
    return root() / fingerprint()


def is_warm() -> bool:
    """True when every kernel of this build has been compiled into the cache."""
    return (directory() / _MARKER).is_file()


def mark_warm() -> None:
    """Note that every kernel is in the cache, where there is one."""
    if activate() is not None:
        _touch(directory() / _MARKER)


def wipe() -> None:
    """Delete this build's cache; kernels are compiled again when next they are needed."""
    shutil.rmtree(directory(), ignore_errors=True)


@cache
def activate() -> Path | None:
    """Point Numba at the cache directory, before it is imported.

    Returns None, and leaves a line in the log, where nothing can be written: kernels then
    compile anew in each process.
    """
    target = directory()
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target) as probe:
            probe.write(b"\0")
    except OSError as error:
        log.warning("kernels are compiled at each start: %s can't be written (%s)", target, error)
        return None
    os.environ["NUMBA_CACHE_DIR"] = str(target)
    return target


def prune() -> None:
    """Delete the caches of other builds that haven't been used for a month."""
    here = directory()
    if not root().is_dir():
        return
    limit = time.time() - _STALE_DAYS * 86400
    for other in root().iterdir():
        if other != here and other.is_dir() and other.stat().st_mtime < limit:
            shutil.rmtree(other, ignore_errors=True)


def _touch(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        log.warning("the warm kernel cache can't be marked: %s", error)
