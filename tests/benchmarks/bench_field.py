"""The field on one thread: evaluations of f, whole solves, gradients and updates.

Processor time of the fastest of some rounds, so that other programs disturb it little. Run it with
``python -m tests.benchmarks.bench_field``; options: ``--rounds 20``.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.equilibrium.field import FieldSpec
from deepfractals_gui.equilibrium.images import pictures
from deepfractals_gui.equilibrium.iteration import solve
from deepfractals_gui.equilibrium.maps import field_map
from deepfractals_gui.equilibrium.planes import blank
from deepfractals_gui.equilibrium.solvers import SOLVERS, Anderson
from deepfractals_gui.equilibrium.training import TrainingSpec, begin, step
from deepfractals_gui.nn.datasets import dataset
from tests.reference import field as twin

FRAME = 1000.0 / 30.0


def fastest(function, rounds):
    """Seconds of processor time."""
    function()
    best = np.inf
    for _ in range(rounds):
        begun = time.process_time()
        function()
        best = min(best, time.process_time() - begun)
    return best


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=20)
    rounds = options.parse_args().rounds
    spec, data = FieldSpec(), dataset("digits")
    images = pictures(data, spec)
    state = begin(spec, TrainingSpec(), 0)
    f = field_map(spec, state.params, state.kernel, images.batch(np.arange(32)))
    z, result, squares = blank(f.shape), blank(f.shape), np.empty((32, 2))
    z[...] = f.value(f.drive)
    for count in (1, 32):
        rows = np.arange(count)

        def evaluate(rows=rows):
            f.evaluate(z, rows, result, squares, CancelFlag())

        took = fastest(evaluate, rounds * 32 // count)
        print(f"f of {count:2} images: {took * 1e3:7.3f} ms, {count / took:7.0f} a second")
    plain = twin.Map(state.kernel.weights * 0.9, np.zeros((1, 16, 28, 28)), "modrelu", f.beta)
    start = np.ones((1, 16, 28, 28), complex)
    took = fastest(lambda: plain(start), rounds)
    print(f"f of  1 image by NumPy's FFT: {took * 1e3:.3f} ms")
    one = f.part(slice(1))
    for name, solver in SOLVERS.items():
        for tolerance in (1e-4, 1e-6):
            chosen = solver(tolerance=tolerance)
            found = solve(chosen, one)
            took = fastest(lambda chosen=chosen: solve(chosen, one), rounds) * 1e3
            print(
                f"{name:9} to {tolerance:.0e}: {found.evaluations[0]:5.1f} evaluations, "
                f"{took:6.2f} ms (a frame is {FRAME:.0f})"
            )
    took = fastest(lambda: solve(Anderson(tolerance=1e-4), f), 3)
    print(f"anderson to 1e-04, 32 images: {took / 32 * 1e3:.2f} ms each")
    took = fastest(lambda: step(state, images), 3)
    print(f"an update of 32 images: {took * 1e3:.0f} ms, {took / 32 * len(data):.1f} s an epoch")


if __name__ == "__main__":
    main()
