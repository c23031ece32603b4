"""A virtual desktop: an X server, a window manager, and a hand that moves mouse and keys.

Everything goes through the X server, as a person's actions would; nothing of the program is called.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageGrab

TOOLS = ("Xvfb", "openbox", "xdotool")
T = TypeVar("T")


def missing_tools() -> list[str]:
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def wait_for(what: str, found: Callable[[], T | None], seconds: float = 120.0) -> T:
    """Ask until there is an answer; AssertionError names what never came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"within {seconds:g} s there was no {what}")


def _within(seconds: float, found: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not found():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Desktop:
    """An X server of 1600 x 1000 with openbox, gone when the block ends."""

    def __enter__(self) -> Desktop:
        read, write = os.pipe()
        # The server picks a free number itself and tells it: no two runs collide.
        # When its last client goes, a server resets, and refuses who comes meanwhile.
        self._server = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(write),
                "-screen",
                "0",
                "1600x1000x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "the X server didn't start"
        self.display = f":{number}"
        self.environ = {**os.environ, "DISPLAY": self.display}
        self.environ.pop("QT_QPA_PLATFORM", None)
        self.environ.pop("WAYLAND_DISPLAY", None)
        self._desk = subprocess.Popen(
            ["openbox"], env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # A window that opens before there is a window manager never gets the keyboard.
        wait_for("window manager", self._managed)
        return self

    def _managed(self) -> bool:
        assert self._desk.poll() is None, "the window manager ended"
        # Without one xdotool tells of a desktop 0 all the same, and of its error.
        return self._asked("get_desktop").returncode == 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in (self._desk, self._server):
            process.terminate()
            process.wait(10)

    def picture(self) -> np.ndarray:
        """What the screen shows: uint8 (H, W, 3)."""
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"))

    def save_picture(self, path: Path) -> None:
        Image.fromarray(self.picture()).save(path)

    def hand(self, *words: object) -> str:
        return self._asked(*words).stdout.strip()

    def _asked(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xdotool", *map(str, words)],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=30,
        )

    def move(self, x: float, y: float) -> None:
        self.hand("mousemove", round(x), round(y))
        time.sleep(0.03)

    def drag(self, start: tuple[float, float], end: tuple[float, float], button: int = 1) -> None:
        """Press, move in small steps as a hand does, and let go."""
        self.move(*start)
        self.hand("mousedown", button)
        for step in range(1, 9):
            share = step / 8
            self.move(
                start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
            )
        self.hand("mouseup", button)

    def click(self, x: float, y: float, button: int = 1) -> None:
        self.move(x, y)
        self.hand("click", button)

    def wheel(self, x: float, y: float, ticks: int) -> None:
        self.move(x, y)
        for _ in range(abs(ticks)):
            self.hand("click", 4 if ticks > 0 else 5)
            time.sleep(0.03)

    def key(self, *keys: str) -> None:
        for key in keys:
            self.hand("key", "--clearmodifiers", key)
            time.sleep(0.05)

    def type(self, text: str) -> None:
        self.hand("type", "--delay", "15", text)

    def active(self) -> str:
        """Name of the window that has the keyboard; "" while none has."""
        return self.hand("getactivewindow", "getwindowname")


class App:
    """The program in a window of that desktop, with a home of its own."""

    def __init__(self, desktop: Desktop, home: Path) -> None:
        self.desktop = desktop
        self.home = home
        self.window = ""

    def start(self, *arguments: str) -> App:
        environ = {**self.desktop.environ, "HOME": str(self.home)}
        for name, folder in (
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ):
            environ[name] = str(self.home / folder)
        self.errors = (self.home / "stderr.txt").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deepfractals_gui", *arguments],
            env=environ,
            stdout=self.errors,
            stderr=self.errors,
            cwd=self.home,
        )
        self.window = wait_for("window", self._find)
        return self

    def _find(self) -> str:
        assert self.process.poll() is None, f"the program ended: {self.messages()}"
        pid = self.process.pid
        # Without --all a window of either the process or the name will do: that of a killed one.
        found = self.desktop.hand(
            "search", "--all", "--onlyvisible", "--pid", pid, "--name", "deepfractals"
        )
        return found.splitlines()[-1] if found else ""

    def focus(self) -> None:
        self.desktop.hand("windowactivate", "--sync", self.window)

    def open_dialog(self, keys: str, name: str) -> None:
        """Open a dialog by its keys, once the window has the keyboard, and wait until it has it.

        Between two windows nobody has the keyboard, and keys are lost: they are pressed again, as
        a person would. A dialog that is there and has no keyboard gets it.
        """

        def opened() -> bool:
            if self._has_keyboard(name):
                return True
            there = self.desktop.hand("search", "--onlyvisible", "--name", f"^{name}")
            if there:
                self.desktop.hand("windowactivate", there.splitlines()[-1])
            else:
                self.focus()
                self.desktop.key(keys)
            return _within(5, lambda: self._has_keyboard(name))

        wait_for(name, opened)

    def accept_dialog(self, name: str) -> None:
        """Press Return in the dialog that has the keyboard until it is gone."""

        def gone() -> bool:
            self.desktop.key("Return")
            return _within(5, lambda: not self._has_keyboard(name))

        wait_for(f"end of {name}", gone)

    def _has_keyboard(self, dialog: str) -> bool:
        # The desktop adds the program's name to a dialog's.
        return self.desktop.active().startswith(dialog)

    def geometry(self) -> tuple[int, int, int, int]:
        """x, y, width and height of the window."""
        text = self.desktop.hand("getwindowgeometry", "--shell", self.window)
        values = dict(line.split("=") for line in text.splitlines())
        return tuple(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))

    def title(self) -> str:
        return self.desktop.hand("getwindowname", self.window)

    def messages(self) -> str:
        return (self.home / "stderr.txt").read_text()

    def journal(self) -> dict[str, Any]:
        """The document that the autosave holds now; {} before the first."""
        for path in sorted(self.home.glob(f"data/**/journals/journal-{self.process.pid}-*.json")):
            try:
                entry = json.loads(path.read_text())
            except (OSError, ValueError):
                # It is being replaced; the next look finds it whole.
                continue
            document: dict[str, Any] = entry["entries"][entry["position"]]
            return document
        return {}

    def width(self) -> float:
        """Width of the view, as the autosave has it; 0 before the first."""
        view = self.journal().get("viewport")
        return float(view["width"]) if view else 0.0

    def close(self) -> int:
        """Close the window as its corner button does; the exit status."""
        self.focus()
        self.desktop.key("ctrl+q")
        try:
            return self.process.wait(15)
        finally:
            self.kill()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
        self.errors.close()


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[App]:
    """A desktop with the program in it."""
    with Desktop() as desktop:
        app = App(desktop, home).start(*arguments)
        try:
            yield app
        finally:
            app.kill()
