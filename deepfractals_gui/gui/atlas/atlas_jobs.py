"""What of the atlas takes long: keys, comparisons, exports, decoding; with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from deepfractals_gui.atlas.exports import read_export, save_export
from deepfractals_gui.atlas.keys import KeyCurve, KeySpec
from deepfractals_gui.atlas.ledger import Ledger
from deepfractals_gui.atlas.texts import Book, book_of
from deepfractals_gui.core import CancelFlag
from deepfractals_gui.experiments.atlas import curve_of, exported, keyed, text_of
from deepfractals_gui.experiments.atlas_book import text_for
from deepfractals_gui.experiments.atlas_state import AtlasState, KeyedText
from deepfractals_gui.gui.tasks import MOST_AT_ONCE, Outcome, Task, Tasks
from deepfractals_gui.nn.model_files import write_whole
from deepfractals_gui.render.pool import lower_priority

Report = Callable[[float], None]
NICENESS = 10


class AtlasJobs(QObject):
    """Starts jobs on threads of its own, and tells what came out.

    Signals
    -------
    keyed(KeyedText), compared(str, KeyCurve)
    weighed(Ledger, bits, neighbours, AtlasState)
    decoded(Path, int)    where a text was saved, and its bytes
    """

    keyed = Signal(object)
    compared = Signal(str, object)
    weighed = Signal(object, int, bool, object)
    decoded = Signal(object, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "atlas jobs", lower_priority, (NICENESS,))
        self.tasks = Tasks(self._threads.submit, self)
        self._told: dict[int, Callable[[object], None]] = {}
        self.tasks.ended.connect(self._ended)

    def key(self, state: AtlasState, source: str | Path, spec: KeySpec, pages: int) -> None:
        """Find keys for the first pages of a text; 0: for all."""

        def work(report: Report, cancel: CancelFlag) -> KeyedText:
            text = part_of(text_for(state.book, source), spec.page * pages)
            found = keyed(state, text, spec, cancel=cancel, progress=_told(report))
            return found.library[-1]

        self._start(f"Keys for {_name(source)}", work, "Training", self.keyed.emit)

    def compare(self, state: AtlasState, source: str | Path, spec: KeySpec) -> None:
        """Accuracy against the size of a key."""

        def work(report: Report, cancel: CancelFlag) -> KeyCurve:
            text = text_for(state.book, source)
            return curve_of(state, text, spec, cancel=cancel, progress=_told(report))

        def told(found: object) -> None:
            self.compared.emit(_name(source), found)

        self._start(f"Sizes of keys, {_name(source)}", work, "Training", told)

    def export(
        self, state: AtlasState, bits: int, neighbours: bool, path: Path | None = None
    ) -> None:
        """Compute an export, and write it where a path is given."""

        def work(report: Report, cancel: CancelFlag) -> Ledger:
            content, ledger = exported(
                state, bits=bits, neighbours=neighbours, cancel=cancel, progress=_told(report)
            )
            cancel.check()
            if path is not None:
                save_export(path, content)
            return ledger

        def told(found: object) -> None:
            self.weighed.emit(found, bits, neighbours, state)

        title = f"Weighing {state.book.name}" if path is None else path.name
        self._start(title, work, "Coding", told, path)

    def decode(self, source: Path, path: Path) -> None:
        """Save the text of an export."""

        def work(report: Report, cancel: CancelFlag) -> int:
            content = text_of(read_export(source), cancel=cancel, progress=_told(report))
            cancel.check()
            write_whole(path, content)
            return len(content)

        def told(found: object) -> None:
            assert isinstance(found, int)
            self.decoded.emit(path, found)

        self._start(path.name, work, "Decoding", told, path)

    def _start(
        self,
        title: str,
        work: Callable[[Report, CancelFlag], object],
        verb: str,
        told: Callable[[object], None],
        path: Path | None = None,
    ) -> None:
        # Entered before it can end: ends arrive in this thread, later.
        self._told[self.tasks.start(title, work, path, verb).number] = told

    @Slot(object, object)
    def _ended(self, task: Task, outcome: Outcome) -> None:
        told = self._told.pop(task.number, None)
        if told is not None and outcome.state == "done":
            told(outcome.result)

    def shut_down(self) -> None:
        """Stop everything; nobody is told any more."""
        self._told.clear()
        self.tasks.shut_down()
        self._threads.shutdown()


def part_of(text: Book, characters: int) -> Book:
    """The first so many characters of a text, in its alphabet; 0: all of them."""
    if not characters or characters >= len(text):
        return text
    content = text.text[:characters].encode()
    part = book_of(content, text.name, alphabet=text.alphabet)
    return replace(part, source=text.source, licence=text.licence)


def _name(source: str | Path) -> str:
    return source.name if isinstance(source, Path) else source


def _told(report: Report) -> Callable[[int, int], None]:
    """Progress in counts as a fraction."""
    return lambda done, total: report(done / max(total, 1))
