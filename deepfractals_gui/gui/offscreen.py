"""The real window drawn without a display, with a finished picture, into a PNG."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QPointF, QTimer, Slot

from deepfractals_gui.gui.app import make_application
from deepfractals_gui.gui.frames import Frame
from deepfractals_gui.gui.main_window import MainWindow
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import style_application
from deepfractals_gui.session.documents import FileError, atomic_path, check_target

WIDTH, HEIGHT = 1600, 1000
PATIENCE_MS = 180_000
SETTLE_MS = 2_500


def window_picture(path: Path) -> None:
    """Draw the window at 1600 x 1000, with a finished picture, into a PNG.

    Raises
    ------
    FileError      the file can't be written
    TimeoutError   no picture was finished in three minutes
    """
    check_target(path)
    application = make_application()
    style_application(application, "dark")
    model = SessionModel()
    controller = RenderController(model)
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(model, controller, data_folder=Path(folder))
        try:
            window.resize(WIDTH, HEIGHT)
            window.show()
            waiting = _Waiting(window, controller)
            finished = waiting.run()
            picture = window.grab()
        finally:
            window.close()
    if not finished:
        raise TimeoutError("no picture was finished in three minutes")
    with atomic_path(path) as part:
        if not picture.save(str(part), "PNG"):
            raise FileError(f"{path} can't be written")


class _Waiting(QObject):
    """Runs the event loop until the final frame is on the canvas and everything has settled."""

    def __init__(self, window: MainWindow, controller: RenderController) -> None:
        super().__init__()
        self._window = window
        self._finished = False
        self._loop = QEventLoop()
        controller.frameReady.connect(self._on_frame)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._loop.quit)

    def run(self) -> bool:
        """True when the picture was finished in time."""
        QTimer.singleShot(PATIENCE_MS, self._loop.quit)
        QTimer.singleShot(0, self._window.preparing.start)
        self._loop.exec()
        return self._finished

    @Slot(object)
    def _on_frame(self, frame: Frame) -> None:
        if frame.final:
            self._finished = True
            self._probe()
            # Thumbnails and other small pictures come after the large one.
            self._settle.start()

    def _probe(self) -> None:
        """Click a point, so that the inspector has something to tell."""
        canvas = self._window.canvas
        area = canvas.geometry_now.area
        place = area.topLeft() + QPointF(0.46 * area.width(), 0.29 * area.height())
        point = canvas.point_at(place)
        canvas.hovered.emit(point)
        canvas.clicked.emit(point)


def main(arguments: list[str]) -> int:
    """Write the picture into the file named; the exit status."""
    if len(arguments) != 1:
        print("usage: python -m deepfractals_gui.gui.offscreen FILE.png", file=sys.stderr)
        return 2
    try:
        window_picture(Path(arguments[0]))
    except (OSError, TimeoutError) as error:
        print(f"deepfractals: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # Qt reads this when the application is made, not when it is imported.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.exit(main(sys.argv[1:]))
