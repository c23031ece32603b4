"""How well, and how fast, the lab's networks learn.

``python -m tests.benchmarks.bench_lab [--mnist FOLDER] [--json]``: five folds of the digits, two
spirals, MNIST's 10,000 images (trained on the first 8,000, tested on the last 2,000), and how long
an epoch takes. Seconds are on the wall and of processor time.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from deepfractals_gui.__main__ import keep_products_on_one_thread

# As the program does, and before NumPy is loaded.
keep_products_on_one_thread()

from deepfractals_gui.core import DataRef  # noqa: E402
from deepfractals_gui.experiments.lab import Lab  # noqa: E402
from deepfractals_gui.experiments.lab_data import dataset_of, fitted, prepared_data  # noqa: E402
from deepfractals_gui.experiments.lab_examples import example, for_images  # noqa: E402
from deepfractals_gui.nn import idx_partner  # noqa: E402

BARS = {
    "digits": (0.97, 20.0),
    "spirals": (0.98, None),
    "mnist": (0.955, 60.0),
}
"""Accuracy, at least, and seconds, at most."""
FOLDS = 5
ROUNDS = 5
LAB = Lab()


def finished(state):
    while not state.stopped:
        state = LAB.epoch(state)
    return state


def digits():
    p = example("digits").params
    found = []
    for number, (train, test) in enumerate(dataset_of(p).folds(FOLDS, 0)):
        own = replace(p, spec=replace(p.spec, seed=number))
        state = finished(LAB.start_on(own, prepared_data(own, train, test)))
        found.append(state.trace[-1].test_accuracy)
    return sum(found) / FOLDS


def spirals():
    return finished(LAB.start(example("spirals").params)).trace[-1].test_accuracy


def mnist(folder: Path):
    images = next(iter(sorted(folder.glob("*images*"))), None)
    if images is None:
        return None
    p = replace(for_images(), data=DataRef.of_file(images))
    p = replace(p, labels=DataRef.of_file(idx_partner(images)))
    p = replace(p, spec=fitted(p.spec, dataset_of(p)))
    return finished(LAB.start(p)).trace[-1].test_accuracy


def epochs():
    """Milliseconds of an epoch, and updates in it, for the examples."""
    found = {}
    for key in ("spirals", "digits", "vanishing", "normalised"):
        state = LAB.epoch(LAB.start(example(key).params))
        times = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            LAB.epoch(state)
            times.append(1000 * (time.perf_counter() - begun))
        found[key] = (median(times), state.batches_an_epoch)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mnist", type=Path, default=Path("../shared/data/mnist"))
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    results = {}
    for name, work in (
        ("digits", digits), ("spirals", spirals), ("mnist", lambda: mnist(chosen.mnist)),
    ):  # fmt: skip
        begun, used = time.perf_counter(), time.process_time()
        accuracy = work()
        seconds, processor = time.perf_counter() - begun, time.process_time() - used
        if accuracy is not None:
            results[name] = {"accuracy": accuracy, "seconds": seconds, "processor": processor}
    speeds = epochs()
    if chosen.json:
        print(json.dumps({**results, "epoch_ms": {k: v[0] for k, v in speeds.items()}}))
        return
    for name, found in results.items():
        least, most = BARS[name]
        met = found["accuracy"] >= least and (most is None or found["seconds"] <= most)
        bar = f">= {least:.1%}" + ("" if most is None else f" in < {most:g} s")
        print(
            f"{name:<12}{found['accuracy']:.2%} in {found['seconds']:.1f} s "
            f"({found['processor']:.1f} s of processor time); bar {bar}: "
            + ("met" if met else "missed")
        )
    for name, (milliseconds, updates) in speeds.items():
        print(f"{name:<12}an epoch of {updates} updates takes {milliseconds:.2f} ms")


if __name__ == "__main__":
    main()
