"""Fetching the digits of MNIST: which, how far it is, and why it failed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QProgressBar, QVBoxLayout, QWidget

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.controls import SPACE, ErrorLine, MutedLabel, Segmented
from deepfractals_gui.gui.fields import DataField
from deepfractals_gui.session import mnist

OFFER = "Fetch MNIST…"
_BY_HAND = "Files that are at hand do as well: choose “A file…” instead."


class Fetching(QObject):
    """Fetches in a thread of its own, so that the window never waits.

    Signals, in the window's thread
    -------
    progressed(float)   the share that has come
    fetched(Path)       the images are there, with their labels beside them
    failed(str)         why not, in one line
    """

    progressed = Signal(float)
    fetched = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        # Without a parent on purpose: the thread may still report while a window is being closed.
        super().__init__()
        self._flag = CancelFlag()
        self._pool = ThreadPoolExecutor(1, "fetching")
        self._background = Background(self._pool.submit)
        self._background.done.connect(self._done)
        self._background.failed.connect(self._failed)

    def start(self, digits: mnist.Digits, into: Path) -> None:
        self._flag = flag = CancelFlag()
        self._background.start("fetch", self._fetch, digits, into, flag)

    def cancel(self) -> None:
        self._flag.set()
        self._background.drop_all()

    def close(self) -> None:
        """Cancel, and join the thread, which looks at its flag every 30 ms."""
        self.cancel()
        self._pool.shutdown()

    def _fetch(self, digits: mnist.Digits, into: Path, flag: CancelFlag) -> Path:
        return mnist.fetch(digits, into, progress=self.progressed.emit, cancel=flag)

    @Slot(object, object)
    def _done(self, token: object, path: object) -> None:
        self.fetched.emit(path)

    @Slot(object, str)
    def _failed(self, token: object, message: str) -> None:
        self.failed.emit(message)


class FetchDialog(QDialog):
    """Asks how many digits are wanted, and fetches them; Escape cancels.

    ``fetched(Path)`` tells where the images are, and the dialog closes.
    """

    fetched = Signal(object)

    def __init__(self, parent: QWidget | None = None, into: Path | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Fetch MNIST")
        self._into = mnist.folder() if into is None else into
        self.fetching = Fetching()
        queued = Qt.ConnectionType.QueuedConnection
        self.fetching.progressed.connect(self._progressed, queued)
        self.fetching.fetched.connect(self._fetched)
        self.fetching.failed.connect(self._failed)
        self.choice = Segmented(
            [(key, f"{one.title}, {one.size / 1e6:.1f} MB") for key, one in mnist.SETS.items()]
        )
        self.choice.setAccessibleName("How many digits")
        self.note = MutedLabel(
            "Handwritten digits of 28 x 28 pixels. They come from a public mirror, are checked, "
            "and stay on this computer for the next time."
        )
        self.note.setToolTip(str(self._into))
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName("Progress of fetching")
        self.error_line = ErrorLine()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.fetch_button = buttons.addButton("Fetch", QDialogButtonBox.ButtonRole.AcceptRole)
        self.fetch_button.setDefault(True)
        buttons.accepted.connect(self.fetch)
        buttons.rejected.connect(self.reject)
        self.finished.connect(self._stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(self.choice)
        column.addWidget(self.note)
        column.addWidget(self.progress)
        column.addWidget(self.error_line)
        column.addWidget(buttons)
        self.setMinimumWidth(420)

    @Slot()
    def fetch(self) -> None:
        """Fetch what is chosen."""
        self.error_line.set_text("")
        self._busy(True)
        self.fetching.start(mnist.SETS[self.choice.key], self._into)

    def _busy(self, busy: bool) -> None:
        self.choice.setEnabled(not busy)
        self.fetch_button.setEnabled(not busy)
        self.fetch_button.setText("Fetching…" if busy else "Fetch")
        # Until the first bytes come it only moves.
        self.progress.setRange(0, 0 if busy else 1000)
        self.progress.setValue(0)

    @Slot(float)
    def _progressed(self, share: float) -> None:
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * share))

    @Slot(object)
    def _fetched(self, path: object) -> None:
        self.fetched.emit(path)
        self.accept()

    @Slot(str)
    def _failed(self, message: str) -> None:
        self._busy(False)
        self.error_line.set_text(f"{message}. {_BY_HAND}")
        # The focus had left with the button; Enter tries again.
        self.fetch_button.setFocus()
        self.adjustSize()

    @Slot()
    def _stop(self) -> None:
        self.fetching.close()


def ask_for_mnist(field: DataField) -> FetchDialog:
    """Open the dialog; the field takes what it fetches."""
    dialog = FetchDialog(field.window())
    dialog.fetched.connect(field.take_file)
    dialog.open()
    return dialog


def offer_mnist(field: DataField) -> None:
    """Let a field of data fetch MNIST, and take it."""
    field.offer(OFFER, lambda: ask_for_mnist(field))


def stop_fetching(page: QWidget) -> None:
    """Close what has been asked for over a page: the window closes."""
    for dialog in page.window().findChildren(FetchDialog):
        dialog.reject()
