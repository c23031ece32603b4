"""Draw the pictures that the README shows. Needs the development packages; no display.

.venv/bin/python packaging/screenshots.py [maps] [landscapes] [fields] [zoom] [tiles] [window] [lab]
    [field]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "screenshots"
MAPS = ("forward_pass", "error_flow", "gradient_basins")
FIELDS = ("bell", "anderson", "eddies")
LANDSCAPES = ("no_short_cuts", "short_cuts", "island")
TILES = ("identity", "relu", "single", "minibatch", "tanh", "offset")
TILE_SIDE = 256
SIDE = 560
STEPS = (5.0, 1.25, 0.3, 0.075, 0.02)
STEP_SIDE = 300
CENTRE = ("-0.97", "0.2")
WINDOW = (1600, 1000)
LIMIT = 290_000


def render(folder: str, *arguments: str) -> Image.Image:
    """A picture from the command line."""
    from deepfractals_gui import cli

    path = Path(folder) / "picture.png"
    if cli.main(["render", *arguments, "-o", str(path)]):
        raise SystemExit("a picture can't be rendered")
    with Image.open(path) as picture:
        return picture.convert("RGB")


def maps() -> None:
    """The three maps as they open."""
    with tempfile.TemporaryDirectory() as folder:
        for key in MAPS:
            picture = render(folder, key, "--size", f"{SIDE}x{SIDE}", "--supersample", "3")
            picture.save(FOLDER / f"{key}.jpg", quality=88, optimize=True)


def landscapes() -> None:
    """Three places of the loss landscape."""
    with tempfile.TemporaryDirectory() as folder:
        for name in LANDSCAPES:
            size = ["--preset", name, "--size", f"{SIDE}x{SIDE}", "--supersample", "3"]
            picture = render(folder, "loss_landscape", *size)
            picture.save(FOLDER / f"landscape_{name}.jpg", quality=88, optimize=True)


def strip_of(count: int) -> Image.Image:
    """Room for so many pictures side by side."""
    return Image.new("RGB", (STEP_SIDE * count + 8 * (count - 1), STEP_SIDE), "#16181b")


def fields() -> None:
    """Three places of the field's convergence, some minutes of processor time."""
    strip = strip_of(len(FIELDS))
    with tempfile.TemporaryDirectory() as folder:
        for index, name in enumerate(FIELDS):
            size = ["--preset", name, "--size", f"{STEP_SIDE}x{STEP_SIDE}"]
            picture = render(folder, "field_convergence", *size)
            strip.paste(picture, (index * (STEP_SIDE + 8), 0))
    save_small(strip, FOLDER / "field_convergence.jpg")


def zoom() -> None:
    """A zoom in steps, side by side."""
    strip = strip_of(len(STEPS))
    with tempfile.TemporaryDirectory() as folder:
        for index, width in enumerate(STEPS):
            where = ["--center", *CENTRE, "--width", str(width), "--supersample", "3"]
            picture = render(folder, MAPS[0], *where, "--size", f"{STEP_SIDE}x{STEP_SIDE}")
            strip.paste(picture, (index * (STEP_SIDE + 8), 0))
    strip.save(FOLDER / "zoom.jpg", quality=86, optimize=True)


def tiles() -> None:
    """The six published tiles of the trainability map, half an hour of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        for name in TILES:
            where = ["--preset", f"paper_{name}", "--size", f"{TILE_SIDE}x{TILE_SIDE}"]
            picture = render(folder, "trainability", *where)
            target = FOLDER / f"trainability_{name}.jpg"
            # Not optimised: the encoder's buffer is too small for a picture as rough as the last.
            picture.save(target, quality=90, subsampling=0)


@contextmanager
def main_window() -> Iterator[Any]:
    """The window, drawn offscreen and gone when the block ends."""
    from PySide6.QtCore import QTimer

    from deepfractals_gui.gui.app import make_application
    from deepfractals_gui.gui.main_window import MainWindow
    from deepfractals_gui.gui.render_controller import RenderController
    from deepfractals_gui.gui.session_model import SessionModel
    from deepfractals_gui.gui.theme import style_application

    application = make_application()
    style_application(application, "dark")
    model = SessionModel()
    with tempfile.TemporaryDirectory() as folder:
        shown = MainWindow(model, RenderController(model), data_folder=Path(folder))
        shown.resize(*WINDOW)
        shown.show()
        QTimer.singleShot(0, shown.preparing.start)
        yield shown
        shown.close()
        settle(200)


def settle(milliseconds: int = 2500) -> None:
    """Let the window work for so long."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def grab(shown: Any, name: str) -> None:
    """Save what a window shows as a small JPEG."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "window.png"
        shown.grab().save(str(path))
        with Image.open(path) as picture:
            save_small(picture.convert("RGB"), FOLDER / f"{name}.jpg")


def window() -> None:
    """The window with an orbit on the canvas."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QEventLoop, QPointF, QTimer

    from deepfractals_gui.core import Viewport

    with main_window() as shown:
        model, controller = shown.model, shown.controller

        def finish() -> None:
            """Wait for the finished picture of the view at hand, then for what comes after it."""
            loop = QEventLoop()
            controller.frameReady.connect(lambda frame: loop.quit() if frame.final else None)
            QTimer.singleShot(240_000, loop.quit)
            loop.exec()
            settle()

        finish()
        for width in (2.4, 1.2, 0.55):
            model.replace(viewport=Viewport.at("-0.82", "0.62", width))
            finish()
        model.replace(supersampling=2)
        finish()
        area = shown.canvas.rect()
        point = shown.canvas.point_at(QPointF(area.width() * 0.66, area.height() * 0.52))
        shown.canvas.hovered.emit(point)
        shown.canvas.clicked.emit(point)
        settle(6000)
        grab(shown, "window")


def lab() -> None:
    """The lab, once two spirals are learned."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with main_window() as shown:
        shown.pages.turn("lab")
        page = shown.pages.page("lab")
        settle()
        page.start()
        settle(9000)
        page.pause()
        settle()
        grab(shown, "lab")


def field() -> None:
    """The field's page, while it learns the digits."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with main_window() as shown:
        shown.pages.turn("field")
        page = shown.pages.page("field")
        settle()
        page.start()
        settle(60_000)
        page.pause()
        settle()
        grab(shown, "field")


def save_small(picture: Image.Image, path: Path) -> None:
    """Save as JPEG at the best quality that keeps within the limit."""
    for quality in range(94, 40, -2):
        picture.save(path, quality=quality, subsampling=0, optimize=True)
        if path.stat().st_size <= LIMIT:
            return
    raise SystemExit(f"{path.name} doesn't fit into {LIMIT} bytes")


def main(names: list[str]) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for draw in (maps, landscapes, fields, zoom, tiles, window, lab, field):
        if not names or draw.__name__ in names:
            draw()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
