"""The progress line."""

from __future__ import annotations

import io

import pytest

from deepfractals_gui.cli.progress import ProgressLine, duration, label, remaining


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_terminal_sees_share_and_time_left_then_a_clear_line():
    stream, clock = Terminal(), Clock()
    with ProgressLine("rendering", stream, clock) as line:
        clock.now += 30.0
        line.update(0.25)
        assert stream.getvalue().endswith("rendering  25%  1:30 left")
        # Too soon to draw again.
        clock.now += 0.01
        line.update(0.26)
        assert "26%" not in stream.getvalue()
        clock.now += 60.0
        line.update(0.9)
        assert "rendering  90%  10 s left" in stream.getvalue()
    assert stream.getvalue().endswith(" \r")
    before = stream.getvalue()
    line.update(1.0)
    assert stream.getvalue() == before


def test_shorter_text_covers_the_longer_one():
    stream, clock = Terminal(), Clock()
    with ProgressLine("x", stream, clock) as line:
        clock.now += 4000.0
        line.update(0.5)
        clock.now += 3990.0
        line.update(0.999)
    drawn = [text for text in stream.getvalue().split("\r") if text.startswith("x")]
    assert len(drawn[1]) == len(drawn[0])


def test_file_or_pipe_sees_nothing():
    stream = io.StringIO()
    with ProgressLine("rendering", stream) as line:
        line.update(0.5)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1:01"), (3725, "1:02:05")]
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text


def test_cold_start_says_that_kernels_compile_first(monkeypatch):
    from deepfractals_gui.kernels import cache

    monkeypatch.setattr(cache, "is_warm", lambda: False)
    assert label("rendering x") == "compiling kernels, rendering x"
    monkeypatch.setattr(cache, "is_warm", lambda: True)
    assert label("rendering x") == "rendering x"


def test_nothing_is_foretold_too_early():
    assert remaining(0.001, 10.0) is None
    assert remaining(0.5, 0.1) is None
    assert remaining(0.5, 10.0) == 10.0
    assert remaining(2.0, 10.0) == 0.0
