"""A strip over the canvas that says one thing, and perhaps offers one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from deepfractals_gui.gui.icons import icon, pixmap
from deepfractals_gui.gui.theme import Theme, appearance

Kind = Literal["info", "warning", "error"]
_LOOKS: dict[Kind, tuple[str, str]] = {
    "info": ("info", "accent"),
    "warning": ("warning", "warning"),
    "error": ("warning", "danger"),
}
INFO_MS = 6000


@dataclass(frozen=True)
class _Message:
    """What is said; ``callback`` belongs to the button ``action``."""

    text: str
    kind: Kind
    action: str
    callback: Callable[[], object] | None
    dismissed: Callable[[], object] | None


class Banner(QWidget):
    """Shows the last message; informations go by themselves, problems stay until closed.

    An offer that waits for an answer, which is a message with a button and something to do when
    it is declined, comes back when a later message has gone.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        # A plain widget draws the ground of its style sheet only when told to.
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._message: _Message | None = None
        self._offer: _Message | None = None
        self._sign = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = QPushButton(self)
        self._action.clicked.connect(self._act)
        self._close = QToolButton(self)
        self._close.setToolTip("Close this message")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 8, 7)
        row.setSpacing(10)
        for widget in (self._sign, self._text, self._action, self._close):
            row.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INFO_MS)
        self._timer.timeout.connect(self.dismiss)
        self.hide()
        appearance.changed.connect(self._restyle)

    @property
    def text(self) -> str:
        """The message shown, or ""."""
        return self._message.text if self._message is not None else ""

    @property
    def going(self) -> bool:
        """True while the message will go by itself."""
        return self._timer.isActive()

    def say(
        self,
        text: str,
        kind: Kind = "info",
        *,
        action: str = "",
        callback: Callable[[], object] | None = None,
        dismissed: Callable[[], object] | None = None,
    ) -> None:
        """Show one line in place of the last one.

        Parameters
        ----------
        action : title of the button that calls ``callback``; "" for no button
        dismissed : called when a person closes the message without the action
        """
        if self._message is not None and self._message.dismissed is not None:
            self._offer = self._message
        self._show(_Message(text, kind, action, callback, dismissed))

    @Slot()
    def dismiss(self) -> None:
        """Take the message away."""
        gone = self._go()
        if gone is not None and gone.dismissed is not None:
            gone.dismissed()

    @Slot()
    def _act(self) -> None:
        done = self._go()
        if done is not None and done.callback is not None:
            done.callback()

    def _show(self, message: _Message) -> None:
        self._message = message
        self._text.setText(message.text)
        self._text.setAccessibleName(f"{message.kind}: {message.text}")
        # The mnemonic makes it reachable by Alt and its first letter.
        self._action.setText(f"&{message.action}" if message.action else "")
        self._action.setVisible(bool(message.action))
        self._restyle(appearance.theme)
        self._timer.stop()
        if message.kind == "info" and message.dismissed is None:
            self._timer.start()
        self.show()

    def _go(self) -> _Message | None:
        """Hide the message, or bring back the offer it stood before; returns what has gone."""
        gone, self._message = self._message, None
        self._timer.stop()
        offer, self._offer = self._offer, None
        if offer is not None:
            self._show(offer)
        else:
            self.hide()
        return gone

    @Slot(object)
    def _restyle(self, theme: Theme) -> None:
        sign, token = _LOOKS[self._message.kind if self._message is not None else "info"]
        self._sign.setPixmap(pixmap(sign, 18, self.devicePixelRatioF(), token))
        self._close.setIcon(icon("close", "muted"))
        self.setStyleSheet(
            f"#banner {{ background: {theme.surface}; border: 1px solid {theme.line};"
            f" border-left: 3px solid {getattr(theme, token)}; border-radius: 6px; }}"
        )
