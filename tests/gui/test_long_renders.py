"""Pictures that take long: coarse within a budget, whole on demand, paused, kept on the disk."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from deepfractals_gui.core import Viewport
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.sample_cache_dialog import SampleCacheDialog, megabytes
from deepfractals_gui.render import DiskCache, Renderer, keeper

SHAPE = (120, 160)
PATIENCE = 30_000


class Shown:
    """Keeps the last frame and the last draft."""

    def __init__(self, controller) -> None:
        self.frame = self.draft = None
        self.steps = []
        controller.frameReady.connect(self.show)
        controller.drafted.connect(self.told)
        controller.progressChanged.connect(lambda *step: self.steps.append(step))

    def show(self, frame) -> None:
        self.frame = frame

    def told(self, draft) -> None:
        self.draft = draft


@pytest.fixture
def shown(controller):
    return Shown(controller)


@pytest.fixture
def drafted(controller, shown, qtbot):
    """A controller that shows no more than a coarse picture."""
    controller.budget = 0.0
    controller.set_canvas_shape(*SHAPE)
    controller.start()
    qtbot.waitUntil(lambda: shown.draft is not None and shown.frame is not None, timeout=PATIENCE)
    return controller


@pytest.fixture
def held(model, monkeypatch):
    """The map at hand computes nothing until it is let go."""
    go = threading.Event()
    system = type(model.system)
    sample = system.sample

    def slow(self, points, p, prepared, out, cancel):
        while not go.wait(0.001):
            cancel.check()
        sample(self, points, p, prepared, out, cancel)

    monkeypatch.setattr(system, "sample", slow)
    yield go
    go.set()


def whole(controller, shown) -> bool:
    frame = shown.frame
    return frame is not None and frame.final and frame.request == controller.request


def test_a_picture_beyond_its_budget_stays_coarse_until_asked_for(drafted, shown, qtbot):
    assert 0 < shown.draft.share < 1
    assert drafted.draft == shown.draft
    assert not shown.frame.final
    assert drafted.samples is None
    assert shown.steps[-1] == (1.0, None, "")
    with qtbot.waitSignal(drafted.samplesChanged, timeout=PATIENCE):
        drafted.render_fully()
    qtbot.waitUntil(lambda: whole(drafted, shown), timeout=PATIENCE)
    assert shown.draft is None
    assert drafted.draft is None
    with Renderer(1) as other:
        expected = other.render(drafted.request).channels
    for name, array in drafted.samples.channels.items():
        assert np.array_equal(array, expected[name], equal_nan=True)


def test_a_coarse_picture_is_recoloured_without_computing(
    drafted, shown, model, qtbot, monkeypatch
):
    def refused(*_, **__):
        raise AssertionError("asked for samples")

    monkeypatch.setattr(drafted.renderer, "submit", refused)
    tried = model.coloring.__class__(**{**vars(model.coloring), "gamma": 3.0})
    model.replace(coloring=tried)
    qtbot.waitUntil(lambda: shown.frame.coloring == tried, timeout=PATIENCE)
    assert shown.draft is not None


def test_another_view_has_a_budget_of_its_own(drafted, shown, model, qtbot):
    with qtbot.waitSignal(drafted.samplesChanged, timeout=PATIENCE):
        drafted.render_fully()
    model.replace(viewport=Viewport.at("0.31", "0.2", 0.7))
    assert shown.draft is None
    qtbot.waitUntil(lambda: shown.draft is not None, timeout=PATIENCE)
    model.undo()
    qtbot.waitUntil(lambda: whole(drafted, shown), timeout=PATIENCE)
    assert shown.draft is None


def test_asking_for_what_is_whole_computes_nothing(controller, shown, qtbot):
    controller.set_canvas_shape(*SHAPE)
    controller.start()
    qtbot.waitUntil(lambda: whole(controller, shown), timeout=PATIENCE)
    count = len(shown.steps)
    controller.render_fully()
    controller.toggle_pause()
    assert len(shown.steps) == count


def test_a_paused_picture_stands_still_until_it_goes_on(controller, shown, held, qtbot):
    controller.set_canvas_shape(*SHAPE)
    controller.start()
    controller.toggle_pause()
    assert shown.steps[-1][2] == "Paused"
    held.set()
    controller.toggle_pause()
    assert shown.steps[-1][2] == "Rendering"
    qtbot.waitUntil(lambda: whole(controller, shown), timeout=PATIENCE)


def test_the_window_offers_both(window, held, qtbot):
    window.controller.budget = 0.0
    window.controller.start()
    qtbot.waitUntil(lambda: window.controller._job is not None, timeout=PATIENCE)
    window.actions_by_key["pause"].trigger()
    assert window.status.pause.isVisible()
    assert window.status.work.text().endswith("paused")
    window.status.pause.click()
    held.set()
    qtbot.waitUntil(window.status.full.isVisible, timeout=PATIENCE)
    window.status.full.click()
    qtbot.waitUntil(lambda: window.controller.samples is not None, timeout=PATIENCE)
    assert not window.status.full.isVisible()


@pytest.fixture
def disk(tmp_path, monkeypatch):
    monkeypatch.setattr(keeper, "LONG_SECONDS", 0.0)
    return DiskCache(tmp_path / "samples")


def test_a_view_seen_before_a_restart_is_not_computed_again(model, disk, qtbot, monkeypatch):
    for start in range(2):
        controller = RenderController(model, Renderer(2, disk=disk))
        try:
            controller.set_canvas_shape(*SHAPE)
            with qtbot.waitSignal(controller.samplesChanged, timeout=PATIENCE):
                controller.start()
        finally:
            controller.close()
        if start == 0:

            def refused(*_):
                raise AssertionError("sampled again")

            monkeypatch.setattr(type(model.system), "sample", refused)
    assert len(disk.entries()) == 1


def test_the_dialog_counts_and_clears(qtbot, disk):
    from deepfractals_gui.render import RenderRequest
    from deepfractals_gui.systems import SYSTEMS

    system = SYSTEMS[0]
    params = system.Params()
    with Renderer(2, disk=disk) as renderer:
        renderer.render(RenderRequest(system.key, params, system.home(params), (30, 40)))
    with Renderer(2, disk=disk) as renderer:
        dialog = SampleCacheDialog(renderer)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitUntil(dialog.clear_button.isEnabled, timeout=PATIENCE)
        assert dialog.table.value("Pictures") == "1"
        assert dialog.table.value("Room taken") == megabytes(disk.nbytes)
        assert dialog.table.value("Folder") == str(disk.folder)
        dialog.clear_button.click()
        qtbot.waitUntil(lambda: dialog.table.value("Pictures") == "0", timeout=PATIENCE)
        assert not dialog.clear_button.isEnabled()
    assert disk.entries() == []


def test_the_dialog_says_when_nothing_is_kept(qtbot, window):
    dialog = SampleCacheDialog(window.controller.renderer)
    qtbot.addWidget(dialog)
    assert "Nothing is kept" in dialog.message.text()
    assert not dialog.clear_button.isEnabled()
