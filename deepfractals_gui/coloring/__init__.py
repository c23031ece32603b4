"""From channels to pixels."""

from collections.abc import Mapping

from deepfractals_gui.coloring.legend import legend
from deepfractals_gui.coloring.lookup import NEUTRAL, swatch
from deepfractals_gui.coloring.mode import Mode
from deepfractals_gui.coloring.modes import MODES, mode_of
from deepfractals_gui.coloring.paint import BandPainter, Run, apply, locked
from deepfractals_gui.coloring.palette import Palette
from deepfractals_gui.coloring.palettes import PALETTES, palette
from deepfractals_gui.coloring.ranges import Histogram
from deepfractals_gui.coloring.scene import Scene
from deepfractals_gui.coloring.turning import suited
from deepfractals_gui.core import Array, Coloring

__all__ = [
    "MODES",
    "NEUTRAL",
    "PALETTES",
    "BandPainter",
    "Histogram",
    "Mode",
    "Palette",
    "Run",
    "Scene",
    "apply",
    "histogram",
    "legend",
    "locked",
    "mode_of",
    "palette",
    "suited",
    "swatch",
]


def histogram(
    channels: Mapping[str, Array], scene: Scene, coloring: Coloring, bins: int = 128
) -> Histogram:
    """Counts of what the colouring shows, over its range and a little beyond.

    Raises
    ------
    ValueError   the mode or channel doesn't exist here
    """
    return mode_of(coloring).histogram(channels, scene, coloring, bins)
