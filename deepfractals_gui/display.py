"""Is there a display? Asked before Qt is loaded: without one, Qt ends the process on the spot.

Standard library only, so that the set-up script can ask as well.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_LOCAL_X11 = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?")
_NAMES_ITS_OWN = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


def missing_display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Say in one line why no window can open; "" when there is a display to try."""
    if platform in ("darwin", "win32") or _chosen(environ).startswith(_NAMES_ITS_OWN):
        return ""
    if environ.get("WAYLAND_DISPLAY"):
        return ""
    name = environ.get("DISPLAY", "")
    if not name:
        return "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    local = _LOCAL_X11.fullmatch(name)
    if local and not _answers(int(local[1])):
        return f"there is no display: no X server answers at DISPLAY={name}"
    return ""


def missing_library(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Name the system library that Qt's window plugin lacks, in one line; "" when none is known."""
    if not platform.startswith("linux") or _chosen(environ).startswith(_NAMES_ITS_OWN):
        return ""
    if not environ.get("DISPLAY"):
        return ""
    found = importlib.util.find_spec("PySide6")
    if found is None or found.origin is None:
        return "PySide6, which draws the window, is not installed"
    plugin = Path(found.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    if not plugin.exists():
        return ""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return f"a system library that the window needs can't be loaded: {error}"
    return ""


def _chosen(environ: Mapping[str, str]) -> str:
    return environ.get("QT_QPA_PLATFORM", "")


def _answers(number: int) -> bool:
    """Connect to the X server of that number as an X client would, by either kind of address."""
    path = f"/tmp/.X11-unix/X{number}"
    for address in (f"\0{path}", path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2.0)
            try:
                client.connect(address)
            except OSError:
                continue
            return True
    return False
