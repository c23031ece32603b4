"""The first start: kernels compile in a child process, and one sees how far they are."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QProcess, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from deepfractals_gui.gui.theme import Theme, appearance, small_font, theme
from deepfractals_gui.kernels import cache

_log = logging.getLogger(__name__)
COMMAND = (sys.executable, "-m", "deepfractals_gui.kernels.warm")
_STEP = re.compile(r"(.+) (\d+)/(\d+)")


class Preparing(QObject):
    """Makes sure that kernels are compiled before the first picture, without stalling anything.

    Signals
    -------
    ready()   pictures can be computed; also after a failure, when kernels compile as needed
    """

    ready = Signal()

    def __init__(self, over: QWidget, command: Sequence[str] = COMMAND) -> None:
        super().__init__(over)
        self._command = tuple(command)
        self._over = over
        self._process: QProcess | None = None
        self._notice: _Notice | None = None
        self._rest = b""

    @property
    def active(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Compile if need be; `ready` follows at once when there is nothing to do."""
        if cache.is_warm() or getattr(sys, "frozen", False):
            self.ready.emit()
            return
        self._notice = _Notice(self._over)
        self._process = process = QProcess(self)
        process.setProgram(self._command[0])
        process.setArguments(self._command[1:])
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._broke)
        process.start()

    def close(self) -> None:
        """Stop compiling; what is compiled stays in the cache."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(2000)
        self._end()

    @Slot()
    def _read(self) -> None:
        if self._process is None:
            return
        lines = (self._rest + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            found = _STEP.fullmatch(line.decode("utf-8", "replace").strip())
            if found and self._notice is not None:
                self._notice.show_step(int(found[2]), int(found[3]), found[1])

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        if code != 0 or status != QProcess.ExitStatus.NormalExit:
            said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
            _log.warning("preparing the kernels ended with %s: %s", code, said[-2000:])
        self._process = None
        self._end()
        self.ready.emit()

    @Slot(QProcess.ProcessError)
    def _broke(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            _log.warning("the kernels can't be prepared in a process of their own: %s", error)
            self._process = None
            self._end()
            self.ready.emit()

    def _end(self) -> None:
        notice, self._notice = self._notice, None
        if notice is not None:
            notice.hide()
            notice.deleteLater()


class _Notice(QWidget):
    """A calm note in the middle of the canvas."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.title = QLabel("Preparing the first picture")
        self.step = QLabel("The kernels are compiled once for this computer.")
        self.step.setFont(small_font(self.step.font()))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setFixedSize(280, 4)
        self.bar.setAccessibleName("Preparing the kernels")
        self._step_text = ""
        self._seconds = 0
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._count)
        self._clock.start()
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.title, self.bar, self.step):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        self._restyle(theme())
        appearance.changed.connect(self._restyle)
        over.installEventFilter(self)
        self._place()
        self.show()

    def show_step(self, done: int, total: int, name: str) -> None:
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        self._step_text = f"Compiling kernels for this computer, once: {done} of {total}, {name}"
        self._seconds = 0
        self.step.setText(self._step_text)
        self._place()

    @Slot()
    def _count(self) -> None:
        """A kernel may take a while: seconds that pass show that it goes on."""
        self._seconds += 1
        if self._step_text:
            self.step.setText(f"{self._step_text}  {self._seconds} s")
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        size = self.sizeHint().expandedTo(self.minimumSize())
        self.resize(max(size.width(), 420), size.height())
        self.move(
            (self._over.width() - self.width()) // 2, (self._over.height() - self.height()) // 2
        )

    @Slot(object)
    def _restyle(self, theme: Theme) -> None:
        self.title.setStyleSheet(f"color: {theme.text}; font-weight: 600;")
        self.step.setStyleSheet(f"color: {theme.muted};")
