"""Measurements: the dimension of a boundary, and what of a picture is rounding."""

from deepfractals_gui.analysis.boxes import (
    BoxCount,
    Fit,
    box_count,
    dyadic_dimension,
    dyadic_sizes,
    edge_pixels,
    published_dimension,
    published_sizes,
)
from deepfractals_gui.analysis.dimension import (
    ESTIMATORS,
    Dimension,
    Frame,
    Study,
    ZoomPath,
    measure_dimension,
)
from deepfractals_gui.analysis.rounding import Audit, audit, input_names, wilson

__all__ = [
    "ESTIMATORS",
    "Audit",
    "BoxCount",
    "Dimension",
    "Fit",
    "Frame",
    "Study",
    "ZoomPath",
    "audit",
    "box_count",
    "dyadic_dimension",
    "dyadic_sizes",
    "edge_pixels",
    "input_names",
    "measure_dimension",
    "published_dimension",
    "published_sizes",
    "wilson",
]
