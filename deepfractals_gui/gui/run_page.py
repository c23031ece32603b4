"""What the pages have in common on which something learns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from deepfractals_gui.gui.controls import QuietButton
from deepfractals_gui.gui.lab.train_bar import TrainBar
from deepfractals_gui.gui.sentences import sentence

UNUSABLE = "This can't be used: see the settings."


class RunPage(QWidget):
    """A run that is begun, trained, paused and rewound, by its bar and by keys.

    Attributes
    ----------
    bar : begins and pauses, and tells how the run stands
    trainer, settings, files : set by a page before it calls `_connect_run`
    look : the newest look at the run, of the kind that the trainer shows
    """

    trainer: Any
    settings: Any
    files: Any

    def __init__(self, name: str, params: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        # The columns rearrange themselves: what they ask for now must not hold the window open.
        self.setMinimumSize(640, 420)
        self.setAccessibleName(name)
        self.look: Any = None
        self.bar = TrainBar()
        self._changed = False
        self._error = ""
        self._more_epochs = params.epochs

    # Building

    def _add_menu(self, told: str) -> None:
        """Put what has to do with files into a menu on the bar."""
        self.menu_button = QuietButton("Files ▾", told)
        self.menu_button.setPopupMode(QuietButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.menu_button)
        self.files.fill(menu)
        self.menu_button.setMenu(menu)
        self.bar.extra.addWidget(self.menu_button)

    def _connect_run(self, *more: tuple[str, Callable[[], None]]) -> None:
        """Listen to trainer and bar, and to the keys for files and ``more``."""
        queued = Qt.ConnectionType.QueuedConnection
        self.trainer.looked.connect(self._looked, queued)
        self.trainer.failed.connect(self._failed, queued)
        self.trainer.done.connect(self._done, queued)
        self.trainer.opened.connect(self._opened, queued)
        self.bar.startWished.connect(self.start)
        self.bar.pauseWished.connect(self.pause)
        self.bar.batchWished.connect(self.trainer.step_batch)
        self.bar.epochWished.connect(self.trainer.step_epoch)
        self.bar.rewindWished.connect(self.rewind)
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, act in (*self.files.shortcuts, *more):
            QShortcut(QKeySequence(keys), self, context=inside).activated.connect(act)

    # Training

    @Slot()
    def start(self) -> None:
        """Train; after the last epoch as many again."""
        look = self.look
        self._error = ""
        if self._changed:
            self._begin(self.settings.params, run=True)
            return
        if look is not None and look.state.stopped:
            if look.state.exploded:
                return
            epochs = look.state.epoch + max(self._more_epochs, 1)
            self.settings.set_params(replace(self.settings.params, epochs=epochs))
            self.trainer.set_epochs(epochs)
        self.bar.set_running(True)
        self.trainer.run()

    @Slot()
    def pause(self) -> None:
        self.bar.set_running(False)
        self.trainer.pause()

    @Slot()
    def rewind(self) -> None:
        """Go back to the first weights; settings that have changed are applied."""
        self._begin(self.settings.params)

    def _begin(self, params: Any, run: bool = False) -> None:
        self._changed, self._error = False, ""
        self.settings.clear_errors()
        self.trainer.begin(params, run)

    # What the trainer says. These slots are overridden nowhere: one that is would be called through
    # an object of its own, which outlives the page.

    @Slot(object)
    def _looked(self, look: Any) -> None:
        self._take(look)

    @Slot(str, str)
    def _failed(self, name: str, message: str) -> None:
        self._fail(name, message)

    @Slot(str)
    def _done(self, message: str) -> None:
        self._say_done(message)

    @Slot(object)
    def _opened(self, params: Any) -> None:
        self._show_opened(params)

    # What a page makes of it

    def _take(self, look: Any) -> None:
        """Show how the run stands."""
        raise NotImplementedError

    def _fail(self, name: str, message: str) -> None:
        self.bar.set_running(False)
        shown = self.settings.show_error(name, message)
        # Settings that can't be used are no run's: the one at hand has others.
        self._changed = self._changed or (shown and self.look is not None)
        self.say_error(UNUSABLE if shown else sentence(message))

    def say_error(self, words: str) -> None:
        """Say what went wrong, until something else is tried."""
        self._error = words
        self.bar.say(words, "error")

    def _say_done(self, message: str) -> None:
        self.bar.say(message, "good")

    def _show_opened(self, params: Any) -> None:
        """Show the settings of a run that goes on from its file."""
        self._changed, self._error = False, ""
        self._more_epochs = params.epochs
        self.settings.clear_errors()
        self.settings.set_params(params)

    # Events

    @property
    def _keys(self) -> dict[Qt.Key, Callable[[], None]]:
        """What further keys do on a page."""
        return {}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() or event.modifiers() == Qt.KeyboardModifier.KeypadModifier
        acts = {
            Qt.Key.Key_Space: self.pause if self.bar.running else self.start,
            Qt.Key.Key_B: self.bar.batch_button.click,
            Qt.Key.Key_E: self.bar.epoch_button.click,
            Qt.Key.Key_R: self.bar.rewind_button.click,
            **self._keys,
        }
        act = acts.get(Qt.Key(event.key()))
        if plain and act is not None and not event.isAutoRepeat():
            act()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files.take(paths[0])
