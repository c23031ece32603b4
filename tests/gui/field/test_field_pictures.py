"""Steps drawn beforehand, and steps drawn when they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.experiments.field_views import grey_rgb, magnitude, phase_rgb, scales
from deepfractals_gui.gui.field.field_pictures import ALL, MEAN, Colouring, strip_steps


@pytest.mark.parametrize("choice", [MEAN, ALL, "2"])
def test_prepared_steps_are_those_drawn_one_by_one(evolution, choice) -> None:
    ready, plain = Colouring(evolution, choice).prepared(), Colouring(evolution, choice)
    for step in range(len(evolution.frames) + 2):
        for mine, other in zip(ready.pictures(step), plain.pictures(step), strict=True):
            assert (mine == other).all()
    assert len(evolution.frames) - 1 in strip_steps(len(evolution.frames))


@pytest.mark.parametrize("channel", [None, 2])
def test_pictures_are_those_of_the_frame_alone(evolution, channel) -> None:
    white, bright = scales(evolution, channel)
    grey, hue = Colouring(evolution, MEAN if channel is None else str(channel)).pictures(3)
    frame = evolution.frames[3]
    assert np.array_equal(grey, grey_rgb(magnitude(frame, channel), white))
    assert np.array_equal(hue, phase_rgb(frame, channel, bright))
