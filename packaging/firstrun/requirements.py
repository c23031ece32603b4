"""What has to be installed, and a fingerprint that changes when that does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from firstrun.machine import Machine

RUN = "run"
TEST = "test"


def constraints(machine: Machine) -> Path:
    return machine.root / "packaging" / "constraints.txt"


def build_back_end(machine: Machine) -> list[str]:
    return list(_project(machine)["build-system"]["requires"])


def requirements(machine: Machine, purpose: str) -> list[str]:
    """The requirements of the application, and for tests those of its development as well."""
    project = _project(machine)["project"]
    wanted = list(project["dependencies"])
    if purpose == TEST:
        wanted += project["optional-dependencies"]["dev"]
    return wanted


def fingerprint(machine: Machine) -> str:
    """Changes with the versions asked for, with Python, and when the clone is moved."""
    digest = hashlib.sha256()
    for path in (constraints(machine), machine.root / "pyproject.toml"):
        digest.update(path.read_bytes())
    digest.update(f"{machine.root}\0{machine.version}\0{machine.platform}".encode())
    return digest.hexdigest()


def _project(machine: Machine) -> dict[str, Any]:
    import tomllib

    return tomllib.loads((machine.root / "pyproject.toml").read_text("utf-8"))
