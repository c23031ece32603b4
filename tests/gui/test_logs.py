"""Errors that nobody expected go to the log, and one line goes to the window."""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from deepfractals_gui.core import Viewport
from deepfractals_gui.gui.logs import Unexpected, connect, log_folder, start_log
from deepfractals_gui.gui.places import parse_place, place_text


class Board:
    def __init__(self) -> None:
        self.lines = []


@pytest.fixture
def unexpected(qapp, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    unexpected = Unexpected()
    unexpected.install()
    return unexpected


def test_an_error_becomes_one_line_without_a_traceback(unexpected, qtbot, caplog):
    lines = []
    connect(unexpected, lines.append)
    try:
        raise RuntimeError("the first\nand the second")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    qtbot.waitUntil(lambda: len(lines) == 1)
    assert "the first and the second" in lines[0]
    assert "\n" not in lines[0]
    assert "Traceback" not in lines[0]
    assert any(record.exc_info for record in caplog.records)


def test_an_error_in_a_thread_is_announced_too(unexpected, qtbot):
    lines = []
    connect(unexpected, lines.append)

    def fail() -> None:
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(lines) == 1)
    assert "in a thread" in lines[0]


def test_the_log_is_a_file_of_the_users(qapp):
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        assert start_log() == ""
        logging.getLogger("deepfractals.test").warning("noted")
        assert "noted" in (log_folder() / "deepfractals.log").read_text(encoding="utf-8")
    finally:
        for handler in [h for h in root.handlers if h not in handlers]:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)


def test_a_place_is_written_and_read_back_exactly():
    viewport = Viewport.at("-1.23456789012345678901234567890e-5", "7", 3.3e-29)
    assert parse_place(place_text(viewport), Viewport.at(0, 0, 1.0)) == viewport


@pytest.mark.parametrize("text", ["1.5 -2", "1.5, -2", "x=1.5 y=-2", "center 1.5 −2", "  1.5;-2 "])
def test_a_place_may_be_typed_in_many_ways(text):
    assert parse_place(text, Viewport.at(0, 0, 0.25)) == Viewport.at("1.5", "-2", 0.25)
