"""One point of a loss landscape, as the inspector shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, Curve, Points, Probe, Status
from deepfractals_gui.kernels.landscape_network import Landscape
from deepfractals_gui.systems.landscape_plan import LandscapePlan
from deepfractals_gui.systems.probing import number
from deepfractals_gui.systems.storage import Workspace, coordinates

RAY_POINTS = 129
"""Points from the trained weights to the place asked for, both ends included."""
MOST_CLASSES = 12
"""Classes whose answers are listed one by one."""
_WAY = "way from the trained weights"
NAMES = ("status", "loss", "log_loss", "accuracy")


def evaluate(
    points: Points,
    network: Landscape,
    out: Mapping[str, Array],
    cancel: CancelFlag,
    outputs: Array | None = None,
) -> None:
    """Fill the channels; ``outputs`` (D, k) takes the answers of a single point.

    Raises
    ------
    Cancelled   the flag went up
    """
    from deepfractals_gui.kernels import landscape

    work = Workspace(out, np.float64)
    answers = np.zeros((0, 1)) if outputs is None else outputs
    sample: Any = landscape.sample
    sample(*coordinates(points), network, *(work[name] for name in NAMES), cancel.array, answers)
    cancel.check()
    work.store()


def _values(
    x: Array, y: Array, network: Landscape, cancel: CancelFlag, outputs: Array | None = None
) -> dict[str, Array]:
    out = {name: np.zeros(len(x), "u1" if name == "status" else "f8") for name in NAMES}
    evaluate(Points.absolute(x, y), network, out, cancel, outputs)
    return out


def probe_point(
    x: float, y: float, plan: LandscapePlan, network: Landscape, cancel: CancelFlag
) -> Probe:
    """The loss on the way from the trained weights to a point, the weights and the answers there.

    Raises
    ------
    Cancelled   the flag went up
    """
    targets = plan.data.targets
    outputs = np.zeros(targets.shape)
    found = _values(np.array([x]), np.array([y]), network, cancel, outputs)
    values = {name: array[0].item() for name, array in found.items()}
    status = Status(values["status"])
    way = np.linspace(0.0, 1.0, RAY_POINTS)
    ray = _values(x * way, y * way, network, cancel)
    trained = _values(np.zeros(1), np.zeros(1), network, cancel)
    level = np.full(len(way), network.level)
    curves = [
        Curve("loss", way, ray["loss"], log=True, group="loss on the way", against=_WAY),
        Curve("level", way, level, log=True, group="loss on the way", against=_WAY),
    ]
    if plan.classes:
        curves.append(Curve("accuracy", way, ray["accuracy"], against=_WAY))
    flat = plan.network.flat
    with np.errstate(all="ignore"):
        here = flat + x * plan.first + y * plan.second
        pairs = zip(plan.network.split(here), plan.network.split(flat), strict=True)
        norms = [[np.linalg.norm(weights) for weights, _ in pair] for pair in pairs]
    layers = np.arange(len(norms), dtype=np.float64)
    for name, column in (("|W| here", 0), ("|W| trained", 1)):
        sizes = np.array([row[column] for row in norms])
        curves.append(
            Curve(name, layers, sizes, group="weight norms", against="layer", joined=column == 1)
        )
    table = [
        ("status", status.label),
        ("first direction", repr(x)),
        ("second direction", repr(y)),
        ("loss", number(values["loss"])),
        ("level", number(network.level)),
        ("chance", number(plan.chance)),
        ("trained loss", number(float(trained["loss"][0]))),
    ]
    if plan.classes:
        table += [
            ("accuracy", number(values["accuracy"])),
            ("trained accuracy", number(float(trained["accuracy"][0]))),
        ]
        if status is not Status.NON_FINITE:
            table += answers(outputs, targets, plan.spec.loss == "cross_entropy")
    if plan.shares:
        text = " and ".join(f"{100 * share:.3g} %" for share in plan.shares)
        table.append(("trajectory's spread along either", text))
    return Probe(x, y, status, values, tuple(curves), None, tuple(table))


def answers(outputs: Array, targets: Array, exclusive: bool) -> list[tuple[str, str]]:
    """Rows that say, class by class, how often which answer was given."""
    if exclusive:
        truth, said = np.argmax(targets, axis=1), np.argmax(outputs, axis=1)
    elif targets.shape[1] == 1:
        truth, said = (targets[:, 0] > 0.5).astype(int), (outputs[:, 0] > 0.0).astype(int)
    else:
        right = ((outputs > 0.0) == (targets > 0.5)).sum(axis=0)
        rows = [(f"output {k}", f"{count} of {len(targets)}") for k, count in enumerate(right)]
        return rows[:MOST_CLASSES]
    rows = []
    for label in np.unique(truth)[:MOST_CLASSES]:
        given, counts = np.unique(said[truth == label], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        text = ", ".join(f"{counts[k]} as {given[k]}" for k in order)
        rows.append((f"class {label}", text))
    return rows
