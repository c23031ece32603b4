"""A small field to look at, and how it evolves."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.equilibrium.field import FieldSpec, initial_params
from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.gui.field.drawing import shipped_digit
from deepfractals_gui.gui.field.solving import Question, answer


@pytest.fixture(scope="session")
def field_model():
    """Four channels on 28 x 28 points."""
    spec = FieldSpec(channels=4)
    return FieldModel(spec, initial_params(spec, 3))


@pytest.fixture(scope="session")
def question(field_model):
    return Question(field_model, np.asarray(shipped_digit(3)), tolerance=1e-5, steps=40)


@pytest.fixture(scope="session")
def evolution(question):
    return answer(question).evolution
