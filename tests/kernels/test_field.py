"""The field's compiled code against plain NumPy, on grids of every kind of side."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.equilibrium.planes import blank, from_planes, padded, to_planes, zeros
from deepfractals_gui.kernels import (
    field_gradients,
    field_grids,
    field_images,
    field_mixing,
    field_step,
)
from deepfractals_gui.kernels import field_torus as torus
from tests.reference import field as twin

SIZES = [
    (16, 28, 28), (16, 14, 7), (3, 7, 14), (8, 12, 20), (5, 9, 10), (24, 8, 5), (1, 2, 2),
    (2, 2, 3),
]  # fmt: skip
KINDS = {"modrelu": torus.MODRELU, "cardioid": torus.CARDIOID}
ON = np.zeros(1, np.uint8)


def normal(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def biases(rng, channels):
    beta = np.zeros(padded(channels))
    beta[:channels] = -rng.uniform(0.05, 1.0, channels)
    return beta


def stepped(z, drive, kernel, kind, beta, gamma=None, rows=None, slopes=None):
    """f(z) and the two sums of squares."""
    count, channels, height, width = z.shape
    lanes = padded(channels)
    rows = np.arange(count) if rows is None else rows
    result, squares = zeros((count, height, width, 2, lanes)), np.zeros((count, 2))
    field_step.step(
        to_planes(z), rows, to_planes(drive), np.ones(count) if gamma is None else gamma, beta,
        kind, np.zeros((0, height, width, 4, lanes)) if slopes is None else slopes,
        torus.convolution(kernel, height, width), result, squares, ON,
    )  # fmt: skip
    return from_planes(result, channels), squares, result


@pytest.mark.parametrize(("channels", "height", "width"), SIZES)
def test_convolution_and_its_transpose_are_the_twins(channels, height, width):
    rng = np.random.default_rng(1)
    z, drive = (normal(rng, 2, channels, height, width) for _ in range(2))
    kernel = normal(rng, channels, channels, 3, 3)
    beta = np.zeros(padded(channels))
    found, squares, _ = stepped(z, drive, kernel, torus.LINEAR, beta)
    expected = twin.convolve_directly(z, kernel) + drive
    size = np.abs(expected).max()
    assert np.allclose(twin.convolve(z, kernel) + drive, expected, rtol=0, atol=1e-13 * size)
    assert np.abs(found - expected).max() < 4e-15 * size * channels
    assert np.allclose(squares[:, 1], (np.abs(expected) ** 2).sum(axis=(1, 2, 3)), rtol=1e-13)
    assert np.allclose(squares[:, 0], (np.abs(expected - z) ** 2).sum(axis=(1, 2, 3)), rtol=1e-13)
    turned = np.conj(kernel.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1])
    back, _, _ = stepped(z, drive, turned, torus.LINEAR, beta)
    assert np.abs(back - drive - twin.transposed(z, kernel)).max() < 4e-15 * size * channels


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_the_twins_with_each_samples_own_gamma(kind):
    rng = np.random.default_rng(2)
    z, drive = (normal(rng, 3, 5, 14, 7) for _ in range(2))
    # Beside ordinary points very small and very large ones, and 0.
    z[0] = drive[0] = 0.0
    drive[1] *= 10.0 ** rng.uniform(-120, 120, drive[1].shape)
    z[1] = 0.0
    kernel, gamma, beta = normal(rng, 5, 5, 3, 3) / 9, np.array([0.5, 1.0, 0.9]), biases(rng, 5)
    found, _, planes = stepped(z, drive, kernel, KINDS[kind], beta, gamma)
    u = gamma[:, None, None, None] * twin.convolve_directly(z, kernel) + drive
    expected = twin.activate(u, kind, beta[:5])
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert not found[0].any()
    assert not planes[..., 5:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_pull_gradients_back_like_the_twin(kind):
    rng = np.random.default_rng(3)
    z, drive, g = (normal(rng, 2, 3, 7, 8) for _ in range(3))
    kernel, beta, gamma = normal(rng, 3, 3, 3, 3) / 9, biases(rng, 3), np.array([0.7, 0.9])
    slopes = blank((2, 7, 8, 4, 8))
    conv = torus.convolution(kernel, 7, 8)
    rows = np.arange(2)
    field_step.slopes(
        to_planes(z), rows, to_planes(drive), gamma, beta, KINDS[kind], conv, slopes, ON
    )
    back = zeros((2, 7, 8, 2, 8))
    field_step.pull_back(to_planes(g), rows, slopes, back)
    u = gamma[:, None, None, None] * twin.convolve_directly(z, kernel) + drive
    expected = twin.pull_back(u, g, kind, beta[:3])
    assert np.allclose(from_planes(back, 3), expected, rtol=1e-12, atol=1e-13)
    # A step with slopes has them in front of its convolution.
    found, _, _ = stepped(g, drive, kernel, torus.LINEAR, beta, gamma, slopes=slopes)
    through = gamma[:, None, None, None] * twin.convolve_directly(expected, kernel) + drive
    assert np.allclose(found, through, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("channels", "height", "width"), SIZES)
def test_kernel_gradients_are_the_twins(channels, height, width):
    rng = np.random.default_rng(4)
    g, x = (normal(rng, 3, channels, height, width) for _ in range(2))
    lanes = padded(channels)
    totals = np.zeros((width, lanes, 3, 2, lanes))
    tables = torus.sides(height, width)
    field_gradients.add_products(to_planes(g), to_planes(x), np.array([0, 2]), tables, totals, ON)
    field_gradients.add_products(to_planes(g), to_planes(x), np.array([1]), tables, totals, ON)
    found = torus.kernel_gradient(totals, channels, channels, height)
    expected = twin.kernel_gradient(g, x)
    assert np.abs(found - expected).max() < 1e-14 * np.abs(expected).max() * channels


def test_images_drive_the_field_and_get_their_gradients():
    rng = np.random.default_rng(5)
    images = rng.standard_normal((3, 2, 7, 5))
    weights, bias = normal(rng, 3, 2, 3, 3), normal(rng, 3)
    expected = twin.convolve_directly(images, weights) + bias[:, None, None]
    planes = np.moveaxis(to_planes(np.moveaxis(weights, 1, 0)), 0, 0)
    kernel = planes.reshape(2, 3, 3, 16)
    lanes = to_planes(bias[None, :, None, None]).reshape(16)
    found = zeros((3, 7, 5, 16))
    field_images.inject(images, kernel, lanes, found)
    assert np.allclose(from_planes(found.reshape(3, 7, 5, 2, 8), 3), expected, atol=1e-13)
    g = normal(rng, 3, 3, 7, 5)
    totals = np.zeros((2, 3, 3, 16))
    field_images.add_input_products(images, to_planes(g).reshape(3, 7, 5, 16), totals)
    back = from_planes(totals.reshape(2, 3, 3, 2, 8), 3)
    assert np.allclose(np.moveaxis(back, 1, 0), twin.kernel_gradient(g, images), atol=1e-12)


def test_grids_are_halved_and_doubled_like_the_twins():
    rng = np.random.default_rng(6)
    z, coarse, other = normal(rng, 2, 3, 14, 10), normal(rng, 2, 3, 7, 5), normal(rng, 2, 3, 7, 5)
    found = zeros((2, 7, 5, 16))
    field_grids.restrict(to_planes(z).reshape(2, 14, 10, 16), np.arange(2), found)
    assert np.allclose(from_planes(found.reshape(2, 7, 5, 2, 8), 3), twin.restrict(z), atol=1e-14)
    moved = to_planes(z)
    field_grids.correct(
        moved.reshape(2, 14, 10, 16), np.arange(2), to_planes(coarse).reshape(2, 7, 5, 16),
        to_planes(other).reshape(2, 7, 5, 16),
    )  # fmt: skip
    assert np.allclose(from_planes(moved, 3), z + twin.prolong(coarse - other), atol=1e-14)


def test_a_samples_bits_depend_on_no_other_sample():
    rng = np.random.default_rng(7)
    z, drive = (normal(rng, 5, 16, 14, 14) for _ in range(2))
    kernel, beta = normal(rng, 16, 16, 3, 3) / 50, biases(rng, 16)
    together, squares, _ = stepped(z, drive, kernel, torus.MODRELU, beta)
    for n in (0, 3):
        alone, own, _ = stepped(z[n : n + 1], drive[n : n + 1], kernel, torus.MODRELU, beta)
        assert alone.tobytes() == together[n : n + 1].tobytes()
        assert own.tobytes() == squares[n : n + 1].tobytes()
    some, _, _ = stepped(z, drive, kernel, torus.MODRELU, beta, rows=np.array([4, 1]))
    assert some[4].tobytes() == together[4].tobytes()
    assert not some[[0, 2, 3]].any()


def test_what_is_not_finite_stays_so():
    rng = np.random.default_rng(8)
    drive = normal(rng, 2, 3, 7, 7)
    drive[0, 1, 2, 3] = np.nan
    drive[1, 0, 0, 0] = np.inf
    kernel, beta = normal(rng, 3, 3, 3, 3), biases(rng, 3)
    for kind in KINDS.values():
        found, squares, _ = stepped(np.zeros_like(drive), drive, kernel, kind, beta)
        assert np.isnan(found[0, 1, 2, 3])
        assert not np.isfinite(found[1, 0, 0, 0])
        assert not np.isfinite(squares[:, 1]).any()


def test_distances_and_damped_steps_are_numpys():
    rng = np.random.default_rng(9)
    z, f = rng.standard_normal((2, 3, 784))
    gaps = np.zeros(3)
    field_mixing.square_gaps(z, f, np.array([0, 2]), gaps)
    assert np.allclose(gaps, ((z - f) ** 2).sum(axis=1) * [1, 0, 1], rtol=1e-14)
    damping = np.array([0.5, 0.25, 1.0])
    a = np.array([0.0, 0.25, 1.0])[:, None]
    moved = z.copy()
    field_mixing.relax(z, f, np.array([1, 2]), damping, moved, ON)
    assert np.allclose(moved, z + a * (f - z), rtol=1e-15)
    field_mixing.relax(z, f, np.array([1, 2]), damping, z, ON)
    assert np.array_equal(moved, z)


@pytest.mark.parametrize("n", [0, 1, 6 * 11, 16, 27, 25, 13])
def test_sides_that_have_no_transform_are_refused(n):
    with pytest.raises(ValueError, match=f"side of {n} points"):
        torus.prime_powers(n)


def test_tables_have_every_frequency_once():
    for n in (2, 7, 12, 28, 30, 56, 72):
        table = torus.side(n)
        assert sorted(table.frequency) == list(range(n))
        assert all(sorted(row) == list(range(n)) for row in table.places)


def test_a_raised_flag_stops_a_step_within_a_sample():
    """Unstopped, this is minutes of work."""
    rng = np.random.default_rng(10)
    z = to_planes(normal(rng, 1, 16, 28, 28))
    rows = np.zeros(2_000_000, np.int64)
    conv = torus.convolution(normal(rng, 16, 16, 3, 3), 28, 28)
    none = np.zeros((0, 28, 28, 4, 16))
    jobs = [
        lambda flag: field_step.step(z, rows, z, np.ones(1), np.zeros(16), torus.MODRELU, none,
                                     conv, z.copy(), np.zeros((1, 2)), flag),
        lambda flag: field_step.slopes(z, rows, z, np.ones(1), np.zeros(16), torus.CARDIOID, conv,
                                       blank((1, 28, 28, 4, 16)), flag),
        lambda flag: field_gradients.add_products(z, z, rows, torus.sides(28, 28),
                                                  np.zeros((28, 16, 3, 2, 16)), flag),
    ]  # fmt: skip
    for job in jobs:
        flag, started = CancelFlag(), threading.Event()

        def run(job=job, flag=flag, started=started):
            started.set()
            job(flag.array)

        thread = threading.Thread(target=run)
        thread.start()
        started.wait()
        flag.set()
        thread.join(timeout=30)
        assert not thread.is_alive()
