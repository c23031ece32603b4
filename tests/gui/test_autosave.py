"""Work is kept within a second, and offered back after a kill."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from PySide6.QtWidgets import QPushButton

from deepfractals_gui.core import Viewport
from deepfractals_gui.gui.autosave import DELAY_MS, Autosave
from deepfractals_gui.session.history import History
from deepfractals_gui.session.journal import Journal
from deepfractals_gui.systems import SYSTEMS

THERE = Viewport.at("0.25", "-0.5", 0.125)
KILLED = """
import sys, os, signal
from pathlib import Path
from deepfractals_gui.core import Document, Viewport
from deepfractals_gui.session.history import History
from deepfractals_gui.session.journal import Journal
from deepfractals_gui.systems import SYSTEMS
system = SYSTEMS[0]
params = system.Params()
home = Document(system.key, params, system.home(params), system.default_coloring(params))
history = History(home)
for width in (2.0, 1.0, 0.5):
    history.push(Document(system.key, params, Viewport.at("0.25", "-0.5", width), home.coloring))
Journal(Path(sys.argv[1])).write(history.current, history)
os.kill(os.getpid(), signal.SIGKILL) if hasattr(signal, "SIGKILL") else os._exit(9)
"""


@pytest.fixture
def killed(tmp_path):
    """The journals of a data folder in which a process was killed at work."""
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "journals")], check=False)
    return tmp_path


@pytest.fixture
def autosave(model, controller, tmp_path):
    autosave = Autosave(model, controller.renderer, tmp_path / "journals")
    yield autosave
    autosave.close()


def journals(folder) -> list:
    return sorted(folder.glob("**/journal-*.json"))


def test_a_change_is_on_the_disk_within_a_second(autosave, model, tmp_path, qtbot):
    assert DELAY_MS < 1000
    with qtbot.waitSignal(autosave.written, timeout=5000):
        model.replace(viewport=THERE)
    [path] = journals(tmp_path)
    assert json.loads(path.read_text())["entries"][-1]["viewport"]["x"] == "0.25"


def test_a_long_scrub_is_written_meanwhile(autosave, model, qtbot):
    with qtbot.waitSignal(autosave.written, timeout=5000):

        def scrub():
            viewport = model.viewport.moved(0.001, 0.0)
            model.replace(viewport=viewport, merge="pan")
            return False

        with pytest.raises(qtbot.TimeoutError):
            qtbot.waitUntil(scrub, timeout=2 * DELAY_MS)


def test_nothing_is_left_when_the_window_closes_as_it_should(window, tmp_path, qtbot):
    with qtbot.waitSignal(window.autosave.written, timeout=5000):
        window.model.replace(viewport=THERE)
    assert journals(tmp_path)
    window.close()
    assert journals(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_said_once(model, controller, tmp_path, qtbot):
    (tmp_path / "journals").write_text("a file where a folder should be")
    autosave = Autosave(model, controller.renderer, tmp_path / "journals")
    said = []
    autosave.failed.connect(said.append)
    for width in (2.0, 1.0):
        autosave.write()
        qtbot.waitUntil(lambda: autosave.idle, timeout=5000)
        model.replace(viewport=Viewport.at(0, 0, width))
    qtbot.waitUntil(lambda: bool(said), timeout=5000)
    autosave.close()
    assert len(said) == 1
    assert "\n" not in said[0]


def test_the_work_of_a_killed_window_is_offered_and_restored(killed, model, controller, qtbot):
    from deepfractals_gui.gui.main_window import MainWindow

    window = MainWindow(model, controller, data_folder=killed)
    qtbot.addWidget(window)
    window.show()
    window.offer_recovery()
    assert "still there" in window.banner.text
    home = window.model.view
    [button] = window.banner.findChildren(QPushButton)
    button.click()
    assert window.model.viewport == Viewport.at("0.25", "-0.5", 0.5)
    assert len(window.model.entries) == 4
    window.model.undo()
    assert window.model.viewport.width == 1.0
    assert window.model.view.key == home.key
    window.close()


def test_work_that_is_declined_is_offered_no_more(killed, model, controller, qtbot):
    from deepfractals_gui.gui.main_window import MainWindow

    window = MainWindow(model, controller, data_folder=killed)
    qtbot.addWidget(window)
    window.offer_recovery()
    window.banner.dismiss()
    assert journals(killed) == []
    window.close()


def test_a_living_windows_work_is_not_offered_to_another(model, controller, tmp_path):
    living = Journal(tmp_path / "journals")
    living.write(model.view, History(model.view))
    other = Autosave(model, controller.renderer, tmp_path / "journals")
    assert other.abandoned() is None
    other.close()
    living.clear()
    assert SYSTEMS
