"""The thread that trains the atlas, and between updates reads the text back."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from deepfractals_gui.atlas.keys import read_text
from deepfractals_gui.core import Array, Cancelled
from deepfractals_gui.experiments.atlas import Atlas, read_back
from deepfractals_gui.experiments.atlas_files import with_epochs
from deepfractals_gui.experiments.atlas_library import added
from deepfractals_gui.experiments.atlas_state import AtlasState, KeyedText
from deepfractals_gui.experiments.training_run import working
from deepfractals_gui.gui.run_trainer import RunLook, RunTrainer

SLICE_SECONDS = 0.1
"""Looks follow each other no faster than this."""
MOST_SEEN = 20_000
"""Characters around the mark that are read for every look, at most."""
PIECE = 4096
"""Further characters that are read between two updates."""
SWEEP = 1 << 16
"""Characters that are read at a time while training rests."""
MOST_PATCHED = 300_000
"""Characters that a look carries, at most: the window takes them over in milliseconds."""
MOST_SPEEDS = 1000


class Stretch(NamedTuple):
    """A part of a text as it was read.

    Attributes
    ----------
    symbols : uint16 (n,)
    right : bool (n,)
    sureness : float32 (n,), the probability of the symbols read; None where it isn't known
    """

    start: int
    symbols: Array
    right: Array
    sureness: Array | None


@dataclass(frozen=True, eq=False)
class AtlasLook(RunLook):
    """A run of the atlas at one moment.

    Attributes
    ----------
    run : counts runs: another one is another text
    text : which text was read: 0 the book, else one of the library
    stretches : what was read of it since the last look
    speeds : (M, 2), updates done and characters learned a second
    whole : whether all of the text has been read by the model as it is now
    """

    state: AtlasState
    run: int
    text: int
    stretches: tuple[Stretch, ...]
    speeds: Array
    whole: bool


class AtlasTrainer(RunTrainer):
    """Trains the atlas; ``looked`` carries AtlasLooks, ``opened`` AtlasRunParams.

    What is seen is read for every look. Of the rest a piece is read between updates, and all of
    it once training rests.
    """

    def __init__(self) -> None:
        self._runs = self._text = 0
        self._seen = (0, 0)
        self._swept = self._next_swept = 0
        self._swept_step = -1
        self._speeds: deque[tuple[float, float]] = deque(maxlen=MOST_SPEEDS)
        self._pending: deque[Stretch] = deque()
        self._patched: AtlasState | None = None
        # A core is left to the window: updates are short, and it would wait for each of them.
        spared = max((os.cpu_count() or 2) - 1, 1)
        super().__init__(Atlas(), "atlas training", SLICE_SECONDS, spared)

    # Commands, from the window's thread

    def see(self, start: int, stop: int) -> None:
        """Read these characters for every look from now on."""
        with self._changed:
            self._seen = (start, min(stop, start + MOST_SEEN))
            self._fresh = self._state is not None
            # Where training goes on there is another look soon: nothing is given up for it.
            if not self._running:
                self._flag.set()
            self._changed.notify()

    def choose(self, text: int) -> None:
        """Read another text: 0 the book, else one of the library."""
        self._order(lambda: self._choose(text))

    def keep(self, text: KeyedText) -> None:
        """Put a text with its keys at the end of the library; see `added`."""
        self._order(lambda: self._keep(text))

    def drop(self, text: int) -> None:
        """Let a text of the library go, the first of which is 1."""
        self._order(lambda: self._drop(text))

    # The training thread

    def _look(self) -> AtlasLook:
        state: AtlasState = self._state
        stretches: list[Stretch] = []
        count = 0
        while self._pending and count < MOST_PATCHED:
            stretches.append(self._pending.popleft())
            count += len(stretches[-1].symbols)
        start, stop = self._seen
        stop = min(stop, self._length)
        if 0 <= start < stop:
            # Newer than what is pending.
            stretches.append(self._read(start, stop))
        if self._running:
            stretches.append(self._swept_piece(PIECE))
        self._fresh = bool(self._pending)
        return AtlasLook(
            state, self._running, self._seconds, self._runs, self._text, tuple(stretches),
            np.array(self._speeds, np.float64).reshape(-1, 2), self._rests,
        )  # fmt: skip

    def _with_epochs(self, state: AtlasState, epochs: int) -> AtlasState:
        return with_epochs(state, epochs)

    @property
    def _length(self) -> int:
        state: AtlasState = self._state
        return len(state.library[self._text - 1].book if self._text else state.book)

    @property
    def _rests(self) -> bool:
        """Whether nothing is left to be read by the model as it is."""
        return self._swept_step == self._state.step and self._swept >= self._length

    def _spare(self) -> Callable[[], None] | None:
        return None if self._rests else self._sweep

    def _sweep(self) -> None:
        """Read a part of what hasn't been read by the model as it is."""
        step = self._state.step
        if self._swept_step != step:
            self._swept_step, self._swept, self._next_swept = step, 0, 0
        try:
            self._pending.append(self._swept_piece(SWEEP, threads=True))
        except Cancelled:
            return
        self._swept = self._next_swept
        self._fresh = True

    def _swept_piece(self, count: int, threads: bool = False) -> Stretch:
        length = self._length
        start = self._next_swept if self._next_swept < length else 0
        stop = min(start + count, length)
        found = self._read(start, stop, threads)
        self._next_swept = stop
        return found

    def _read(self, start: int, stop: int, threads: bool = False) -> Stretch:
        """Raises Cancelled, where threads are asked for: these are parts that can wait."""
        state: AtlasState = self._state
        text = state.library[self._text - 1] if self._text else None
        book = state.book if text is None else text.book
        stop = min(stop, len(book))
        start = min(start, stop)
        cancel = self._flag if threads else None
        with working() if threads else nullcontext() as pool:
            if text is None:
                found = read_back(state, start, stop, cancel=cancel, pool=pool)
            else:
                found = read_text(
                    state.spec, state.training.params, text.keys, start, stop, cancel=cancel,
                    pool=pool,
                )  # fmt: skip
        return Stretch(start, found.symbols, found.right(book.symbols), found.sureness)

    def _advance(
        self, updates: int | None = None, seconds: float | None = None, to_epoch: bool = False
    ) -> None:
        before, spent = self._state, self._seconds
        super()._advance(updates, seconds, to_epoch)
        state, spent = self._state, self._seconds - spent
        if state is None or state is before:
            return
        batch = state.training.training.batch
        learned = (state.step - before.step) * batch
        if spent > 0 and learned:
            self._speeds.append((state.step, learned / spent))
        if state.reading is not before.reading and not self._text:
            self._patch_all()

    def _patch_all(self) -> None:
        """Show the whole book, which was read at the end of an epoch."""
        state: AtlasState = self._state
        reading = state.reading
        if reading is None:
            return
        right = reading.right(state.book.symbols)
        self._pending.clear()
        for at in range(0, len(right), MOST_PATCHED):
            piece = slice(at, at + MOST_PATCHED)
            # It was asked how likely the right ones are, not those that were read.
            self._pending.append(Stretch(at, reading.symbols[piece], right[piece], None))
        if not state.training.at:
            self._swept_step, self._swept, self._next_swept = state.step, len(right), 0

    def _enter(self, state: AtlasState, run: bool) -> None:
        super()._enter(state, run)
        self._runs += 1
        self._speeds.clear()
        self._choose(0)

    def _choose(self, text: int) -> None:
        if self._state is None or not 0 <= text <= len(self._state.library):
            return
        self._text = text
        self._pending.clear()
        self._seen = (0, 0)
        self._swept = self._next_swept = 0
        self._swept_step = -1
        self._fresh = True

    def _keep(self, text: KeyedText) -> None:
        state: AtlasState = self._state
        if state is None or text.book.alphabet != state.book.alphabet:
            raise ValueError(f"{text.book.name} belongs to another run")
        library = added(state.library, text)
        self._state = replace(state, library=library)
        self._choose(len(library))

    def _drop(self, text: int) -> None:
        state: AtlasState = self._state
        if state is not None and 1 <= text <= len(state.library):
            kept = tuple(one for n, one in enumerate(state.library, 1) if n != text)
            self._state = replace(state, library=kept)
            self._choose(0)
