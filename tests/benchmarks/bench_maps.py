"""Raw sampling of the three maps against plain NumPy, at 600 x 600 over the home view.

The baseline is the NumPy twin, which takes points out as they end, after every iteration; it runs
on one thread, as NumPy does. Run it with ``python -m tests.benchmarks.bench_maps``; options:
``--size 600``, ``--rounds 5``, ``--threads 2``.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import numpy as np

from deepfractals_gui.core import CancelFlag, Points, Raster
from deepfractals_gui.systems import SYSTEMS
from tests.reference import complex_maps as twin

BARS = {"forward_pass": 65, "error_flow": 75, "gradient_basins": 40}
PREVIEW_BAR = 2.0
ROWS = 16


def baseline(key, x, y, p):
    w = x + 1j * y
    if key == "forward_pass":
        twin.forward_pass(w, p.bias_coupling * w, np.full(len(w), p.start), settle=False)
    elif key == "error_flow":
        twin.error_flow(w, p.input_scale * w, np.full(len(w), p.start), gain=False)
    else:
        twin.gradient_basins(w, p.data)


def clock(function, *arguments):
    """Seconds on the wall, and of processor time."""
    begun, used = time.perf_counter(), time.process_time()
    function(*arguments)
    return time.perf_counter() - begun, time.process_time() - used


def sample_all(pool, sample, tiles, outs, p, prepared):
    def one(tile: Points, out):
        sample(tile, p, prepared, out, CancelFlag())

    list(pool.map(one, tiles, outs))


def measure(system, pool, size, rounds):
    """Median (wall, processor) seconds of NumPy, the kernel and its preview, interleaved."""
    p = system.Params()
    prepared = system.prepare(p, CancelFlag())
    raster = Raster(system.home(p), (size, size))
    tiles = []
    for top in range(0, size, ROWS):
        rows, columns = np.indices((min(ROWS, size - top), size)).reshape(2, -1)
        tiles.append(raster.points(rows + top, columns))
    outs = [system.allocate(len(tile), p) for tile in tiles]
    x = np.concatenate([tile.x for tile in tiles])
    y = np.concatenate([tile.y for tile in tiles])
    job = (tiles, outs, p, prepared)
    sample_all(pool, system.sample, *job)
    sample_all(pool, system.sample_preview, *job)
    times = [], [], []
    for _ in range(rounds):
        times[0].append(clock(baseline, system.key, x, y, p))
        times[1].append(clock(sample_all, pool, system.sample, *job))
        times[2].append(clock(sample_all, pool, system.sample_preview, *job))
    return [tuple(map(median, zip(*found, strict=True))) for found in times]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=600)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--system", choices=sorted(BARS))
    chosen = options.parse_args()
    size, threads = chosen.size, chosen.threads
    print(f"{size} x {size}, {threads} threads, median of {chosen.rounds} interleaved runs;")
    print("in brackets by processor time, which other programs disturb less")
    with ThreadPoolExecutor(threads) as pool:
        for system in (one for one in SYSTEMS if one.key in BARS):
            if chosen.system not in (None, system.key):
                continue
            plain, kernel, preview = measure(system, pool, size, chosen.rounds)
            ratio, quicker = plain[0] / kernel[0], kernel[0] / preview[0]
            print(
                f"{system.key:16} numpy {plain[0]:7.3f} s  kernel {kernel[0] * 1e3:7.1f} ms"
                f"  x{ratio:6.1f} [x{plain[1] / kernel[1] * threads:6.1f}]"
                f" (bar {BARS[system.key]})  preview {preview[0] * 1e3:6.1f} ms"
                f"  x{quicker:4.2f} [x{kernel[1] / preview[1]:4.2f}] (bar {PREVIEW_BAR})"
            )


if __name__ == "__main__":
    main()
