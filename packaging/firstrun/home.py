"""Somewhere to keep caches and settings for a user whose home can't be written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from firstrun.machine import Machine

_FOLDERS = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}


def substitutes(machine: Machine) -> dict[str, str]:
    """Environment variables to add; {} where the home is in order."""
    if machine.platform in ("win32", "darwin"):
        return {}
    home = Path(machine.environ.get("HOME") or "/nonexistent")
    # A home that doesn't exist isn't made, even where its parent could be written.
    usable = home.is_dir()
    wanted = {
        name: folder
        for name, folder in _FOLDERS.items()
        if not machine.environ.get(name) and not (usable and machine.writable(home / folder))
    }
    if not wanted:
        return {}
    base = machine.venv / "home"
    if not machine.writable(base):
        base = _private_temporary(machine)
    return {name: str(base / folder) for name, folder in wanted.items()}


def _private_temporary(machine: Machine) -> Path:
    base = Path(tempfile.gettempdir()) / f"deepfractals-{machine.user()}"
    try:
        base.mkdir(mode=0o700, exist_ok=True)
        mine = base.stat().st_uid == os.getuid() and not base.is_symlink()
    except OSError:
        mine = False
    # Someone else's folder of that name is not to be trusted.
    return base if mine else Path(tempfile.mkdtemp(prefix="deepfractals-"))
