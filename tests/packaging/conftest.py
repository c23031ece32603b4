"""A machine that only exists in memory, to set up on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from firstrun.machine import Machine  # noqa: E402  found through the line above


class FakeMachine(Machine):
    """Remembers what it is told and asked to run; by default everything is in place."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            root=root,
            platform="linux",
            version=(3, 11),
            executable="/usr/bin/python3",
            environ={"HOME": str(root), "DISPLAY": "elsewhere:0", "QT_QPA_PLATFORM": "offscreen"},
        )
        self.words: list[str] = []
        self.commands: list[list[str]] = []
        self.started: list[str] = []
        self.started_with: dict[str, str] = {}
        self.answers: dict[str, tuple[int, str]] = {}
        self.modules = {"venv", "ensurepip"}
        self.programs = {"python3", "apt-get", "apt-cache", "Xvfb", "openbox", "xdotool", "import"}
        self.missing: set[str] = set()
        self.root_user = False
        self.fonts = True
        self.os_release = {"ID": "debian", "VERSION_ID": "12"}
        self.on_run: Callable[[list[str]], None] = lambda command: None

    def say(self, text: str) -> None:
        self.words.append(text)

    def is_root(self) -> bool:
        return self.root_user

    def user(self) -> str:
        return "1000"

    def which(self, name: str) -> str | None:
        return f"/usr/bin/{name}" if name in self.programs else None

    def has_module(self, name: str) -> bool:
        return name in self.modules

    def loads(self, library: str) -> bool:
        return library not in self.missing

    def has_fonts(self) -> bool:
        return self.fonts

    def release(self) -> dict[str, str]:
        return self.os_release

    def run(
        self,
        command: Sequence[str],
        each_line: Callable[[str], None] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        self.commands.append(list(command))
        text = " ".join(command)
        self.on_run(list(command))
        for part, answer in self.answers.items():
            if part in text:
                return answer
        if "-m venv" in text:
            self.lay_out_environment()
        if "version_info" in text:
            return 0, "3.11\n"
        if "is_warm" in text:
            return 0, f"{self.root / 'cache'}\nFalse\n"
        if "kernels.warm" in text:
            (self.root / "cache").mkdir(exist_ok=True)
            (self.root / "cache" / "warm").touch()
        if "apt-cache show" in text:
            return 100, ""
        return 0, ""

    def lay_out_environment(self) -> None:
        """What `python -m venv` and pip leave behind."""
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.touch()
        packages = self.venv / "lib" / "python3.11" / "site-packages"
        (packages / "numpy-2.4.6.dist-info").mkdir(parents=True, exist_ok=True)

    def replace_process(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        self.started = list(command)
        self.started_with = dict(environ)
        return 0

    def ran(self, part: str) -> list[str]:
        """The commands that hold ``part``, as one text each."""
        return [" ".join(command) for command in self.commands if part in " ".join(command)]

    @property
    def said(self) -> str:
        return "\n".join(self.words)


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """A machine with everything in place but the environment, at a clone of the real files."""
    root = tmp_path / "clone"
    (root / "packaging").mkdir(parents=True)
    (root / "deepfractals_gui" / "kernels").mkdir(parents=True)
    for name in ("pyproject.toml", "packaging/constraints.txt", "deepfractals_gui/__init__.py"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    return FakeMachine(root)
