"""Keys for further texts: which text, of what size, and the library they go into."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.atlas.keys import SIZES, KeySpec
from deepfractals_gui.atlas.texts import shipped_books
from deepfractals_gui.experiments.atlas_state import AtlasState
from deepfractals_gui.gui.atlas.keys_view import KeyRow, KeysView
from deepfractals_gui.gui.controls import SPACE, Segmented
from deepfractals_gui.gui.labelled import labelled
from deepfractals_gui.gui.number_box import NumberBox

PAGES = 20
"""Pages of a text that get a key, until another number is asked for: each takes a moment."""


class KeysPanel(QWidget):
    """What keys are to be like, the library, and a comparison of sizes.

    Signals
    -------
    keyWished(source, KeySpec, pages)     for a book's name or a Path; 0 pages: all of them
    curveWished(source, KeySpec)
    """

    keyWished = Signal(object, object, int)
    curveWished = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = str(Path.home())
        self.numbers = Segmented([(str(size), str(size)) for size in SIZES])
        self.numbers.set_key("64")
        self.numbers.setAccessibleName("Numbers of a key")
        self.numbers.setToolTip("Numbers of a key")
        self.page = NumberBox("Characters a key stands for", 1, 4096, KeySpec.page)
        self.pages = NumberBox("Pages from the beginning of the text; 0: all", 0, 1 << 20, PAGES)
        self.key_button = QPushButton("Keys for")
        self.key_button.setToolTip("Freeze the model, and find a key for each page of another text")
        self.curve_button = QPushButton("Compare on")
        self.curve_button.setToolTip(
            "Accuracy against the size of a key, on eight pages of another text"
        )
        for button, act in (
            (self.key_button, self._key),
            (self.curve_button, self._compare),
        ):
            menu = QMenu(button)
            for name in shipped_books():
                menu.addAction(name).setData(name)
            menu.addAction("A file…").setData("")
            menu.triggered.connect(act)
            button.setMenu(menu)
            button.setAccessibleDescription(button.toolTip())
        self.view = KeysView()
        self.numbers.chosen.connect(self._sized)
        self._sized(self.numbers.key)
        form = labelled((("Numbers", self.numbers), ("Page", self.page), ("Pages", self.pages)))
        buttons = QHBoxLayout()
        buttons.addWidget(self.key_button, 1)
        buttons.addWidget(self.curve_button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(form)
        column.addLayout(buttons)
        column.addWidget(self.view, 1)

    @property
    def spec(self) -> KeySpec:
        """What keys are asked for."""
        return KeySpec(size=int(self.numbers.key), page=self.page.whole)

    def set_state(self, state: AtlasState, shown: int) -> None:
        """Show the book of a run and its library; ``shown`` is the one that is read."""
        rows = [KeyRow(state.book.name, len(state.book), 0, 0, 0, state.accuracy)]
        rows += [
            KeyRow(
                one.book.name, len(one.book), len(one.keys.values), one.keys.values.shape[1],
                one.keys.size, one.keys.accuracy, one.step != state.step,
            )
            for one in state.library
        ]  # fmt: skip
        self.view.set_rows(rows, shown)

    @Slot(str)
    def _sized(self, size: str) -> None:
        self.view.set_size(int(size))

    def _source(self, name: str) -> str | Path | None:
        """A book that ships, or a file that a person chooses."""
        if name:
            return name
        chosen, _ = QFileDialog.getOpenFileName(
            self, "A text for keys", self._folder, "Text (*.txt *.md);;All files (*)"
        )
        if not chosen:
            return None
        self._folder = str(Path(chosen).parent)
        return Path(chosen)

    @Slot(object)
    def _key(self, action: object) -> None:
        source = self._source(action.data())  # type: ignore[attr-defined]
        if source is not None:
            self.keyWished.emit(source, self.spec, self.pages.whole)

    @Slot(object)
    def _compare(self, action: object) -> None:
        source = self._source(action.data())  # type: ignore[attr-defined]
        if source is not None:
            self.curveWished.emit(source, self.spec)
