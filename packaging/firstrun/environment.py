"""The virtual environment at the clone's root."""

from __future__ import annotations

import re
import shutil
from typing import Any

from firstrun import requirements, stamp
from firstrun.machine import Machine, SetupError
from firstrun.requirements import TEST

_CAUSES = (
    (r"No space left on device|Errno 28|not enough space", "the disk is full"),
    (r"CERTIFICATE_VERIFY_FAILED", "the package index's certificate is not trusted"),
    (
        r"Temporary failure in name resolution|Name or service not known|NameResolutionError|"
        r"getaddrinfo failed|nodename nor servname|Network is unreachable|No route to host|"
        r"Failed to establish a new connection|Connection refused|ProxyError|"
        r"Connect(ion)?Timeout|Read timed out|ConnectionResetError|Connection broken",
        "the package index can't be reached; is there a network?",
    ),
    (r"Permission denied|Errno 13", "a file or folder can't be written"),
)


def is_ready(machine: Machine, purpose: str, notes: dict[str, Any]) -> bool:
    """True when everything for ``purpose`` is installed; cheap."""
    done = notes.get(TEST), notes.get(purpose)
    return (
        requirements.fingerprint(machine) in done
        and not stamp.unfinished(machine).exists()
        and machine.python.exists()
        and notes.get("installed") == stamp.installed(machine)
    )


def prepare(machine: Machine, purpose: str, sound: bool) -> None:
    """Install what ``purpose`` needs, into a new environment unless the one there is sound.

    Raises
    ------
    SetupError   something can't be made or installed
    """
    if not sound:
        _create(machine)
    stamp.unfinished(machine).touch()
    _install(machine, purpose)
    done = requirements.fingerprint(machine)
    stamp.write(machine, **{purpose: done, "root": str(machine.root)})
    stamp.write(machine, installed=stamp.installed(machine))
    stamp.unfinished(machine).unlink()


def is_sound(machine: Machine) -> bool:
    """True when the environment there can be built upon; says why not.

    Raises
    ------
    SetupError   it isn't this user's to change
    """
    if not machine.writable(machine.venv):
        raise SetupError(f"{machine.venv} can't be written; use a clone of your own")
    if not machine.venv.exists():
        return False
    reason = ""
    notes = stamp.read(machine)
    if stamp.unfinished(machine).exists():
        reason = "an earlier set-up was interrupted"
    elif notes and notes.get("root") != str(machine.root):
        reason = "the clone was moved"
    elif not machine.python.exists():
        reason = "its Python is gone"
    else:
        probe = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
        status, output = machine.run([str(machine.python), "-c", probe])
        found, wanted = output.strip(), "{}.{}".format(*machine.version)
        if status:
            reason = "its Python doesn't start, or has no pip"
        elif found != wanted:
            reason = f"it is for Python {found}, and this is {wanted}"
    if reason:
        machine.say(f"making {machine.venv} again: {reason}")
    return not reason


def _create(machine: Machine) -> None:
    try:
        if machine.venv.is_symlink():
            machine.venv.unlink()
        elif machine.venv.exists():
            shutil.rmtree(machine.venv)
    except OSError as error:
        raise SetupError(f"{machine.venv} can't be replaced: {error.strerror}") from None
    machine.say(f"making the virtual environment {machine.venv}")
    try:
        machine.venv.mkdir()
    except OSError as error:
        raise SetupError(f"{machine.venv} can't be made: {error.strerror}") from None
    # Until the packages are in, whoever comes next starts over.
    stamp.unfinished(machine).touch()
    status, output = machine.run([machine.executable, "-m", "venv", str(machine.venv)])
    if status:
        raise SetupError(
            f"the virtual environment can't be made: {cause(output)}; {_where(machine)}"
        )


def _install(machine: Machine, purpose: str) -> None:
    wanted = requirements.requirements(machine, purpose)
    machine.say(f"installing {len(wanted)} pinned packages and what they need")
    pip = [str(machine.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pinned = ["-c", str(requirements.constraints(machine))]
    packages = [*requirements.build_back_end(machine), *wanted]

    unpacking = False

    def show(line: str) -> None:
        nonlocal unpacking
        match = re.match(r"\s*Downloading (\S+?)(?:\.metadata)? \((\S+ [kM]B)\)", line)
        if match and ".metadata" not in line and match[2].endswith("MB"):
            machine.say(f"  downloading {match[1].split('/')[-1].split('-')[0]}, {match[2]}")
        elif line.startswith("Installing collected packages:") and not unpacking:
            unpacking = True
            machine.say("  unpacking")

    steps = (
        # Compilers are no part of a newcomer's machine: only what is built already.
        [*pip, "--only-binary=:all:", *pinned, *packages],
        # The package itself runs from the clone, so that an edit counts at the next start.
        [*pip, "--no-deps", "--no-build-isolation", "--editable", str(machine.root)],
    )
    for step in steps:
        status, output = machine.run(step, show)
        if status:
            if not unpacking or step is steps[-1]:
                # Nothing was left half done: the next start goes on from here.
                stamp.unfinished(machine).unlink()
            raise SetupError(f"pip can't install the packages: {cause(output)}; {_where(machine)}")


def cause(output: str) -> str:
    """The reason in what pip or venv wrote, in a few words."""
    for pattern, words in _CAUSES:
        if re.search(pattern, output):
            return words
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # What a build raised says more than what pip makes of it.
    for pattern in (r"\w*(?:Error|Exception): .+", r"(?i:error): \S+ .+"):
        for line in reversed(lines):
            if re.fullmatch(pattern, line) and line != "ERROR: Exception:":
                return line.removeprefix("ERROR:").removeprefix("error:").strip()[:200]
    return lines[-1][:200] if lines else "it says nothing"


def _where(machine: Machine) -> str:
    return f"the whole story is in {machine.log}"
