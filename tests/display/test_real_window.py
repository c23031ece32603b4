"""The program in a real window, driven by mouse and keyboard from outside."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from deepfractals_gui.session.documents import read_document
from tests.display.desktop import App, missing_tools, running, wait_for

pytestmark = [
    pytest.mark.display,
    pytest.mark.skipif(bool(missing_tools()), reason=f"needs {', '.join(missing_tools())}"),
]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with running(tmp_path) as program:
        program.focus()
        wait_for("picture", lambda: _colourful(_canvas(program)), 120)
        yield program


def _centre(app: App) -> tuple[int, int]:
    """A point of the canvas, in pixels of the screen."""
    x, y, width, height = app.geometry()
    return x + round(width * 0.42), y + round(height * 0.42)


def _canvas(app: App) -> np.ndarray:
    x, y = _centre(app)
    return app.desktop.picture()[y - 180 : y + 180, x - 200 : x + 200].astype(int)


def _colourful(picture: np.ndarray) -> bool:
    return len(np.unique(picture.reshape(-1, 3), axis=0)) > 500


def test_person_zooms_recolours_undoes_and_exports(app: App) -> None:
    x, y = _centre(app)
    home = _canvas(app)

    app.desktop.drag((x - 60, y - 150), (x + 60, y - 50))
    banded = wait_for("zoom by rubber band", lambda: 0 < app.width() < 5.0 and app.width())
    wait_for("new picture", lambda: np.abs(_canvas(app) - home).mean() > 2)

    app.desktop.wheel(x, y, 3)
    wheeled = wait_for("zoom by wheel", lambda: app.width() < banded and app.width())
    assert wheeled > banded / 20

    app.desktop.key("ctrl+z")
    wait_for("undo of the wheel", lambda: app.width() == banded)

    before = _canvas(app)
    app.desktop.key("ctrl+k")
    app.desktop.type("sunset")
    app.desktop.key("Return")
    wait_for("recolouring", lambda: app.journal()["coloring"]["palette"] == "sunset")
    wait_for("new colours", lambda: np.abs(_canvas(app) - before).mean() > 2)
    assert app.width() == banded

    still = _exported(app, "ctrl+e", "Export image", "forward_pass.png")
    picture = np.asarray(Image.open(still).convert("RGB"))
    assert min(picture.shape[:2]) > 200
    assert _colourful(picture)
    assert read_document(still).viewport.width == banded

    # The length is the second field that Tab comes to.
    typed = ("Tab", "Tab", "2")
    clip = _exported(app, "ctrl+shift+e", "Export movie", "forward_pass-zoom.mp4", typed)
    with av.open(clip) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 2 * 30
    assert frames[0].shape == (720, 1280, 3)
    assert _colourful(frames[0])
    assert _colourful(frames[-1])
    assert np.abs(frames[-1].astype(int) - frames[0]).mean() > 2
    assert app.messages() == ""


def _exported(app: App, keys: str, dialog: str, name: str, typed: Sequence[str] = ()) -> Path:
    """Accept the dialog, once keys have been pressed in it; the file it wrote."""
    app.open_dialog(keys, dialog)
    app.desktop.key(*typed)
    app.accept_dialog(dialog)
    path = app.home / name
    # A file appears under its name only when it is whole.
    wait_for(name, path.exists, 900)
    return path


def test_killed_program_offers_its_view_back(app: App) -> None:
    x, y = _centre(app)
    app.desktop.wheel(x, y, 4)
    width = wait_for("autosave", lambda: 0 < app.width() < 5.0 and app.width())
    # The wheel glides: the last of its steps is saved within a second.
    width = wait_for("rest", lambda: _settled(app))
    app.kill()

    again = App(app.desktop, app.home).start()
    try:
        again.focus()

        def restored() -> bool:
            # Until it paints, the new window shows what the killed one left on the screen: only
            # an answer tells that it listens.
            again.desktop.key("alt+r")
            return again.width() == width

        wait_for("restored view", restored, 120)
        wait_for("picture", lambda: _colourful(_canvas(again)), 120)
        assert again.close() == 0
    finally:
        again.kill()


def _settled(app: App) -> float:
    width = app.width()
    time.sleep(1.2)
    return width if app.width() == width else 0.0
