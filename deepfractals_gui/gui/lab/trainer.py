"""The thread that trains: it owns the run's state, and shows frozen looks at it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.experiments.lab import Lab, finished
from deepfractals_gui.experiments.lab_data import dataset_of, fitted
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.gui.lab.history import History
from deepfractals_gui.gui.lab.looks import look_at
from deepfractals_gui.gui.worker import Worker

LOOK_SECONDS = 1 / 20
"""Looks follow each other no faster than this."""
SLICE_SECONDS = 0.012
"""Training is looked up from, for commands, about this often."""
SHARE = 2.0
"""Of the time, looks and their painting may take one part where training takes so many."""
WATCHED_LOOKS = 100
"""At the pace at which one can watch, a run is shown in about so many looks, or more."""


class Trainer(Worker):
    """Takes commands from the window's thread and never makes it wait.

    Signals, emitted in the training thread; connect to them by queued connections
    -------
    looked(Look)        the state has changed, or what is wanted of it; `took` asks for the next
    failed(str, str)    a parameter's name, or "", and why a command can't be carried out
    done(str)           a command was, such as "Saved run.npz"
    opened(LabParams)   a run was opened, with the parameters of its file
    """

    looked = Signal(object)
    failed = Signal(str, str)
    done = Signal(str)
    opened = Signal(object)

    def __init__(self) -> None:
        # Not at a lower priority: while this thread holds the interpreter and is put off for some
        # other program, the window's thread would wait along with it.
        super().__init__("training")
        self._lab = Lab()
        self._commands: deque[tuple[str, Callable[[], None]]] = deque()
        self._state: LabState | None = None
        self._running = False
        self._watched = True
        self._wanted: tuple[str, ...] = ()
        self._sample = 0
        self._history = History()
        self._seconds = 0.0
        self._fresh = False
        self._epoch_shown = 0
        self._earliest = self._shown = 0.0
        self._thread.start()

    # Commands, from the window's thread

    def begin(self, params: LabParams, run: bool = False) -> None:
        """Begin a run afresh; network and loss are fitted to the data."""
        self._order(lambda: self._begin(params, run), "begin")

    def run(self) -> None:
        self._order(lambda: self._run(True))

    def pause(self) -> None:
        self._order(lambda: self._run(False))

    def step_batch(self) -> None:
        self._order(self._step_batch)

    def step_epoch(self) -> None:
        self._order(self._step_epoch)

    def rewind(self) -> None:
        """Go back to the same first weights."""
        self._order(self._rewind)

    def set_ends(self, params: LabParams) -> None:
        """Take over when training is to stop; all else of the run stays."""
        self._order(lambda: self._set_ends(params), "ends")

    def want(self, sights: Iterable[str], sample: int = 0) -> None:
        """Say which sights the next looks are to have."""
        wanted = tuple(sights)
        self._order(lambda: self._want(wanted, sample), "want")

    def watch(self, watched: bool) -> None:
        """Train slowly enough to watch, or as fast as it goes."""
        self._order(lambda: setattr(self, "_watched", watched))

    def save(self, path: Path) -> None:
        self._order(lambda: self._save(path))

    def open(self, path: Path) -> None:
        """Go on with a run from its file."""
        self._order(lambda: self._open(path))

    def took(self) -> None:
        """The last look has been painted: training may go on, and another one is welcome."""
        now = time.monotonic()
        with self._changed:
            if not self._taken and self._running:
                self._earliest = max(self._earliest, now + SHARE * (now - self._shown))
        super().took()

    def _order(self, command: Callable[[], None], name: str = "") -> None:
        """Carry out a command after those that wait; of a name only the last one waits."""
        with self._changed:
            if name and self._commands and self._commands[-1][0] == name:
                self._commands.pop()
            self._commands.append((name, command))
            # What is being computed ends after the batch at hand.
            self._flag.set()
            self._changed.notify()

    # The training thread

    def _refuse(self, name: str, message: str) -> None:
        self._running = False
        self.failed.emit(name, message)

    def _next(self) -> Callable[[], None] | None:
        """What to do next: a command, a look, a piece of training."""
        with self._changed:
            while not self._closed:
                if self._commands:
                    command = self._commands.popleft()[1]
                    self._flag = CancelFlag()
                    return command
                now = time.monotonic()
                due = self._fresh and self._taken
                if due and now >= self._earliest:
                    return self._show
                # Two threads of Python hold each other up: what is shown is painted first.
                if self._running and self._taken and not self._waits():
                    return self._train
                self._changed.wait(self._earliest - now if due else None)
            return None

    def _waits(self) -> bool:
        """Whether training waits for its last epochs to be seen."""
        state = self._state
        if state is None or not self._watched:
            return False
        epochs = max(1, state.params.epochs // WATCHED_LOOKS)
        return self._fresh and state.epoch >= self._epoch_shown + epochs

    def _train(self) -> None:
        state = self._state
        if state is None or state.stopped:
            self._running, self._fresh = False, True
            return
        began = time.perf_counter()
        self._state = self._lab.advance(
            state, seconds=SLICE_SECONDS, to_epoch=self._watched, cancel=self._flag
        )
        self._seconds += time.perf_counter() - began
        self._fresh = True
        if self._state.stopped:
            self._running = False

    def _show(self) -> None:
        state = self._state
        self._fresh = False
        if state is None:
            return
        began = time.monotonic()
        look = look_at(
            state,
            running=self._running,
            seconds=self._seconds,
            wanted=self._wanted,
            sample=self._sample,
            history=self._history,
        )
        self._shown = time.monotonic()
        spent = self._shown - began
        with self._changed:
            self._taken = False
        self._epoch_shown = state.epoch
        # While it trains, what takes long to look at is looked at less often.
        self._earliest = began + max(LOOK_SECONDS, SHARE * spent if self._running else 0.0)
        self.looked.emit(look)

    def _begin(self, params: LabParams, run: bool) -> None:
        params = replace(params, spec=fitted(params.spec, dataset_of(params)))
        self._enter(self._lab.start(params), 0.0, run)

    def _enter(self, state: LabState, seconds: float, run: bool) -> None:
        self._state, self._seconds, self._running = state, seconds, run
        self._history = History()
        self._fresh, self._epoch_shown = True, state.epoch

    def _run(self, running: bool) -> None:
        self._running, self._fresh = running and self._state is not None, True

    def _step_batch(self) -> None:
        if self._state is not None:
            self._running = False
            self._state = self._lab.step(self._state)
            self._fresh = True

    def _step_epoch(self) -> None:
        if self._state is not None:
            self._running = False
            self._state = self._lab.epoch(self._state, self._flag)
            self._fresh = True

    def _rewind(self) -> None:
        if self._state is not None:
            self._enter(self._lab.start(self._state.params), 0.0, False)

    def _set_ends(self, params: LabParams) -> None:
        state = self._state
        if state is not None:
            ends = replace(
                state.params, epochs=params.epochs, target=params.target, patience=params.patience
            )
            state = replace(state, params=ends)
            if not state.exploded:
                # What is done already by the new ends trains no further epoch.
                state = finished(replace(state, stopped=""))
            self._state, self._fresh = state, True

    def _want(self, sights: tuple[str, ...], sample: int) -> None:
        self._fresh = self._fresh or (sights, sample) != (self._wanted, self._sample)
        self._wanted, self._sample = sights, sample

    def _save(self, path: Path) -> None:
        if self._state is not None:
            self._lab.save(self._state, path)
            self.done.emit(f"Saved {path.name}")

    def _open(self, path: Path) -> None:
        state = self._lab.load(path)
        self._enter(state, 0.0, False)
        self.opened.emit(state.params)
        self.done.emit(f"Opened {path.name}")
