"""The book as a small file that gives it back exactly, and what that costs."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.atlas.ledger import Ledger
from deepfractals_gui.atlas.quantised import BITS
from deepfractals_gui.gui.atlas.ledger_view import LedgerView, Priced
from deepfractals_gui.gui.controls import SPACE, EmptyState, Segmented
from deepfractals_gui.gui.labelled import labelled

_FIRST = (
    "An export holds the model in few bits a weight, and coded what it gets wrong: the text comes "
    "back byte for byte. Weigh it to see what each part costs, against gzip, bz2 and xz. The "
    "compact model makes the smallest files; tables that remember are large."
)


class ExportPanel(QWidget):
    """How to export, and the ledger of what has been weighed.

    Signals
    -------
    weighWished(bits, neighbours)     compute an export, and show its ledger
    exportWished(bits, neighbours)    and write it to a file
    decodeWished()                    give back the text of an export
    """

    weighWished = Signal(int, bool)
    exportWished = Signal(int, bool)
    decodeWished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bits = Segmented([(str(bits), f"{bits} bits") for bits in BITS])
        self.bits.setAccessibleName("Bits of a weight")
        self.contexts = Segmented((("yes", "contexts"), ("no", "coordinate")))
        self.contexts.setAccessibleName("How what the model doesn't know is coded")
        self.contexts.setToolTip(
            "Contexts: each character is coded by those before it, too. Coordinate: by "
            "what the model says at its position, and nothing else."
        )
        self.weigh_button = QPushButton("Weigh")
        self.weigh_button.setToolTip("Compute the export and show what it costs; nothing is saved")
        self.export_button = QPushButton("Export…")
        self.export_button.setToolTip("Write the export to a file (Ctrl+E)")
        self.decode_button = QPushButton("Decode…")
        self.decode_button.setToolTip("Read an export, and save its text (Ctrl+D)")
        self.weigh_button.clicked.connect(self._weigh)
        self.export_button.clicked.connect(self.export)
        self.decode_button.clicked.connect(self.decodeWished)
        form = labelled((("Weights", self.bits), ("Coding", self.contexts)))
        buttons = QHBoxLayout()
        for button in (self.weigh_button, self.export_button, self.decode_button):
            button.setAccessibleDescription(button.toolTip())
            buttons.addWidget(button, 1)
        self.ledger = LedgerView()
        self.empty = EmptyState(_FIRST)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.ledger)
        self._sha256 = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(form)
        column.addLayout(buttons)
        column.addWidget(self._pages, 1)

    @property
    def choice(self) -> tuple[int, bool]:
        """Bits of a weight, and whether contexts help."""
        return int(self.bits.key), self.contexts.key == "yes"

    @Slot()
    def export(self) -> None:
        self.exportWished.emit(*self.choice)

    @Slot()
    def _weigh(self) -> None:
        self.weighWished.emit(*self.choice)

    def add(self, ledger: Ledger, model: str, bits: int, neighbours: bool, sha256: str) -> None:
        """Show an export beside those of the same text; an equal choice takes its place."""
        how = "contexts" if neighbours else "coordinate"
        title = f"{model}, {bits} bits, {how}"
        kept = [one for one in self.ledger.priced if one.title != title]
        if sha256 != self._sha256:
            kept = []
        self._sha256 = sha256
        self.ledger.set_priced([*kept[-3:], Priced(title, ledger)])
        self._pages.setCurrentIndex(1)
