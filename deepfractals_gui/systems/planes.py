"""Views of the planes on which one weight is held: the Julia-type pictures."""

from __future__ import annotations

import math

from deepfractals_gui.core import Viewport

LARGEST = 1e3
"""Greatest magnitude of a complex parameter."""


def held_weight_view(weight: complex, centre: complex = 0j) -> Viewport:
    """A view of three periods of tanh(w z) along its row of poles, around ``centre``."""
    size = abs(weight)
    width = 3.0 * math.pi / size if size > 1e-3 else 40.0
    width = float(f"{min(max(width, 0.02), 40.0):.2g}")
    # Adding 0 turns -0 into 0.
    return Viewport.at(f"{centre.real + 0.0:.6g}", f"{centre.imag + 0.0:.6g}", width)
