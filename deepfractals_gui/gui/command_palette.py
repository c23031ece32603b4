"""One field that finds any action, System, place, palette or bookmark."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.coloring import PALETTES
from deepfractals_gui.experiments.lab_examples import EXAMPLES, Example
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import theme
from deepfractals_gui.systems import SYSTEMS

if TYPE_CHECKING:
    from deepfractals_gui.gui.main_window import MainWindow

Index = QModelIndex | QPersistentModelIndex
SHOWN = 60


@dataclass(frozen=True)
class Command:
    """A row of the palette: what it is called, what kind it is, what it does."""

    title: str
    kind: str
    run: Callable[[], object]
    keys: str = ""


def score(query: str, text: str) -> float | None:
    """How well the letters of a query fit a text in their order; None: they don't.

    Letters that begin words or follow each other count more; short texts come first.
    """
    wanted, inside = query.casefold().replace(" ", ""), text.casefold()
    total, place, last = 0.0, 0, -2
    for letter in wanted:
        found = inside.find(letter, place)
        if found < 0:
            return None
        starts = found == 0 or not inside[found - 1].isalnum()
        ahead = next(
            (i for i in range(found, len(inside)) if inside[i] == letter and _starts(inside, i)), -1
        )
        if found != last + 1 and not starts and ahead >= 0 and _fits(wanted, letter, inside, ahead):
            found, starts = ahead, True
        total += 3.0 if found == last + 1 else 2.0 if starts else 0.5
        last, place = found, found + 1
    return total - 0.01 * len(text)


def _starts(text: str, index: int) -> bool:
    return index == 0 or not text[index - 1].isalnum()


def _fits(wanted: str, letter: str, text: str, start: int) -> bool:
    """True when what follows the letter in the query is still found after ``start``."""
    rest = wanted[wanted.index(letter) + 1 :]
    place = start + 1
    for each in rest:
        place = text.find(each, place) + 1
        if place == 0:
            return False
    return True


def best(commands: Iterable[Command], query: str) -> list[Command]:
    """The commands that fit a query, the best first; all of them for an empty one."""
    if not query.strip():
        return list(commands)[:SHOWN]
    rated = [(score(query, f"{c.title} {c.kind}"), c) for c in commands]
    fitting = [(rating, c) for rating, c in rated if rating is not None]
    return [c for _, c in sorted(fitting, key=lambda pair: -pair[0])][:SHOWN]


def commands_of(window: MainWindow) -> list[Command]:
    """Everything that can be asked of a window now."""
    model = window.model
    style = QKeySequence.SequenceFormat.NativeText
    found = [
        Command(action.text().rstrip("…"), "", action.trigger, action.shortcut().toString(style))
        for action in window.actions_by_key.all
        if action.isEnabled() and action.objectName() != "commands"
    ]
    for action in window.menus.pages:
        keys = action.shortcut().toString(style)
        found.append(Command(action.text(), "page", action.trigger, keys))
    for number, system in enumerate(SYSTEMS, start=1):
        choose = partial(model.choose_system, system.key)
        found.append(Command(system.title, "system", choose, f"Alt+{number}"))
    for system in SYSTEMS:
        for preset in system.presets:
            look = partial(model.open_preset, system.key, preset)
            found.append(Command(preset.title, f"place in {system.title}", look))
    for example in EXAMPLES:
        train = partial(_open_example, window, example)
        found.append(Command(example.title, "network in the lab", train))
    for palette in PALETTES.values():
        found.append(Command(palette.title, "palette", partial(_use_palette, model, palette.key)))
    for bookmark in window.bookmarks.entries:
        look = partial(model.open_view, bookmark.document)
        found.append(Command(bookmark.name, "bookmark", look))
    for action in window.docks.toggles if window.pages.explores else ():
        verb = "Hide" if action.isChecked() else "Show"
        found.append(Command(f"{verb} {action.text()}", "panel", action.trigger))
    for action in window.menus.themes:
        found.append(Command(action.text(), "theme", action.trigger))
    return found


def _open_example(window: MainWindow, example: Example) -> None:
    window.bridges.open_params(example.params)


def _use_palette(model: SessionModel, key: str) -> None:
    model.replace(coloring=replace(model.coloring, palette=key))


class _Rows(QStyledItemDelegate):
    """Draws a command: its title, and quietly at the right its kind or its keys."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, option.fontMetrics.height() + 13)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command: Command = index.data(Qt.ItemDataRole.UserRole)
        colors = theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("selection"))
            painter.drawRoundedRect(option.rect.adjusted(2, 1, -2, -1), 5, 5)
        box = option.rect.adjusted(12, 0, -12, 0)
        right = command.keys or command.kind
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(colors.color("muted"))
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, right)
        room = box.width() - option.fontMetrics.horizontalAdvance(right) - 16
        title = option.fontMetrics.elidedText(command.title, Qt.TextElideMode.ElideRight, room)
        painter.setPen(colors.color("text"))
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignLeft, title)
        painter.restore()


class CommandPalette(QFrame):
    """A field and a list over the middle of the window; Enter runs, Esc closes."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("command_palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._commands = commands_of(window)
        self._before: QWidget | None = window.focusWidget()
        self._most = max(160, window.height() - 200)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find an action, a place, a palette, a bookmark")
        self.field.setAccessibleName("Find a command")
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nothing = QLabel("Nothing is called that")
        self.nothing.setProperty("role", "caption")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for widget in (self.field, self.nothing, self.list):
            column.addWidget(widget)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(40)
        shadow.setOffset(0, 10)
        shadow.setColor(theme().color("canvas", 0.8))
        self.setGraphicsEffect(shadow)
        colors = theme()
        self.setStyleSheet(
            f"#command_palette {{ background: {colors.surface}; border: 1px solid {colors.line};"
            " border-radius: 9px; }"
            f"#command_palette QLineEdit {{ background: {colors.surface}; border: none;"
            f" border-bottom: 1px solid {colors.line}; border-radius: 0; padding: 7px 8px; }}"
        )
        self.field.textChanged.connect(self._filter)
        self.list.itemClicked.connect(self._run)
        self.field.installEventFilter(self)
        self.setFixedWidth(min(620, window.width() - 40))
        self._filter("")

    @classmethod
    def open_over(cls, window: MainWindow) -> CommandPalette:
        """Open the palette over a window, and put the cursor into it."""
        for old in window.findChildren(CommandPalette):
            old.close()
        palette = cls(window)
        palette.move((window.width() - palette.width()) // 2, 92)
        palette.show()
        palette.raise_()
        palette.field.setFocus()
        return palette

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.close()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            # Esc and the arrows belong to the palette while it is open.
            event.accept()
        return False

    def _key(self, key: Qt.Key) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if key == Qt.Key.Key_Escape:
            self._leave()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._run(item)
        elif key in steps and self.list.count():
            row = (self.list.currentRow() + steps[key]) % self.list.count()
            self.list.setCurrentRow(row)
        else:
            return False
        return True

    @Slot(str)
    def _filter(self, query: str) -> None:
        self.list.clear()
        for command in best(self._commands, query):
            item = QListWidgetItem(command.title)
            item.setData(Qt.ItemDataRole.UserRole, command)
            self.list.addItem(item)
        count = self.list.count()
        self.nothing.setVisible(not count)
        self.list.setVisible(bool(count))
        rows = count * self.list.sizeHintForRow(0) + 4 if count else 0
        self.list.setFixedHeight(min(rows, self._most, 440))
        self.list.setCurrentRow(0)
        self.adjustSize()

    @Slot(QListWidgetItem)
    def _run(self, item: QListWidgetItem) -> None:
        command: Command = item.data(Qt.ItemDataRole.UserRole)
        self._leave()
        command.run()

    def _leave(self) -> None:
        before, self._before = self._before, None
        self.close()
        if before is not None:
            before.setFocus()
