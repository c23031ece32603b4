"""The compiled kernels: warm before the application starts, so that its first picture is quick."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from firstrun import stamp
from firstrun.machine import Machine

_WARM = "deepfractals_gui.kernels.warm"
_WHERE = (
    "from deepfractals_gui.kernels import cache; print(cache.directory()); print(cache.is_warm())"
)
_PLACE = (
    "HOME",
    "XDG_CACHE_HOME",
    "LOCALAPPDATA",
    "DEEPFRACTALS_KERNEL_CACHE",
)


def sources(machine: Machine) -> str:
    """Hash of what the compiled kernels depend on: their sources, user, and place of the cache."""
    digest = hashlib.sha256(requirements_text(machine))
    for path in sorted((machine.root / "deepfractals_gui" / "kernels").glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    for name in _PLACE:
        digest.update(f"{name}={machine.environ.get(name, '')}\0".encode())
    digest.update(machine.user().encode())
    return digest.hexdigest()


def requirements_text(machine: Machine) -> bytes:
    """The package's version file: a new version has a cache of its own."""
    return (machine.root / "deepfractals_gui" / "__init__.py").read_bytes()


def is_warm(machine: Machine, notes: dict[str, Any]) -> bool:
    """True when the kernels of these sources are compiled; cheap."""
    place = notes.get("kernels_in")
    if not isinstance(place, str) or notes.get("kernels") != sources(machine):
        return False
    # Where no cache could be kept, trying again at each start would only cost time.
    return not place or _marker(place).is_file()


def warm(machine: Machine, environ: dict[str, str]) -> None:
    """Compile the kernels with progress on stderr. Failing is said and isn't fatal."""
    python = str(machine.python)
    status, output = machine.run([python, "-P", "-c", _WHERE], extra=environ)
    place, _, known = output.strip().partition("\n")
    if status == 0 and known.strip() == "True":
        stamp.write(machine, kernels=sources(machine), kernels_in=place)
        return
    machine.say("compiling the kernels, once; this takes a minute or two")

    def show(line: str) -> None:
        match = re.fullmatch(r"(.+) (\d+)/(\d+)", line)
        if match:
            machine.say(f"  {match[2]}/{match[3]} {match[1]}")

    status, output = machine.run([python, "-P", "-u", "-m", _WARM], show, environ)
    if status:
        lines = [line for line in output.splitlines() if line.strip()]
        reason = lines[-1].strip()[:200] if lines else f"status {status}"
        machine.say(f"the kernels can't be compiled beforehand: {reason}; see {machine.log}")
        return
    if not _marker(place).is_file():
        machine.say(f"the compiled kernels can't be kept in {place}; they compile at each start")
        place = ""
    stamp.write(machine, kernels=sources(machine), kernels_in=place)


def _marker(place: str) -> Path:
    """The file that the application makes once every kernel is in its cache."""
    return Path(place) / "warm"
