"""The atlas' part of bench_window: a book is learned and read back, and gone through meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer

SCRUB_MS = 50
"""From one place of the text to the next, as a hand on the strip goes."""


def part_of_the_atlas(bench: Any, ticker: Callable[[], Any]) -> None:
    """Training, at rest and scrubbed through; with it the epochs that were learned a second."""
    bench.window.pages.turn("atlas")
    page = bench.window.pages.page("atlas")
    bench.run_until(lambda: page.look is not None and page.look.whole, 300.0)
    page.trainer.set_epochs(0)
    page.start()
    bench.run_until(lambda: page.look.state.step >= 8, 60.0)
    bench.run_until(lambda: False, 1.0)

    def tick(name: str) -> None:
        before = page.look.state.step
        with ticker() as ticks:
            bench.run_until(lambda: False, bench.seconds)
        bench.note(name, ticks)
        done = page.look.state.step - before
        batch = page.look.state.training.training.batch
        bench.figures[name]["characters a second"] = done * batch / bench.seconds

    tick("atlas training")
    scrub = QTimer()
    scrub.setInterval(SCRUB_MS)
    scrub.timeout.connect(lambda: page.reading.strip._scrub((page.reading.at + 3001) % 150_000))
    scrub.start()
    tick("atlas scrubbed")
    scrub.stop()
    page.pause()
    bench.run_until(lambda: not page.look.running, 10.0)
    bench.window.pages.turn("explore")
    bench.settle()
