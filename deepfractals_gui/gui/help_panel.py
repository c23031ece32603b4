"""The essays: on the System at hand, and on the pages."""

from __future__ import annotations

import logging
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QDialog, QFrame, QTextBrowser, QVBoxLayout, QWidget

from deepfractals_gui.core.resources import resource
from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import appearance

log = logging.getLogger(__name__)
_LINE_HEIGHT = 134.0
_HEADINGS = {1: 1.6, 2: 1.22, 3: 1.06}


def essay(key: str) -> str:
    """The markdown of a System's essay, or of a page's.

    Raises
    ------
    FileNotFoundError   there is none
    """
    return resource(f"help/{key}.md").read_text(encoding="utf-8")


def essay_browser() -> QTextBrowser:
    """A view of an essay, which lies on what is around it instead of in a box."""
    browser = QTextBrowser()
    browser.setFrameShape(QFrame.Shape.NoFrame)
    browser.setOpenExternalLinks(True)
    browser.setAccessibleName("Help")
    browser.setStyleSheet("QTextBrowser { background: transparent; border: none; }")
    return browser


def set_in_type(text: str, parent: QWidget) -> QTextDocument:
    """Markdown with room: line height, space around headings, sizes in steps."""
    document = QTextDocument(parent)
    document.setDefaultFont(parent.font())
    document.setDocumentMargin(2 * SPACE)
    document.setIndentWidth(2.5 * SPACE)
    document.setMarkdown(text)
    base = parent.font().pointSizeF() if parent.font().pointSizeF() > 0 else 10.0
    edit = QTextCursor(document)
    # One edit: otherwise the text is laid out again for every block.
    edit.beginEditBlock()
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        cursor = QTextCursor(block)
        space = QTextBlockFormat()
        proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
        space.setLineHeight(118.0 if level else _LINE_HEIGHT, proportional)
        space.setTopMargin((0.0 if block.blockNumber() == 0 else 18.0) if level else 0.0)
        in_list = block.textList() is not None
        space.setBottomMargin(8.0 if level else (4.0 if in_list else 10.0))
        cursor.mergeBlockFormat(space)
        if level:
            letters = QTextCharFormat()
            letters.setFontPointSize(base * _HEADINGS.get(level, 1.0))
            letters.setFontWeight(QFont.Weight.DemiBold)
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            cursor.mergeCharFormat(letters)
        block = block.next()
    edit.endEditBlock()
    return document


class EssayWindow(QDialog):
    """The essay on a page, beside the window; it stays open while one works."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = ""
        self.browser = essay_browser()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.addWidget(self.browser)
        self.resize(640, 760)
        appearance.changed.connect(self._restyle)

    def show_essay(self, key: str, title: str) -> None:
        """Show the essay of the page with this key."""
        self.key = key
        self.setWindowTitle(title)
        self._restyle()
        self.show()
        self.raise_()
        self.activateWindow()

    @Slot()
    def _restyle(self) -> None:
        if not self.key:
            return
        try:
            text = essay(self.key)
        except (OSError, UnicodeDecodeError) as error:
            log.warning("the essay of %s can't be read: %s", self.key, error)
            text = f"# {self.windowTitle()}\n\nNo essay came with this installation."
        self.browser.setDocument(set_in_type(text, self))


class HelpPanel(QWidget):
    """Shows the essay of the System at hand, and changes with it."""

    def __init__(
        self, model: SessionModel, controller: Any = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._documents: dict[str, QTextDocument] = {}
        self.browser = essay_browser()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.browser)
        model.changed.connect(self._changed)
        appearance.changed.connect(self._restyle)
        self._show()

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        if new.key != old.key:
            self._show()

    @Slot()
    def _restyle(self) -> None:
        """Set the essays anew: their colours are the theme's."""
        self._documents.clear()
        self._show()

    def _show(self) -> None:
        key = self._model.system.key
        if key not in self._documents:
            self._documents[key] = self._document()
        self.browser.setDocument(self._documents[key])
        self.browser.moveCursor(QTextCursor.MoveOperation.Start)

    def _document(self) -> QTextDocument:
        system = self._model.system
        try:
            text = essay(system.key)
        except (OSError, UnicodeDecodeError) as error:
            log.warning("the essay of %s can't be read: %s", system.key, error)
            text = f"# {system.title}\n\n{system.summary}\n\nNo essay came with this installation."
        return set_in_type(text, self)
