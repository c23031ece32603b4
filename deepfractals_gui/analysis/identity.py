"""What a view's samples depend on, as JSON data that is equal when they are."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from deepfractals_gui import __version__
from deepfractals_gui.core import DataRef, Viewport, specs
from deepfractals_gui.render import RenderRequest


def params_identity(params: Any) -> dict[str, Any]:
    """The parameters as JSON data; a file counts by its contents, wherever it lies."""
    found = {}
    for spec in specs(type(params)):
        value = getattr(params, spec.name)
        is_file = isinstance(value, DataRef)
        found[spec.name] = {"sha256": value.sha256} if is_file else spec.to_json(value)
    return found


def viewport_identity(viewport: Viewport) -> dict[str, Any]:
    return {"x": str(viewport.x), "y": str(viewport.y), "width": viewport.width}


def fingerprint(request: RenderRequest) -> str:
    """A SHA-256 that is equal for equal requests to the same version of the program."""
    data = {
        "version": __version__,
        "key": request.key,
        "params": params_identity(request.params),
        "viewport": viewport_identity(request.viewport),
        "shape": list(request.shape),
        "supersampling": request.supersampling,
        "precision": request.precision,
    }
    text = json.dumps(data, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
