"""The training thread: the same run as without it, commands, looks that wait to be taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, Slot

from deepfractals_gui.experiments.lab import Lab
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.lab.looks import Look
from deepfractals_gui.gui.lab.trainer import Trainer

PARAMS = LabParams(data="moons", count=80, epochs=6)
PATIENCE = 30_000


class Viewer(QObject):
    """Takes looks as the page does."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        self.trainer = trainer
        self.takes = True
        self.looks: list[Look] = []
        self.failures: list[tuple[str, str]] = []
        self.done: list[str] = []
        queued = Qt.ConnectionType.QueuedConnection
        trainer.looked.connect(self.look, queued)
        trainer.failed.connect(self.fail, queued)
        trainer.done.connect(self.end, queued)

    @Slot(object)
    def look(self, look: Look) -> None:
        self.looks.append(look)
        if self.takes:
            self.trainer.took()

    @Slot(str, str)
    def fail(self, name: str, message: str) -> None:
        self.failures.append((name, message))

    @Slot(str)
    def end(self, message: str) -> None:
        self.done.append(message)


@pytest.fixture
def trainer(qapp):
    trainer = Trainer()
    trainer.watch(False)
    yield trainer
    trainer.close()


@pytest.fixture
def viewer(trainer):
    return Viewer(trainer)


@pytest.fixture
def seen(qtbot, viewer):
    def wait(fits) -> Look:
        qtbot.waitUntil(lambda: bool(viewer.looks) and fits(viewer.looks[-1]), timeout=PATIENCE)
        return viewer.looks[-1]

    return wait


def alone(params: LabParams, epochs: int):
    lab = Lab()
    state = lab.start(params)
    for _ in range(epochs):
        state = lab.epoch(state)
    return state


def test_a_run_in_the_thread_is_the_run_without_it(trainer, seen) -> None:
    trainer.begin(PARAMS, run=True)
    look = seen(lambda look: bool(look.stopped))
    state = alone(PARAMS, 6)
    assert look.epoch == 6
    assert (look.curves.train_loss == state.trace.column("train_loss")).all()
    assert (look.flow.history["gradient_norm"] == state.trace.column("gradient_norm")[1:]).all()
    assert not look.running


def test_rewinding_and_training_again_gives_identical_curves(trainer, seen) -> None:
    trainer.begin(PARAMS, run=True)
    first = seen(lambda look: bool(look.stopped))
    trainer.rewind()
    start = seen(lambda look: look.step == 0)
    assert start.curves.train_loss[0] == first.curves.train_loss[0]
    trainer.run()
    again = seen(lambda look: bool(look.stopped))
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        assert np.array_equal(getattr(first.curves, name), getattr(again.curves, name))


def test_batches_and_epochs_are_stepped(trainer, seen) -> None:
    trainer.begin(PARAMS)
    trainer.step_batch()
    assert seen(lambda look: look.step == 1).epoch == 0
    trainer.step_epoch()
    look = seen(lambda look: look.epoch == 1)
    assert look.step == 2
    assert not look.running


def test_it_pauses_and_goes_on(trainer, seen) -> None:
    trainer.begin(replace(PARAMS, epochs=0), run=True)
    seen(lambda look: look.running and look.epoch > 2)
    trainer.pause()
    paused = seen(lambda look: not look.running)
    trainer.want(("decision",))
    assert seen(lambda look: "decision" in look.sights).step == paused.step
    trainer.run()
    assert seen(lambda look: look.running and look.step > paused.step).seconds > paused.seconds


def test_training_waits_until_what_it_showed_has_been_painted(trainer, viewer, seen, qtbot) -> None:
    viewer.takes = False
    trainer.begin(replace(PARAMS, epochs=0), run=True)
    seen(lambda look: True)
    trainer.pause()
    # The pause is carried out, but the first look hasn't been painted yet.
    with qtbot.waitSignal(trainer.done, timeout=PATIENCE):
        trainer._order(lambda: trainer.done.emit("reached"))
    assert len(viewer.looks) == 1
    assert viewer.looks[0].step == 0
    viewer.takes = True
    trainer.took()
    seen(lambda look: len(viewer.looks) > 1)
    trainer.step_batch()
    seen(lambda look: look.step == 1)


def test_at_a_pace_to_watch_no_epoch_is_passed_over(trainer, viewer, seen) -> None:
    trainer.watch(True)
    trainer.begin(PARAMS, run=True)
    seen(lambda look: bool(look.stopped))
    epochs = [look.epoch for look in viewer.looks]
    assert epochs == sorted(epochs)
    assert max(np.diff(epochs)) <= 1


def test_when_to_stop_can_change_while_it_trains(trainer, seen) -> None:
    trainer.begin(PARAMS, run=True)
    seen(lambda look: bool(look.stopped))
    more = replace(PARAMS, epochs=9)
    trainer.set_ends(more)
    assert seen(lambda look: not look.stopped).params == more
    trainer.run()
    look = seen(lambda look: bool(look.stopped))
    assert look.epoch == 9
    assert (look.curves.train_loss == alone(more, 9).trace.column("train_loss")).all()


def test_the_network_is_fitted_to_the_data(trainer, seen) -> None:
    trainer.begin(replace(PARAMS, data="iris"))
    spec = seen(lambda look: True).params.spec
    assert (spec.inputs, spec.outputs) == (4, 3)
    trainer.begin(replace(PARAMS, data="sine"))
    assert seen(lambda look: look.data.train.name == "sine").params.spec.loss == "mse"


def test_what_cannot_be_used_is_said_and_the_run_stays(trainer, viewer, seen, qtbot, tmp_path):
    trainer.begin(PARAMS)
    seen(lambda look: True)
    trainer.open(tmp_path / "nothing.npz")
    qtbot.waitUntil(lambda: len(viewer.failures) == 1, timeout=PATIENCE)
    assert "\n" not in viewer.failures[0][1]
    wrong = replace(PARAMS, sampling="drawn", spec=replace(PARAMS.spec, batch=1000, steps=10**8))
    trainer.begin(wrong)
    qtbot.waitUntil(lambda: len(viewer.failures) == 2, timeout=PATIENCE)
    assert viewer.failures[1][0] == "sampling"
    trainer.step_batch()
    assert seen(lambda look: look.step == 1).data.train.name == "moons"


def test_a_saved_run_goes_on_where_it_was(trainer, viewer, seen, qtbot, tmp_path) -> None:
    path = tmp_path / "run.npz"
    trainer.begin(PARAMS)
    trainer.step_epoch()
    trainer.step_epoch()
    trainer.save(path)
    qtbot.waitUntil(lambda: viewer.done == ["Saved run.npz"], timeout=PATIENCE)
    trainer.begin(replace(PARAMS, data="xor"))
    seen(lambda look: look.data.train.name == "xor")
    trainer.open(path)
    assert seen(lambda look: look.data.train.name == "moons").epoch == 2
    trainer.run()
    look = seen(lambda look: bool(look.stopped))
    assert (look.curves.train_loss == alone(PARAMS, 6).trace.column("train_loss")).all()


def test_commands_that_another_overtakes_are_left_out(trainer, viewer, seen) -> None:
    for count in range(40, 80):
        trainer.begin(replace(PARAMS, count=count))
    look = seen(lambda look: look.params.count == 79)
    assert look.step == 0
    assert len(viewer.looks) < 40


def test_closing_ends_a_run_at_once(qapp) -> None:
    trainer = Trainer()
    trainer.begin(replace(PARAMS, epochs=0), run=True)
    trainer.close()
    assert not trainer._thread.is_alive()
