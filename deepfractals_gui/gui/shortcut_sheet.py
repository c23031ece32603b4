"""Every gesture and shortcut on one sheet."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from deepfractals_gui.gui.actions import ACTIONS, ATLAS_KEYS, FIELD_KEYS, GESTURES, LAB_KEYS, MENUS
from deepfractals_gui.gui.rail.pages import PAGES
from deepfractals_gui.systems import SYSTEMS


class ShortcutSheet(QDialog):
    """What the canvas understands on the left, the menus' shortcuts on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        columns = QHBoxLayout(self)
        columns.setContentsMargins(28, 24, 28, 24)
        columns.setSpacing(44)
        left, middle, right = (QVBoxLayout() for _ in range(3))
        for column in (left, middle, right):
            column.setSpacing(18)
            columns.addLayout(column)
        left.addWidget(_section("On the picture", GESTURES))
        left.addWidget(_section("In the lab", LAB_KEYS))
        for menu in MENUS:
            column = right if menu in ("View", "Help") else middle
            rows = [(_keys(a.shortcuts), a.title.rstrip("…")) for a in ACTIONS if a.menu == menu]
            if menu == "Systems":
                rows = [(_keys((f"Alt+{n}",)), s.title) for n, s in enumerate(SYSTEMS, start=1)]
            if menu == "View":
                pages = enumerate(PAGES, start=1)
                rows = [*((_keys((f"Ctrl+{n}",)), page.title) for n, page in pages), *rows]
            rows = [(keys, title) for keys, title in rows if keys]
            if rows:
                column.addWidget(_section(menu, tuple(rows)))
        right.addWidget(_section("On the field's page", FIELD_KEYS))
        middle.addWidget(_section("On the atlas' page", ATLAS_KEYS))
        for column in (left, middle, right):
            column.addStretch(1)


def _keys(shortcuts: tuple[str, ...]) -> str:
    style = QKeySequence.SequenceFormat.NativeText
    return "  ".join(QKeySequence(keys).toString(style) for keys in shortcuts)


def _section(title: str, rows: tuple[tuple[str, str], ...]) -> QWidget:
    section = QWidget()
    grid = QGridLayout(section)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(5)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    grid.addWidget(heading, 0, 0, 1, 2)
    for number, (keys, meaning) in enumerate(rows, start=1):
        label = QLabel(keys)
        label.setProperty("role", "caption")
        grid.addWidget(label, number, 0, Qt.AlignmentFlag.AlignTop)
        text = QLabel(meaning)
        text.setWordWrap(len(meaning) > 36)
        text.setMinimumWidth(230 if len(meaning) > 36 else 0)
        grid.addWidget(text, number, 1)
    return section
