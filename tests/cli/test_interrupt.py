"""Interrupts, broken pipes and failures while working."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from deepfractals_gui.cli import command as running
from deepfractals_gui.cli.interrupt import interruptible


def working(monkeypatch, work):
    """Make every command's work be ``work``."""

    class Options:
        @staticmethod
        def plan(options):
            return work

    class Parser:
        @staticmethod
        def parse_args(arguments):
            return Options

    monkeypatch.setattr(running, "build_parser", Parser)


def test_interrupt_raises_the_flag_and_ends_with_status_1(command, monkeypatch):
    def work(flag):
        os.kill(os.getpid(), signal.SIGINT)
        flag.check()

    working(monkeypatch, work)
    before = signal.getsignal(signal.SIGINT)
    outcome = command("render", "forward_pass")
    assert outcome.status == 1
    assert outcome.line == "deepfractals: interrupted; no file is left half written"
    assert signal.getsignal(signal.SIGINT) is before


def test_second_interrupt_stops_outright(command, monkeypatch):
    def work(flag):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second interrupt was ignored")

    working(monkeypatch, work)
    assert command("render", "forward_pass").status == 1


def test_termination_is_an_interrupt(command, monkeypatch):
    def work(flag):
        os.kill(os.getpid(), signal.SIGTERM)
        flag.check()

    working(monkeypatch, work)
    assert command("render", "forward_pass").status == 1


def test_other_threads_get_a_plain_flag():
    seen = []

    def inside():
        with interruptible() as flag:
            seen.append(flag.is_set)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [False]


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(28, "No space left on device", "x.png"), "x.png: No space left on device"),
        (MemoryError(), "not enough memory"),
        (ValueError("two\nlines"), "two lines"),
        (ZeroDivisionError("division by zero"), "unexpected ZeroDivisionError: division by zero"),
        (RuntimeError(), "unexpected RuntimeError"),
    ],
)
def test_failure_while_working_is_status_1_and_one_line(command, monkeypatch, problem, words):
    def work(flag):
        raise problem

    working(monkeypatch, work)
    outcome = command("render", "forward_pass")
    assert outcome.status == 1
    assert words in outcome.line


def test_traceback_is_there_for_those_who_ask(command, monkeypatch):
    def work(flag):
        raise ZeroDivisionError

    working(monkeypatch, work)
    monkeypatch.setenv(running.TRACEBACK, "1")
    with pytest.raises(ZeroDivisionError):
        command("render", "forward_pass")
