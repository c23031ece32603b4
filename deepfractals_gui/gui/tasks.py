"""Long work beside the picture: exports with progress, time left and a way to stop them."""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.gui.background import message_of
from deepfractals_gui.gui.controls import SPACE, ElidedLabel, QuietButton
from deepfractals_gui.gui.icons import icon, pixmap
from deepfractals_gui.gui.theme import Theme, appearance, theme

log = logging.getLogger(__name__)
_POLL_MS = 100
_STOPPED = "stopped; nothing was written"
MOST_AT_ONCE = 2
DONE_MS = 30_000
"""How long a row stays once its task has ended well."""

Work = Callable[[Callable[[float], None], CancelFlag], Any]
"""What a task does, given a callback for its progress in [0, 1] and its cancel flag."""


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes
    ----------
    state : done, failed or cancelled
    title : what it was about, such as "picture.png"
    message : one line; the error where it failed
    path : what was written, where something was
    result : what the work returned, where it is done
    """

    state: str
    title: str
    message: str
    path: Path | None = None
    result: Any = None


class Task:
    """One piece of work in the background. Its fraction may be read at any time.

    ``verb`` says what is done, such as "Exporting".
    """

    def __init__(
        self, number: int, title: str, work: Work, path: Path | None, verb: str = "Exporting"
    ) -> None:
        self.number = number
        self.title = title
        self.work = work
        self.path = path
        self.verb = verb
        self.cancel_flag = CancelFlag()
        self.fraction = 0.0
        self.began: float | None = None

    @property
    def state(self) -> str:
        """waiting, running or stopping"""
        if self.cancel_flag.is_set:
            return "stopping"
        return "waiting" if self.began is None else "running"

    def report(self, fraction: float) -> None:
        """Called by the work, from any thread."""
        self.fraction = max(self.fraction, min(max(fraction, 0.0), 1.0))

    @property
    def eta(self) -> float | None:
        """Seconds left, as far as the work so far tells; None while that is too early."""
        spent = time.monotonic() - self.began if self.began is not None else 0.0
        if spent < 1.0 or self.fraction < 0.005:
            return None
        return spent * (1.0 - self.fraction) / self.fraction


class Tasks(QObject):
    """Runs tasks on the renderer's background threads and says how they go.

    At most two run at a time: the other background threads are for probes and thumbnails, which a
    person waits for.

    Signals
    -------
    started(Task), progressed(Task), ended(Task, Outcome)
    """

    started = Signal(object)
    progressed = Signal(object)
    ended = Signal(object, object)
    _finished = Signal(object, object)

    def __init__(self, submit: Callable[..., Future[Any]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._submit = submit
        self._numbers = itertools.count(1)
        self._waiting: deque[Task] = deque()
        self._running: dict[int, tuple[Task, Future[Any]]] = {}
        self._finished.connect(self._end, Qt.ConnectionType.QueuedConnection)
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._tell)

    @classmethod
    def of(cls, controller: Any) -> Tasks:
        """The tasks that belong to a controller."""
        found = controller.findChild(cls)
        return found if isinstance(found, cls) else cls(controller.renderer.background, controller)

    @property
    def unfinished(self) -> list[Task]:
        """Tasks that run or wait for their turn."""
        return [*(task for task, _ in self._running.values()), *self._waiting]

    def start(
        self, title: str, work: Work, path: Path | None = None, verb: str = "Exporting"
    ) -> Task:
        """Begin to work, or wait for a turn; a text that the work returns is its message."""
        task = Task(next(self._numbers), title, work, path, verb)
        self._waiting.append(task)
        self.started.emit(task)
        self._begin()
        self._poll.start()
        return task

    def cancel(self, task: Task) -> None:
        """Ask a task to stop; it ends soon, leaving no file."""
        task.cancel_flag.set()
        if task in self._waiting:
            self._waiting.remove(task)
            self.ended.emit(task, Outcome("cancelled", task.title, _STOPPED))
        else:
            self.progressed.emit(task)

    def shut_down(self) -> None:
        """Stop everything and wait until it has stopped."""
        self._waiting.clear()
        running = [future for _, future in self._running.values()]
        for task, _ in self._running.values():
            task.cancel_flag.set()
        wait(running)

    def _begin(self) -> None:
        while self._waiting and len(self._running) < MOST_AT_ONCE:
            task = self._waiting.popleft()
            task.began = time.monotonic()
            # Entered before it is submitted: it may end at once.
            self._running[task.number] = (task, Future())
            self._running[task.number] = (task, self._submit(self._run, task))

    def _run(self, task: Task) -> None:
        """Runs in a background thread."""
        try:
            task.cancel_flag.check()
            result = task.work(task.report, task.cancel_flag)
        except Cancelled:
            outcome = Outcome("cancelled", task.title, _STOPPED)
        except (ValueError, OSError, MemoryError) as error:
            outcome = Outcome("failed", task.title, message_of(error))
        except Exception as error:
            log.exception("%s failed", task.title)
            outcome = Outcome("failed", task.title, message_of(error))
        else:
            text = result if isinstance(result, str) else ""
            outcome = Outcome("done", task.title, text, task.path, result)
        self._finished.emit(task, outcome)

    @Slot(object, object)
    def _end(self, task: Task, outcome: Outcome) -> None:
        del self._running[task.number]
        self.ended.emit(task, outcome)
        self._begin()
        if not self._running:
            self._poll.stop()

    @Slot()
    def _tell(self) -> None:
        for task in self.unfinished:
            self.progressed.emit(task)


class TaskPanel(QWidget):
    """A row for each task that runs or has just ended; hidden while there is none.

    Rows of what went well leave by themselves; what failed stays until it is closed. Without
    ``keeps_all``, what wrote no file leaves at once: its result is seen elsewhere.
    """

    keeps_all = True

    def __init__(
        self,
        model: Any = None,
        controller: Any = None,
        parent: QWidget | None = None,
        tasks: Tasks | None = None,
    ) -> None:
        super().__init__(parent)
        self.tasks = Tasks.of(controller) if tasks is None else tasks
        self._wanted = True
        self.rows: dict[int, TaskRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2 * SPACE, SPACE // 2, 2 * SPACE, SPACE // 2)
        self._column.setSpacing(SPACE // 2)
        self.tasks.started.connect(self._started)
        self.tasks.progressed.connect(self._progressed)
        self.tasks.ended.connect(self._ended)
        self.hide()

    @Slot(object)
    def _started(self, task: Task) -> None:
        row = TaskRow(task)
        row.cancelled.connect(partial(self.tasks.cancel, task))
        row.closed.connect(partial(self._remove, task.number))
        self.rows[task.number] = row
        self._column.addWidget(row)
        self._show_or_hide()

    @Slot(object)
    def _progressed(self, task: Task) -> None:
        if task.number in self.rows:
            self.rows[task.number].show_progress(task)

    @Slot(object, object)
    def _ended(self, task: Task, outcome: Outcome) -> None:
        if task.number not in self.rows:
            return
        self.rows[task.number].show_outcome(outcome)
        if outcome.state == "done" and outcome.path is None and not self.keeps_all:
            self._remove(task.number)
        elif outcome.state != "failed":
            QTimer.singleShot(DONE_MS, self, partial(self._remove, task.number))

    def set_wanted(self, wanted: bool) -> None:
        """Show the rows there are, or leave the picture alone."""
        self._wanted = wanted
        self._show_or_hide()

    def _show_or_hide(self) -> None:
        self.setVisible(self._wanted and bool(self.rows))

    def shut_down(self) -> None:
        """Stop what runs, when the window closes."""
        self.tasks.shut_down()

    def _remove(self, number: int) -> None:
        row = self.rows.pop(number, None)
        if row is not None:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._show_or_hide()


class TaskRow(QWidget):
    """One task: what it is, how far, how long still, and how it ended."""

    cancelled = Signal()
    closed = Signal()

    def __init__(self, task: Task, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outcome: Outcome | None = None
        self.sign = QLabel()
        self.title = QLabel(task.title)
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.words = ElidedLabel()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(160, 4)
        self.bar.setAccessibleName(f"{task.title}: progress")
        self.show_button = QPushButton("Show in folder")
        self.show_button.clicked.connect(self._show_in_folder)
        self.show_button.hide()
        self.cancel_button = QuietButton("Cancel", f"Stop: {task.title}")
        self.cancel_button.clicked.connect(self.cancelled)
        self.close_button = QuietButton("", "Close this line")
        self.close_button.clicked.connect(self.closed)
        self.close_button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE + SPACE // 2)
        row.addWidget(self.sign)
        row.addWidget(self.title)
        row.addWidget(self.bar)
        row.addWidget(self.words, 1)
        row.addWidget(self.show_button)
        row.addWidget(self.cancel_button)
        row.addWidget(self.close_button)
        self._restyle(theme())
        appearance.changed.connect(self._restyle)
        self.show_progress(task)

    def show_progress(self, task: Task) -> None:
        if self._outcome is not None:
            return
        self.bar.setValue(round(1000 * task.fraction))
        words = f"{task.verb}, {100 * task.fraction:.0f} %"
        if task.eta is not None:
            words += f", {duration_text(task.eta)} left"
        waiting = {"waiting": "Waiting for its turn", "stopping": "Stopping…"}
        self.words.setText(waiting.get(task.state, words))
        self.cancel_button.setEnabled(task.state != "stopping")

    def show_outcome(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.bar.hide()
        self.cancel_button.hide()
        self.close_button.show()
        self.show_button.setVisible(outcome.state == "done" and outcome.path is not None)
        words = {"done": "Done", "failed": "Failed", "cancelled": "Stopped"}[outcome.state]
        if outcome.state != "cancelled" and outcome.message:
            words += f": {outcome.message}"
        self.words.setText(words)
        self._restyle(theme())

    @Slot()
    def _show_in_folder(self) -> None:
        if self._outcome is not None and self._outcome.path is not None:
            path = self._outcome.path
            folder = path if path.is_dir() else path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot(object)
    def _restyle(self, colors: Theme) -> None:
        self.close_button.setIcon(icon("close", "muted"))
        state = self._outcome.state if self._outcome is not None else "running"
        name, token = {
            "running": ("image", "muted"),
            "done": ("check", "good"),
            "failed": ("warning", "danger"),
            "cancelled": ("stop", "muted"),
        }[state]
        self.sign.setPixmap(pixmap(name, 16, self.devicePixelRatioF(), token))


def duration_text(seconds: float) -> str:
    """Seconds as a person reads them: 8 s, 2 min 05 s, 1 h 20 min."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
