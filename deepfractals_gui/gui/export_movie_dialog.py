"""Export a zoom from one view to the view at hand, as a movie or as numbered pictures."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import CancelFlag, Viewport
from deepfractals_gui.export.clip import (
    LEVELS,
    MAX_FPS,
    MAX_SECONDS,
    MAX_SIDE,
    MIN_SECONDS,
    MIN_SIDE,
    QUALITIES,
    Movie,
    MovieReport,
    suited_levels,
)
from deepfractals_gui.export.clip_colors import range_points
from deepfractals_gui.export.keyframes import Keyframes, bound
from deepfractals_gui.export.movies import export_frames, export_movie
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.bookmark_list import BookmarkList
from deepfractals_gui.gui.controls import SPACE, ChoiceBox, ErrorLine, MutedLabel, Segmented
from deepfractals_gui.gui.export_rows import (
    FileRow,
    Progress,
    Size,
    SizeRow,
    count_text,
    points_per_second,
    replace_question,
)
from deepfractals_gui.gui.log_slider import LogSlider
from deepfractals_gui.gui.number_box import NumberBox
from deepfractals_gui.gui.picture_pane import PicturePane
from deepfractals_gui.gui.pictures import render_picture
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.tasks import Tasks, duration_text
from deepfractals_gui.render import Renderer

_SIZES = (
    Size("HD", 1280, 720),
    Size("Full HD", 1920, 1080),
    Size("4K", 3840, 2160),
    Size("Square", 1080, 1080),
    Size("Upright", 1080, 1920),
)
_HOME, _OUT = "home", "out"
_ZOOM_FIRST = "Zoom in first: the clip ends with the view at hand."
_PREVIEW_HEIGHT = 135
DRAWN_PER_SECOND = 15e6
"""Pixels of frames that are resampled and encoded in a second, about, on two cores."""


class ExportMovieDialog(QDialog):
    """Asks where the zoom begins, how long and how large it is; it is then made beside the picture.

    The slider under the preview runs through the clip with its eased ends.
    """

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._rate: float | None = None
        self._wanted: Viewport | None = None
        self._rendering = False
        self.setWindowTitle("Export movie")
        self._bookmarks = [
            bookmark
            for bookmark in BookmarkList.of(model).entries
            if bookmark.document.key == model.view.key and bookmark.document.viewport is not None
        ]
        self.start = ChoiceBox()
        self.start.setAccessibleName("Where the zoom begins")
        self.start.addItem("Home", _HOME)
        self.start.addItem("Zoom out of this view by a factor", _OUT)
        for index, bookmark in enumerate(self._bookmarks):
            self.start.addItem(bookmark.name, index)
        self.factor = NumberBox("Factor", 1.01, 1e15, 100.0, decimals=2, step=10.0)
        self.seconds = NumberBox(
            "Length in seconds", MIN_SECONDS, MAX_SECONDS, 10.0, decimals=1, unit="s"
        )
        self.fps = NumberBox("Frames per second", 1, MAX_FPS, 30, unit="frames/s")
        self.size_row = SizeRow(_SIZES, MIN_SIDE, MAX_SIDE, 2)
        self.quality = ChoiceBox()
        self.quality.setAccessibleName("Quality")
        for key, quality in QUALITIES.items():
            self.quality.addItem(quality.title, key)
        self.quality.setCurrentIndex(self.quality.findData("good"))
        view = model.view
        self.levels = ChoiceBox()
        self.levels.setAccessibleName("Range of the colours")
        for key, title in LEVELS.items():
            self.levels.addItem(title, key)
        self.levels.setCurrentIndex(
            self.levels.findData(suited_levels(view.key, view.params, model.coloring))
        )
        self.kind = Segmented([("movie", "MP4 movie"), ("frames", "Numbered PNGs")])
        self.kind.setAccessibleName("Kind of file")
        self.file = FileRow(f"{model.view.key}-zoom", ".mp4")
        self.preview = PicturePane()
        self.preview.setMinimumSize(240, _PREVIEW_HEIGHT)
        self.preview.setAccessibleName("Preview of the clip")
        self.moment = LogSlider(0.0, 1.0)
        self.moment.setAccessibleName("Moment of the clip")
        self.moment_words = MutedLabel()
        self.estimate = MutedLabel()
        self.estimate.setToolTip(
            "N counts the points of rings about the goal, each a pixel wide where it is seen."
        )
        self.error_line = ErrorLine()
        self._lay_out()
        self._connect()
        self._tasks = Background(controller.renderer.background)
        self._tasks.done.connect(self._done)
        self._tasks.failed.connect(self._failed)
        self._flag = CancelFlag()
        self.finished.connect(self._stop)
        self._tasks.start("rate", points_per_second, controller.renderer, model.view, self._flag)
        self._show()

    def _lay_out(self) -> None:
        start = QHBoxLayout()
        start.setSpacing(SPACE)
        start.addWidget(self.start, 1)
        start.addWidget(self.factor)
        length = QHBoxLayout()
        length.setSpacing(SPACE)
        length.addWidget(self.seconds, 1)
        length.addWidget(self.fps, 1)
        form = QFormLayout()
        form.setSpacing(SPACE + SPACE // 2)
        form.addRow("From", start)
        form.addRow("Length", length)
        form.addRow("Size", self.size_row)
        form.addRow("Quality", self.quality)
        form.addRow("Colours", self.levels)
        form.addRow("Kind", self.kind)
        form.addRow("File", self.file)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = self.buttons.addButton(
            "Export", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.export_button.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE + SPACE // 2)
        layout.addWidget(self.preview, 1)
        layout.addWidget(self.moment)
        layout.addWidget(self.moment_words)
        layout.addLayout(form)
        layout.addWidget(self.estimate)
        layout.addWidget(self.error_line)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.start.activated.connect(self._show)
        self.quality.activated.connect(self._show)
        self.levels.activated.connect(self._show)
        self.kind.chosen.connect(self._kind_chosen)
        self.factor.changed.connect(self._show)
        self.seconds.changed.connect(self._show)
        self.fps.changed.connect(self._show)
        self.size_row.changed.connect(self._show)
        self.moment.scrubbed.connect(self._show)
        self.file.changed.connect(self._forget_error)

    # What is asked for

    def start_viewport(self) -> Viewport:
        """The view that the clip begins with."""
        chosen = self.start.currentData()
        if chosen == _OUT:
            viewport = self._model.viewport
            return replace(viewport, width=viewport.width * self.factor.value)
        if chosen == _HOME:
            height, width = self.size_row.shape
            home = self._model.system.home(self._model.view.params)
            return replace(home, width=home.width * max(1.0, width / height))
        found = self._bookmarks[int(chosen)].document.viewport
        assert found is not None
        return found

    def movie(self) -> Movie:
        """The clip as asked for. Raises ValueError where it can't be made."""
        return Movie(
            self._model.view,
            self.start_viewport(),
            self.seconds.value,
            self.fps.whole,
            self.size_row.shape,
            self.quality.currentData(),
            self.levels.currentData(),
        )

    @Slot()
    def accept(self) -> None:
        try:
            movie, path = self.movie(), self.file.path()
            way = movie.way
        except (ValueError, OSError) as error:
            self._say(str(error))
            return
        if self.file.asks(path):
            self._say(replace_question(path))
            return
        assert way.legs
        numbered = self.kind.key == "frames"
        work = partial(_export, movie, path, self._controller.renderer, numbered)
        Tasks.of(self._controller).start(path.name, work, path)
        super().accept()

    # Showing

    @Slot()
    def _show(self) -> None:
        self.factor.setVisible(self.start.currentData() == _OUT)
        try:
            movie = self.movie()
            way = movie.way
        except ValueError as error:
            self.estimate.setText("")
            self.preview.set_image(None, _ZOOM_FIRST)
            self._say(str(error))
            return
        self.error_line.set_text("")
        planes = len(self._model.system.channels(self._model.view.params))
        spent = range_points(movie)
        points = Keyframes.of(way, movie.shape, movie.density, planes, spent).points + spent
        least = bound(way, movie.shape)
        words = [
            f"{movie.frames} frames",
            f"zoom {way_text(way.log_ratio)}",
            f"{count_text(points)} points ({points / least:.2g} N)",
        ]
        if self._rate is not None:
            drawn = movie.frames * movie.shape[0] * movie.shape[1]
            seconds = points / self._rate + drawn / DRAWN_PER_SECOND
            words.append(f"about {duration_text(seconds)}")
        hint = f"{_ZOOM_FIRST}\n" if way.log_ratio < math.log(2.0) else ""
        self.estimate.setText(hint + ", ".join(words))
        places = way.places(movie.frames, movie.seconds)
        index = round(self.moment.number * (movie.frames - 1))
        viewport = way.view(places[index])
        self.moment_words.setText(f"{index / movie.fps:.1f} s, width {viewport.width:.3g}")
        if viewport != self._wanted:
            self._wanted = viewport
            self._render()

    def _render(self) -> None:
        if self._rendering or self._wanted is None:
            return
        self._rendering = True
        height, width = self.size_row.shape
        wide = max(1, round(_PREVIEW_HEIGHT * width / height))
        view = replace(self._model.view, viewport=self._wanted)
        self._tasks.start(
            self._wanted,
            render_picture,
            self._controller.renderer,
            view,
            (_PREVIEW_HEIGHT, min(wide, 4 * _PREVIEW_HEIGHT)),
            1,
            self._flag,
        )

    @Slot(object, object)
    def _done(self, token: object, result: Any) -> None:
        if token == "rate":
            self._rate = result
            self._show()
            return
        self._rendering = False
        if isinstance(result, QImage):
            self.preview.set_image(result)
        if token != self._wanted:
            self._render()

    @Slot(object, str)
    def _failed(self, token: object, message: str) -> None:
        if token != "rate":
            self._rendering = False
        self._say(f"this view can't be computed: {message}")

    @Slot(str)
    def _kind_chosen(self, kind: str) -> None:
        frames = kind == "frames"
        self.file.set_kind("" if frames else ".mp4", frames)

    def _say(self, text: str) -> None:
        self.error_line.set_text(sentence(text))

    @Slot()
    def _stop(self) -> None:
        """Stop the preview and measuring: nobody will look at them."""
        self._flag.set()
        self._tasks.drop_all()

    @Slot()
    def _forget_error(self) -> None:
        self.error_line.set_text("")


def _export(
    movie: Movie,
    path: Path,
    renderer: Renderer,
    numbered: bool,
    progress: Progress,
    cancel: CancelFlag,
) -> str:
    make = export_frames if numbered else export_movie
    report: MovieReport = make(movie, path, renderer=renderer, progress=progress, cancel=cancel)
    return (
        f"{report.frames} frames in {duration_text(report.seconds)}, "
        f"{count_text(report.points)} points computed ({report.points / report.bound:.2g} N)"
    )


def way_text(log_ratio: float) -> str:
    """How far a clip zooms: ×1,000 or 2^40."""
    if log_ratio < math.log(1e6):
        return f"×{math.exp(log_ratio):,.4g}"
    return f"2^{log_ratio / math.log(2):.1f}"
