"""Every action, declared once: menus, toolbar, command palette and shortcut sheet follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence

from deepfractals_gui.gui.icons import icon
from deepfractals_gui.gui.theme import appearance


@dataclass(frozen=True)
class Action:
    """One thing that can be asked for.

    Attributes
    ----------
    key : stable name; tests and the toolbar refer to it
    handler : ``target.method``, looked up when the window is built
    shortcuts : the first is shown, all of them work
    icon : a name from icons.ICONS, or ""
    checkable : it is on or off; the handler gets the new state
    checked : how it begins
    """

    key: str
    title: str
    menu: str
    handler: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tooltip: str = ""
    checkable: bool = False
    checked: bool = False


SEPARATOR = "-"
MENUS = ("File", "Edit", "View", "Systems", "Help")

ACTIONS: tuple[Action, ...] = (
    Action("open", "Open…", "File", "file.open", ("Ctrl+O",), "open", "Open a document or a PNG"),
    Action("save", "Save", "File", "file.save", ("Ctrl+S",), "save", "Save this view"),
    Action("save_as", "Save as…", "File", "file.save_as", ("Ctrl+Shift+S",)),
    Action(
        "last_session", "Return to the last session", "File", "file.open_last", ("Ctrl+Shift+T",)
    ),
    Action(SEPARATOR, "", "File", ""),
    Action(
        "export_image",
        "Export image…",
        "File",
        "file.export_image",
        ("Ctrl+E",),
        "image",
        "Export a PNG of any size, with the view inside",
    ),
    Action(
        "export_movie",
        "Export movie…",
        "File",
        "file.export_movie",
        ("Ctrl+Shift+E",),
        "movie",
        "Export a zoom to this view as a movie or as numbered pictures",
    ),
    Action(SEPARATOR, "", "File", ""),
    Action(
        "sample_cache",
        "Samples on the disk…",
        "File",
        "file.show_sample_cache",
        tooltip="What is kept of pictures that took long, and how much room it takes",
    ),
    Action(SEPARATOR, "", "File", ""),
    Action("quit", "Quit", "File", "window.close", ("Ctrl+Q",)),
    Action("undo", "Undo", "Edit", "model.undo", ("Ctrl+Z",), "undo"),
    Action("redo", "Redo", "Edit", "model.redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    Action(SEPARATOR, "", "Edit", ""),
    Action("copy_image", "Copy image", "Edit", "file.copy_image", ("Ctrl+C",), "copy"),
    Action(
        "copy_coordinates", "Copy coordinates", "Edit", "file.copy_coordinates", ("Ctrl+Shift+C",)
    ),
    Action("copy_document", "Copy view as text", "Edit", "file.copy_document"),
    Action(
        "paste",
        "Paste view or coordinates",
        "Edit",
        "file.paste",
        ("Ctrl+V",),
        tooltip="Go to coordinates or to a view copied as text",
    ),
    Action("back", "Back", "View", "model.back", ("Alt+Left",), "back", "Where you looked before"),
    Action("forward", "Forward", "View", "model.forward", ("Alt+Right",), "forward"),
    Action("home", "Home", "View", "model.home", ("Ctrl+Home",), "home", "The whole plane"),
    Action(
        "go_to",
        "Go to coordinates…",
        "View",
        "view.go_to",
        ("Ctrl+G",),
        "target",
    ),
    Action("zoom_in", "Zoom in", "View", "view.zoom_in", ("Ctrl++", "Ctrl+="), "zoom_in"),
    Action("zoom_out", "Zoom out", "View", "view.zoom_out", ("Ctrl+-",), "zoom_out"),
    Action(SEPARATOR, "", "View", ""),
    Action(
        "bookmark",
        "Bookmark this view",
        "View",
        "view.bookmark",
        ("Ctrl+D",),
        "bookmark",
    ),
    Action(
        "pause",
        "Pause or go on",
        "View",
        "controller.toggle_pause",
        ("Ctrl+P", "Pause"),
        "pause",
        "Let the picture that is being computed stand still, or go on with it",
    ),
    Action(
        "render_fully",
        "Render fully",
        "View",
        "controller.render_fully",
        ("Ctrl+R",),
        tooltip="Compute every pixel of a picture that was left coarse",
    ),
    Action(
        "pin",
        "Pin or unpin the point",
        "View",
        "view.toggle_pin",
        ("Ctrl+Shift+D",),
        "pin",
        "Keep the point that was clicked, to compare it with others",
    ),
    Action("unpin_all", "Unpin every point", "View", "view.unpin_all", ("Ctrl+Shift+Backspace",)),
    Action("clear_orbit", "Clear the orbit", "View", "view.clear_orbit", ("Ctrl+Backspace",)),
    Action(SEPARATOR, "", "View", ""),
    Action(
        "axes", "Axes", "View", "view.set_axes", ("Ctrl+Shift+A",), checkable=True, checked=True
    ),
    Action(
        "overlays",
        "Marks of the system",
        "View",
        "view.set_overlays",
        ("Ctrl+Shift+M",),
        checkable=True,
        tooltip="Show what the system marks on its plane, such as critical points",
    ),
    Action(
        "presentation",
        "Only the picture",
        "View",
        "view.set_presentation",
        ("F5", "Ctrl+."),
        checkable=True,
    ),
    Action(
        "full_screen",
        "Full screen",
        "View",
        "view.set_full_screen",
        ("F11",),
        "full_screen",
        checkable=True,
    ),
    Action("reset_layout", "Reset the panels", "View", "view.reset_layout"),
    Action(
        "essay",
        "About this map or page",
        "Help",
        "view.show_essay",
        ("F1",),
        "help",
        "Read what you see",
    ),
    Action(
        "commands",
        "Command palette…",
        "Help",
        "view.show_commands",
        ("Ctrl+K", "Ctrl+Shift+P"),
        "search",
        "Find any action, place, palette or bookmark",
    ),
    Action("shortcuts", "Shortcuts", "Help", "view.show_shortcuts", ("?", "Ctrl+/")),
    Action(SEPARATOR, "", "Help", ""),
    Action("log_folder", "Open the log folder", "Help", "file.open_log_folder", (), "folder"),
    Action("about", "About deepfractals", "Help", "view.show_about"),
)

TOOLBAR: tuple[str, ...] = (
    "back",
    "forward",
    "home",
    SEPARATOR,
    "undo",
    "redo",
    SEPARATOR,
    "zoom_out",
    "zoom_in",
)
"""Actions at the left of the toolbar."""
TOOLBAR_END: tuple[str, ...] = ("bookmark", "export_image", "export_movie", "commands")
"""Actions at its right."""

GESTURES: tuple[tuple[str, str], ...] = (
    ("Drag", "Zoom into a rectangle; Esc or the right button cancels"),
    ("Wheel, pinch", "Zoom about the pointer; Ctrl for small steps"),
    ("Middle drag, Space + drag", "Move the picture"),
    ("Double click", "Move a point to the centre"),
    ("Click", "Draw the orbit of a point, or see its training run; Esc stops it"),
    ("Right click", "What can be done at a point"),
    ("Arrows", "Move; with Shift in small steps"),
    ("+  −", "Zoom; with Shift − in small steps"),
    ("R", "A rectangle to move (arrows) and size (+ −); Enter zooms"),
    ("X", "A crosshair to move (arrows); Enter draws the orbit"),
    ("Home", "The whole plane"),
)
"""What the canvas understands besides the actions, for the shortcut sheet."""
LAB_KEYS: tuple[tuple[str, str], ...] = (
    ("Space", "Train or pause"),
    ("B  E", "Train one batch, or one epoch"),
    ("R", "Rewind to the same first weights"),
    ("K", "Keep the run, to compare it"),
    ("Alt+Up  Alt+Down", "Move the layer"),
    ("Ctrl+O  Ctrl+S", "Open data or a run; save the run"),
    ("Ctrl+E", "Export what is seen"),
)
"""What the lab understands, for the shortcut sheet."""
FIELD_KEYS: tuple[tuple[str, str], ...] = (
    ("Space  B  E  R", "Train, one batch, one epoch, rewind"),
    ("P", "Play how the field settles"),
    ("M", "Let the latest or the best model answer"),
    ("Left  Right  Home  End", "Go through its steps"),
    ("0 … 9", "On the pad: put a digit there, the next one of its kind"),
    ("Shift+arrows  Delete", "On the pad: draw, clear"),
    ("Ctrl+O  Ctrl+S", "Open a run; save it"),
    ("Ctrl+E  Ctrl+Shift+E", "Export a strip of steps, or a film"),
)
"""What the field's page understands, for the shortcut sheet."""
ATLAS_KEYS: tuple[tuple[str, str], ...] = (
    ("Space  B  E  R", "Train, one batch, one epoch, rewind"),
    ("Arrows  Page Up  Page Down", "In the text: go through it; Home and End to its ends"),
    ("Wheel  +  −  0", "On the strip: zoom, all of the book"),
    ("Ctrl+Z  Ctrl+Shift+Z", "Take a change of the settings back, make it again"),
    ("Ctrl+O  Ctrl+Shift+O  Ctrl+S", "Open a book, open a run, save the run"),
    ("Ctrl+E  Ctrl+D", "Export the book, decode an export"),
)
"""What the atlas' page understands, for the shortcut sheet."""


class Actions(QObject):
    """The window's QActions by key, connected to their handlers."""

    def __init__(self, targets: Mapping[str, object], parent: QObject) -> None:
        super().__init__(parent)
        self._actions: dict[str, QAction] = {}
        for declared in ACTIONS:
            if declared.key != SEPARATOR:
                self._actions[declared.key] = self._make(declared, targets)
        appearance.changed.connect(self._draw_icons)
        self._draw_icons()

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    @property
    def all(self) -> tuple[QAction, ...]:
        return tuple(self._actions.values())

    def _make(self, declared: Action, targets: Mapping[str, object]) -> QAction:
        action = QAction(declared.title, self)
        action.setObjectName(declared.key)
        action.setShortcuts([QKeySequence(keys) for keys in declared.shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setCheckable(declared.checkable)
        action.setChecked(declared.checked)
        tip = declared.tooltip or declared.title.rstrip("…")
        if declared.shortcuts:
            keys = QKeySequence(declared.shortcuts[0])
            tip += f"  ({keys.toString(QKeySequence.SequenceFormat.NativeText)})"
        action.setToolTip(tip)
        action.setStatusTip("")
        target, _, method = declared.handler.partition(".")
        handler = getattr(targets[target], method)
        if declared.checkable:
            action.toggled.connect(handler)
        else:
            # Handlers take no argument; `triggered` would hand them its state.
            action.triggered.connect(_Call(handler, action).run)
        return action

    @Slot()
    def _draw_icons(self) -> None:
        for declared in ACTIONS:
            if declared.icon:
                self._actions[declared.key].setIcon(icon(declared.icon))


class _Call(QObject):
    """Calls a handler without the argument of the signal."""

    def __init__(self, handler: object, parent: QObject) -> None:
        super().__init__(parent)
        self._handler = handler

    @Slot()
    def run(self) -> None:
        assert callable(self._handler)
        self._handler()
