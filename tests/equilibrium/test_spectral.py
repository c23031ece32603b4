"""The kernel's norm on the torus, and the kernels of coarser grids."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.maps import Kernel
from tests.equilibrium.cases import RANDOM, SMOOTH, normal, weights
from tests.reference import field as twin


def matrix(kernel, height, width):
    """The convolution as a matrix over all channels and points."""
    channels = kernel.shape[1]
    basis = np.eye(channels * height * width).reshape(-1, channels, height, width)
    return twin.convolve_directly(basis, kernel).reshape(len(basis), -1).T


@pytest.mark.parametrize(("height", "width"), [(4, 7), (5, 5), (8, 3)])
def test_sigma_is_the_norm_of_the_whole_matrix(height, width):
    kernel = normal(np.random.default_rng(1), 3, 3, 3, 3)
    peak = spectral.exact(kernel, height, width)
    assert peak.sigma == pytest.approx(np.linalg.norm(matrix(kernel, height, width), 2), rel=1e-12)
    # The norm of the flattened weight is another number.
    assert peak.sigma > 1.2 * np.linalg.norm(kernel.reshape(3, -1), 2)
    wave = np.exp(1j * peak.frequency[0] * np.arange(height))[:, None]
    wave = wave * np.exp(1j * peak.frequency[1] * np.arange(width))[None, :]
    x = (peak.right[:, None, None] * wave)[None]
    assert np.allclose(
        twin.convolve_directly(x, kernel)[0],
        peak.sigma * peak.left[:, None, None] * wave, atol=1e-12 * peak.sigma,
    )  # fmt: skip


def test_a_complex_kernels_spectrum_has_no_mirror_image():
    kernel = normal(np.random.default_rng(2), 2, 2, 3, 3)
    values = np.linalg.svd(spectral.symbols(kernel, 8, 8))[1][:, 0].reshape(8, 8)
    mirrored = values[-np.arange(8) % 8][:, -np.arange(8) % 8]
    assert np.abs(values - mirrored).max() > 0.1 * values.max()


def test_tracking_follows_a_kernel_that_changes_from_below():
    rng = np.random.default_rng(3)
    kernel = normal(rng, 8, 8, 3, 3)
    peak = spectral.exact(kernel, 14, 14)
    for _ in range(30):
        kernel = kernel + 2e-3 * normal(rng, 8, 8, 3, 3)
        peak = spectral.tracked(kernel, 14, 14, peak)
        true = spectral.exact(kernel, 14, 14).sigma
        assert true * (1 - 2e-4) < peak.sigma < true * (1 + 1e-12)
    assert np.linalg.norm(peak.left) == pytest.approx(1.0)
    assert np.linalg.norm(peak.right) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["complex", "real", "smooth", "one", "equal", "tiny", "huge"])
def test_the_norm_alone_is_the_same_to_the_bit(kind):
    rng = np.random.default_rng(6)
    kernel = normal(rng, 6, 6, 3, 3)
    kernel = {
        "complex": kernel,
        # A real kernel reaches its norm at ω and at -ω.
        "real": kernel.real + 0j,
        "smooth": np.ones((3, 3)) + 1e-3 * kernel,
        "one": kernel[:1, :1],
        # Every frequency has the same norm.
        "equal": np.pad(kernel[:, :, 1:2, 1:2], ((0, 0), (0, 0), (1, 1), (1, 1))),
        "tiny": 1e-200 * kernel,
        "huge": 1e200 * kernel,
    }[kind]
    assert spectral.norm(kernel, 14, 10) == spectral.exact(kernel, 14, 10).sigma


def test_a_normalised_kernel_has_norm_one():
    kernel = normal(np.random.default_rng(4), 5, 5, 3, 3)
    unit = spectral.normalised(kernel, 14, 7, spectral.exact(kernel, 14, 7))
    assert spectral.exact(unit.weights, 14, 7).sigma == pytest.approx(1.0, rel=1e-12)
    with pytest.raises(ValueError, match="isn't finite has no norm"):
        spectral.exact(kernel * np.nan, 14, 7)
    with pytest.raises(ValueError, match="isn't finite has no norm"):
        spectral.norm(kernel * np.inf, 14, 7)
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        spectral.exact(kernel, 14, 7, flag)
    nothing = np.zeros_like(kernel)
    assert spectral.norm(nothing, 14, 7) == 0.0
    peak = spectral.exact(nothing, 14, 7)
    assert spectral.tracked(nothing, 14, 7, peak).sigma == 0.0
    with pytest.raises(ValueError, match="spectral norm is 0"):
        spectral.normalised(nothing, 14, 7, peak)


def test_the_gradient_through_the_norm_is_that_of_central_differences():
    rng = np.random.default_rng(5)
    kernel, g = normal(rng, 3, 3, 3, 3), normal(rng, 3, 3, 3, 3)

    def value(kernel):
        peak = spectral.exact(kernel, 7, 8)
        return np.vdot(g, 0.8 * kernel / peak.sigma).real

    found = spectral.through_norm(kernel, g, 0.8, spectral.exact(kernel, 7, 8))
    numeric = np.zeros_like(kernel)
    for index in np.ndindex(kernel.shape):
        for unit in (1.0, 1j):
            move = np.zeros_like(kernel)
            move[index] = 1e-5 * unit
            numeric[index] += unit * (value(kernel + move) - value(kernel - move)) / 2e-5
    assert np.linalg.norm(found - numeric) < 1e-8 * np.linalg.norm(numeric)
    # A longer kernel is the same kernel.
    assert abs(np.vdot(kernel, found).real) < 1e-12 * np.linalg.norm(kernel)


@pytest.mark.parametrize("kind", [RANDOM, SMOOTH])
def test_the_coarse_kernel_is_restriction_after_convolution_after_interpolation(kind):
    rng = np.random.default_rng(6)
    kernel = Kernel(weights(kind, rng, 4), 14, 28)
    z = normal(rng, 2, 4, 7, 14)
    expected = twin.restrict(twin.convolve_directly(twin.prolong(z), kernel.weights))
    found = twin.convolve_directly(z, kernel.halved.weights)
    assert np.allclose(found, expected, atol=1e-13)
    assert (kernel.halved.height, kernel.halved.width) == (7, 14)
    fine, coarse = (
        spectral.exact(one.weights, one.height, one.width).sigma for one in (kernel, kernel.halved)
    )
    assert coarse <= fine * (1.0 + 1e-12)


def test_transposing_twice_gives_the_kernel_back():
    rng = np.random.default_rng(7)
    kernel = Kernel(normal(rng, 3, 3, 3, 3), 7, 8)
    x, g = normal(rng, 1, 3, 7, 8), normal(rng, 1, 3, 7, 8)
    assert np.array_equal(kernel.transposed.transposed.weights, kernel.weights)
    back = twin.convolve_directly(g, kernel.transposed.weights)
    assert np.allclose(back, twin.transposed(g, kernel.weights))
    assert np.vdot(g, twin.convolve_directly(x, kernel.weights)) == pytest.approx(np.vdot(back, x))
