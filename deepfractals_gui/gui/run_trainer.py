"""The thread of a training run: it owns the run's state, and shows frozen looks at it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.gui.worker import Worker

SLICE_SECONDS = 0.2
"""Training is looked up from about this often; looks follow each other no faster."""
NICENESS = 10


@dataclass(frozen=True, eq=False)
class RunLook:
    """A run at one moment.

    Attributes
    ----------
    state : the run
    running : whether it goes on
    seconds : of training so far, since the run was begun or opened
    """

    state: Any
    running: bool
    seconds: float


class RunTrainer(Worker):
    """Takes commands from the window's thread and never makes it wait.

    The experiment has ``start``, ``advance``, ``save`` and ``load``; its states have ``params``,
    ``stopped`` and ``exploded``. A page says what its looks are, and how a state gets another
    number of epochs.

    Signals, emitted in the training thread; connect to them by queued connections
    -------
    looked(look)        the state has changed; `took` asks for the next
    failed(str, str)    a parameter's name, or "", and why a command can't be carried out
    done(str)           a command was, such as "Saved run.npz"
    opened(params)      a run was opened, with the parameters of its file
    """

    looked = Signal(object)
    failed = Signal(str, str)
    done = Signal(str)
    opened = Signal(object)

    def __init__(
        self,
        experiment: Any,
        name: str,
        slice_seconds: float = SLICE_SECONDS,
        threads: int | None = None,
    ) -> None:
        # The threads of an update inherit the priority. Nearly all of their time is spent in
        # compiled code that doesn't hold the interpreter: the window and the answers come first.
        super().__init__(name, NICENESS)
        self._experiment = experiment
        self._slice, self._threads = slice_seconds, threads
        self._commands: deque[Callable[[], None]] = deque()
        self._state: Any = None
        self._running = self._fresh = self._told = False
        self._seconds = 0.0
        self._thread.start()

    # What a page says

    def _look(self) -> Any:
        """A frozen look at the state, which isn't None."""
        raise NotImplementedError

    def _with_epochs(self, state: Any, epochs: int) -> Any:
        """The state with another end."""
        raise NotImplementedError

    def _spare(self) -> Callable[[], None] | None:
        """What to do while nothing else is to be done; None: nothing."""
        return None

    # Commands, from the window's thread

    def begin(self, params: Any, run: bool = False) -> None:
        """Begin a run afresh."""
        self._order(lambda: self._enter(self._experiment.start(params), run))

    def run(self) -> None:
        self._order(lambda: self._run(True))

    def pause(self) -> None:
        """Stop after the update at hand, which is given up where it takes long."""
        self._order(lambda: self._run(False))

    def step_batch(self) -> None:
        self._order(lambda: self._train(updates=1))

    def step_epoch(self) -> None:
        self._order(lambda: self._train(to_epoch=True))

    def set_epochs(self, epochs: int) -> None:
        """Take over when training is to stop; all else of the run stays."""
        self._order(lambda: self._set_epochs(epochs))

    def save(self, path: Path) -> None:
        self._order(lambda: self._save(path))

    def open(self, path: Path) -> None:
        """Go on with a run from its file."""
        self._order(lambda: self._open(path))

    def _order(self, command: Callable[[], None]) -> None:
        with self._changed:
            self._commands.append(command)
            # An update that is broken off is as if it had not begun.
            self._flag.set()
            self._changed.notify()

    # The training thread

    def _refuse(self, name: str, message: str) -> None:
        self._running, self._fresh = False, self._state is not None
        self.failed.emit(name, message)

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._closed:
                if self._commands:
                    self._flag = CancelFlag()
                    return self._commands.popleft()
                # That training has begun or ended is told at once: the next update may take long.
                if self._fresh and (self._taken or self._running != self._told):
                    return self._show
                if self._running:
                    return self._go_on
                if self._taken and self._state is not None:
                    spare = self._spare()
                    if spare is not None:
                        self._flag = CancelFlag()
                        return spare
                self._changed.wait()
            return None

    def _go_on(self) -> None:
        self._advance(seconds=self._slice)

    def _train(self, updates: int | None = None, to_epoch: bool = False) -> None:
        self._running = False
        self._advance(updates=updates, to_epoch=to_epoch)

    def _advance(
        self, updates: int | None = None, seconds: float | None = None, to_epoch: bool = False
    ) -> None:
        state = self._state
        if state is None:
            return
        began = time.perf_counter()
        self._state = self._experiment.advance(
            state, updates=updates, seconds=seconds, to_epoch=to_epoch, cancel=self._flag,
            threads=self._threads,
        )  # fmt: skip
        self._seconds += time.perf_counter() - began
        self._fresh = True
        if self._state.stopped:
            self._running = False

    def _show(self) -> None:
        if self._state is None:
            return
        self._fresh, self._told = False, self._running
        look = self._look()
        with self._changed:
            self._taken = False
        self.looked.emit(look)

    def _enter(self, state: Any, run: bool) -> None:
        self._state, self._running, self._seconds, self._fresh = state, run, 0.0, True

    def _run(self, running: bool) -> None:
        state = self._state
        self._running = running and state is not None and not state.stopped
        self._fresh = state is not None

    def _set_epochs(self, epochs: int) -> None:
        if self._state is not None:
            self._state, self._fresh = self._with_epochs(self._state, epochs), True

    def _save(self, path: Path) -> None:
        if self._state is not None:
            self._experiment.save(self._state, path)
            self.done.emit(f"Saved {path.name}")

    def _open(self, path: Path) -> None:
        state = self._experiment.load(path)
        self._enter(state, False)
        self.opened.emit(state.params)
        self.done.emit(f"Opened {path.name}")
