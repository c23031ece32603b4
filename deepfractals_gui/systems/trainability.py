"""The trainability map: every pixel trains one small network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Context, Decimal
from typing import Any, ClassVar

import numpy as np

from deepfractals_gui.core import (
    Array,
    Axis,
    CancelFlag,
    Channel,
    ChannelKind,
    Coloring,
    DataRef,
    ParamError,
    Points,
    Preset,
    Probe,
    Status,
    System,
    Viewport,
)
from deepfractals_gui.core.ulps import next_up
from deepfractals_gui.systems.trainability_params import ADAPTIVE, TrainabilityParams
from deepfractals_gui.systems.training_plan import training_plan
from deepfractals_gui.systems.training_probe import probe_run
from deepfractals_gui.systems.training_rates import rate_plane
from deepfractals_gui.systems.training_run import (
    Prepared,
    nudged,
    prepare,
    seconds_a_point,
    train,
    weight_names,
)

AXIS_TITLES = {
    "lr_input": "input learning rate",
    "lr_output": "output learning rate",
    "lr": "learning rate",
    "momentum": "1 − momentum",
    "beta1": "1 − β₁",
    "beta2": "1 − β₂",
    "weight_decay": "weight decay",
    "weight_scale": "initial weight scale",
    "output_scale": "output scale",
    "offset": "weight offset",
}
HOME_CENTRES = {
    "momentum": -2.0, "beta1": -2.0, "beta2": -2.0, "weight_decay": -2.0, "weight_scale": 0.0,
    "output_scale": 0.0, "offset": -1.0,
}  # fmt: skip
HOME_CENTRE, HOME_WIDTH = 1.5, 9.0


def _window(left: str, right: str, bottom: str, top: str) -> Viewport:
    """The view between two rates on either axis, as published."""
    context = Context(prec=40)
    ends = [context.log10(Decimal(rate)) for rate in (left, right, bottom, top)]
    x = context.divide(context.add(ends[0], ends[1]), Decimal(2))
    y = context.divide(context.add(ends[2], ends[3]), Decimal(2))
    return Viewport.at(str(x), str(y), float(context.subtract(ends[1], ends[0])))


class Trainability(System[TrainabilityParams]):
    """Converged or diverged, and how fast: Sohl-Dickstein 2024, arXiv:2402.06184."""

    key: ClassVar[str] = "trainability"
    title: ClassVar[str] = "Trainability"
    summary: ClassVar[str] = (
        "Every pixel trains a network: which learning rates converge, and which explode."
    )
    Params: ClassVar[type[Any]] = TrainabilityParams
    statuses: ClassVar[tuple[Status, ...]] = (
        Status.CONVERGED, Status.DIVERGED, Status.NON_FINITE,
    )  # fmt: skip
    meanings: ClassVar[Mapping[Status, str]] = {
        Status.CONVERGED: "Over the last twenty steps the loss was below the first one on average.",
        Status.DIVERGED: "Over the last twenty steps the loss was no lower than the first one.",
        Status.NON_FINITE: "Training diverged so far that a loss stopped being a finite number.",
    }
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "paper_identity", "Paper gallery: linear network",
            _window("190.010080", "190.011840", "4.77745244", "4.77749670"),
            {"activation": "identity", "data": "paper:identity"},
            note="Published dimension 1.17. Even a network without any non-linearity has it.",
        ),
        Preset(
            "paper_relu", "Paper gallery: ReLU",
            _window("0.577622737", "0.577625590", "81.4432439", "81.4436463"),
            {"activation": "relu", "data": "paper:matching"},
            note="Published dimension 1.20. Piecewise linear, and its boundary has long edges.",
        ),
        Preset(
            "paper_single", "Paper gallery: one datapoint",
            _window("48.298735", "48.299146", "18.2066141", "18.2067690"),
            {"data": "paper:single"},
            note="Published dimension 1.41. A tanh network that learns a single point.",
        ),
        Preset(
            "paper_minibatch", "Paper gallery: minibatch",
            _window(
                "0.267398835471957", "0.267398835475071", "174.269509700711", "174.269509702741"
            ),
            {"data": "paper:matching", "batch": 16, "steps": 1000},
            note="Published dimension 1.55. Sixteen points a step, the same for every pixel.",
        ),
        Preset(
            "paper_tanh", "Paper gallery: tanh",
            _window("13.29976231", "13.29978604", "200.3582269", "200.3585844"),
            {"data": "paper:matching"},
            note="Published dimension 1.66. The full batch of 272 points.",
        ),
        Preset(
            "paper_offset", "Paper gallery: weight offset",
            _window("0.1960618282403", "0.1960618285243", "39.0254607863", "39.0254608429"),
            {"data": "paper:matching", "x_axis": "offset", "y_axis": "lr"},
            note="Published dimension 1.98. Part of this picture is rounding: audit it.",
        ),
        Preset(
            "whole", "One datapoint, the whole plane", Viewport.at("1.5", "1.5", 9.0),
            note="Nine decades of either learning rate. Converged below and left of the edge.",
        ),
        Preset(
            "whole_identity", "Linear network, the whole plane", Viewport.at("1.5", "1.5", 9.0),
            {"activation": "identity", "data": "paper:identity"},
            note="The edge of a linear network is smooth from afar.",
        ),
        Preset(
            "momentum", "Momentum against rate", Viewport.at("-2", "1", 6.0),
            {"x_axis": "momentum", "y_axis": "lr", "data": "single"},
            note="From the right to the left momentum rises towards 1.",
        ),
    )  # fmt: skip

    def axes(self, p: TrainabilityParams) -> tuple[Axis, Axis]:
        return Axis(AXIS_TITLES[p.x_axis], "", "log10"), Axis(AXIS_TITLES[p.y_axis], "", "log10")

    def home(self, p: TrainabilityParams) -> Viewport:
        centres = [HOME_CENTRES.get(axis, HOME_CENTRE) for axis in (p.x_axis, p.y_axis)]
        return Viewport.at(str(centres[0]), str(centres[1]), HOME_WIDTH)

    def channels(self, p: TrainabilityParams) -> tuple[Channel, ...]:
        trained = frozenset({Status.CONVERGED, Status.DIVERGED})
        return (
            Channel("status", "Status", "uint8", ChannelKind.STATUS),
            Channel(
                "value", "Trainability", "float64", ChannelKind.SIGNED,
                help="Minus the sum of the losses over the first loss where training converged, "
                "the sum of their inverses where it diverged: the sign is the outcome, the "
                "magnitude the speed.",
            ),
            Channel(
                "final_loss", "Final loss", "float64", ChannelKind.SCALAR, "", trained,
                help="The loss of the last step, over all data.",
            ),
            Channel(
                "least_loss", "Least loss", "float64", ChannelKind.SCALAR,
                help="The smallest loss of all steps.",
            ),
            Channel(
                "divergence", "Step of divergence", "float32", ChannelKind.SCALAR, "steps",
                frozenset({Status.DIVERGED, Status.NON_FINITE}),
                help="The first step whose loss is a million times the first, or not finite.",
            ),
            Channel(
                "probe_output", "Output at the probe", "float64", ChannelKind.SCALAR, "", trained,
                help="What the trained network answers to an input of ones.",
            ),
        )  # fmt: skip

    def check(self, p: TrainabilityParams) -> None:
        if p.x_axis == p.y_axis:
            raise ParamError("y_axis", f"both axes show {p.y_axis}; choose two different rates")
        plan = training_plan(p)
        for axis in (p.x_axis, p.y_axis):
            kind = plan.spec.optimizer.kind
            if axis in ("beta1", "beta2") and kind not in ADAPTIVE:
                raise ParamError("optimizer", f"{kind} has no {axis}; adam and adamw have")
            if axis == "momentum" and kind in ADAPTIVE:
                raise ParamError("optimizer", f"{kind} has no momentum; sgd and nesterov have")

    def prepare(self, p: TrainabilityParams, cancel: CancelFlag) -> Prepared:
        return prepare(training_plan(p), p.offset_mode == "every_step")

    def cost_hint(self, p: TrainabilityParams) -> float:
        return seconds_a_point(training_plan(p), rate_plane(p))

    def sample(
        self,
        points: Points,
        p: TrainabilityParams,
        prepared: Prepared,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        train(points, rate_plane(p), prepared, out, cancel)

    def probe(
        self,
        x: float,
        y: float,
        p: TrainabilityParams,
        prepared: Prepared,
        cancel: CancelFlag | None = None,
    ) -> Probe:
        probe = probe_run(x, y, rate_plane(p), prepared, cancel or CancelFlag())
        return replace(probe, meaning=self.meaning(probe.status))

    def default_coloring(self, p: TrainabilityParams) -> Coloring:
        return Coloring("signed", "spectral", "value", reverse=True, glow=0.0, vignette=0.0)

    def outcome(self, status: Array) -> Array:
        return np.asarray(status == Status.CONVERGED)

    def inputs(self, p: TrainabilityParams) -> tuple[str, ...]:
        plan = training_plan(p)
        optimizer = plan.spec.optimizer
        names = ["weight_scale", "output_scale"]
        names += ["offset"] if p.offset else []
        if not isinstance(p.spec, DataRef):
            names += ["lr"] if p.lr else ["lr_input", "lr_output"]
            names += ["weight_decay"] if p.weight_decay else []
            if optimizer.kind in ADAPTIVE:
                names += ["beta1", "beta2"]
            elif p.momentum:
                names.append("momentum")
        axes = {p.x_axis, p.y_axis}
        held = {"lr_input", "lr_output"} if "lr" in axes else set()
        rates = (name for name in names if name not in axes | held)
        return (*weight_names(plan), "data", *rates)

    def nudged(
        self,
        p: TrainabilityParams,
        prepared: Prepared,
        names: Collection[str],
        cancel: CancelFlag,
    ) -> tuple[TrainabilityParams, Prepared]:
        arrays = {*weight_names(prepared.plan), "data"}
        rates = {name: next_up(getattr(p, name)) for name in names if name not in arrays}
        # Not checked: the largest value that is allowed has a next one, too.
        moved = replace(p, **rates)
        return moved, nudged(prepared, [name for name in names if name in arrays])
