"""A thousand zooms, parameter changes and undos in a row."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QTimer

from deepfractals_gui.coloring import apply
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.gui.pictures import scene_of
from deepfractals_gui.systems import SYSTEMS

CHANGES = 1000
LULL = 40
"""Changes after which the storm holds until a picture has been shown, however slow the machine."""
PATIENCE = 120_000


class Storm:
    """Changes a window's model at random and notes every frame that wasn't current when shown."""

    def __init__(self, window, seed: int) -> None:
        self.window = window
        self.model = window.model
        self.random = random.Random(seed)
        self.left = CHANGES
        self.shown = 0
        self.shown_at_lull = 0
        self.stale = []
        self.tickets = []
        window.controller.frameReady.connect(self.look)
        self.timer = QTimer()
        self.timer.setInterval(0)
        self.timer.timeout.connect(self.blow)

    def blow(self) -> None:
        if not self.left:
            self.timer.stop()
            return
        if self.left % LULL == 0 and self.left < CHANGES:
            if self.shown == self.shown_at_lull:
                self.timer.setInterval(5)
                return
            self.shown_at_lull = self.shown
        self.left -= 1
        self.timer.setInterval(self.random.choice((0, 0, 1, 3)))
        self.random.choices(
            (self.zoom, self.pan, self.scrub, self.recolour, self.travel, self.turn, self.sharpen),
            (8, 4, 5, 3, 4, 1, 1),
        )[0]()

    def zoom(self) -> None:
        width = self.model.viewport.width
        factor = self.random.choice((0.5, 0.8)) if width > 1e-6 else 1e4
        factor = factor if width < 8 else 0.5
        reach = width / 4
        dx, dy = (self.random.uniform(-reach, reach) for _ in range(2))
        self.model.replace(viewport=self.model.viewport.moved(dx, dy, factor), merge="zoom")

    def pan(self) -> None:
        geometry = self.window.canvas.geometry_now
        columns, rows = self.random.randint(-30, 30), self.random.randint(-30, 30)
        self.model.replace(viewport=geometry.panned(columns, rows), merge="pan")

    def scrub(self) -> None:
        params = self.model.view.params
        names = ("max_steps", "max_iterations", "steps", "seed")
        name = next(name for name in names if hasattr(params, name))
        merge = self.random.choice(("", name))
        count = self.random.randint(20, 200)
        self.model.replace(params=with_values(params, **{name: count}), merge=merge)

    def recolour(self) -> None:
        gamma = self.random.uniform(0.5, 2.0)
        self.model.replace(coloring=replace(self.model.coloring, gamma=gamma))

    def travel(self) -> None:
        self.random.choice(
            (self.model.undo, self.model.undo, self.model.redo, self.model.back, self.model.home)
        )()

    def turn(self) -> None:
        self.model.choose_system(self.random.choice(SYSTEMS).key)

    def sharpen(self) -> None:
        self.model.replace(supersampling=self.random.choice((1, 1, 2)))

    def look(self, frame) -> None:
        self.shown += 1
        controller = self.window.controller
        current = frame.request == controller.request and frame.coloring == controller.coloring
        # A preview may lag behind, but only while a scrub goes on.
        scrubbing = controller._settle.isActive()
        followed = frame.preview and scrubbing and frame.request.key == self.model.view.key
        if not (current or followed):
            self.stale.append(frame)


def test_a_storm_of_changes_never_shows_a_stale_image(window, finished, qtbot):
    window.resize(420, 360)
    finished(window)
    threads = set(threading.enumerate())
    storm = Storm(window, seed=20260711)
    storm.timer.start()
    qtbot.waitUntil(lambda: storm.left == 0, timeout=PATIENCE)
    last = finished(window)
    assert storm.shown >= CHANGES // LULL
    assert storm.stale == []
    # No picture of an older job was painted over that of a newer one.
    view = window.model.view
    assert last.request.viewport == view.viewport
    fresh = window.controller.renderer.render(last.request)
    expected = apply(
        fresh.channels,
        scene_of(view.key, view.params),
        view.coloring,
        supersampling=view.supersampling,
    )
    assert np.array_equal(last.rgba, expected)
    assert set(threading.enumerate()) - threads <= background(threads)
    assert all(a is not b for a, b in pairwise(window.canvas.frames.frames))


def background(threads) -> set:
    """Threads that the renderer starts on demand, and joins when it closes."""
    return {t for t in threading.enumerate() if t not in threads and "background" in t.name}
