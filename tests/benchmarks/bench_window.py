"""How smooth the window is, and how soon it is there.

    python tests/benchmarks/bench_window.py [--seconds S] [--size WxH] [--json] [PART...]

The parts are start, idle, rendering, zooming, recolouring, exporting, wheel, scrubbing, training,
field, atlas. All but ``start`` tick a precise 16 ms timer in the window's thread, and print how far
apart its ticks were: p99 <= 25 ms and max <= 60 ms are wanted while every core works, with warm
kernels. Without a display the window is drawn offscreen.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from bench_window_atlas import part_of_the_atlas
from bench_window_field import part_of_the_field
from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.export.stills import export_png
from deepfractals_gui.gui.app import make_application
from deepfractals_gui.gui.garbage import GarbageCollection
from deepfractals_gui.gui.main_window import MainWindow
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import style_application
from deepfractals_gui.kernels import cache

TICK_MS = 16
LIMITS = {
    "tick p99": 25.0,
    "tick max": 60.0,
    "wheel to repaint p99": 33.0,
    "first new tile p99": 100.0,
    "window visible": 1500.0,
    "first full picture": 3000.0,
    "previews per second": 10.0,
    "answers per second": 30.0,
}
START = """
import sys, time
began = float(sys.argv[1])
from PySide6.QtCore import QTimer
from deepfractals_gui.gui import app
from deepfractals_gui.gui.canvas import Canvas
from deepfractals_gui.gui.render_controller import RenderController
seen = {}
def painted(): seen.setdefault("visible", time.time() - began)
def framed(frame):
    if frame.final and "picture" not in seen:
        seen["picture"] = time.time() - began
        print(seen["visible"], seen["picture"], flush=True)
        QTimer.singleShot(0, app.QApplication.instance().closeAllWindows)
make, control = Canvas.__init__, RenderController.__init__
def canvas(self, *a, **k): make(self, *a, **k); self.painted.connect(painted)
def controller(self, *a, **k): control(self, *a, **k); self.frameReady.connect(framed)
Canvas.__init__, RenderController.__init__ = canvas, controller
app.run([])
"""


class Ticker:
    """A precise 16 ms timer that notes how far apart its ticks are."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def __enter__(self) -> Ticker:
        self._last = time.perf_counter()
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(1e3 * (now - self._last))
        self._last = now


class Bench:
    """A window at work, and what was measured of it."""

    def __init__(self, seconds: float, size: tuple[int, int]) -> None:
        self.application = make_application()
        style_application(self.application, "dark")
        self.garbage = GarbageCollection()
        self.seconds = seconds
        self.figures: dict[str, dict[str, float]] = {}
        self.folder = tempfile.TemporaryDirectory()
        self.model = SessionModel()
        self.controller = RenderController(self.model)
        self.window = MainWindow(self.model, self.controller, data_folder=Path(self.folder.name))
        self.window.resize(*size)
        self.window.show()
        self.controller.start()
        self.settle()
        self.garbage.settle()

    def close(self) -> None:
        self.window.close()
        self.garbage.stop()
        self.folder.cleanup()

    def settle(self) -> None:
        """Wait until the picture is complete and thumbnails and timers have come to rest."""
        self.run_until(lambda: self.controller.samples is not None, 60.0)
        self.run_until(lambda: False, 1.0)

    def run_until(self, done: Callable[[], bool], seconds: float) -> None:
        loop = QEventLoop()
        end = time.perf_counter() + seconds
        poll = QTimer()
        poll.setInterval(10)
        poll.timeout.connect(lambda: loop.quit() if done() or time.perf_counter() > end else None)
        poll.start()
        loop.exec()

    def busy(self, name: str, change: Callable[[], None], every_ms: int) -> None:
        """Tick while ``change`` is called again and again."""
        driver = QTimer()
        driver.setInterval(every_ms)
        driver.timeout.connect(change)
        with Ticker() as ticker:
            driver.start()
            self.run_until(lambda: False, self.seconds)
            driver.stop()
        self.note(name, ticker)
        self.settle()

    def note(self, name: str, ticker: Ticker) -> None:
        self.figures[name] = {
            "tick p50": quantile(ticker.gaps, 0.5),
            "tick p99": quantile(ticker.gaps, 0.99),
            "tick max": max(ticker.gaps),
        }

    # The parts.

    def idle(self) -> None:
        with Ticker() as ticker:
            self.run_until(lambda: False, self.seconds)
        self.note("idle", ticker)

    def rendering(self) -> None:
        """Whole pictures, one after the other, each of parameters never seen before."""
        number = iter(range(1, 100_000))

        def change() -> None:
            if self.controller.samples is not None:
                params = with_values(self.model.view.params, max_iterations=400 + next(number))
                self.model.replace(params=params)

        self.busy("rendering", change, 5)

    def zooming(self) -> None:
        self.model.home()
        self.settle()
        turns = iter(range(100_000))

        def change() -> None:
            # In for a while, then out again.
            self.wheel(0.5 if next(turns) // 60 % 2 == 0 else -0.5)

        self.busy("zooming", change, 33)

    def recolouring(self) -> None:
        number = iter(range(1, 100_000))

        def change() -> None:
            gamma = 0.5 + next(number) % 200 / 100
            self.model.replace(coloring=replace(self.model.coloring, gamma=gamma), merge="gamma")

        self.busy("recolouring", change, 33)

    def exporting(self) -> None:
        document = replace(self.model.view, shape=(6000, 6000), supersampling=2)
        path = Path(self.folder.name) / "large.png"
        cancel = CancelFlag()
        renderer = self.controller.renderer
        future = renderer.background(export_png, document, path, renderer=renderer, cancel=cancel)
        with Ticker() as ticker:
            self.run_until(future.done, self.seconds)
        self.note("exporting", ticker)
        cancel.set()
        try:
            future.result()
        except Cancelled:
            path.unlink(missing_ok=True)

    def wheel_latency(self) -> None:
        """From a click of the wheel to the stretched picture, and to the first new tile."""
        repaints, tiles = [], []
        for number in range(60):
            # A place and depth of its own each time, so that nothing is found in the cache.
            began = time.perf_counter()
            seen: dict[str, float] = {}

            def painted(began: float = began, seen: dict[str, float] = seen) -> None:
                seen.setdefault("paint", time.perf_counter() - began)

            def framed(frame: object, began: float = began, seen: dict[str, float] = seen) -> None:
                seen.setdefault("tile", time.perf_counter() - began)

            self.window.canvas.painted.connect(painted)
            self.controller.frameReady.connect(framed)
            self.wheel(0.83 if number % 20 < 16 else -3.1)
            self.run_until(lambda seen=seen: len(seen) == 2, 5.0)
            self.window.canvas.painted.disconnect(painted)
            self.controller.frameReady.disconnect(framed)
            repaints.append(1e3 * seen.get("paint", 5.0))
            tiles.append(1e3 * seen.get("tile", 5.0))
            self.run_until(lambda: False, 0.25)
        self.figures["wheel"] = {
            "wheel to repaint p50": quantile(repaints, 0.5),
            "wheel to repaint p99": quantile(repaints, 0.99),
            "first new tile p50": quantile(tiles, 0.5),
            "first new tile p99": quantile(tiles, 0.99),
        }
        self.settle()

    def scrubbing(self) -> None:
        """A slider dragged at 60 Hz: how many previews follow it."""
        self.model.home()
        self.settle()
        shown: list[float] = []

        def framed(frame: object) -> None:
            if getattr(frame, "preview", False):
                shown.append(time.perf_counter())

        number = iter(range(1, 100_000))

        def change() -> None:
            radius = 2.0 + next(number) % 300 / 100
            params = with_values(self.model.view.params, escape_radius=radius)
            self.model.replace(params=params, merge="escape_radius")

        self.controller.frameReady.connect(framed)
        self.busy("scrubbing", change, TICK_MS)
        self.controller.frameReady.disconnect(framed)
        self.figures["scrubbing"]["previews per second"] = len(shown) / self.seconds

    def training(self) -> None:
        """The lab trains as fast as it can, and shows it."""
        from deepfractals_gui.experiments.lab_examples import EXAMPLES

        self.window.pages.turn("lab")
        page: Any = self.window.pages.page("lab")
        page.pace.chosen.emit("full")
        for example in EXAMPLES[:2]:
            page.open_params(replace(example.params, epochs=0))
            page.start()
            self.run_until(lambda: False, 1.0)
            with Ticker() as ticker:
                self.run_until(lambda: False, self.seconds)
            page.pause()
            self.note(f"training {example.key}", ticker)
        self.window.pages.turn("explore")
        self.settle()

    def wheel(self, notches: float) -> None:
        canvas = self.window.canvas
        place = canvas.geometry_now.area.center() + QPointF(57, -31)
        event = QWheelEvent(
            place,
            QPointF(canvas.viewport().mapToGlobal(place.toPoint())),
            QPoint(),
            QPoint(0, round(120 * notches)),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas.viewport(), event)


def start() -> dict[str, float]:
    """From the start of the process to the window and to its first whole picture, median of 5."""
    visible, picture = [], []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            homes = {f"XDG_{name}_HOME": folder for name in ("DATA", "CONFIG", "STATE")}
            homes["DEEPFRACTALS_KERNEL_CACHE"] = str(cache.root())
            result = subprocess.run(
                [sys.executable, "-c", START, repr(time.time())],
                env={**os.environ, **homes},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                timeout=120,
            )
        seconds = [float(word) for word in result.stdout.split()]
        visible.append(1e3 * seconds[0])
        picture.append(1e3 * seconds[1])
    return {
        "window visible": statistics.median(visible),
        "first full picture": statistics.median(picture),
    }


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each part takes")
    parser.add_argument("--size", default="1600x1000", help="of the window, WxH")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("parts", nargs="*", metavar="PART")
    arguments = parser.parse_args()
    names = ("idle", "rendering", "zooming", "recolouring", "exporting", "wheel", "scrubbing",
             "training", "field", "atlas")  # fmt: skip
    wanted = arguments.parts or ["start", *names]
    figures: dict[str, dict[str, float]] = {}
    if "start" in wanted:
        figures["start"] = start()
    if any(name in wanted for name in names):
        width, _, height = arguments.size.partition("x")
        bench = Bench(arguments.seconds, (int(width), int(height)))
        parts = {name: getattr(bench, name) for name in names[:-2] if name != "wheel"}
        parts["wheel"] = bench.wheel_latency
        parts["field"] = partial(part_of_the_field, bench, Ticker)
        parts["atlas"] = partial(part_of_the_atlas, bench, Ticker)
        try:
            for name in names:
                if name in wanted:
                    parts[name]()
        finally:
            bench.close()
        figures.update(bench.figures)
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return
    print("load average", *(f"{load:.1f}" for load in os.getloadavg()))
    for name, row in figures.items():
        for what, value in row.items():
            limit = LIMITS.get(what)
            wish = (
                ""
                if limit is None
                else f"   wanted {'>=' if what.endswith('per second') else '<='} {limit:g}"
            )
            print(f"{name:16} {what:22} {value:8.1f}{wish}")


if __name__ == "__main__":
    main()
