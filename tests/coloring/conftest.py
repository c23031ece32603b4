"""A scene with a channel of every kind, and samples with every trouble in them."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.coloring import Scene
from deepfractals_gui.core import Channel, ChannelKind, EscapeBands, LimitRays, Regimes, Status

ESCAPED = frozenset({Status.ESCAPED})
CHANNELS = (
    Channel("status", "Status", "uint8", ChannelKind.STATUS),
    Channel("smooth", "Escape time", "float32", ChannelKind.ESCAPE, "layers", ESCAPED, 0.0),
    Channel("angle", "Angle", "float32", ChannelKind.ANGLE, "rad", ESCAPED),
    Channel("trap", "Trap", "float32", ChannelKind.TRAP),
    Channel("gain", "Gain", "float32", ChannelKind.SCALAR, "ln", low=-1.0, high=1.0),
    Channel("limit", "Limit", "complex128", ChannelKind.COMPLEX),
    Channel("steps", "Steps", "float32", ChannelKind.SCALAR, "steps", low=0.0, high=150.0),
    Channel("lyapunov", "Mean log gradient", "float32", ChannelKind.SCALAR),
    Channel("basin", "Basin", "uint16", ChannelKind.LABEL),
)
BANDS = EscapeBands(0.12, 6.0, 12.0, 0.06, 200.0, 4.0)
RAYS = LimitRays(150.0, -6.0, 2.0)
REGIMES = Regimes(0.1, -0.05)

_SURE = frozenset({Status.CONVERGED, Status.DIVERGED})
TRAINED = (
    Channel("status", "Status", "uint8", ChannelKind.STATUS),
    Channel("value", "Trainability", "float64", ChannelKind.SIGNED),
    Channel("loss", "Final loss", "float64", ChannelKind.SCALAR, "", _SURE, low=0.0),
    Channel("step", "Step of divergence", "float64", ChannelKind.SCALAR, "steps", low=0.0),
    Channel("escape", "Escape time", "float64", ChannelKind.ESCAPE, "layers"),
    Channel("near", "Nearness", "float64", ChannelKind.TRAP),
    Channel("turn", "Turn", "float64", ChannelKind.ANGLE, "rad"),
)
"""Channels of a System that trains something at each point, and float64 ones of other kinds."""


def trained(shape: tuple[int, int], seed: int = 0, troubled: bool = True) -> dict[str, np.ndarray]:
    """Channels (H, W): values of either sign from 1e-300 to 5e8 in size, with many ties."""
    rng = np.random.default_rng(seed)
    y, x = np.meshgrid(*(np.linspace(0, 5, n) for n in shape), indexing="ij")
    diverged = np.sin(2 * x + y) + 0.3 * np.cos(9 * x - 4 * y) > 0
    size = 10.0 ** rng.uniform(-300, 8.7, shape)
    # Most runs end fast, near the smallest sum there is, and differ in late digits only.
    size = np.where(rng.random(shape) < 0.7, 1.000499 + 10.0 ** rng.uniform(-15, -3, shape), size)
    size[rng.random(shape) < 0.1] = 1.000499
    channels = {
        "status": np.where(diverged, Status.DIVERGED, Status.CONVERGED).astype(np.uint8),
        "value": np.where(diverged, size, -size),
        "loss": 10.0 ** rng.uniform(-300, 300, shape),
        "step": np.where(diverged, rng.integers(1, 500, shape), np.nan),
        "escape": rng.uniform(0, 200, shape),
        "near": 10.0 ** rng.uniform(-12, 1, shape),
        "turn": rng.uniform(-np.pi, np.pi, shape),
    }
    if troubled:
        for name in ("value", "loss", "step", "escape", "near", "turn"):
            for trouble in (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.7e308):
                channels[name][rng.random(shape) < 0.005] = trouble
        channels["status"][rng.random(shape) < 0.02] = Status.NON_FINITE
        channels["status"][rng.random(shape) < 0.02] = Status.PENDING
    return channels


def samples(shape: tuple[int, int], seed: int = 0, troubled: bool = True) -> dict[str, np.ndarray]:
    """Channels (H, W); ``troubled`` adds NaN, infinities, pending and non-finite points."""
    rng = np.random.default_rng(seed)

    def waves(scale: float) -> np.ndarray:
        y, x = np.meshgrid(*(np.linspace(0, 5, n) for n in shape), indexing="ij")
        rough = rng.normal(0, 0.05, shape)
        return scale * (0.5 + 0.25 * (np.sin(3 * x + y) + np.cos(2 * y - x)) + rough)

    channels = {
        "status": rng.choice([1, 1, 2, 3, 5], shape).astype(np.uint8),
        "smooth": np.abs(waves(120)).astype(np.float32),
        "angle": rng.uniform(-np.pi, np.pi, shape).astype(np.float32),
        "trap": np.abs(waves(2)).astype(np.float32),
        "gain": (waves(1) - 0.5).astype(np.float32),
        "limit": waves(3) + 1j * rng.normal(0, 2, shape),
        "steps": np.floor(np.abs(waves(140))).astype(np.float32),
        "lyapunov": (waves(8) - 6).astype(np.float32),
        "basin": rng.integers(0, 30, shape).astype(np.uint16),
    }
    if troubled:
        for name in ("smooth", "angle", "trap", "gain", "steps", "lyapunov"):
            for trouble in (np.nan, np.inf, -np.inf):
                channels[name][rng.random(shape) < 0.01] = trouble
        channels["limit"][rng.random(shape) < 0.01] = complex(np.nan, 1)
        channels["status"][rng.random(shape) < 0.02] = Status.NON_FINITE
        channels["status"][rng.random(shape) < 0.05] = Status.PENDING
        channels["status"][: shape[0] // 4, : shape[1] // 4] = Status.PENDING
    return channels


@pytest.fixture(scope="session")
def bands_scene() -> Scene:
    return Scene(CHANNELS, {"classic": BANDS, "regime": REGIMES})


@pytest.fixture(scope="session")
def rays_scene() -> Scene:
    return Scene(CHANNELS, {"classic": RAYS})
