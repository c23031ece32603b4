"""Fields on which solvers are measured: those of the four cases, and small ones."""

from __future__ import annotations

import numpy as np

from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.maps import FieldMap, Kernel
from deepfractals_gui.equilibrium.planes import padded, to_planes
from deepfractals_gui.kernels.field_torus import CARDIOID, MODRELU
from tests.reference import field as twin

CHANNELS, SIDE, BETA = 16, 28, -0.0181
SMOOTH, RANDOM = "smooth", "random"
CASES = [(RANDOM, 0.9), (RANDOM, 0.99), (SMOOTH, 0.9), (SMOOTH, 0.99)]


def normal(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def weights(kind, rng, channels=CHANNELS):
    """Independent normal numbers; or channels that are mixed a little and smoothed."""
    if kind == RANDOM:
        return normal(rng, channels, channels, 3, 3)
    mixed = np.eye(channels) + 0.05 * normal(rng, channels, channels)
    smooth = np.array([1.0, 2.0, 1.0]) / 4.0
    return mixed[:, :, None, None] * np.outer(smooth, smooth)


def unit(kernel, height, width):
    return spectral.normalised(kernel, height, width, spectral.exact(kernel, height, width))


def field(
    kind, gamma, count=2, seed=1, *, channels=CHANNELS, height=SIDE, width=SIDE,
    activation="modrelu", beta=BETA,
):  # fmt: skip
    """A map of images of white noise, and its twin with the same numbers."""
    rng = np.random.default_rng(seed)
    kernel: Kernel = unit(weights(kind, rng, channels), height, width)
    images = rng.standard_normal((count, 1, height, width))
    into = normal(rng, channels, 1, 3, 3) / np.sqrt(18.0)
    drive = twin.convolve_directly(images, into)
    lanes = np.zeros(padded(channels))
    lanes[:channels] = beta
    code = {"modrelu": MODRELU, "cardioid": CARDIOID}[activation]
    f = FieldMap(
        kernel, to_planes(drive), np.full(count, gamma), code, lanes,
        np.zeros((0, height, width, 4, padded(channels))),
    )  # fmt: skip
    plain = [
        twin.Map(gamma * kernel.weights, drive[n : n + 1], activation, np.full(channels, beta))
        for n in range(count)
    ]
    return f, plain
