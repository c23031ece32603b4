"""The part of `bench_window` that draws on the field's page, trains there, and does both.

``processor ms an answer`` counts all of the process, the hand that draws 125 times a second, too:
one free core gives 1000 by it, answers a second.
"""

from __future__ import annotations

import math
import time
from typing import Any

from PySide6.QtCore import QTimer


def part_of_the_field(bench: Any, ticker: type) -> None:
    """The field is trained as fast as it can be, and then also answers a hand that draws."""
    bench.window.pages.turn("field")
    page: Any = bench.window.pages.page("field")
    bench.run_until(lambda: page.answer is not None, 120.0)
    page.evolution.pause()
    pad, turns = page.settings.draw.pad, iter(range(1, 1_000_000))

    def draw() -> None:
        turn = next(turns)
        if turn % 200 == 1:
            pad.clear()
            pad.drawing.begin()
        ends = (
            (14 + 8 * math.cos(at), 14 + 8 * math.sin(at))
            for at in (0.05 * (turn - 1), 0.05 * turn)
        )
        pad.drawing.line(*ends)
        pad._tell()

    answers: list[object] = []
    page.solved.connect(answers.append)
    for name, trains, draws in (
        ("drawing", False, True), ("training field", True, False),
        ("drawing, training", True, True),
    ):  # fmt: skip
        if trains:
            page.start()
            bench.run_until(lambda: False, 1.0)
        hand = QTimer()
        hand.setInterval(8)
        hand.timeout.connect(draw)
        answers.clear()
        steps, began = page.look.state.step, time.process_time()
        with ticker() as ticks:
            if draws:
                hand.start()
            bench.run_until(lambda: False, bench.seconds)
            hand.stop()
        used = time.process_time() - began
        bench.note(name, ticks)
        if draws:
            bench.figures[name]["answers per second"] = len(answers) / bench.seconds
        if trains:
            learned = page.look.state.step - steps
            bench.figures[name]["updates per second"] = learned / bench.seconds
        else:
            bench.figures[name]["processor ms an answer"] = 1e3 * used / max(len(answers), 1)
        page.pause()
        bench.run_until(lambda: not page.look.running, 30.0)
    page.solved.disconnect(answers.append)
    bench.window.pages.turn("explore")
    bench.settle()
