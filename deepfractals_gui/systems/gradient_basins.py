"""Gradient basins: where gradient descent from a complex starting weight ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from deepfractals_gui.core import (
    Array,
    Axis,
    CancelFlag,
    Channel,
    ChannelKind,
    Coloring,
    Curve,
    LimitRays,
    Overlay,
    Points,
    Preset,
    Probe,
    Recipe,
    Status,
    System,
    Table,
    Viewport,
    param,
)
from deepfractals_gui.systems.catalogue import Catalogue, catalogue
from deepfractals_gui.systems.probing import LONGEST, length_note, number, point, values_at
from deepfractals_gui.systems.storage import Workspace, coordinates

DATA: Table = ((0.5, 0.8), (-0.5, -0.8), (1.0, 0.6), (-1.0, -0.6), (0.3, 0.4), (-0.8, -0.5))
OPTIMIZERS = ("gradient descent", "momentum")
OUTSIDE = 65535
MOST_MARKS = 200
MEAN_LOG_GRADIENT = (-8.2, 0.5)
"""The range that the classic colouring spans: what the home view holds, kept while one zooms."""


@dataclass(frozen=True)
class BasinParams:
    """Parameters of w <- w - lr L'(w)."""

    optimizer: str = param(
        "gradient descent",
        "Plain gradient descent, or heavy-ball momentum.",
        choices=OPTIMIZERS,
    )
    learning_rate: float = param(
        0.04,
        "How far a step follows the gradient.",
        low=1e-6,
        high=100.0,
        slider=(0.001, 2.0),
        log=True,
    )
    momentum: float = param(
        0.9,
        "Share of the last step that is kept.",
        low=0.0,
        high=0.9999,
        slider=(0.0, 0.99),
        shown_when={"optimizer": ("momentum",)},
    )
    max_steps: int = param(
        150,
        "Steps after which descent gives up.",
        low=1,
        high=1_000_000,
        slider=(10, 5000),
        log=True,
    )
    tolerance: float = param(
        1e-5,
        "Descent has converged when a step is shorter than this.",
        low=1e-14,
        high=1.0,
        slider=(1e-10, 1e-2),
        log=True,
    )
    data: Table = param(
        DATA,
        "The training set: pairs of input x and target y.",
        columns=("x", "y"),
        low=-1e3,
        high=1e3,
        max_rows=64,
    )


class GradientBasins(System[BasinParams]):
    """Gradient descent on the loss of one weight, from every complex starting weight."""

    key: ClassVar[str] = "gradient_basins"
    title: ClassVar[str] = "Gradient basins"
    summary: ClassVar[str] = "Gradient descent from every complex weight: which minimum it finds."
    Params: ClassVar[type[Any]] = BasinParams
    statuses: ClassVar[tuple[Status, ...]] = (
        Status.CONVERGED,
        Status.MAX_STEPS,
        Status.NON_FINITE,
        Status.STALLED,
    )
    criteria: ClassVar[tuple[str, ...]] = ("tolerance",)
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "whole", "The whole weight plane", Viewport.at(0, 0, 5.0),
            note="Where to begin: along the real axis everything finds the one real minimum.",
        ),
        Preset(
            "blossoms", "Blossoms", Viewport.at(0, "1.75", 0.9),
            note="Around a pole of the loss a first step leads anywhere: one petal for each angle.",
        ),
        Preset(
            "hourglass", "Hourglass", Viewport.at("0.02", "1.78", 0.12),
            note="Between two poles, a seam of weights that are thrown back and forth.",
        ),
        Preset(
            "tentacle", "Tentacle", Viewport.at("-0.94", "2.03", 0.22),
            note="Blossoms of earlier and earlier steps, wound around a repelling point.",
        ),
        Preset(
            "procession", "Procession", Viewport.at("-1.3", "0.6", 0.8),
            note="The edge of the great basin: every blossom is the image of the next one.",
        ),
        Preset(
            "bold", "A bold learning rate", Viewport.at(0, 0, 5.0),
            {"learning_rate": 0.8, "max_steps": 300},
            note="Twenty times the learning rate: the same minima, but the basins are torn.",
        ),
        Preset(
            "basins", "Which minimum is found", Viewport.at(0, 0, 12.0),
            {"learning_rate": 0.3, "max_steps": 400},
            coloring=Coloring(mode="basin", palette="pastel", glow=0.0, vignette=0.0),
            note="One colour for each minimum; grey never arrives.",
        ),
        Preset(
            "ends", "Where it ends", Viewport.at(0, 0, 5.0), {"max_steps": 400},
            coloring=Coloring(
                mode="domain", channel="limit", palette="wheel", glow=0.0, vignette=0.0
            ),
            note="The limit as a colour: argument as hue, magnitude as brightness.",
        ),
        Preset(
            "single", "One data point", Viewport.at(0, 0, 5.0),
            {"data": ((1.0, 0.5),), "learning_rate": 0.5},
            note="The simplest training set: one minimum and its copies, and a fractal edge.",
        ),
        Preset(
            "torn", "A training set that disagrees", Viewport.at(0, 0, 6.0),
            {"data": ((1.0, 0.2), (2.0, -0.6), (0.7, 0.5)), "learning_rate": 0.1},
            note="Three points that no weight fits: minima and saddles crowd the edge.",
        ),
        Preset(
            "momentum", "Momentum", Viewport.at("1.15", 0, 1.2), {"optimizer": "momentum"},
            note="Heavy-ball momentum 0.9 overshoots: rings of equal step counts, with ghosts.",
        ),
        Preset(
            "wave", "Breaking wave", Viewport.at("-0.3", "0.95", 0.5),
            {"optimizer": "momentum", "momentum": 0.8, "max_steps": 300},
            note="Momentum carries some weights over the edge into the other basin.",
        ),
    )  # fmt: skip

    def axes(self, p: BasinParams) -> tuple[Axis, Axis]:
        return Axis("Re w₀"), Axis("Im w₀")

    def home(self, p: BasinParams) -> Viewport:
        return Viewport.at(0, 0, 5.0)

    def channels(self, p: BasinParams) -> tuple[Channel, ...]:
        finite = frozenset({Status.CONVERGED, Status.MAX_STEPS, Status.STALLED})
        return (
            Channel("status", "Status", "uint8", ChannelKind.STATUS),
            Channel(
                "limit", "Limit", "complex128", ChannelKind.COMPLEX, "", finite,
                help="The weight where descent ended.",
            ),
            Channel(
                "steps", "Steps", "float32", ChannelKind.SCALAR, "steps",
                low=0.0, high=float(p.max_steps), help="Steps until descent converged.",
            ),
            Channel(
                "lyapunov", "Mean log gradient", "float32", ChannelKind.SCALAR, "ln", finite,
                help="Sum of ln|gradient| over the steps, over the greatest number of steps.",
            ),
            Channel(
                "basin", "Basin", "uint16", ChannelKind.LABEL, "",
                frozenset({Status.CONVERGED}), 0.0,
                help="Number of the critical point; the same in every view. 65535: beyond the "
                "catalogue.",
            ),
        )  # fmt: skip

    def prepare(self, p: BasinParams, cancel: CancelFlag) -> Catalogue:
        return catalogue(p.data, cancel)

    def sample(
        self,
        points: Points,
        p: BasinParams,
        prepared: Catalogue,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        self._fill(points, p, prepared, Workspace(out, np.float64), cancel)

    def sample_preview(
        self,
        points: Points,
        p: BasinParams,
        prepared: Catalogue,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        self._fill(points, p, prepared, Workspace(out, np.float32), cancel)

    def _fill(
        self,
        points: Points,
        p: BasinParams,
        found: Catalogue,
        work: Workspace,
        cancel: CancelFlag,
    ) -> None:
        from deepfractals_gui.kernels import basins

        basins.sample(
            *coordinates(points), found.table.astype(work["lyapunov"].dtype), found.parts, found.x,
            found.y, found.counts, found.roots, found.cells, found.members, p.learning_rate,
            _kept(p), p.max_steps, p.tolerance, work["status"], work["limit"], work["steps"],
            work["lyapunov"], work["basin"], cancel.array, work.blocks,
        )  # fmt: skip
        cancel.check()
        work.store()

    def probe(
        self,
        x: float,
        y: float,
        p: BasinParams,
        prepared: Catalogue,
        cancel: CancelFlag | None = None,
    ) -> Probe:
        from deepfractals_gui.kernels import traces

        status, values = values_at(self, x, y, p, prepared, cancel)
        states = np.zeros(min(p.max_steps, LONGEST) + 1, np.complex128)
        count = traces.descent(
            complex(x, y), prepared.table, prepared.parts, p.learning_rate, _kept(p), p.tolerance,
            states,
        )  # fmt: skip
        orbit = states[:count]
        steps = np.arange(len(orbit), dtype=np.float64)
        with np.errstate(all="ignore"):
            loss, slope, bend = prepared.loss(orbit)
            moved = np.abs(np.diff(orbit))
            stretch = _spectral_radius(p.learning_rate * bend, _kept(p))
        curves = (
            Curve("step size", steps[1:], moved, log=True),
            Curve("|gradient|", steps, np.abs(slope), log=True),
            Curve("|loss|", steps, np.abs(loss), log=True),
            Curve("local multiplier", steps, stretch),
            Curve("|w|", steps, np.abs(orbit)),
        )
        basin = int(np.real(values["basin"]))
        table = (
            ("status", status.label),
            ("start w₀", point(complex(orbit[0]))),
            ("limit", point(complex(values["limit"]))),
            ("steps", number(float(np.real(values["steps"])))),
            ("loss at the limit", point(complex(loss[-1]))),
            ("mean log gradient", number(float(np.real(values["lyapunov"])))),
            ("basin", prepared.name(basin)),
            *length_note(orbit, p.max_steps),
        )
        return Probe(x, y, status, values, curves, orbit, table)

    def default_coloring(self, p: BasinParams) -> Coloring:
        return Coloring(palette=self.key)

    def recipes(self, p: BasinParams) -> Mapping[str, Recipe]:
        return {"classic": LimitRays(float(p.max_steps), -8.0, 0.35)}

    def outcome(self, status: Array) -> Array:
        return np.asarray(status == Status.CONVERGED)

    def overlays(
        self, viewport: Viewport, p: BasinParams, prepared: Catalogue
    ) -> tuple[Overlay, ...]:
        away = np.maximum(
            np.abs(prepared.roots.real - float(viewport.x)),
            np.abs(prepared.roots.imag - float(viewport.y)),
        )
        inside = np.flatnonzero(away <= viewport.width / 2)[:MOST_MARKS]
        curvature = prepared.loss(prepared.roots[inside])[2]
        # Only these can be the end of a descent; at the others a small step leads away.
        holds = _spectral_radius(p.learning_rate * curvature, _kept(p)) < 1
        marks = []
        for name, which in (("minima", inside[holds]), ("other critical points", inside[~holds])):
            places = prepared.roots[which]
            marks.append(
                Overlay(
                    name,
                    np.stack([places.real, places.imag], axis=1),
                    tuple(str(number + 1) for number in which),
                )
            )
        return tuple(mark for mark in marks if len(mark.points))


def _kept(p: BasinParams) -> float:
    return p.momentum if p.optimizer == "momentum" else 0.0


def _spectral_radius(curvature: Array, momentum: float) -> Array:
    """Of the step (w, v) <- (w + v', v' = momentum v - lr L'), from lr L'' (N,)."""
    half = (1 + momentum - curvature) / 2
    root = np.sqrt(half * half - momentum + 0j)
    radius: Array = np.maximum(np.abs(half + root), np.abs(half - root))
    return radius
