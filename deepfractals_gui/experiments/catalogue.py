"""The experiments, listed: a list can be read, and a frozen build can't lose it."""

from __future__ import annotations

from typing import Any

from deepfractals_gui.core import Experiment
from deepfractals_gui.experiments.atlas import Atlas
from deepfractals_gui.experiments.field import Field
from deepfractals_gui.experiments.lab import Lab

EXPERIMENTS: tuple[Experiment[Any, Any], ...] = (Lab(), Field(), Atlas())


def experiment(key: str) -> Experiment[Any, Any]:
    """The experiment of that key. Raises KeyError, which lists the known ones."""
    for found in EXPERIMENTS:
        if found.key == key:
            return found
    known = ", ".join(found.key for found in EXPERIMENTS)
    raise KeyError(f"there is no experiment {key!r}; there are {known}")
