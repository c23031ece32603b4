"""The named colours of the window, dark and light, and what is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from deepfractals_gui.gui.stylesheet import stylesheet

Choice = Literal["system", "dark", "light"]
CHOICES: tuple[Choice, ...] = ("system", "dark", "light")


@dataclass(frozen=True)
class Theme:
    """Named colours as ``#rrggbb``.

    Attributes
    ----------
    window : the frame around everything; surface : panels; raised : buttons and hovered rows
    field : where one types; canvas : what surrounds the picture; line : the few borders there are
    text, muted, faint : three strengths of writing
    accent, on_accent : the one colour that says "this one", and writing upon it
    selection : a quiet ground in the accent's hue
    warning, danger, good : states, always with a sign or a word as well
    series : colours of curves, told apart in this order
    """

    name: Literal["dark", "light"]
    window: str
    surface: str
    raised: str
    field: str
    canvas: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    selection: str
    warning: str
    danger: str
    good: str
    series: tuple[str, ...]

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """The colour of a token, such as ``color("accent", 0.4)``."""
        color = QColor(getattr(self, token))
        color.setAlphaF(alpha)
        return color


DARK = Theme(
    name="dark",
    window="#17181b",
    surface="#1c1d21",
    raised="#282a30",
    field="#121316",
    canvas="#0e0f11",
    line="#2b2d33",
    text="#dddfe3",
    muted="#949aa4",
    faint="#646a75",
    accent="#5fc9b1",
    on_accent="#08211c",
    selection="#21403a",
    warning="#e5b454",
    danger="#ee7468",
    good="#7fc77a",
    series=("#5fc9b1", "#e5b454", "#9d8cf0", "#ee7468", "#64a8e8", "#c7d36f"),
)
LIGHT = Theme(
    name="light",
    window="#ededee",
    surface="#f6f6f7",
    raised="#e2e3e6",
    field="#ffffff",
    canvas="#dcdde0",
    line="#d2d4d8",
    text="#1f2226",
    muted="#5d636d",
    faint="#8d939d",
    accent="#0b7d69",
    on_accent="#ffffff",
    selection="#c9e6df",
    warning="#9a6400",
    danger="#bd3226",
    good="#2f7d32",
    series=("#0b7d69", "#a36a00", "#5f4bc4", "#bd3226", "#1f6fb5", "#6d7a10"),
)


def choice_of(text: str) -> Choice:
    """A choice from its name; an unknown one follows the system."""
    return next((choice for choice in CHOICES if choice == text), "system")


class Appearance(QObject):
    """The theme in use; ``changed(Theme)`` is emitted after everything has been repainted."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._choice: Choice = "dark"
        self._theme = DARK
        self._follows = False

    @property
    def theme(self) -> Theme:
        return self._theme

    @property
    def choice(self) -> Choice:
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Use a theme, or follow the system's; an unknown system setting counts as dark."""
        self._choice = choice
        hints = QGuiApplication.styleHints()
        if not self._follows:
            hints.colorSchemeChanged.connect(self._system_changed)
            self._follows = True
        if choice == "system":
            light = hints.colorScheme() == Qt.ColorScheme.Light
            self._use(LIGHT if light else DARK)
        else:
            self._use(LIGHT if choice == "light" else DARK)

    @Slot()
    def _system_changed(self) -> None:
        if self._choice == "system":
            self.choose("system")

    def _use(self, theme: Theme) -> None:
        self._theme = theme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setPalette(palette_of(theme))
            application.setStyleSheet(stylesheet(theme))
        self.changed.emit(theme)


appearance = Appearance()
themeChanged = appearance.changed


def theme() -> Theme:
    """The theme in use."""
    return appearance.theme


def style_application(application: QApplication, choice: Choice) -> None:
    """Give the application its style, type and theme."""
    application.setStyle("Fusion")
    application.setFont(interface_font(application.font()))
    appearance.choose(choice)


def interface_font(default: QFont) -> QFont:
    """The system's own type, or a quieter one where the system has only a fallback."""
    font = QFont(default)
    if default.family() in ("Sans Serif", "Sans", "DejaVu Sans", "Bitstream Vera Sans"):
        installed = set(QFontDatabase.families())
        for family in ("Inter", "Noto Sans", "Source Sans 3", "Open Sans", "Liberation Sans"):
            if family in installed:
                font.setFamily(family)
                break
    if 0 < font.pointSizeF() < 9.5:
        font.setPointSizeF(9.5)
    return font


def small_font(base: QFont) -> QFont:
    """Type for captions: a step smaller."""
    font = QFont(base)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * 0.9)
    return font


def number_font(base: QFont) -> QFont:
    """Type in which every digit is equally wide, so that numbers don't jitter."""
    font = QFont(base)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def palette_of(theme: Theme) -> QPalette:
    """The Qt palette that Fusion draws with."""
    palette = QPalette()
    role = QPalette.ColorRole
    roles = {
        role.Window: "window",
        role.WindowText: "text",
        role.Base: "field",
        role.AlternateBase: "surface",
        role.ToolTipBase: "raised",
        role.ToolTipText: "text",
        role.Text: "text",
        role.PlaceholderText: "faint",
        role.Button: "raised",
        role.ButtonText: "text",
        role.BrightText: "accent",
        role.Highlight: "accent",
        role.HighlightedText: "on_accent",
        role.Link: "accent",
        role.LinkVisited: "accent",
        role.Accent: "accent",
        role.Light: "raised",
        role.Midlight: "raised",
        role.Mid: "line",
        role.Dark: "line",
        role.Shadow: "canvas",
    }
    for each, token in roles.items():
        palette.setColor(each, theme.color(token))
    off = QPalette.ColorGroup.Disabled
    for each in (role.WindowText, role.Text, role.ButtonText, role.ToolTipText):
        palette.setColor(off, each, theme.color("faint"))
    palette.setColor(off, role.Highlight, theme.color("line"))
    palette.setColor(off, role.HighlightedText, theme.color("muted"))
    return palette
