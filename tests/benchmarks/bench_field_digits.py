"""How well the neural field reads the digits that ship, in five folds, with a run's defaults.

``python -m tests.benchmarks.bench_field_digits [--folds 0,1,2,3,4] [--epochs N] [--threads T]``.
A fold takes some minutes. The exit status is 1 below the bar, which is meant for all folds and all
epochs.
"""

from __future__ import annotations

import argparse
import sys
import time

from deepfractals_gui.core.params import replace
from deepfractals_gui.equilibrium.field import count_parameters
from deepfractals_gui.experiments.field import Field
from deepfractals_gui.experiments.field_data import prepared
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.nn.datasets import dataset

ACCURACY, PARAMETERS, FOLDS = 0.97, 20_000, 5


def main() -> int:
    defaults = FieldRunParams()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", default="0,1,2,3,4")
    parser.add_argument("--epochs", type=int, default=defaults.epochs)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    folds = list(dataset("digits").folds(FOLDS, 0))
    field, found, count = Field(), [], 0
    for number in map(int, options.folds.split(",")):
        p = replace(defaults, seed=number, epochs=options.epochs)
        state = field.start_on(p, prepared(p, *folds[number]))
        wall, processor = time.perf_counter(), time.process_time()
        while not state.stopped:
            state = field.advance(state, to_epoch=True, threads=options.threads)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        if state.exploded:
            sys.stdout.write(f"fold {number}: {state.stopped}\n")
            return 1
        # The last epoch's, not the best's: choosing by the test would flatter.
        found.append(float(state.trace[-1].test_accuracy))
        count = count_parameters(state.training.params)
        sys.stdout.write(
            f"fold {number}: {found[-1]:.2%} after {state.epoch} epochs (best: "
            f"{state.best_accuracy:.2%} after {state.best_epoch}), {wall / state.epoch:.1f} s an "
            f"epoch, {processor / state.epoch:.1f} s of processor time\n"
        )
        sys.stdout.flush()
    mean = sum(found) / len(found)
    sys.stdout.write(
        f"mean of {len(found)} folds: {mean:.2%}, {count:,} parameters (bar: {ACCURACY:.0%}, below "
        f"{PARAMETERS:,})\n"
    )
    return 0 if mean >= ACCURACY and count < PARAMETERS else 1


if __name__ == "__main__":
    sys.exit(main())
