"""What the set-up asks of the machine it runs on, in one place, so that tests can stand in."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The clone's root."""


class SetupError(Exception):
    """The set-up can't go on; the text says why, and ``status`` is the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Machine:
    """This machine. Every question about it and every command to it goes through here."""

    root: Path = ROOT
    platform: str = sys.platform
    version: tuple[int, int] = sys.version_info[:2]
    executable: str = sys.executable
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    _unwritten: list[str] = field(default_factory=list)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The virtual environment's Python."""
        folder = "Scripts/python.exe" if self.platform == "win32" else "bin/python"
        return self.venv / folder

    @property
    def log(self) -> Path:
        return self.venv / "bootstrap.log"

    def say(self, text: str) -> None:
        """The set-up's own words go to stderr: stdout is the application's."""
        sys.stderr.write(f"bootstrap: {text}\n")
        sys.stderr.flush()

    def is_root(self) -> bool:
        return hasattr(os, "geteuid") and os.geteuid() == 0

    def user(self) -> str:
        return str(os.getuid()) if hasattr(os, "getuid") else self.environ.get("USERNAME", "")

    def which(self, name: str) -> str | None:
        return shutil.which(name)

    def has_module(self, name: str) -> bool:
        import importlib.util

        return importlib.util.find_spec(name) is not None

    def loads(self, library: str) -> bool:
        """True when the dynamic linker finds that shared library."""
        import ctypes

        try:
            ctypes.CDLL(library)
        except OSError:
            return False
        return True

    def release(self) -> dict[str, str]:
        """The fields of os-release; {} where there is none."""
        import platform

        try:
            return platform.freedesktop_os_release()
        except OSError:
            return {}

    def has_fonts(self) -> bool:
        """True when there is an outline font for Qt to write with."""
        home = Path(self.environ.get("HOME", "/nonexistent"))
        folders = ("/usr/share/fonts", "/usr/local/share/fonts", home / ".fonts")
        for folder in (*folders, home / ".local/share/fonts"):
            for _, _, names in os.walk(folder):
                if any(name.lower().endswith((".ttf", ".otf", ".ttc")) for name in names):
                    return True
        return False

    def writable(self, folder: Path) -> bool:
        """True when a file can be made in ``folder``, or in what would hold it."""
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return os.access(folder, os.W_OK | os.X_OK)

    def run(
        self,
        command: Sequence[str],
        each_line: Callable[[str], None] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """Run a command; return its status and what it wrote, and add that to the log."""
        import subprocess

        environment = {**self.environ, **(extra or {})}
        lines = []
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=environment,
                cwd=self.root,
            )
        except OSError as error:
            return 127, f"{command[0]}: {error.strerror}"
        with process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    lines.append(line)
                    if each_line is not None:
                        each_line(line.rstrip())
            except BaseException:
                process.terminate()
                raise
        output = "".join(lines)
        self.note(f"$ {' '.join(map(str, command))}\n{output}status {process.returncode}\n")
        return process.returncode, output

    def note(self, text: str) -> None:
        """Add to the log; what comes before there is a place for one is kept until then."""
        self._unwritten.append(text)
        if not self.venv.is_dir():
            return
        try:
            with self.log.open("a", encoding="utf-8") as file:
                file.writelines(self._unwritten)
            self._unwritten.clear()
        except OSError as error:
            self.say(f"the log {self.log} can't be written: {error.strerror}")

    def replace_process(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Become ``command``; where a process can't, run it and return its status."""
        sys.stdout.flush()
        sys.stderr.flush()
        if self.platform != "win32":
            os.execve(command[0], list(command), dict(environ))
        import subprocess

        with subprocess.Popen(list(command), env=dict(environ)) as process:
            while True:
                try:
                    return process.wait()
                except KeyboardInterrupt:
                    # The application has it as well, and answers it itself.
                    continue
