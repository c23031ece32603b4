"""The picture follows the model: what is computed, what is only recoloured, what is dropped."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.coloring import apply
from deepfractals_gui.core import Viewport
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.gui.pictures import scene_of
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.render import Renderer
from deepfractals_gui.systems import SYSTEMS

SHAPE = (60, 80)
PATIENCE = 30_000


class Screen:
    """Stands for the canvas: keeps every frame, and whether it was current when it came."""

    def __init__(self, controller: RenderController) -> None:
        self.controller = controller
        self.frames = []
        self.stale = []
        self.messages = []
        controller.frameReady.connect(self.show)
        controller.failed.connect(self.messages.append)

    def show(self, frame) -> None:
        self.frames.append(frame)
        controller = self.controller
        current = frame.request == controller.request and frame.coloring == controller.coloring
        # A preview may lag behind, but only while a scrub goes on.
        followed = controller._settle.isActive() and (
            frame.request.key == controller.model.view.key
        )
        if not (current or (frame.preview and followed)):
            self.stale.append(frame)

    @property
    def complete(self) -> bool:
        last = self.frames[-1] if self.frames else None
        controller = self.controller
        return (
            last is not None
            and last.final
            and (last.request, last.coloring) == (controller.request, controller.coloring)
        )


@pytest.fixture
def screen(controller):
    return Screen(controller)


@pytest.fixture
def started(controller, screen, qtbot):
    controller.set_canvas_shape(*SHAPE)
    controller.start()
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    return controller


@pytest.fixture
def submitted(controller, monkeypatch):
    """Every request that the renderer was asked for."""
    requests = []
    submit = controller.renderer.submit

    def noted(request, **options):
        requests.append(request)
        return submit(request, **options)

    monkeypatch.setattr(controller.renderer, "submit", noted)
    return requests


def test_nothing_is_computed_before_the_start(controller, submitted, model):
    controller.set_canvas_shape(*SHAPE)
    model.replace(viewport=model.viewport.moved(0.1, 0.0))
    assert submitted == []


def test_the_first_picture_is_that_of_the_view(started, screen, model):
    frame = screen.frames[-1]
    view = model.view
    expected = apply(started.samples.channels, scene_of(view.key, view.params), view.coloring)
    assert np.array_equal(frame.rgba, expected)
    assert frame.rgba.shape == (*SHAPE, 4)
    assert frame.rgba[::-1].flags.c_contiguous


def test_every_change_renders_by_itself(started, screen, model, qtbot):
    for _ in range(3):
        model.replace(viewport=model.viewport.moved(0.1, 0.05, 0.5))
        qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    assert screen.stale == []


def test_recolouring_computes_nothing(started, screen, model, submitted, qtbot):
    model.replace(coloring=replace(model.coloring, palette="#000000,#ffffff"))
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    assert submitted == []
    assert screen.frames[-1].coloring.palette == "#000000,#ffffff"


def test_a_colouring_can_be_tried_without_choosing_it(started, screen, model, submitted, qtbot):
    tried = replace(model.coloring, gamma=3.0)
    started.try_coloring(tried)
    qtbot.waitUntil(lambda: screen.frames[-1].coloring == tried, timeout=PATIENCE)
    assert model.coloring != tried
    started.try_coloring(None)
    qtbot.waitUntil(lambda: screen.frames[-1].coloring == model.coloring, timeout=PATIENCE)
    assert submitted == []
    assert screen.stale == []


def test_samples_are_announced_once_they_are_finished(started, model, qtbot):
    with qtbot.waitSignal(started.samplesChanged, timeout=PATIENCE) as caught:
        model.replace(viewport=model.viewport.moved(0.0, 0.0, 0.5))
        assert started.samples is None
        assert started.busy
    [samples] = caught.args
    assert samples.request == started.request
    assert started.samples is samples
    assert not started.busy


def test_scrubbing_previews_at_once_and_renders_in_full_afterwards(
    started, screen, model, submitted, qtbot
):
    for count in (150, 140, 130):
        params = with_values(model.view.params, max_iterations=count)
        model.replace(params=params, merge="max_iterations")
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    previews = [request for request in submitted if request.precision == "float32"]
    full = [request for request in submitted if request.precision == "float64"]
    assert previews
    assert all(request.shape < SHAPE for request in previews)
    assert [request.params.max_iterations for request in full] == [130]
    assert any(frame.preview for frame in screen.frames)
    assert screen.stale == []


def test_a_preview_is_never_taken_for_the_picture(started, screen, model, qtbot):
    params = with_values(model.view.params, max_iterations=150)
    model.replace(params=params, merge="max_iterations")
    qtbot.waitUntil(lambda: any(frame.preview for frame in screen.frames), timeout=PATIENCE)
    preview = next(frame for frame in screen.frames if frame.preview)
    assert not preview.final
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    assert started.samples.request.precision == "float64"


def test_another_canvas_shape_is_rendered_once_it_has_settled(started, screen, submitted, qtbot):
    for width in range(81, 100):
        started.set_canvas_shape(60, width)
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    assert screen.frames[-1].rgba.shape == (60, 99, 4)
    assert len(submitted) <= 3


def test_a_paused_controller_shows_nothing_until_it_resumes(started, screen, model, qtbot):
    started.pause()
    shown = len(screen.frames)
    model.replace(viewport=model.viewport.moved(0.1, 0.0))
    assert not started.busy
    assert len(screen.frames) == shown
    started.resume()
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)


def test_an_error_is_one_line_and_the_next_change_works(started, screen, model, qtbot, monkeypatch):
    system = type(model.system)

    def broken(self, *_):
        raise RuntimeError("the map\nbroke")

    monkeypatch.setattr(system, "sample", broken)
    with qtbot.waitSignal(started.failed, timeout=PATIENCE) as caught:
        model.replace(viewport=Viewport.at("0.3", "0.4", 0.01))
    assert caught.args == ["the map broke"]
    monkeypatch.undo()
    model.replace(viewport=Viewport.at("0.3", "0.4", 0.02))
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)


def test_cancelling_stops_the_picture_until_the_next_change(started, screen, model, qtbot):
    model.replace(viewport=Viewport.at("0.1", "0.2", 0.013))
    started.cancel()
    shown = len(screen.frames)
    model.replace(viewport=Viewport.at("0.1", "0.2", 0.014))
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    assert all(frame.viewport.width == 0.014 for frame in screen.frames[shown:])


def test_progress_ends_with_nothing_left_to_do(started, model, qtbot):
    with qtbot.waitSignal(
        started.progressChanged, timeout=PATIENCE, check_params_cb=lambda f, eta, text: text == ""
    ):
        model.replace(viewport=model.viewport.moved(0.0, 0.0, 0.3))


def test_closing_joins_every_thread(model, qapp):
    before = set(threading.enumerate())
    controller = RenderController(model, Renderer(threads=2))
    controller.set_canvas_shape(400, 600)
    controller.start()
    assert set(threading.enumerate()) - before
    controller.close()
    assert set(threading.enumerate()) - before == set()


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
def test_every_system_gets_a_picture(controller, screen, model, qtbot, system):
    model.choose_system(system.key)
    controller.set_canvas_shape(*SHAPE)
    controller.start()
    qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    assert screen.frames[-1].rgba[..., 3].min() == 255
    assert screen.messages == []


def test_going_back_during_a_scrub_stops_its_preview(started, screen, model, qtbot):
    """The samples of the view before are at hand: they are shown, and nothing comes after."""
    before = model.view.params
    for count in range(300, 310):
        params = with_values(before, max_iterations=count)
        model.replace(params=params, merge="max_iterations")
        preview = started._preview_job
        model.undo()
        assert preview.cancelled
        assert started._preview_job is None
        assert preview.wait(10)
        qtbot.waitUntil(lambda: screen.complete, timeout=PATIENCE)
    assert model.view.params == before
    assert screen.frames[-1].final
