"""A measured dimension as a table, a row for each level, and as JSON data."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

from deepfractals_gui.analysis.boxes import BoxCount, dyadic_dimension, published_dimension
from deepfractals_gui.analysis.dimension import Dimension, Frame, Study
from deepfractals_gui.core import Array
from deepfractals_gui.session.files import atomic_write


def write_csv(path: Path, result: Dimension) -> None:
    """Write one row a level, whole or not at all.

    The columns are ``path``, ``level``, the view (``x``, ``y``, ``width``), ``pixel_ulps``,
    ``edge_pixels``, the ``dimension`` of the frame alone and, of the dyadic estimator, its
    ``standard_error``, then ``boxes_D`` and ``slope_D`` for every box edge D in pixels. A dyadic
    slope lies between D and 2 D. What is not a number is left empty.

    Raises
    ------
    FileError   it can't be written
    """
    text = io.StringIO()
    frames = [frame for path in result.paths for frame in path.frames]
    rows = [_row(result.study, frame) for frame in frames]
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with atomic_write(path) as file:
        file.write(text.getvalue().encode("utf-8"))


def as_json(result: Dimension) -> dict[str, Any]:
    """The result as JSON data; what is not a number is null."""
    study = result.study
    dyadic = study.estimator == "dyadic"
    return {
        "system": study.key,
        "estimator": study.estimator,
        "boxes": list(study.fitted) if dyadic else None,
        "size": study.size,
        "levels": study.levels,
        "seed": study.seed,
        "median": _number(result.median),
        "quartiles": [_number(result.lower), _number(result.upper)],
        "paths_counted": result.counted,
        "paths": [
            {
                "path": path.number,
                "x": str(path.start.x),
                "y": str(path.start.y),
                "levels": len(path.frames),
                "float64_ends_at_level": path.ended,
                "dimension": _number(path.dimension),
                "standard_error": None if path.fit is None else path.fit.error,
            }
            for path in result.paths
        ],
    }


def boxes_of(study: Study, count: BoxCount) -> tuple[Array, Array]:
    """The numbers of boxes and the slopes that the study's estimator uses, by box edge."""
    if study.estimator == "published":
        return count.mixed, count.published_slopes
    return count.counts, count.slopes


def _row(study: Study, frame: Frame) -> dict[str, Any]:
    view, count = frame.viewport, frame.count
    row = {
        "path": frame.path,
        "level": frame.level,
        "x": str(view.x),
        "y": str(view.y),
        "width": repr(view.width),
        "pixel_ulps": f"{view.pixel_ulps(study.shape):.6g}",
        "edge_pixels": frame.edges,
    }
    if study.estimator == "published":
        row["dimension"] = _cell(published_dimension([count]))
    else:
        fit = dyadic_dimension([count], *study.fitted)
        row["dimension"] = "" if fit is None else _cell(fit.dimension)
        row["standard_error"] = "" if fit is None else _cell(fit.error)
    boxes, slopes = boxes_of(study, count)
    row |= {f"boxes_{d}": int(n) for d, n in zip(count.sizes, boxes, strict=True)}
    row |= {f"slope_{d}": _cell(float(s)) for d, s in zip(count.sizes, slopes, strict=False)}
    return row


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""
