"""The two commands: ``run`` and ``test``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from firstrun import environment, home, kernels, stamp, system
from firstrun.machine import Machine, SetupError
from firstrun.requirements import RUN, TEST

USAGE = """\
usage: python3 packaging/bootstrap.py [--no-system] run [ARGUMENTS OF deepfractals...]
       python3 packaging/bootstrap.py [--no-system] test [ARGUMENTS OF pytest...]

Sets deepfractals up in .venv at the clone's root, then starts it or runs its tests.
--no-system, before or right after run or test, installs no system packages: what is missing
is named, with the line to type.
"""
_WINDOWLESS = (
    "systems", "render", "movie", "zoom", "grid", "dimension", "audit", "train", "field", "atlas",
    "cache", "bench",
)  # fmt: skip
_OFFSCREEN = "offscreen"
_WINDOW = "window"


def main(arguments: Sequence[str], machine: Machine | None = None) -> int:
    """Run the set-up's command line; return the exit status."""
    machine = machine or Machine()
    rest = list(arguments)
    allow_system = True
    while rest and rest[0] == "--no-system":
        allow_system = False
        rest.pop(0)
    if rest and rest[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0
    if not rest or rest[0] not in (RUN, TEST):
        wrong = f", not {rest[0]!r}" if rest else ""
        machine.say(f"say run or test{wrong} (--help explains)")
        return 2
    purpose, handed = rest[0], rest[1:]
    if handed and handed[0] == "--no-system":
        allow_system = False
        handed.pop(0)
    try:
        return _go(machine, purpose, handed, allow_system)
    except SetupError as problem:
        machine.say(str(problem))
        return problem.status
    except KeyboardInterrupt:
        machine.say("interrupted; the next start goes on from here")
        return 130
    except OSError as problem:
        machine.say(f"{problem.filename or 'set-up'}: {problem.strerror or problem}")
        return 1


def _go(machine: Machine, purpose: str, handed: list[str], allow_system: bool) -> int:
    extra = home.substitutes(machine)
    machine.environ = {**machine.environ, **extra}
    notes = stamp.read(machine)
    without_display = "" if purpose == TEST else _missing_display(machine)
    surface = _surface(machine, purpose, handed, bool(without_display))
    ready = environment.is_ready(machine, purpose, notes)
    sound = ready or environment.is_sound(machine)
    known = _surfaces(notes)
    needs = [] if sound else system.missing_venv(machine)
    if surface and surface not in known:
        needs += system.missing_libraries(machine, surface == _WINDOW)
        if purpose == TEST:
            needs += system.missing_programs(machine)
    complete = not needs or _provide(machine, purpose, needs, allow_system)
    if not ready:
        environment.prepare(machine, purpose, sound)
    if surface and surface not in known and complete:
        stamp.write(machine, surfaces=sorted({*known, surface}))
    if not kernels.is_warm(machine, stamp.read(machine)):
        kernels.warm(machine, extra)
    if purpose == TEST:
        return _start(machine, ["-m", "pytest", "--rootdir", str(machine.root), *handed])
    if without_display and not handed:
        from firstrun import gallery

        return gallery.write(machine, without_display)
    return _start(machine, ["-P", "-m", "deepfractals_gui", *handed])


def _provide(machine: Machine, purpose: str, needs: list[system.Need], allow_system: bool) -> bool:
    """Install what is missing; False when the tests do without a part of it."""
    try:
        system.install(machine, needs, allow_system)
    except SetupError as problem:
        if purpose != TEST or not all(need in system.REAL_WINDOW for need in needs):
            raise
        machine.say(f"the tests that drive a real window will be skipped. {problem}")
        return False
    return True


def _start(machine: Machine, arguments: list[str]) -> int:
    return machine.replace_process([str(machine.python), *arguments], machine.environ)


def _missing_display(machine: Machine) -> str:
    """Why no window can open; "" when one can. The application's own check, asked early."""
    package = str(machine.root)
    sys.path.insert(0, package)
    try:
        from deepfractals_gui import display
    finally:
        sys.path.remove(package)
    return display.missing_display(machine.environ, machine.platform)


def _surface(machine: Machine, purpose: str, handed: list[str], no_display: bool) -> str:
    """Which system libraries are needed: those of a window, of drawing offscreen, or none."""
    if purpose == TEST:
        return _WINDOW
    if handed and (handed[0] in _WINDOWLESS or handed[0].startswith("-")):
        return ""
    if no_display:
        return "" if handed else _OFFSCREEN
    return _WINDOW if machine.environ.get("DISPLAY") else _OFFSCREEN


def _surfaces(notes: dict[str, Any]) -> list[str]:
    known = notes.get("surfaces")
    return [str(name) for name in known] if isinstance(known, list) else []
