"""Looking at a field: its evolution, its pictures, the race of its solvers."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.coloring.oklab import linear_from_srgb, oklab_from_linear
from deepfractals_gui.core import CancelFlag, Cancelled, Status
from deepfractals_gui.equilibrium.field import FieldSpec, initial_params
from deepfractals_gui.equilibrium.solvers import Anderson, Naive
from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.field_views import (
    evolution,
    grey_rgb,
    magnitude,
    painted,
    phase_rgb,
    race,
    scales,
)
from tests.reference import field as twin

SPEC = FieldSpec(channels=4, height=8, width=8, pooled=2)


@pytest.fixture(scope="module")
def model():
    return FieldModel(SPEC, initial_params(SPEC, 3))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(1).standard_normal((8, 8))


def test_every_frame_is_a_damped_step_of_plain_numpy(model, image):
    found = evolution(model, image, Naive(1e-9, 7, 0.25), 12)
    assert found.frames.shape == (13, 4, 8, 8)
    assert found.residuals.shape == (13,)
    assert found.logits.shape == (13, 10)
    assert found.status == Status.MAX_STEPS
    p = model.params
    into = twin.convolve_directly(image[None, None], p.input_weights)
    into = into + (p.input_bias + p.bias)[:, None, None]
    kernel = 0.9 * p.weights / model.sigma
    z = np.zeros((1, 4, 8, 8), complex)
    for frame, residual, said in zip(found.frames, found.residuals, found.logits, strict=True):
        assert np.abs(frame - z[0]).max() < 1e-6
        u = twin.convolve_directly(z, kernel) + into
        sizes = np.abs(u)
        f = u / sizes * np.maximum(sizes + p.beta[:, None, None], 0.0)
        assert residual == pytest.approx(np.linalg.norm(f - z) / np.linalg.norm(f), rel=1e-9)
        pooled = np.sqrt(np.abs(z) ** 2 + SPEC.epsilon).reshape(4, 2, 4, 2, 4).mean((2, 4))
        features = np.moveaxis(pooled, 0, -1).ravel()
        assert np.allclose(said, features @ p.readout + p.readout_bias, atol=1e-9)
        z = 0.75 * z + 0.25 * f


def test_an_evolution_ends_where_the_field_has_settled(model, image):
    found = evolution(model, image, "anderson", 200)
    assert found.status == Status.CONVERGED
    assert found.residuals[-1] <= 1e-6 < found.residuals[-2]
    assert len(found.frames) < 60
    assert (found.at(10_000) == found.frames[-1]).all()
    assert (found.at(2) == found.frames[2]).all()


def test_evolutions_that_can_not_be_kept_or_do_not_fit_are_refused(model, image):
    with pytest.raises(ValueError, match="steps can be kept"):
        evolution(model, image, "naive", 10**9)
    with pytest.raises(ValueError, match="image of 8 x 8 is needed"):
        evolution(model, image[:7], "naive", 3)
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        evolution(model, image, "naive", 3, cancel=flag)


def test_magnitudes_are_of_a_channel_or_the_mean(model, image):
    frame = evolution(model, image, "naive", 4).frames[-1]
    assert np.allclose(magnitude(frame, 2), np.abs(frame[2]))
    assert np.allclose(magnitude(frame), np.abs(frame).mean(axis=0))
    assert magnitude(frame).shape == (8, 8)


def test_phases_differ_in_hue_alone_and_magnitudes_in_lightness():
    turns = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    sizes = np.array([0.25, 0.5, 0.75, 1.0])
    frame = (sizes[:, None] * np.exp(1j * turns))[None]
    rgb = phase_rgb(frame, 0)
    assert rgb.shape == (4, 24, 3)
    assert rgb.dtype == np.uint8
    lab = oklab_from_linear(linear_from_srgb(rgb / 255.0))
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    # Bytes are coarse: a hundredth of lightness is about one of them in the dark.
    assert np.ptp(lightness, axis=1).max() < 0.012
    assert np.ptp(chroma, axis=1).max() < 0.012
    assert chroma[1:].min() > 0.05
    assert np.allclose(lightness.mean(axis=1), 0.82 * sizes, atol=0.006)
    hue = np.unwrap(np.arctan2(lab[-1, :, 2], lab[-1, :, 1]))
    assert np.allclose(hue - hue[0], turns, atol=0.05)


def test_a_scale_of_its_own_draws_frames_alike():
    frame = np.full((1, 2, 2), 0.5 + 0.0j)
    bright, dim = phase_rgb(frame, None), phase_rgb(frame, None, scale=1.0)
    assert bright.sum() > dim.sum()
    assert (phase_rgb(0.0 * frame, None) == 0).all()
    assert (grey_rgb(np.array([[0.0, 2.0]])) == [[[0] * 3, [255] * 3]]).all()


def test_the_race_is_run_on_one_problem_to_one_residual(model, image):
    found = race(model, image, 1e-8)
    assert [one.solver for one in found] == ["naive", "anderson", "multigrid"]
    for one in found:
        assert one.status == Status.CONVERGED
        assert one.residuals[-1] <= 1e-8
        assert len(one.evaluations) == len(one.residuals)
        assert (np.diff(one.evaluations) > 0.0).all()
    assert found[1].evaluations[-1] < found[0].evaluations[-1]
    alone = evolution(model, image, Anderson(1e-8), 400)
    assert (alone.residuals == found[1].residuals).all()


def test_all_steps_are_painted_by_one_scale(model, image):
    found = evolution(model, image, "naive", 6)
    for channel in (None, 1):
        largest = max(range(7), key=lambda k: magnitude(found.frames[k], channel).max())
        grey, colours = painted(found, largest, channel, scales(found, channel))
        assert grey.max() == 255
        assert colours.shape == (8, 8, 3)
        assert (painted(found, 0, channel, scales(found, channel))[0] == 0).all()
    with pytest.raises(ValueError, match="there is no 4"):
        scales(found, 4)
