"""Long work beside the picture: progress, time left, stopping, and how it ended."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.background import Background, message_of
from deepfractals_gui.gui.tasks import MOST_AT_ONCE, TaskPanel, Tasks, duration_text
from deepfractals_gui.session.files import FileError

PATIENCE = 20_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot, model, controller):
    panel = TaskPanel(model, controller)
    qtbot.addWidget(panel)
    panel.resize(800, 60)
    yield panel
    panel.shut_down()


@pytest.fixture
def gate():
    """An event that work waits for; opened at the end, so that nothing hangs."""
    event = threading.Event()
    yield event
    event.set()


def test_a_task_shows_its_progress_and_its_end(panel, qtbot, gate, tmp_path) -> None:
    def work(progress, cancel):
        progress(0.4)
        gate.wait(20)
        return "out.png, 10 × 10"

    assert panel.isHidden()
    task = panel.tasks.start("out.png", work, tmp_path / "out.png")
    row = panel.rows[task.number]
    assert not panel.isHidden()
    qtbot.waitUntil(lambda: row.bar.value() == 400, timeout=PATIENCE)
    assert row.words.text() == "Exporting, 40 %"
    with qtbot.waitSignal(panel.tasks.ended, timeout=PATIENCE) as ended:
        gate.set()
    assert ended.args[1].state == "done"
    assert row.words.text() == "Done: out.png, 10 × 10"
    assert row.show_button.isVisibleTo(panel)
    assert not row.cancel_button.isVisibleTo(panel)
    QTest.mouseClick(row.close_button, LEFT)
    assert panel.rows == {}
    assert panel.isHidden()


def test_cancelling_stops_the_work(panel, qtbot) -> None:
    def work(progress, cancel):
        while True:
            cancel.check()

    task = panel.tasks.start("Exporting", work)
    row = panel.rows[task.number]
    with qtbot.waitSignal(panel.tasks.ended, timeout=PATIENCE) as ended:
        QTest.mouseClick(row.cancel_button, LEFT)
    assert ended.args[1].state == "cancelled"
    assert row.words.text() == "Stopped"
    assert not row.show_button.isVisibleTo(panel)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileError("out.png can't be written: the disk is full"), "the disk is full"),
        (ValueError("two\nlines"), "two lines"),
        (MemoryError(), "not enough memory"),
        (RuntimeError("something odd"), "something odd"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_failure_is_one_clear_line(panel, qtbot, error: Exception, words: str) -> None:
    def work(progress, cancel):
        raise error

    with qtbot.waitSignal(panel.tasks.ended, timeout=PATIENCE) as ended:
        task = panel.tasks.start("Exporting", work)
    assert ended.args[1].state == "failed"
    text = panel.rows[task.number].words.text()
    assert text.startswith("Failed: ")
    assert words in text
    assert "\n" not in text


def test_more_tasks_wait_for_their_turn(panel, qtbot, gate) -> None:
    running = []

    def work(progress, cancel):
        running.append(1)
        gate.wait(20)

    tasks = [panel.tasks.start(f"Task {n}", work) for n in range(MOST_AT_ONCE + 2)]
    qtbot.waitUntil(lambda: len(running) == MOST_AT_ONCE, timeout=PATIENCE)
    waiting = tasks[-1]
    qtbot.waitUntil(
        lambda: panel.rows[waiting.number].words.text() == "Waiting for its turn", timeout=PATIENCE
    )
    panel.tasks.cancel(waiting)
    assert panel.rows[waiting.number].words.text() == "Stopped"
    gate.set()
    qtbot.waitUntil(lambda: not panel.tasks.unfinished, timeout=PATIENCE)
    assert len(running) == MOST_AT_ONCE + 1


def test_shutting_down_stops_what_runs_and_drops_what_waits(panel, controller) -> None:
    def work(progress, cancel):
        while True:
            cancel.check()

    for _ in range(MOST_AT_ONCE + 1):
        panel.tasks.start("Exporting", work)
    panel.shut_down()
    controller.close()


def test_there_is_one_list_of_tasks_for_a_controller(controller) -> None:
    assert Tasks.of(controller) is Tasks.of(controller)


def test_fractions_never_fall_and_stay_within_bounds(panel, qtbot) -> None:
    def work(progress, cancel):
        for fraction in (0.5, 0.2, 7.0, -1.0):
            progress(fraction)

    with qtbot.waitSignal(panel.tasks.ended, timeout=PATIENCE):
        task = panel.tasks.start("Exporting", work)
    assert task.fraction == 1.0


def test_durations_are_read_by_people() -> None:
    texts = [duration_text(seconds) for seconds in (0.2, 8.4, 65, 3600, 9300)]
    assert texts == ["0 s", "8 s", "1 min 05 s", "1 h 00 min", "2 h 35 min"]


# Background


@pytest.fixture
def background(controller):
    return Background(controller.renderer.background)


def test_results_arrive_in_the_windows_thread(background, qtbot) -> None:
    threads = []
    background.done.connect(lambda token, result: threads.append(threading.current_thread()))
    with qtbot.waitSignal(background.done, timeout=PATIENCE) as done:
        background.start("sum", lambda a, b: (a + b, threading.current_thread()), 2, 3)
    token, (total, worker) = done.args
    assert (token, total) == ("sum", 5)
    assert worker is not threading.main_thread()
    assert threads == [threading.main_thread()]


def test_a_newer_task_of_the_same_token_takes_its_place(background, qtbot, gate) -> None:
    results = []
    background.done.connect(lambda token, result: results.append(result))
    background.start("same", lambda: gate.wait(20))
    with qtbot.waitSignal(background.done, timeout=PATIENCE):
        background.start("same", lambda: "newer")
    gate.set()
    with qtbot.waitSignal(background.done, timeout=PATIENCE):
        background.start("last", lambda: "last")
    assert results == ["newer", "last"]


def test_a_dropped_task_says_nothing(background, qtbot, gate) -> None:
    with qtbot.assertNotEmitted(background.done):
        background.start("one", lambda: gate.wait(20))
        background.drop("one")
        gate.set()
        with qtbot.waitSignal(background.failed, timeout=PATIENCE):
            background.start("two", lambda: 1 / 0)
    assert background.waiting == 0


def test_errors_are_one_line() -> None:
    assert message_of(ValueError("a\n b")) == "a b"
    assert message_of(MemoryError()) == "there is not enough memory for this"
    assert message_of(RuntimeError()) == "it failed without saying why (RuntimeError)"
