"""How well the neural field reads MNIST's 10,000 test images: 8,000 to train, 2,000 to test.

``python -m tests.benchmarks.bench_field_mnist IMAGES RUN [--epochs N] [--threads T]``: IMAGES is
t10k-images-idx3-ubyte.gz with its labels beside it, RUN the folder of the run, which goes on where
it was interrupted. It takes minutes an epoch. The exit status is 1 below the bar.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from deepfractals_gui import cli
from deepfractals_gui.equilibrium.field import count_parameters
from deepfractals_gui.experiments.field import Field

ACCURACY, PARAMETERS = 0.975, 20_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    line = f"--set test_share=0.2 --set in_order=true --epochs {options.epochs}".split()
    line += ["--threads", str(options.threads), "--data", str(options.images)]
    status = cli.main(["field", "train", str(options.run), *line])
    if status:
        return status
    best = Field().load(options.run / "best.npz")
    lines = (options.run / "log.jsonl").read_text().splitlines()
    seconds = [json.loads(line)["seconds"] for line in lines]
    parameters = count_parameters(best.training.params)
    known = sum(one for one in seconds if one is not None)
    sys.stdout.write(
        f"{best.best_accuracy:.2%} of {len(best.data.test):,} images after epoch "
        f"{best.best_epoch}, {parameters:,} parameters, {known / 60.0:.1f} minutes for "
        f"{len(lines)} epochs (bar: {ACCURACY:.1%}, below {PARAMETERS:,})\n"
    )
    return 0 if best.best_accuracy >= ACCURACY and parameters < PARAMETERS else 1


if __name__ == "__main__":
    sys.exit(main())
