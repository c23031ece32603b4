"""The words everything speaks. NumPy and the standard library only."""

from deepfractals_gui.core.arrays import Array, Float64, format_complex, parse_complex
from deepfractals_gui.core.axis import Axis
from deepfractals_gui.core.cancel import CancelFlag, Cancelled
from deepfractals_gui.core.channel import Channel, ChannelKind
from deepfractals_gui.core.coloring import Coloring, EscapeBands, LimitRays, Recipe, Regimes
from deepfractals_gui.core.dataref import DataRef
from deepfractals_gui.core.document import Document
from deepfractals_gui.core.experiment import Experiment, Picture, Snapshot
from deepfractals_gui.core.params import DataSource, ParamError, ParamSpec, Table, param, specs
from deepfractals_gui.core.status import Status
from deepfractals_gui.core.system import STEP_NUMBER, Curve, Overlay, Preset, Probe, System
from deepfractals_gui.core.viewport import Points, Raster, Viewport

__all__ = [
    "STEP_NUMBER",
    "Array",
    "Axis",
    "CancelFlag",
    "Cancelled",
    "Channel",
    "ChannelKind",
    "Coloring",
    "Curve",
    "DataRef",
    "DataSource",
    "Document",
    "EscapeBands",
    "Experiment",
    "Float64",
    "LimitRays",
    "Overlay",
    "ParamError",
    "ParamSpec",
    "Picture",
    "Points",
    "Preset",
    "Probe",
    "Raster",
    "Recipe",
    "Regimes",
    "Snapshot",
    "Status",
    "System",
    "Table",
    "Viewport",
    "format_complex",
    "param",
    "parse_complex",
    "specs",
]
