"""What is saved: a System or Experiment, its parameters, a view and a colouring."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from deepfractals_gui.core.coloring import Coloring
from deepfractals_gui.core.params import params_to_json
from deepfractals_gui.core.viewport import Viewport

VERSION = 1
MAX_SIDE = 16384
MAX_SUPERSAMPLING = 4


@dataclass(frozen=True)
class Document:
    """Everything that makes a picture again, bit for bit, on one build.

    Attributes
    ----------
    key : the System's or Experiment's key
    params : its frozen parameter dataclass
    shape : (H, W) of the picture, in pixels
    supersampling : samples per pixel and axis, 1 to 4
    """

    key: str
    params: Any
    viewport: Viewport | None = None
    coloring: Coloring | None = None
    shape: tuple[int, int] | None = None
    supersampling: int = 1
    kind: str = "system"
    version: int = VERSION

    def to_json(self) -> str:
        """One JSON object; coordinates travel as strings, so that no digit is lost."""
        data: dict[str, Any] = {
            "deepfractals": self.version,
            "kind": self.kind,
            "key": self.key,
            "params": params_to_json(self.params),
        }
        if self.viewport is not None:
            data["viewport"] = {
                "x": str(self.viewport.x),
                "y": str(self.viewport.y),
                "width": self.viewport.width,
            }
        if self.shape is not None:
            data["shape"] = list(self.shape)
        data["supersampling"] = self.supersampling
        if self.coloring is not None:
            data["coloring"] = self.coloring.to_json()
        return json.dumps(data, indent=1, allow_nan=False)
