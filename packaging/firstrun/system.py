"""System libraries and packages: what is missing, and how to get it on Debian and Ubuntu."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from firstrun.machine import Machine, SetupError


@dataclass(frozen=True)
class Need:
    """A shared library or program, and the Debian packages that hold it, newest name first."""

    probe: str
    packages: tuple[str, ...]


def _library(probe: str, package: str, renamed: bool = False) -> Need:
    # Debian 13 and Ubuntu 24.04 renamed packages when time_t grew to 64 bits.
    return Need(probe, (f"{package}t64", package) if renamed else (package,))


OFFSCREEN = (
    _library("libglib-2.0.so.0", "libglib2.0-0", renamed=True),
    _library("libGL.so.1", "libgl1"),
    _library("libEGL.so.1", "libegl1"),
    _library("libxkbcommon.so.0", "libxkbcommon0"),
    _library("libfontconfig.so.1", "libfontconfig1"),
    _library("libdbus-1.so.3", "libdbus-1-3"),
)
"""What Qt loads even where it draws into memory."""
WINDOW = (
    _library("libxcb-cursor.so.0", "libxcb-cursor0"),
    _library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    _library("libxcb-icccm.so.4", "libxcb-icccm4"),
    _library("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    _library("libxcb-shape.so.0", "libxcb-shape0"),
    _library("libxcb-randr.so.0", "libxcb-randr0"),
    _library("libxcb-shm.so.0", "libxcb-shm0"),
    _library("libxcb-sync.so.1", "libxcb-sync1"),
    _library("libxcb-xfixes.so.0", "libxcb-xfixes0"),
    _library("libX11-xcb.so.1", "libx11-xcb1"),
)
"""What a window on an X server adds."""
FONTS = Need("an outline font", ("fonts-dejavu-core",))
VIRTUAL_DISPLAY = (
    Need("Xvfb", ("xvfb",)),
    Need("openbox", ("openbox",)),
    Need("xdotool", ("xdotool",)),
    Need("import", ("imagemagick",)),
)
"""Programs with which the tests drive a real window."""
REAL_WINDOW = (*WINDOW, *VIRTUAL_DISPLAY)
"""Without these only the tests that drive a real window are skipped."""


def missing_libraries(machine: Machine, window: bool) -> list[Need]:
    """What the window, or only drawing offscreen, lacks on this machine."""
    if not machine.platform.startswith("linux"):
        return []
    needs = [*OFFSCREEN, *(WINDOW if window else ())]
    missing = [need for need in needs if not machine.loads(need.probe)]
    return missing if machine.has_fonts() else [*missing, FONTS]


def missing_programs(machine: Machine) -> list[Need]:
    """What driving a real window under a virtual X server lacks."""
    if not machine.platform.startswith("linux"):
        return []
    return [need for need in VIRTUAL_DISPLAY if machine.which(need.probe) is None]


def missing_venv(machine: Machine) -> list[Need]:
    """The part of Python's standard library that Debian packs separately."""
    if machine.has_module("venv") and machine.has_module("ensurepip"):
        return []
    default = machine.which("python3")
    if default is not None and _same_file(default, machine.executable):
        return [Need("Python's venv module", ("python3-venv",))]
    return [Need("Python's venv module", ("python{}.{}-venv".format(*machine.version),))]


def install(machine: Machine, needs: Sequence[Need], allow: bool) -> None:
    """Install what is missing where that is allowed and possible.

    Raises
    ------
    SetupError   it isn't; the text holds the exact line to type (status 2)
    """
    names = ", ".join(need.probe for need in needs)
    if machine.which("apt-get") is None:
        raise SetupError(f"this system lacks {names}; install them with its package manager", 2)
    if not allow:
        raise SetupError(f"missing: {names}. To install them: {apt_line(machine, needs)}", 2)
    prefix: list[str] = []
    if not machine.is_root():
        sudo = machine.which("sudo")
        if sudo is None or machine.run([sudo, "-n", "true"])[0] != 0:
            raise SetupError(f"missing: {names}. To install them: {apt_line(machine, needs)}", 2)
        prefix = [sudo, "-n"]
    machine.say(f"missing: {names}")
    _apt_get(machine, prefix, ["update"], "refreshing the package lists: apt-get update")
    packages = [_candidate(machine, need) for need in needs]
    _apt_get(
        machine,
        prefix,
        ["install", "--yes", "--no-install-recommends", *packages],
        f"installing system packages: apt-get install {' '.join(packages)}",
    )


def apt_line(machine: Machine, needs: Sequence[Need]) -> str:
    """The exact line that installs what is missing."""
    packages = " ".join(_candidate(machine, need) for need in needs)
    sudo = "" if machine.is_root() else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install {packages}"


def _apt_get(machine: Machine, prefix: list[str], arguments: list[str], words: str) -> None:
    machine.say(f"{words}{' (with sudo)' if prefix else ''}")
    options = ["-q", "-o", "DPkg::Lock::Timeout=300"]
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *options, *arguments]
    status, output = machine.run(command)
    if status:
        errors = [line for line in output.splitlines() if line.startswith("E:")]
        reason = errors[-1][2:].strip() if errors else f"status {status}"
        raise SetupError(f"apt-get {arguments[0]} failed: {reason[:300]}")


def _candidate(machine: Machine, need: Need) -> str:
    """The name under which this release has the package."""
    if len(need.packages) == 1:
        return need.packages[0]
    for name in need.packages:
        if machine.which("apt-cache") is None:
            break
        status, output = machine.run(["apt-cache", "show", "--no-all-versions", name])
        if status == 0 and output.startswith("Package:"):
            return name
    # The package lists are empty: go by the release.
    return need.packages[0] if _is_renaming_release(machine) else need.packages[-1]


def _is_renaming_release(machine: Machine) -> bool:
    release = machine.release()
    since = {"debian": (13,), "ubuntu": (24, 4)}.get(release.get("ID", ""))
    number = release.get("VERSION_ID", "")
    if since is None:
        return False
    if not number:
        # Debian's testing and unstable have no number, and the new names.
        return True
    return tuple(int(part) for part in number.split(".") if part.isdigit()) >= since


def _same_file(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
