"""Measurements of the view at hand: the boundary's dimension, and what of it is rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepfractals_gui.analysis import Audit, Dimension, Study, audit, measure_dimension
from deepfractals_gui.core import CancelFlag, Curve, Viewport
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.controls import SPACE, ErrorLine, MutedLabel, SectionTitle, Segmented
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.number_box import NumberBox
from deepfractals_gui.gui.picture_pane import PicturePane
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import theme

CHECKED = 400
"""Pixels that are audited beside a dimension, so that its warning is never forgotten."""
CHECK_SIDE = 64
AUDIT_SIDES = {"quick": 48, "fine": 128}


class _Progress(QObject):
    """Carries fractions from a worker into the window's thread."""

    told = Signal(float)


class MeasurePanel(QWidget):
    """Measures the view that is shown when a button is pressed; one measurement at a time."""

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._flag = CancelFlag()
        self._what = ""
        self.dimension: Dimension | None = None
        self.audit: Audit | None = None
        self._tasks = Background()
        self._tasks.done.connect(self._done)
        self._tasks.failed.connect(self._failed)
        self._progress = _Progress()
        self._progress.told.connect(self._told, Qt.ConnectionType.QueuedConnection)
        self._lay_out()
        model.changed.connect(self._changed)
        self._show_state()

    def _lay_out(self) -> None:
        self.paths = NumberBox("Zoom paths", 2, 99, 4)
        self.levels = NumberBox("Levels of each path", 1, 60, 5)
        self.side = NumberBox("Size of a level", 32, 1024, 128, unit="px")
        self.estimator = Segmented((("published", "as published"), ("dyadic", "dyadic")))
        # In frames of fewer than 256 pixels the published one comes out a tenth too low.
        self.estimator.set_key("dyadic")
        self.estimator.setAccessibleName("Estimator")
        self.estimator.setToolTip(
            "As published: the median of the local slopes over ten box sizes. Dyadic: a line "
            "fitted through box sizes that double. Below 256 px the published one is up to a tenth "
            "too low."
        )
        form = QFormLayout()
        form.setHorizontalSpacing(2 * SPACE)
        for title, field in (
            ("Paths", self.paths), ("Levels", self.levels), ("Size", self.side),
        ):  # fmt: skip
            label = MutedLabel(title)
            label.setBuddy(field)
            form.addRow(label, field)
        self.measure_button = QPushButton("Measure the dimension")
        self.measure_button.setToolTip(
            "Zoom about random points of the boundary in this view, twice a level, and count boxes"
        )
        self.measure_button.clicked.connect(self.measure)
        self.result = QLabel()
        self.result.setProperty("role", "heading")
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.detail = MutedLabel()
        self.plot = CurvePlot()
        self.plot.setMinimumHeight(130)
        self.warning = ErrorLine()
        self.grid = Segmented(tuple((key, f"{key}: {n} × {n}") for key, n in AUDIT_SIDES.items()))
        self.grid.setAccessibleName("Pixels audited")
        self.audit_button = QPushButton("Real or rounding?")
        self.audit_button.setToolTip(
            "Compute this view again with every input moved by one unit in the last place, and "
            "show the pixels whose outcome changes"
        )
        self.audit_button.clicked.connect(self.start_audit)
        self.verdict = QLabel()
        self.verdict.setProperty("role", "heading")
        self.verdict.setWordWrap(True)
        self.verdict_detail = MutedLabel()
        self.pane = PicturePane()
        self.pane.setAccessibleName("Pixels whose outcome changed")
        self.state = MutedLabel()
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip("End the measurement; nothing of it is kept")
        self.stop_button.clicked.connect(self.stop)
        self.error_line = ErrorLine()
        running = QHBoxLayout()
        running.addWidget(self.state, 1)
        running.addWidget(self.stop_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(running)
        layout.addWidget(self.error_line)
        layout.addWidget(SectionTitle("Fractal dimension"))
        layout.addLayout(form)
        layout.addWidget(self.estimator)
        widget: QWidget
        parts: tuple[QWidget, ...]
        parts = (self.measure_button, self.result, self.detail, self.plot, self.warning)
        for widget in parts:
            layout.addWidget(widget)
        layout.addWidget(SectionTitle("Rounding"))
        layout.addWidget(self.grid)
        parts = (self.audit_button, self.verdict, self.verdict_detail, self.pane)
        for widget in parts:
            layout.addWidget(widget)
        layout.addStretch(1)
        self._hide_figures()

    # Measuring.

    @Slot()
    def measure(self) -> None:
        """Measure the dimension of the boundary in the view at hand."""
        view = self._model.view
        try:
            study = Study(
                view.key, view.params, self._model.viewport, self.paths.whole, self.levels.whole,
                self.side.whole, estimator=self.estimator.key,
            )  # fmt: skip
        except ValueError as error:
            self.error_line.set_text(sentence(str(error)))
            return
        self._begin("dimension", _measure, study)

    @Slot()
    def start_audit(self) -> None:
        """Find the pixels of the view at hand that one ulp changes."""
        view = self._model.view
        side = AUDIT_SIDES[self.grid.key]
        self._begin("audit", _audit, view.key, view.params, self._model.viewport, side)

    @Slot()
    def stop(self) -> None:
        """End what is being measured."""
        self._flag.set()
        self._tasks.drop_all()
        self._what = ""
        self._show_state()

    def shut_down(self) -> None:
        """Stop measuring, for good."""
        self._flag.set()
        self._tasks.drop_all()

    def _begin(self, what: str, function: Any, *arguments: Any) -> None:
        renderer = self._controller.renderer
        if renderer is None:
            return
        self.stop()
        self.error_line.set_text("")
        self._flag = CancelFlag()
        self._what = what
        self._told(0.0)
        self._tasks.start(
            what, function, renderer, *arguments, self._progress.told.emit, self._flag,
            submit=renderer.background,
        )  # fmt: skip
        self._show_state()

    @Slot(float)
    def _told(self, fraction: float) -> None:
        if self._what:
            word = "Measuring" if self._what == "dimension" else "Auditing"
            self.state.setText(f"{word} … {fraction:.0%}")

    @Slot(object, object)
    def _done(self, token: object, found: Any) -> None:
        self._what = ""
        if token == "dimension":
            self.dimension, checked = found
            self._show_dimension(self.dimension, checked)
        else:
            self.audit = found
            self._show_audit(found)
        self._show_state()

    @Slot(object, str)
    def _failed(self, token: object, message: str) -> None:
        self._what = ""
        self.error_line.set_text(sentence(message))
        self._show_state()

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        if (new.key, new.params, new.viewport) != (old.key, old.params, old.viewport):
            # Figures of another view would be taken for this one's.
            self.stop()
            self.dimension = self.audit = None
            self.error_line.set_text("")
            self.warning.set_text("")
            self._hide_figures()
            self._show_state()

    # Showing.

    def _hide_figures(self) -> None:
        figures: tuple[QWidget, ...] = (
            self.result, self.detail, self.plot, self.verdict, self.verdict_detail, self.pane,
        )  # fmt: skip
        for widget in figures:
            widget.hide()

    def _show_state(self) -> None:
        running = bool(self._what)
        sides = self._model.system.outcome(np.zeros(1, np.uint8)) is not None
        if not running:
            self.state.setText(
                "Measures the view that is shown." if sides else "This map has no two outcomes."
            )
        self.stop_button.setVisible(running)
        for button in (self.measure_button, self.audit_button):
            button.setEnabled(sides and not running)

    def _show_dimension(self, found: Dimension, checked: Audit) -> None:
        for widget in (self.result, self.detail, self.plot):
            widget.show()
        if math.isnan(found.median):
            self.result.setText("No dimension")
            self.detail.setText("Fewer than two paths had enough boxes to tell.")
        else:
            self.result.setText(
                f"D = {found.median:.2f}   ({found.lower:.2f} to {found.upper:.2f})"
            )
            words = (
                f"Median and quartiles over {found.counted} of {len(found.paths)} paths, "
                f"{found.study.levels} levels of {found.study.size} px, {found.study.estimator}."
            )
            ended = [path.ended for path in found.paths if path.ended is not None]
            if ended:
                words += f" On {len(ended)} of them float64 ends before the last level."
            self.detail.setText(words)
        frames = [frame for path in found.paths for frame in path.frames]
        sizes = sorted({float(size) for frame in frames for size in frame.count.sizes})
        counts = [
            np.median([n for f in frames for s, n in zip(f.count.sizes, f.count.counts, strict=True)
                       if s == size])
            for size in sizes
        ]  # fmt: skip
        self.plot.set_curve(
            Curve("boxes N over log₂ of their edge", np.log2(sizes), np.array(counts), log=True), 0
        )
        if checked.suspect:
            self.warning.set_text(
                f"{checked.fraction:.0%} of this view's pixels are rounding: the figure measures "
                "float64 as much as the map."
            )
        else:
            self.warning.set_text("")

    def _show_audit(self, found: Audit) -> None:
        for widget in (self.verdict, self.verdict_detail, self.pane):
            widget.show()
        low, high = found.interval
        self.verdict.setText(
            f"{found.fraction:.1%} of the pixels are rounding" if found.suspect
            else "This structure is real"
        )  # fmt: skip
        self.verdict_detail.setText(
            f"{int(found.changed.sum())} of {len(found.changed)} pixels changed their outcome when "
            f"every input moved by one ulp: {100 * found.fraction:.2f} %, 95 % interval "
            f"{100 * low:.2f} to {100 * high:.2f} %. Moved: {', '.join(found.inputs)}."
        )
        self.pane.set_image(_mask_image(found))


def _measure(
    renderer: Any, study: Study, progress: Any, flag: CancelFlag
) -> tuple[Dimension, Audit]:
    """The dimension, and an audit of the view that it was measured in."""
    found = measure_dimension(
        study, renderer, progress=lambda part: progress(0.95 * part), cancel=flag
    )
    shape = (CHECK_SIDE, CHECK_SIDE)
    checked = audit(
        study.key, study.params, study.view, shape, renderer,
        share=CHECKED / CHECK_SIDE**2, cancel=flag,
    )  # fmt: skip
    return found, checked


def _audit(
    renderer: Any, key: str, params: Any, view: Viewport, side: int, progress: Any, flag: CancelFlag
) -> Audit:
    return audit(key, params, view, (side, side), renderer, progress=progress, cancel=flag)


def _mask_image(found: Audit) -> QImage:
    """The outcomes in two quiet tones, changed pixels in the accent; row 0 at the bottom."""
    tones = np.array([theme().color(name).rgb() for name in ("surface", "faint", "accent")])
    height, width = found.request.shape
    pixels = np.full((height, width), tones[0], np.uint32)
    looked = found.rows, found.columns
    pixels[looked] = tones[(found.before != found.before.min()).astype(int)]
    pixels[looked] = np.where(found.changed, tones[2], pixels[looked])
    upright = np.ascontiguousarray(pixels[::-1])
    return QImage(upright.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
