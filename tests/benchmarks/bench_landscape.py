"""How fast loss landscapes are sampled: points a second, against plain NumPy.

python -m tests.benchmarks.bench_landscape [--size 64] [--runs 5]

Every line samples the home view with two threads, in tasks of four rows; each time is a median.
NumPy takes a few of the same points, on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from deepfractals_gui.core import CancelFlag, Points
from deepfractals_gui.nn import DenseSpec, NetSpec
from deepfractals_gui.systems import system
from deepfractals_gui.systems.landscape_probe import evaluate
from tests.kernels.test_landscape import Case

THREADS = 2
TASK_ROWS = 4
TWIN_POINTS = 20
SHAPES = {
    "2-16-16-2 tanh, 200 points": ((2, 16, 16, 2), "tanh", 200),
    "2-14x8-2 relu, 200 points": ((2, *[8] * 14, 2), "relu", 200),
    "2-4x8-2 sin, 200 points": ((2, *[8] * 4, 2), "sin", 200),
    "64-64-10 relu, 1797 points": ((64, 64, 10), "relu", 1797),
    "784-128-64-10 relu, 8000 points": ((784, 128, 64, 10), "relu", 8000),
}


def case_of(widths: tuple[int, ...], activation: str, count: int) -> Case:
    layers = (*(DenseSpec(units, activation) for units in widths[1:-1]), DenseSpec(widths[-1]))
    return Case(NetSpec(widths[0], layers, "cross_entropy"), count)


def seconds(case: Case, size: int, pool: ThreadPoolExecutor) -> float:
    """Seconds on the wall for a square of so many points a side."""
    network = case.network()
    line = 2.5 * ((np.arange(size) + 0.5) / size - 0.5)
    chosen = system("loss_landscape")

    def task(row: int) -> None:
        x, y = (one.ravel() for one in np.meshgrid(line, line[row : row + TASK_ROWS]))
        out = chosen.allocate(len(x), chosen.Params())
        evaluate(Points.absolute(x, y), network, out, CancelFlag())

    begun = time.perf_counter()
    list(pool.map(task, range(0, size, TASK_ROWS)))
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with ThreadPoolExecutor(THREADS) as pool:
        for name, shape in SHAPES.items():
            case = case_of(*shape)
            side = chosen.size if shape[2] < 1000 else max(4 * TASK_ROWS, chosen.size // 4)
            seconds(case, TASK_ROWS, pool)
            time_of = statistics.median(seconds(case, side, pool) for _ in range(chosen.runs))
            points = np.linspace(-1, 1, TWIN_POINTS)
            begun = time.perf_counter()
            case.expected(points, points[::-1])
            numpy = (time.perf_counter() - begun) / TWIN_POINTS
            rate = side * side / time_of
            print(f"{name:34} {rate:10,.0f} points/s, {numpy * rate:5.1f} x NumPy", flush=True)


if __name__ == "__main__":
    main()
