"""Thumbnails of where one has been, oldest at the left; a click goes there."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from deepfractals_gui.gui.controls import SPACE, EmptyState
from deepfractals_gui.gui.frames import Frame
from deepfractals_gui.gui.pictures import THUMBNAIL_SIZE, thumbnail
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import small_font, theme
from deepfractals_gui.session.history import View
from deepfractals_gui.systems import system

WIDTH, HEIGHT = THUMBNAIL_SIZE
_CAPTION = 16
SHOWN = 240
"""Views shown, around the one at hand: a list view lays out every item at each change."""
_KEPT = 400
Index = QModelIndex | QPersistentModelIndex


class _Entries(QAbstractListModel):
    """The views of the history, and the pictures that were seen of them.

    ``here`` is the row of the view at hand, ``first`` the place of row 0 in the whole history.
    """

    def __init__(self, model: SessionModel) -> None:
        super().__init__(model)
        self._model = model
        self.views: tuple[View, ...] = ()
        self.here = 0
        self.first = 0
        self.pictures: OrderedDict[View, QImage] = OrderedDict()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.views)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.views):
            return None
        view = self.views[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return depth_text(view)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            now = ", the view at hand" if index.row() == self.here else ""
            return f"{describe(view)}{now}"
        if role == Qt.ItemDataRole.DecorationRole:
            return self.pictures.get(view)
        return None

    def refresh(self) -> None:
        """Take up the model's entries, telling the list as little as possible."""
        old = self.views
        new, self.here = self._model.history.tail(SHOWN)
        self.first = self._model.position - self.here
        if len(new) > len(old):
            self.beginInsertRows(QModelIndex(), len(old), len(new) - 1)
            self.views = new
            self.endInsertRows()
        elif len(new) < len(old):
            self.beginRemoveRows(QModelIndex(), len(new), len(old) - 1)
            self.views = new
            self.endRemoveRows()
        else:
            self.views = new
        if new:
            self.dataChanged.emit(self.index(0), self.index(len(new) - 1))

    def keep(self, view: View, picture: QImage) -> None:
        self.pictures[view] = picture
        self.pictures.move_to_end(view)
        while len(self.pictures) > _KEPT:
            self.pictures.popitem(last=False)
        for row, other in enumerate(self.views):
            if other == view:
                self.dataChanged.emit(self.index(row), self.index(row))


class _Painter(QStyledItemDelegate):
    """Draws a picture, its depth beneath, and a frame around the one at hand."""

    def __init__(self, entries: _Entries, parent: QWidget) -> None:
        super().__init__(parent)
        self._entries = entries

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(WIDTH + SPACE, HEIGHT + _CAPTION + SPACE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colors = theme()
        area: QRect = option.rect
        box = QRectF(area.left() + SPACE / 2, area.top() + SPACE / 2, WIDTH, HEIGHT)
        here = index.row() == self._entries.here
        undone = index.row() > self._entries.here
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(box, 3, 3)
        painter.fillPath(path, colors.color("canvas"))
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if picture is not None:
            painter.setClipPath(path)
            # What has been undone is still there, fainter.
            painter.setOpacity(0.45 if undone else 1.0)
            painter.drawImage(box, picture)
            painter.setOpacity(1.0)
            painter.setClipping(False)
        if here:
            painter.setPen(QPen(colors.color("accent"), 2))
            painter.drawPath(path)
        elif state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus):
            painter.setPen(QPen(colors.color("muted"), 1))
            painter.drawPath(path)
        painter.setFont(small_font(option.font))
        painter.setPen(colors.color("text" if here else "muted"))
        words = QRectF(box.left(), box.bottom() + 1, WIDTH, _CAPTION)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, index.data())
        painter.restore()


class _List(QListView):
    """A list in which Enter activates the current item on every platform."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and self.currentIndex().isValid():
            self.clicked.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class HistoryStrip(QWidget):
    """The history as a strip; pictures are those that the canvas showed, never rendered anew."""

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._pending: Frame | None = None
        self._stale = False
        self.entries = _Entries(model)
        self.list = _List()
        self.list.setModel(self.entries)
        self.list.setItemDelegate(_Painter(self.entries, self.list))
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        # The strip lies on the panel itself instead of in a box.
        self.list.setStyleSheet("QListView { background: transparent; }")
        self.list.setAccessibleName("History")
        self.list.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumHeight(HEIGHT + _CAPTION + 3 * SPACE)
        self.list.clicked.connect(self._clicked)
        self.nothing = EmptyState("Zoom in, and the way back appears here.")
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(SPACE, 0, SPACE, 0)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.list)
        # Frames come up to thirty times a second; a thumbnail needs to be made only of the last.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(150)
        self._later.timeout.connect(self._keep_pending)
        model.changed.connect(self._changed)
        model.historyChanged.connect(self._history_changed)
        controller.frameReady.connect(self._frame)
        self._history_changed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._history_changed()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        # A tab that comes to the front counts as visible before: only painting tells.
        if self._stale:
            QTimer.singleShot(0, self._history_changed)

    @Slot()
    def _history_changed(self) -> None:
        # Behind another tab nobody sees it, and laying it out costs milliseconds.
        self._stale = self.visibleRegion().isEmpty() and self.entries.rowCount() > 0
        if self._stale:
            return
        self.entries.refresh()
        self._stack.setCurrentIndex(1 if len(self.entries.views) > 1 else 0)
        here = self.entries.index(self.entries.here)
        self.list.setCurrentIndex(here)
        self.list.scrollTo(here)

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        # The picture of the view that is being left, before the next one takes its place.
        self._keep_pending()

    @Slot(object)
    def _frame(self, frame: Frame) -> None:
        if frame.preview or not self._shows(frame, self._model.view):
            return
        self._pending = frame
        known = self._model.view in self.entries.pictures
        if not self._later.isActive() and (frame.final or not known):
            self._later.start()

    @Slot()
    def _keep_pending(self) -> None:
        frame, self._pending = self._pending, None
        self._later.stop()
        if frame is None:
            return
        view = View(
            frame.request.key,
            frame.request.params,
            frame.request.viewport,
            frame.coloring,
            supersampling=frame.request.supersampling,
        )
        self.entries.keep(view, frame.thumbnail or thumbnail(frame.rgba))

    def _shows(self, frame: Frame, view: View) -> bool:
        request = frame.request
        return (request.key, request.params, request.viewport, frame.coloring) == (
            view.key,
            view.params,
            view.viewport,
            view.coloring,
        )

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self._model.go_to(self.entries.first + index.row())


def depth_text(view: View) -> str:
    """How deep a view is, as its width."""
    return f"{view.viewport.width:.2g}" if view.viewport is not None else ""


def describe(view: View) -> str:
    """A view in words."""
    chosen = system(view.key)
    viewport = view.viewport
    if viewport is None:
        return chosen.title
    horizontal, vertical = chosen.axes(view.params)
    grain = viewport.width / 100
    return (
        f"{chosen.title}: {horizontal.name} {horizontal.format(viewport.x, grain)}, "
        f"{vertical.name} {vertical.format(viewport.y, grain)}, width {viewport.width:.3g}"
    )
