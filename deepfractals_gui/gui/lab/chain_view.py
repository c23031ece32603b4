"""One sample through the network and its gradient back, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.experiments.lab_views import Stage
from deepfractals_gui.gui.controls import (
    SPACE,
    EmptyState,
    MutedLabel,
    QuietButton,
    Scroll,
    SectionTitle,
    clear_layout,
    scaled_font,
)
from deepfractals_gui.gui.icons import icon
from deepfractals_gui.gui.lab.array_view import ArrayView
from deepfractals_gui.gui.theme import Theme, appearance, theme

_SIGNS = {"forward": "→", "backward": "←"}


class Flow(QLayout):
    """Lays widgets out like words: from the left, in lines as wide as there is room."""

    def __init__(self, parent: QWidget | None = None, gap: int = 2 * SPACE) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, move: bool) -> int:
        x, y, tallest = rect.x(), rect.y(), 0
        for item in self._items:
            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x, y, tallest = rect.x(), y + tallest + self._gap, 0
            if move:
                item.setGeometry(QRect(x, y, size.width(), size.height()))
            x += size.width() + self._gap
            tallest = max(tallest, size.height())
        return y + tallest - rect.y()


class ChainView(QStackedWidget):
    """Steps through stages: the list at the left, Back and Next, and the left and right keys.

    ``otherWished()`` asks for another sample.
    """

    otherWished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stages: tuple[Stage, ...] = ()
        self.index = 0
        self._views: list[ArrayView] = []
        self.empty = EmptyState("")
        self.list = QListWidget()
        self.list.setAccessibleName("Stages of the pass")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMaximumWidth(208)
        self.list.setMinimumWidth(120)
        self.list.currentRowChanged.connect(self.go)
        self.title = SectionTitle("")
        self.title.setWordWrap(True)
        self.formula = QLabel()
        self.formula.setWordWrap(True)
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note = MutedLabel()
        self._arrays = QWidget()
        self._flow = Flow(self._arrays)
        self.back_button = QuietButton("Back", "The stage before (left key)")
        self.next_button = QuietButton("Next", "The next stage (right key)")
        self.other_button = QuietButton("Another", "Follow another sample of the data")
        for button in (self.back_button, self.next_button):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.next_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.back_button.clicked.connect(self.back)
        self.next_button.clicked.connect(self.forward)
        self.other_button.clicked.connect(self.otherWished)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Chain rule, step by step")
        self._lay_out()
        appearance.changed.connect(self._restyle)
        self._restyle(theme())
        self.show_nothing("There is nothing to step through yet.")

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE // 2)
        buttons.addWidget(self.back_button)
        buttons.addWidget(self.next_button)
        buttons.addStretch(1)
        buttons.addWidget(self.other_button)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, SPACE, 0)
        inner.setSpacing(SPACE)
        inner.addWidget(self._arrays)
        inner.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        right.addLayout(buttons)
        right.addWidget(self.title)
        right.addWidget(self.formula)
        right.addWidget(self.note)
        arrays = Scroll(content)
        arrays.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        right.addWidget(arrays, 1)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        row.addWidget(self.list)
        row.addLayout(right, 1)
        page.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.addWidget(self.empty)
        self.addWidget(page)
        mono = QFont("monospace")
        mono.setStyleHint(QFont.StyleHint.Monospace)
        mono.setPointSizeF(self.font().pointSizeF())
        self.formula.setFont(scaled_font(mono, 1.1))

    def _restyle(self, colors: Theme) -> None:
        self.back_button.setIcon(icon("back", "muted"))
        self.next_button.setIcon(icon("forward", "muted"))

    def set_stages(self, stages: Sequence[Stage], note: str = "") -> None:
        """Show stages; the place among them stays where there are as many as before."""
        alike = _shapes(stages) == _shapes(self.stages)
        keep = self.index if len(stages) == len(self.stages) else 0
        self.stages = tuple(stages)
        self.note.setText(note)
        if alike and stages:
            # The same network with other weights: what is being read stays where it is.
            for view, (_, values) in zip(self._views, self.stages[self.index].arrays, strict=True):
                view.set_values(values)
            return
        self.note.setVisible(bool(note))
        if not stages:
            self.setCurrentIndex(0)
            return
        self.list.blockSignals(True)
        self.list.clear()
        for stage in stages:
            item = QListWidgetItem(f"{_SIGNS[stage.direction]}  {stage.title}")
            item.setToolTip(stage.title)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{stage.direction}: {stage.title}")
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.setCurrentIndex(1)
        self.index = -1
        self.go(keep)

    def show_nothing(self, why: str) -> None:
        """Turn to a sentence that says what to do first."""
        self.stages, self.index = (), 0
        self.empty.label.setText(why)
        self.setCurrentIndex(0)

    @Slot(int)
    def go(self, index: int) -> None:
        """Show one stage."""
        if not 0 <= index < len(self.stages) or index == self.index:
            return
        self.index = index
        stage = self.stages[index]
        self.list.setCurrentRow(index)
        place = f"{stage.direction}, stage {index + 1} of {len(self.stages)}"
        self.title.setText(f"{stage.title}  ·  {place}")
        self.formula.setText(stage.formula)
        clear_layout(self._flow)
        self._views = [ArrayView(name, values) for name, values in stage.arrays]
        for view in self._views:
            self._flow.addWidget(view)
        self._arrays.updateGeometry()
        self.back_button.setEnabled(index > 0)
        self.next_button.setEnabled(index + 1 < len(self.stages))

    @Slot()
    def back(self) -> None:
        self.go(self.index - 1)

    @Slot()
    def forward(self) -> None:
        self.go(self.index + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Left:
            self.back()
        elif event.key() == Qt.Key.Key_Right:
            self.forward()
        else:
            super().keyPressEvent(event)


def _shapes(stages: Sequence[Stage]) -> list[tuple[object, ...]]:
    """What must be equal for stages to differ in their values alone."""
    return [
        (stage.title, stage.formula, stage.direction, *((n, v.shape) for n, v in stage.arrays))
        for stage in stages
    ]
