"""The loss of a trained network over two directions of its weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from deepfractals_gui.core import (
    Array,
    Axis,
    CancelFlag,
    Channel,
    ChannelKind,
    Coloring,
    DataSource,
    Overlay,
    ParamError,
    Points,
    Preset,
    Probe,
    Status,
    System,
    Viewport,
    param,
)
from deepfractals_gui.core.ulps import next_up
from deepfractals_gui.kernels.landscape_network import Landscape, pack
from deepfractals_gui.systems.landscape_plan import (
    NETWORKS,
    LandscapePlan,
    landscape_plan,
    stages_of,
)
from deepfractals_gui.systems.landscape_probe import evaluate, probe_point
from deepfractals_gui.systems.training_data import TrainingData

HOME_WIDTH = 2.5
PRODUCT_SECONDS, UNIT_SECONDS, LOSS_SECONDS = 4e-11, 7e-10, 2e-9
"""Measured: a multiplication of weight and data point, an activation, an output's loss."""


@dataclass(frozen=True)
class LandscapeParams:
    """The trained network, and the plane through its weights."""

    network: DataSource = param(
        "moons_relu_deep",
        "The trained network: one that ships, or an .npz file written by the lab.",
        choices=NETWORKS,
        group="Network",
    )
    data: DataSource = param(
        "stored",
        "What the loss is taken over: the data stored with the network; or a CSV file (last "
        "column: target) or .npz file (X, Y).",
        choices=("stored",),
        group="Network",
    )
    directions: str = param(
        "random",
        "Random directions, as long for each unit as its trained weights; or the plane in which "
        "training moved most.",
        choices=("random", "pca"),
        group="Plane",
    )
    seed: int = param(
        0,
        "Of the random directions, by NumPy's PCG64.",
        low=0,
        high=1_000_000_000,
        slider=(0, 100),
        group="Plane",
        shown_when={"directions": ("random",)},
    )
    level: float = param(
        1.0,
        "Where a loss counts as above: 1 is chance, the loss of the best constant answer.",
        low=0.0,
        high=1e12,
        slider=(0.01, 100.0),
        log=True,
        group="Plane",
    )


class Prepared(NamedTuple):
    """A plan, and the same laid out for the kernel."""

    plan: LandscapePlan
    network: Landscape


class LossLandscape(System[LandscapeParams]):
    """L(θ + a d₁ + b d₂): Li et al. 2018, arXiv:1712.09913."""

    key: ClassVar[str] = "loss_landscape"
    title: ClassVar[str] = "Loss landscape"
    summary: ClassVar[str] = (
        "A trained network's loss, seen from its weights in two directions: hills, valleys, cliffs."
    )
    marked: ClassVar[bool] = True
    Params: ClassVar[type[Any]] = LandscapeParams
    statuses: ClassVar[tuple[Status, ...]] = (Status.BELOW, Status.ABOVE, Status.NON_FINITE)
    meanings: ClassVar[Mapping[Status, str]] = {
        Status.BELOW: "With these weights the network's loss is below the level.",
        Status.ABOVE: "With these weights the network's loss is at the level or above it.",
        Status.NON_FINITE: "With these weights the loss is too large for a number.",
    }
    criteria: ClassVar[tuple[str, ...]] = ("level",)
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "no_short_cuts", "Fourteen layers", Viewport.at("0", "0", 2.5),
            note="A deep ReLU network without short cuts: ridges and cliffs about a narrow pit.",
        ),
        Preset(
            "short_cuts", "The same with short cuts", Viewport.at("0", "0", 2.5),
            {"network": "moons_residual"},
            note="Same start, data and rates; each layer adds its input. The pit lies in a bowl.",
        ),
        Preset(
            "from_afar", "The plain from afar", Viewport.at("0", "0", 10.0),
            note="Where all weights grow the loss grows like their product, cracked by the kinks.",
        ),
        Preset(
            "shards", "Shards", Viewport.at("0.1", "-1", 0.6),
            note="Every crease is a data point at which some unit falls silent or wakes.",
        ),
        Preset(
            "fjord", "Fjord", Viewport.at("-0.5", "1.1", 0.8),
            note="A ravine as narrow as a pen, at whose floor the loss is that of guessing.",
        ),
        Preset(
            "falls", "Falls", Viewport.at("0.45", "-2.2", 1.2),
            note="Smooth steps above, and a spray of creases where they come down.",
        ),
        Preset(
            "answers", "What is answered", Viewport.at("0", "0", 3.0), {},
            Coloring("channel", "harbour", "accuracy", glow=0.0, vignette=0.0),
            "The accuracy alone: terraces, one for every data point that changes sides.",
        ),
        Preset(
            "valley", "The valley of training", Viewport.at("-3.67", "-0.118", 12.0),
            {"network": "moons", "directions": "pca"},
            note="The plane in which training moved most; switch on the marks to see its way.",
        ),
        Preset(
            "rays", "Saturation", Viewport.at("0", "0", 14.0), {"network": "moons"},
            note="Far out every tanh is 1 or −1, and the loss changes along rays alone.",
        ),
        Preset(
            "island", "Island", Viewport.at("0", "0", 8.0), {"network": "moons_sine"},
            note="A network of sines: calm about its weights, and a rough sea all round.",
        ),
        Preset(
            "surf", "Surf", Viewport.at("0", "0", 60.0),
            {"network": "moons_sine", "directions": "pca"},
            note="The same island in the plane of its training, where the sea has a swell.",
        ),
        Preset(
            "reef", "Reef", Viewport.at("0", "0", 8.0), {"network": "moons_sine"},
            Coloring("channel", "sunset", "accuracy", glow=0.0, vignette=0.0),
            "The accuracy about the island: beyond the reef every answer is a guess.",
        ),
    )  # fmt: skip

    def axes(self, p: LandscapeParams) -> tuple[Axis, Axis]:
        if p.directions == "pca":
            return Axis("first principal direction"), Axis("second principal direction")
        return Axis("first random direction"), Axis("second random direction")

    def home(self, p: LandscapeParams) -> Viewport:
        if p.directions == "random":
            return Viewport.at(0.0, 0.0, HOME_WIDTH)
        try:
            path = landscape_plan(p).path
        except ParamError:
            # Said by `check`; a file that is gone mustn't bring down what asks for a view.
            return Viewport.at(0.0, 0.0, HOME_WIDTH)
        ends = np.stack([path.min(axis=0), path.max(axis=0)])
        ends = np.stack([np.minimum(ends[0], 0.0), np.maximum(ends[1], 0.0)])
        centre = ends.mean(axis=0)
        width = float(f"{1.6 * np.max(ends[1] - ends[0]):.2g}")
        return Viewport.at(f"{centre[0]:.3g}", f"{centre[1]:.3g}", width)

    def channels(self, p: LandscapeParams) -> tuple[Channel, ...]:
        known = frozenset({Status.BELOW, Status.ABOVE})
        return (
            Channel("status", "Status", "uint8", ChannelKind.STATUS),
            Channel(
                "loss", "Loss", "float64", ChannelKind.SCALAR, "", known, low=0.0,
                help="The mean loss over the data, with the network's penalties.",
            ),
            Channel(
                "log_loss", "Log loss", "float64", ChannelKind.SIGNED, "decades", known,
                help="log₁₀ of the loss over the level: negative below it.",
            ),
            Channel(
                "accuracy", "Accuracy", "float32", ChannelKind.SCALAR, "", known, low=0.0, high=1.0,
                help="The share of right answers; there are none without classes.",
            ),
        )  # fmt: skip

    def check(self, p: LandscapeParams) -> None:
        landscape_plan(p)

    def prepare(self, p: LandscapeParams, cancel: CancelFlag) -> Prepared:
        plan = landscape_plan(p)
        return Prepared(plan, _packed(plan, p.level, cancel))

    def cost_hint(self, p: LandscapeParams) -> float:
        plan = landscape_plan(p)
        dense = [weights.shape for weights, _ in plan.network.dense]
        products = sum(ins * outs for ins, outs in dense[1:])
        units = sum(outs for _, outs in dense)
        seconds = products * PRODUCT_SECONDS + units * UNIT_SECONDS + dense[-1][1] * LOSS_SECONDS
        return float(len(plan.data.inputs) * seconds)

    def sample(
        self,
        points: Points,
        p: LandscapeParams,
        prepared: Prepared,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        evaluate(points, prepared.network, out, cancel)

    def probe(
        self,
        x: float,
        y: float,
        p: LandscapeParams,
        prepared: Prepared,
        cancel: CancelFlag | None = None,
    ) -> Probe:
        probe = probe_point(x, y, prepared.plan, prepared.network, cancel or CancelFlag())
        return replace(probe, meaning=self.meaning(probe.status))

    def default_coloring(self, p: LandscapeParams) -> Coloring:
        return Coloring("slope", "tide", "log_loss", cycles=4.0, glow=0.0, vignette=0.0, relief=5.0)

    def outcome(self, status: Array) -> Array:
        return np.asarray(status == Status.BELOW)

    def overlays(
        self, viewport: Viewport, p: LandscapeParams, prepared: Prepared
    ) -> tuple[Overlay, ...]:
        path = prepared.plan.path
        if len(path) < 2:
            return (Overlay("trained weights", np.zeros((1, 2)), ("trained",)),)
        labels = ("start", *[""] * (len(path) - 2), "end")
        return (Overlay("trajectory", path, labels, joined=True),)

    def inputs(self, p: LandscapeParams) -> tuple[str, ...]:
        return ("weights", "data")

    def nudged(
        self,
        p: LandscapeParams,
        prepared: Prepared,
        names: Collection[str],
        cancel: CancelFlag,
    ) -> tuple[LandscapeParams, Prepared]:
        plan = prepared.plan
        if "data" in names:
            inputs, targets = plan.data
            moved = targets if plan.classes else next_up(targets)
            plan = replace(plan, data=TrainingData(next_up(inputs), moved))
        if "weights" in names:
            dense = tuple(plan.network.split(next_up(plan.network.flat)))
            plan = replace(plan, network=replace(plan.network, dense=dense))
        return p, Prepared(plan, _packed(plan, p.level, cancel))


def _packed(plan: LandscapePlan, level: float, cancel: CancelFlag) -> Landscape:
    inputs, stages = stages_of(plan)
    spec = plan.spec
    return pack(
        inputs, plan.data.targets, stages, loss=spec.loss, l1=float(spec.l1), l2=float(spec.l2),
        level=level * plan.chance, cancel=cancel,
    )  # fmt: skip
