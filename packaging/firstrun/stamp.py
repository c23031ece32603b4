"""What has been set up, noted in the virtual environment once it is complete."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from firstrun.machine import Machine

_NAME = "bootstrap.json"
_UNFINISHED = "bootstrap.unfinished"


def read(machine: Machine) -> dict[str, Any]:
    """The notes; {} when there are none or they can't be read."""
    try:
        notes = json.loads((machine.venv / _NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def write(machine: Machine, **notes: Any) -> None:
    """Add to the notes, in one step. A reader of someone else's environment can't, and needn't."""
    path = machine.venv / _NAME
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        part.write_text(json.dumps({**read(machine), **notes}, indent=1), "utf-8")
        part.replace(path)
    except OSError as error:
        machine.say(f"what was set up can't be noted in {path}: {error.strerror}")


def unfinished(machine: Machine) -> Path:
    """A file that exists while packages are being installed."""
    return machine.venv / _UNFINISHED


def installed(machine: Machine) -> str:
    """Names and versions of the installed packages, as their folders spell them."""
    if machine.platform == "win32":
        folder = machine.venv / "Lib" / "site-packages"
    else:
        folder = machine.venv / "lib" / "python{}.{}".format(*machine.version) / "site-packages"
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    except OSError:
        return ""
    return " ".join(names)
