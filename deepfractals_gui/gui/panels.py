"""Which panels surround the canvas, in the order in which they are laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtWidgets import QWidget

from deepfractals_gui.gui.colour_panel import ColourPanel
from deepfractals_gui.gui.gallery import Gallery
from deepfractals_gui.gui.help_panel import HelpPanel
from deepfractals_gui.gui.history_strip import HistoryStrip
from deepfractals_gui.gui.inspector import Inspector
from deepfractals_gui.gui.linked_view import LinkedView
from deepfractals_gui.gui.measure_panel import MeasurePanel
from deepfractals_gui.gui.parameter_form import ParameterForm
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.session_model import SessionModel


@dataclass(frozen=True)
class Panel:
    """A dock: its key, title and icon, where it begins, and how large in logical pixels.

    A ``tabbed`` panel lies behind the one before it in its area.
    """

    key: str
    title: str
    icon: str
    area: Literal["left", "right", "bottom"]
    build: Callable[[SessionModel, RenderController], QWidget]
    width: int = 0
    height: int = 0
    tabbed: bool = False
    shown: bool = True


PANELS: tuple[Panel, ...] = (
    Panel("gallery", "Gallery", "gallery", "left", Gallery, 252, 0),
    Panel("parameters", "Parameters", "parameters", "right", ParameterForm, 330, 430),
    Panel("help", "About this map", "help", "right", HelpPanel, tabbed=True),
    Panel("colour", "Colour", "colour", "right", ColourPanel, 330, 430),
    Panel("linked", "Linked plane", "swap", "right", LinkedView, tabbed=True),
    Panel("measure", "Measure", "measure", "right", MeasurePanel, tabbed=True),
    Panel("inspector", "Inspector", "inspector", "bottom", Inspector, 0, 230),
    Panel("history", "History", "history", "bottom", HistoryStrip, tabbed=True),
)
