"""How fast networks are trained: pixel-steps a second, against NumPy and, where asked, JAX.

python -m tests.benchmarks.bench_training [--size 32] [--runs 5] [--only NAME] [--jax-python PATH]

Every line runs its own pixels over the home view with two threads, in tasks of eight pixels;
kernel, NumPy and JAX take turns, and each time is a median. Steps are counted as asked for, also
those that an early exit saves; NumPy leaves out lost pixels too, and runs on one thread. In
brackets are ratios by processor time, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from deepfractals_gui.core import CancelFlag, Points
from deepfractals_gui.core.params import replace
from deepfractals_gui.systems import system
from tests.reference import training as twin

JAX = Path(__file__).with_name("jax_training.py")
TWIN_PIXELS = 32
TASK = 8
THREADS = 2
Times = tuple[float, float]
"""Seconds on the wall, and of processor time."""
TANH, SMALL, SINGLE = "w16, 272 points", "w8, 72 points", "one datapoint"
CASES = {
    TANH: {"data": "paper:matching"},
    SMALL: {"data": "matching", "width": 8},
    SINGLE: {"data": "paper:single"},
    "identity": {"data": "paper:identity", "activation": "identity"},
    "relu": {"data": "paper:matching", "activation": "relu"},
    "minibatch 16": {"data": "paper:matching", "batch": 16},
    "momentum 0.9": {"data": "paper:matching", "momentum": 0.9},
    "adam": {"data": "paper:matching", "optimizer": "adam"},
}
JAX_BARS = {TANH: 6.5, SMALL: 5.5, SINGLE: None}
"""Lines that JAX can run, and how many times faster the kernel has to be."""
RATE_BARS = {SINGLE: 15e6}


class Case:
    """One line of the benchmark: the System's parameters, and pixels over its home view."""

    def __init__(self, values: dict, size: int) -> None:
        self.system = system("trainability")
        self.p = replace(self.system.Params(), **values)
        self.prepared = self.system.prepare(self.p, CancelFlag())
        view = self.system.home(self.p)
        line = (np.arange(size) + 0.5) / size - 0.5
        x, y = np.meshgrid(float(view.x) + view.width * line, float(view.y) + view.width * line)
        self.x, self.y = x.ravel(), y.ravel()
        self.value = np.zeros(len(self.x))
        self.steps = len(self.x) * self.p.steps

    def task(self, start: int) -> None:
        places = slice(start, start + TASK)
        count = len(self.x[places])
        out = {c.name: np.zeros(count, c.numpy_dtype()) for c in self.system.channels(self.p)}
        points = Points.absolute(self.x[places].copy(), self.y[places].copy())
        self.system.sample(points, self.p, self.prepared, out, CancelFlag())
        self.value[places] = out["value"]

    def run(self, pool: ThreadPoolExecutor) -> Times:
        begun, used = time.perf_counter(), time.process_time()
        list(pool.map(self.task, range(0, len(self.x), TASK)))
        return time.perf_counter() - begun, time.process_time() - used

    def run_twin(self) -> Times:
        """Plain NumPy, on a sample of the same pixels."""
        plan, p = self.prepared.plan, self.p
        layers = plan.layers
        # At random: pixels in equal steps through the rows may all lie on a diagonal.
        chosen = np.random.default_rng(0).choice(len(self.x), TWIN_PIXELS, replace=False)
        hyper = np.empty((TWIN_PIXELS, 9))
        hyper[:, 0], hyper[:, 1] = 10.0 ** self.x[chosen], 10.0 ** self.y[chosen]
        hyper[:, 2:] = (
            p.momentum, p.beta1, p.beta2, p.weight_decay, p.weight_scale, p.output_scale, p.offset
        )  # fmt: skip
        begun, used = time.perf_counter(), time.process_time()
        twin.run(
            hyper, plan.data.inputs, plan.data.targets, list(plan.weights),
            [layer.activation for layer in layers], layers[0].bias,
            [layer.residual for layer in layers], [layer.scale for layer in layers],
            plan.spec.loss, plan.spec.optimizer.kind, p.steps,
            plan.batches if plan.batches.size else None, int(self.prepared.every_step),
            np.ones(plan.spec.inputs),
        )  # fmt: skip
        return time.perf_counter() - begun, time.process_time() - used

    def write(self, path: Path) -> None:
        """What the JAX process needs to run the same pixels."""
        plan = self.prepared.plan
        np.savez(
            path, X=plan.data.inputs, Y=plan.data.targets, W0=plan.weights[0], W1=plan.weights[1],
            rates=np.stack([10.0**self.x, 10.0**self.y], axis=1), steps=self.p.steps,
            inner=plan.layers[0].scale,
        )  # fmt: skip


class Rival:
    """The same pixels in JAX, in a process of their own."""

    def __init__(self, python: str, case: Case, folder: Path) -> None:
        case.write(folder / "case.npz")
        self.values = folder / "values.npy"
        self.process = subprocess.Popen(
            [python, str(JAX), str(folder / "case.npz"), str(self.values)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self) -> Times:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"JAX ended with exit code {self.process.wait()}")
        wall, processor = map(float, answer.split())
        return wall, processor

    def end(self) -> np.ndarray:
        """The values (P,) it found."""
        self.process.stdin.close()
        self.process.wait()
        return np.load(self.values)


def line_of(name: str, case: Case, pool: ThreadPoolExecutor, runs: int, python: str) -> str:
    """One case measured, as a line of text."""
    case.run(pool)
    own, plain, theirs = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        rival = Rival(python, case, Path(folder)) if python and name in JAX_BARS else None
        if rival is not None:
            # Its compilation must be over before the kernel's turn.
            rival.run()
        for _ in range(runs):
            own.append(case.run(pool))
            plain.append(case.run_twin())
            if rival is not None:
                theirs.append(rival.run())
        values = rival.end() if rival is not None else None
    wall, processor = medians(own)
    rate = case.steps / wall
    line = f"{name:16} {rate / 1e6:8.3f} M steps/s"
    if name in RATE_BARS:
        line += f" (bar {RATE_BARS[name] / 1e6:g})"
    # NumPy has trained fewer pixels, and by processor time the kernel's threads share the work.
    more = len(case.x) / TWIN_PIXELS
    twin_wall, twin_processor = medians(plain)
    line += f"   NumPy x{more * twin_wall / wall:6.1f}"
    line += f" [x{more * twin_processor / processor * THREADS:6.1f}]"
    if values is not None:
        jax_wall, jax_processor = medians(theirs)
        line += f"   JAX x{jax_wall / wall:5.2f} [x{jax_processor / processor:5.2f}]"
        line += f" (bar {JAX_BARS[name]})" if JAX_BARS[name] else ""
        agree = np.mean(np.sign(values) == np.sign(case.value))
        line += f" {jax_wall:.2f} s, {agree:.2%} of signs agree"
    return line


def medians(times: list[Times]) -> Times:
    wall, processor = map(statistics.median, zip(*times, strict=True))
    return wall, processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=sorted(CASES))
    parser.add_argument("--jax-python", default="")
    options = parser.parse_args()
    size, runs = options.size, options.runs
    print(f"{size} x {size}, {THREADS} threads, median of {runs} interleaved runs")
    with ThreadPoolExecutor(THREADS) as pool:
        for name, values in CASES.items():
            if options.only in (None, name):
                # A single datapoint is so quick that more pixels are needed to time it.
                case = Case(values, size * 8 if name == SINGLE else size)
                print(line_of(name, case, pool, runs, options.jax_python), flush=True)


if __name__ == "__main__":
    main()
