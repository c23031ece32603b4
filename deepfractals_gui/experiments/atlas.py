"""The text atlas: a book learned as a function from a coordinate to a symbol."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, ClassVar

import numpy as np

from deepfractals_gui.atlas import training
from deepfractals_gui.atlas.exports import Export, export_bytes, export_in
from deepfractals_gui.atlas.keys import KeyCurve, KeySpec, key_curve, train_keys
from deepfractals_gui.atlas.ledger import Ledger, ledger
from deepfractals_gui.atlas.quantised import packed, predictor
from deepfractals_gui.atlas.reading import Reading, read
from deepfractals_gui.atlas.texts import Book
from deepfractals_gui.atlas.training import Report
from deepfractals_gui.core import CancelFlag, Curve, Experiment, Snapshot
from deepfractals_gui.experiments.atlas_book import book_for
from deepfractals_gui.experiments.atlas_files import load_run, run_bytes
from deepfractals_gui.experiments.atlas_library import added, check_room
from deepfractals_gui.experiments.atlas_params import AtlasRunParams
from deepfractals_gui.experiments.atlas_state import (
    AtlasState,
    Epoch,
    KeyedText,
    Sums,
    Update,
)
from deepfractals_gui.experiments.training_run import advanced, ending, working
from deepfractals_gui.nn.model_files import write_whole
from deepfractals_gui.nn.rates import Exploded

Progress = Callable[[int, int], None]


class Atlas(Experiment[AtlasRunParams, AtlasState]):
    """Learning a book as an Experiment: a step is an update from one batch of positions."""

    key: ClassVar[str] = "atlas"
    title: ClassVar[str] = "Text atlas"
    Params: ClassVar[type[Any]] = AtlasRunParams

    def start(self, p: AtlasRunParams, rng: np.random.Generator | None = None) -> AtlasState:
        """The first state. Everything drawn comes from the run's seed; ``rng`` isn't used.

        Raises
        ------
        ParamError   the book can't be used, or the numbers of the model don't fit together
        """
        book = book_for(p)
        spec = p.spec(len(book), len(book.alphabet))
        return AtlasState(p, book, training.begin(spec, p.training(len(book)), p.seed))

    def step(self, s: AtlasState) -> AtlasState:
        """The state after one update; the same state once training has stopped."""
        return self.advance(s, updates=1)

    def epoch(self, s: AtlasState, cancel: CancelFlag | None = None) -> AtlasState:
        """The state at the end of the epoch; where the flag goes up, the last one before."""
        return self.advance(s, cancel=cancel, to_epoch=True)

    def advance(
        self,
        s: AtlasState,
        *,
        updates: int | None = None,
        seconds: float | None = None,
        to_epoch: bool = False,
        cancel: CancelFlag | None = None,
        threads: int | None = None,
    ) -> AtlasState:
        """Train on, see `advanced`."""
        return advanced(
            s, _updated, updates=updates, seconds=seconds, to_epoch=to_epoch, cancel=cancel,
            threads=threads,
        )  # fmt: skip

    # Looking

    def snapshot(self, s: AtlasState) -> Snapshot:
        steps, epochs = s.updates.column("step"), s.trace.column("step")
        found = [
            Curve("batch loss", steps, s.updates.column("loss"), log=True, group="loss"),
            Curve("batch accuracy", steps, s.updates.column("accuracy"), group="accuracy"),
        ]
        if len(s.trace):
            found += [
                Curve("read loss", epochs, s.trace.column("read_loss"), log=True, group="loss"),
                Curve("read accuracy", epochs, s.trace.column("read_accuracy"), group="accuracy"),
            ]
        table = [
            ("Book", s.book.name),
            ("Characters", f"{len(s.book):,}"),
            ("Symbols", f"{len(s.book.alphabet):,}"),
            ("Parameters", f"{s.spec.count:,}"),
            ("Epoch", str(s.epoch)),
            ("Updates", str(s.step)),
        ]
        if len(s.trace):
            last = s.trace[-1]
            table += [
                ("Loss", f"{last.read_loss:.4g}"), ("Accuracy", f"{last.read_accuracy:.4%}"),
            ]  # fmt: skip
        return Snapshot(s.step, (), tuple(found), tuple(table))

    # Files

    def save(self, s: AtlasState, path: FilePath) -> None:
        write_whole(path, run_bytes(s))

    def load(self, path: FilePath) -> AtlasState:
        """Read what `save` wrote. Raises ValueError, ParamError or OSError; see `load_run`."""
        return load_run(path)


def read_back(
    s: AtlasState,
    start: int = 0,
    stop: int | None = None,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> Reading:
    """Read a stretch of the book, or all of it, as the model has it now.

    Raises
    ------
    ValueError   it doesn't lie in the book
    Cancelled    the flag went up
    """
    stop = len(s.book) if stop is None else stop
    if not 0 <= start <= stop <= len(s.book):
        raise ValueError(f"positions are 0 to {len(s.book):,}, not {start:,} to {stop:,}")
    return read(s.model, start, stop, cancel=cancel, pool=pool)


def keyed(
    s: AtlasState,
    text: Book,
    keys: KeySpec,
    *,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> AtlasState:
    """The state with a further text, in the master's alphabet, in its library; see `added`.

    Raises
    ------
    ValueError   see `keys.check` and `check_room`
    Cancelled    the flag went up
    """
    check_room(s, text, keys)
    with working(threads) as pool:
        found = train_keys(
            s.spec, s.training.params, text.symbols, keys, cancel=cancel, pool=pool,
            progress=progress,
        )  # fmt: skip
    return replace(s, library=added(s.library, KeyedText(text, found, s.step)))


def curve_of(
    s: AtlasState,
    text: Book,
    keys: KeySpec,
    *,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> KeyCurve:
    """Accuracy against key size on some pages of a text; see `keys.key_curve`."""
    with working(threads) as pool:
        return key_curve(
            s.spec, s.training.params, text.symbols, keys, cancel=cancel, pool=pool,
            progress=progress,
        )  # fmt: skip


def exported(
    s: AtlasState,
    *,
    bits: int = 8,
    neighbours: bool = True,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
) -> tuple[bytes, Ledger]:
    """The book as an export, from which it was read back, and what it costs.

    Parameters
    ----------
    bits : of a weight, 8 or 4
    neighbours : code what the model doesn't know by the characters before it, too

    Raises
    ------
    ValueError   other bits, or too many weights for an export
    Cancelled    the flag went up
    """
    content = export_bytes(
        s.book, weights=packed(s.spec, s.training.params, bits), factory=predictor,
        neighbours=neighbours, cancel=cancel, progress=progress,
    )  # fmt: skip
    found = export_in(content, s.book.name)
    return content, ledger(s.book, found.sizes, found.method)


def text_of(
    export: Export, *, cancel: CancelFlag | None = None, progress: Progress | None = None
) -> bytes:
    """The bytes of the text in an export. Raises ExportError, and Cancelled."""
    return export.text(predictor, cancel=cancel, progress=progress)


def _updated(s: AtlasState, cancel: CancelFlag | None, pool: Executor | None) -> AtlasState:
    """The state after one update, and where it ends an epoch, with the book read back."""
    try:
        now, report = training.step(s.training, s.book.symbols, cancel=cancel, pool=pool)
    except Exploded as error:
        return replace(s, stopped=f"training exploded: {error}", exploded=True)
    before = s.epoch
    row = Update(s.step + 1, report.loss, report.accuracy)
    s = replace(s, training=now, sums=_summed(s.sums, report), updates=s.updates.appended(row))
    return s if s.epoch == before else _read(s, cancel, pool)


def _summed(sums: Sums, report: Report) -> Sums:
    return Sums(
        sums.seen + report.count, sums.loss + report.count * report.loss,
        sums.right + report.count * report.accuracy,
    )  # fmt: skip


def _read(s: AtlasState, cancel: CancelFlag | None, pool: Executor | None) -> AtlasState:
    """The state with its epoch in the trace, and the book as it is read now; its end, if it is."""
    found = training.evaluate(s.training, s.book.symbols, cancel=cancel, pool=pool)
    row = Epoch(
        s.step, s.epoch, s.sums.loss / s.sums.seen, s.sums.right / s.sums.seen, found.loss,
        found.accuracy,
    )  # fmt: skip
    return replace(
        s, trace=s.trace.appended(row), sums=Sums(), reading=found.reading,
        stopped=ending(s.params.epochs, s.epoch),
    )  # fmt: skip
