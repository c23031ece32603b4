"""The essay on the System at hand, or on a page."""

from __future__ import annotations

import logging
from typing import Any

from PySide6.QtCore import QObject, Slot
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


class HelpPanel(QWidget):
    """Shows the essay of the System at hand, and changes with it."""

    def __init__(
        self, model: SessionModel, controller: Any = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._documents: dict[str, QTextDocument] = {}
        self.browser = _browser()
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
        return essay_document(text, self.font(), self)


class EssayDialog(QDialog):
    """The essay of a page."""

    def __init__(self, key: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.browser = _browser()
        self._text = essay(key)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.addWidget(self.browser)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.resize(620, 680)

    @Slot()
    def _restyle(self) -> None:
        self.browser.setDocument(essay_document(self._text, self.font(), self))


def _browser() -> QTextBrowser:
    """A view of an essay that lies on its panel itself instead of in a box."""
    browser = QTextBrowser()
    browser.setFrameShape(QFrame.Shape.NoFrame)
    browser.setOpenExternalLinks(True)
    browser.setAccessibleName("Help")
    browser.setStyleSheet("QTextBrowser { background: transparent; border: none; }")
    return browser


def essay_document(text: str, font: QFont, parent: QObject) -> QTextDocument:
    """An essay's markdown in the type of the window."""
    document = QTextDocument(parent)
    document.setDefaultFont(font)
    document.setDocumentMargin(2 * SPACE)
    document.setIndentWidth(2.5 * SPACE)
    document.setMarkdown(text)
    _set_type(document, font)
    return document


def _set_type(document: QTextDocument, font: QFont) -> None:
    """Give the text room: line height, space around headings, sizes in steps."""
    base = font.pointSizeF() if font.pointSizeF() > 0 else 10.0
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
