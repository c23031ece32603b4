"""Time to recolour cached samples of 3840 x 2160 with two threads, for every mode.

Run it with ``python -m tests.benchmarks.bench_coloring`` or ``python tests/benchmarks/...``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np

from deepfractals_gui import coloring as look
from deepfractals_gui.core import (
    Channel,
    ChannelKind,
    Coloring,
    EscapeBands,
    LimitRays,
    Regimes,
    Status,
)

SHAPE = (2160, 3840)
THREADS = 2
WITHOUT_GLOW_MS = 30.0
WITH_GLOW_MS = 80.0
"""Bars of every mode."""

CHANNELS = (
    Channel("status", "Status", "uint8", ChannelKind.STATUS),
    Channel(
        "smooth",
        "Escape time",
        "float32",
        ChannelKind.ESCAPE,
        defined_for=frozenset({Status.ESCAPED}),
    ),
    Channel("angle", "Angle", "float32", ChannelKind.ANGLE),
    Channel("trap", "Trap", "float32", ChannelKind.TRAP),
    Channel("gain", "Gain", "float32", ChannelKind.SCALAR, low=-1.0, high=1.0),
    Channel("limit", "Limit", "complex128", ChannelKind.COMPLEX),
    Channel("steps", "Steps", "float32", ChannelKind.SCALAR, low=0.0, high=150.0),
    Channel("lyapunov", "Mean log gradient", "float32", ChannelKind.SCALAR),
    Channel("basin", "Basin", "uint16", ChannelKind.LABEL),
    Channel("value", "Trainability", "float64", ChannelKind.SIGNED),
    Channel("loss", "Final loss", "float64", ChannelKind.SCALAR, low=0.0),
)
BANDS = EscapeBands(0.12, 6.0, 12.0, 0.06, 200.0, 4.0)
RAYS = LimitRays(150.0, -6.0, 2.0)
REGIMES = Regimes(0.1, -0.05)


def samples(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Channels with structure and noise, as rough as those of the maps."""
    rows, columns = shape
    rng = np.random.default_rng(1)
    waves = np.add.outer(np.sin(np.linspace(0, 20, rows)), np.sin(np.linspace(0, 30, columns)))
    smooth = np.abs(waves * 60 + 3 * rng.standard_normal(shape, np.float32))
    return {
        "status": np.where(rng.random(shape) < 0.6, 1, 2).astype(np.uint8),
        "smooth": smooth.clip(0, 200).astype(np.float32),
        "angle": rng.uniform(-np.pi, np.pi, shape).astype(np.float32),
        "trap": rng.uniform(0, 3, shape).astype(np.float32),
        "gain": rng.normal(0, 0.3, shape).astype(np.float32),
        "limit": waves + 1j * rng.standard_normal(shape),
        "steps": np.floor(smooth * 0.7).clip(0, 150).astype(np.float32),
        "lyapunov": rng.normal(-2, 1, shape).astype(np.float32),
        "basin": rng.integers(0, 40, shape).astype(np.uint16),
        "value": np.where(waves < 0, -1, 1) * (1.000499 + np.exp(4 * rng.standard_normal(shape))),
        "loss": np.exp(20 * rng.standard_normal(shape)),
    }


def cases(
    scene: look.Scene, channels: dict[str, np.ndarray]
) -> list[tuple[str, look.Scene, Coloring]]:
    rays = look.Scene(CHANNELS, {"classic": RAYS})
    flat = Coloring(glow=0.0)
    listed = [("classic bands", scene, flat), ("classic rays", rays, flat)]
    for key in look.MODES:
        if key == "classic":
            continue
        turned = replace(look.suited(flat, key), vignette=0.45)
        listed.append((key, scene, turned))
        if key in ("equalized", "signed"):
            narrow = replace(turned, channel="gain")
            listed.append((f"{key}, float32", scene, narrow))
        if key == "equalized":
            listed.append(("equalized, locked", scene, look.locked(channels, scene, turned)))
            locked = look.locked(channels, scene, narrow)
            listed.append(("equalized, locked, f32", scene, locked))
    paper = Coloring("signed", "spectral", "value", reverse=True, glow=0.0, vignette=0.0)
    listed.append(("trainability", scene, paper))
    listed.append(("trainability, locked", scene, look.locked(channels, scene, paper)))
    lossy = Coloring("log", "dusk", "loss", levels=(1e-9, 1e9), glow=0.0, vignette=0.0)
    listed.append(("log of float64, locked", scene, lossy))
    listed.append(("gamma 2", scene, replace(flat, gamma=2.0)))
    return listed


def timed(function: Callable[[], object], repeats: int) -> str:
    """Median milliseconds by the clock and, in brackets, of processor time per thread.

    Where other programs want the same cores the second says what the first would be without them.
    """
    function()
    clock, busy = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        function()
        clock.append((time.perf_counter() - start) * 1e3)
        busy.append((time.process_time() - used) * 1e3 / THREADS)
    return f"{median(clock):8.1f} ({median(busy):5.1f})"


def main(repeats: int = 7, only: str = "") -> None:
    channels = samples(SHAPE)
    scene = look.Scene(CHANNELS, {"classic": BANDS, "regime": REGIMES})
    print(f"{SHAPE[1]} x {SHAPE[0]}, {THREADS} threads, ms (median of {repeats})")
    print(f"{'mode':24}{'no glow':>8}{'glow':>16}")
    print(f"{'bar':24}{WITHOUT_GLOW_MS:8.1f}{WITH_GLOW_MS:16.1f}")
    with ThreadPoolExecutor(THREADS) as pool:

        def run(function, items):
            return list(pool.map(function, items))

        for name, shown, flat in cases(scene, channels):
            if only not in name:
                continue
            row = f"{name:24}"
            for colouring in (flat, replace(flat, glow=0.3)):
                paint = partial(look.apply, channels, shown, colouring, run=run)
                row += timed(paint, repeats)
            print(row, flush=True)
        for s in (2, 4):
            for glow in (0.0, 0.3):
                paint = partial(
                    look.apply, channels, scene, Coloring(glow=glow), supersampling=s, run=run
                )
                size = f"{SHAPE[1] // s} x {SHAPE[0] // s} of {s} x {s}"
                print(f"classic, {size}, glow {glow}: {timed(paint, repeats)}")


if __name__ == "__main__":
    main(*(sys.argv[1:2] and [int(sys.argv[1])]), *sys.argv[2:3])
