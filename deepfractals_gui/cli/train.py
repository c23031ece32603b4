"""``deepfractals train``: train a network and tell how well it learned."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.cli.progress import ProgressLine
from deepfractals_gui.cli.run_folder import finite
from deepfractals_gui.core import CancelFlag, Cancelled

if TYPE_CHECKING:
    from deepfractals_gui.experiments.lab_params import LabParams
    from deepfractals_gui.experiments.lab_state import LabState

NAME = "train"
SUMMARY = "train a network on data and say how well it learned"
DESCRIPTION = textwrap.dedent(
    """\
    Train a network of the lab. A spec is a NetSpec as JSON, or a whole run as the lab saves it:
    {"network": ..., "run": ...}. Data are a set that ships or is drawn (circle, xor, gaussians,
    spirals, moons, sine, digits, iris, wine), or a file: CSV (last column: target), .npz (X, Y), or
    MNIST-format IDX images, whose labels are found beside them.

    Without a spec, data bring a network of their own: 128-64 for images, 16-16 otherwise."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals train --example digits
      deepfractals train --example digits --folds 5
      deepfractals train --data spirals --epochs 500 -o spirals.npz
      deepfractals train --spec net.json --data measurements.csv --set scaling=standard --json
      deepfractals train --data t10k-images-idx3-ubyte.gz --set test_share=0.2
      deepfractals train --resume spirals.npz --epochs 1000 -o spirals.npz"""
)
MOST_FOLDS = 100
_PIECE_SECONDS = 0.1


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--spec", metavar="FILE", type=Path, help="the network, or the whole run, as JSON"
    )
    parser.add_argument("--data", metavar="NAME|FILE", help="what is learned")
    parser.add_argument(
        "--labels", metavar="FILE", type=Path, help="labels of IDX images that lie elsewhere"
    )
    parser.add_argument("--example", metavar="NAME", help="a run that ships; '?' lists them")
    parser.add_argument(
        "--resume", metavar="RUN.npz", type=Path, help="go on from what -o wrote, bit for bit"
    )
    parser.add_argument(
        "--epochs", metavar="N", type=reading.whole(1, 1_000_000), help="epochs in all, at most"
    )
    parser.add_argument(
        "--seed", metavar="N", type=reading.whole(0, 2**31), help="of everything that is drawn"
    )
    parser.add_argument(
        "--folds",
        metavar="K",
        type=reading.whole(2, MOST_FOLDS),
        help="cross-validate: train K networks, each tested on a K-th of the data",
    )
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="values",
        type=reading.assignment,
        action="append",
        default=[],
        help="a setting of the run: count, noise, test_share, in_order, scaling, target, patience",
    )
    parser.add_argument(
        "-o", "--output", metavar="RUN.npz", type=Path, help="the trained network and its run"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before training; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.experiments.lab import Lab

    if options.example == "?":
        return lambda flag: _list()
    if options.output is not None:
        picture.check_target(options.output, ".npz")
        picture.check_apart(options.output, options.data and Path(options.data), options.labels)
    if options.resume is not None:
        return _resuming(options)
    p = _params(options)
    if options.folds is None:
        state = Lab().start(p)
        return lambda flag: _train(state, options, flag)
    if options.output is not None:
        raise ValueError("--folds trains several networks; -o keeps one")
    folds = _folds(p, options.folds)
    # What is wrong with one is wrong with the first; more at once would take memory for nothing.
    first = next(folds)
    return lambda flag: _cross_validate(chain((first,), folds), options, flag)


def _resuming(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    from deepfractals_gui.experiments.lab import Lab, finished

    for name in ("spec", "data", "labels", "example", "folds", "seed"):
        if getattr(options, name) is not None:
            raise ValueError(
                f"--resume takes everything from its file; --{name} has no place there"
            )
    state = Lab().load(options.resume)
    p = _with_values(state.params, options)
    held = ("epochs", "target", "patience")
    if replace(p, **{name: getattr(state.params, name) for name in held}) != state.params:
        raise ValueError(f"--resume changes only {', '.join(held)} of a run")
    if state.exploded:
        raise ValueError(f"{options.resume.name} can't go on: {state.stopped}")
    state = finished(replace(state, params=p, stopped=""))
    return lambda flag: _train(state, options, flag)


def _params(options: argparse.Namespace) -> LabParams:
    """The run that the options describe."""
    from deepfractals_gui.experiments.lab_data import dataset_of, fitted
    from deepfractals_gui.experiments.lab_examples import example, for_images
    from deepfractals_gui.experiments.lab_params import LabParams
    from deepfractals_gui.nn import DATASETS

    if options.example is None and options.spec is None and options.data is None:
        raise ValueError("say what to learn: --data NAME|FILE, or --example NAME")
    p = LabParams() if options.example is None else example(options.example).params
    if options.spec is not None:
        if options.example is not None:
            raise ValueError("--example has a network of its own; --spec has no place beside it")
        p = _read_spec(options.spec, p)
    if options.data is not None:
        if options.labels is not None and options.data in DATASETS:
            raise ValueError(f"--labels belong to IDX images; {options.data} has its own")
        p = replace(p, data=_source(options.data), labels=_labels(options))
    elif options.labels is not None:
        raise ValueError("--labels belong to IDX images; say which with --data")
    if options.spec is None and options.example is None:
        found = dataset_of(p)
        if found.image_shape is not None:
            p = replace(for_images(), data=p.data, labels=p.labels)
        p = replace(p, spec=fitted(p.spec, found))
    p = _with_values(p, options)
    if options.seed is not None:
        p = replace(p, spec=replace(p.spec, seed=options.seed))
    if options.data is not None and options.example is not None:
        p = replace(p, spec=fitted(p.spec, dataset_of(p)))
    return p


def _with_values(p: LabParams, options: argparse.Namespace) -> LabParams:
    from deepfractals_gui.core.params import replace as replace_checked
    from deepfractals_gui.core.params import spec

    values = {name: spec(type(p), name).parse(text) for name, text in options.values}
    if options.epochs is not None:
        values["epochs"] = options.epochs
    return replace_checked(p, **values)


def _read_spec(path: Path, p: LabParams) -> LabParams:
    """The run of a file, or the network of one in the place of this run's."""
    from deepfractals_gui.experiments.lab_params import LabParams
    from deepfractals_gui.nn import NetSpec

    if path.stat().st_size > 1 << 22:
        raise ValueError(f"{path.name} is larger than 4 MB; a description has a few lines")
    text = path.read_bytes()
    try:
        data = json.loads(text)
        if isinstance(data, dict) and {"network", "run"} & set(data):
            return LabParams.from_json(text)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError(f"{path.name} is not valid JSON") from None
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    try:
        return replace(p, spec=NetSpec.from_json(text))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _source(text: str) -> Any:
    """The name of a set, or a reference to a file."""
    from deepfractals_gui.core import DataRef
    from deepfractals_gui.nn import DATASETS

    if text in DATASETS:
        return text
    path = Path(text)
    if not text or not path.exists():
        known = ", ".join(DATASETS)
        raise ValueError(f"there is no data set and no file {text[:80]!r}; the sets are {known}")
    return DataRef.of_file(path)


def _labels(options: argparse.Namespace) -> Any:
    """The labels of IDX images: given, or beside them."""
    from deepfractals_gui.core import DataRef
    from deepfractals_gui.nn import DATASETS, idx_partner

    if options.labels is not None:
        return DataRef.of_file(options.labels)
    partner = None if options.data in DATASETS else idx_partner(Path(options.data))
    return "none" if partner is None else DataRef.of_file(partner)


def _list() -> None:
    from deepfractals_gui.experiments.lab_examples import EXAMPLES

    for one in EXAMPLES:
        sys.stdout.write(f"{one.key:<12}{one.title}. {one.note}\n")


def _folds(p: LabParams, count: int) -> Iterator[LabState]:
    """The first state of each fold, one after the other; its seed is the run's plus its number."""
    from deepfractals_gui.experiments.lab import Lab
    from deepfractals_gui.experiments.lab_data import check_fit, dataset_of, prepared_data

    found = dataset_of(p)
    check_fit(p.spec, found)
    for number, (train, test) in enumerate(found.folds(count, p.spec.seed)):
        own = replace(p, spec=replace(p.spec, seed=p.spec.seed + number))
        yield Lab().start_on(own, prepared_data(own, train, test))


def _trained(state: LabState, flag: CancelFlag, told: Callable[[float], None]) -> LabState:
    from deepfractals_gui.experiments.lab import Lab

    lab = Lab()
    while not state.stopped:
        if flag.is_set:
            raise Cancelled
        state = lab.advance(state, seconds=_PIECE_SECONDS, cancel=flag)
        if state.params.epochs:
            done = state.epoch + state.batch / state.batches_an_epoch
            told(done / state.params.epochs)
    return state


def _train(state: LabState, options: argparse.Namespace, flag: CancelFlag) -> None:
    from deepfractals_gui.experiments.lab_files import run_bytes
    from deepfractals_gui.session.files import atomic_write

    start = time.perf_counter()
    with ProgressLine(f"training on {state.data.train.name}") as line:
        state = _trained(state, flag, line.update)
    seconds = time.perf_counter() - start
    if options.output is not None and not state.exploded:
        with atomic_write(options.output) as file:
            file.write(run_bytes(state))
    if options.json:
        sys.stdout.write(json.dumps(_summary(state, seconds), allow_nan=False) + "\n")
    else:
        sys.stdout.write(_words(state, seconds) + "\n")
    if state.exploded:
        raise ValueError(f"training stopped: {state.stopped}")


def _cross_validate(
    folds: Iterable[LabState], options: argparse.Namespace, flag: CancelFlag
) -> None:
    start = time.perf_counter()
    count, values = options.folds, []
    with ProgressLine(f"training {count} networks") as line:
        for number, state in enumerate(folds):

            def told(share: float, number: int = number) -> None:
                line.update((number + share) / count)

            done = _trained(state, flag, told)
            if done.exploded:
                raise ValueError(f"training stopped in fold {number + 1}: {done.stopped}")
            name, classes = done.data.train.name, done.data.train.is_classification
            what = "test_accuracy" if classes else "test_loss"
            values.append(float(getattr(done.trace[-1], what)))
    seconds = time.perf_counter() - start
    mean = sum(values) / len(values)
    if options.json:
        data = {
            "data": name, "folds": count, what: [finite(value) for value in values],
            f"mean_{what}": finite(mean), "seconds": seconds,
        }  # fmt: skip
        sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")
        return
    shown = ", ".join(_value(value, classes) for value in values)
    sys.stdout.write(
        f"{name}, {count} folds: {what.replace('_', ' ')} {_value(mean, classes)} on average "
        f"({shown}), in {seconds:.1f} s\n"
    )


def _value(value: float, classes: bool) -> str:
    return f"{value:.2%}" if classes else f"{value:.6g}"


def _summary(state: LabState, seconds: float) -> dict[str, Any]:
    names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    trace = state.trace
    return {
        "data": state.data.train.name,
        "network": json.loads(state.params.spec.to_json()),
        "rows": {"train": len(state.data.train), "test": len(state.data.test_x)},
        "epochs": state.epoch,
        "updates": state.step,
        **{name: finite(getattr(trace[-1], name)) for name in names},
        "seconds": seconds,
        "stopped": state.stopped,
        "history": {
            "epoch": [trace[k].epoch for k in range(len(trace))],
            **{name: [finite(v) for v in trace.column(name).tolist()] for name in names},
        },
    }


def _words(state: LabState, seconds: float) -> str:
    last, data = state.trace[-1], state.data
    parts = [f"training loss {last.train_loss:.6g}"]
    if data.test is not None:
        parts.append(f"test loss {last.test_loss:.6g}")
    if data.train.is_classification:
        parts.append(f"training accuracy {last.train_accuracy:.2%}")
        if data.test is not None:
            parts.append(f"test accuracy {last.test_accuracy:.2%}")
    rows = f"{len(data.train):,} rows" + (
        f", {len(data.test_x):,} for the test" if data.test else ""
    )
    return (
        f"{data.train.name} ({rows}): {', '.join(parts)}, after {state.epoch:,} epochs and "
        f"{state.step:,} updates in {seconds:.1f} s; {state.stopped}"
    )
