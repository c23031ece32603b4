"""Error flow: the backward pass of one layer, iterated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    EscapeBands,
    Points,
    Preset,
    Probe,
    Recipe,
    Regimes,
    Status,
    System,
    Viewport,
    param,
)
from deepfractals_gui.systems.planes import LARGEST, held_weight_view
from deepfractals_gui.systems.probing import (
    LONGEST,
    length_note,
    number,
    orbit_curves,
    point,
    values_at,
)
from deepfractals_gui.systems.storage import Workspace, coordinates

PLANES = ("weight", "input", "start")


@dataclass(frozen=True)
class ErrorParams:
    """Parameters of d <- tanh'(w d) d + c."""

    plane: str = param(
        "weight",
        "What the plane shows: the weight w, the input c or the first error at fixed w.",
        choices=PLANES,
    )
    max_iterations: int = param(
        250,
        "Layers the error passes before it counts as bounded.",
        low=1,
        high=1_000_000,
        slider=(10, 5000),
        log=True,
    )
    escape_radius: float = param(
        20.0,
        "An error larger than this has exploded.",
        low=1.001,
        high=1e6,
        slider=(1.1, 1000.0),
        log=True,
    )
    start: complex = param(
        0.1 + 0j,
        "The error δ0 that enters the last layer.",
        title="First error δ₀",
        high=1e3,
        slider=(-2.0, 2.0),
        shown_when={"plane": ("weight", "input")},
    )
    weight: complex = param(
        0.9 + 0.9j,
        "The weight w that is held while the plane shows something else.",
        title="Weight w",
        high=1e3,
        slider=(-3.0, 3.0),
        shown_when={"plane": ("input", "start")},
    )
    input_scale: complex = param(
        1 + 0j,
        "How the input follows the weight: c = κ w. At 0 nothing feeds the error and it decays.",
        title="Input scale κ",
        high=1e3,
        slider=(-2.0, 2.0),
        shown_when={"plane": ("weight", "start")},
    )
    trap_threshold: float = param(
        0.1,
        "Regimes: closer than this to the unit circle counts as near it.",
        low=0.0,
        high=10.0,
        slider=(0.0, 1.0),
        group="Regimes",
    )
    gain_threshold: float = param(
        -0.05,
        "Regimes: a mean gain below this counts as vanishing.",
        low=-100.0,
        high=100.0,
        slider=(-2.0, 1.0),
        group="Regimes",
    )


class ErrorFlow(System[ErrorParams]):
    """d <- tanh'(w d) d + c with c = k w, for every weight, input or first error of a plane."""

    key: ClassVar[str] = "error_flow"
    title: ClassVar[str] = "Error flow"
    summary: ClassVar[str] = "The backward pass iterated: which weights make errors explode."
    Params: ClassVar[type[Any]] = ErrorParams
    statuses: ClassVar[tuple[Status, ...]] = (Status.ESCAPED, Status.BOUNDED)
    criteria: ClassVar[tuple[str, ...]] = ("escape_radius", "trap_threshold", "gain_threshold")
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "whole", "The whole weight plane", Viewport.at(0, 0, 5.0),
            note="Where to begin: four arms in which errors explode.",
        ),
        Preset(
            "regimes", "Four regimes", Viewport.at(0, 0, 5.0),
            coloring=Coloring(mode="regime", palette="safe", glow=0.0, vignette=0.0),
            note="Exploded, near the unit circle, vanishing, bounded: what backpropagation can do.",
        ),
        Preset(
            "gain", "What the layers let through", Viewport.at(0, 0, 5.0),
            coloring=Coloring(
                mode="channel", channel="gain", palette="polar", levels=(-3.0, 3.0), glow=0.0,
                vignette=0.0,
            ),
            note="The mean gain: red grows, blue fades, white is the edge that training needs.",
        ),
        Preset(
            "snowflake", "Snowflake", Viewport.at("1.3", "0.75", 0.5),
            coloring=Coloring(palette="error_flow", gamma=0.7),
            note="The tip of an arm: exploding and bounded weights, finely mixed.",
        ),
        Preset(
            "frost", "Frost", Viewport.at("0.76", "1.454", 0.02), {"max_iterations": 800},
            note="Deep in an arm, weights whose errors stay and explode lie side by side.",
        ),
        Preset(
            "wheel", "Wheel", Viewport.at("0.87", "0.88", 0.25),
            coloring=Coloring(palette="error_flow", gamma=0.7),
            note="A pole of tanh' throws errors out in one step; the spokes are their angles.",
        ),
        Preset(
            "garden", "Garden", Viewport.at(0, 0, 7.4),
            {"plane": "start", "weight": 0.9 + 0.9j},
            coloring=Coloring(mode="equalized", palette="lagoon"),
            note="All first errors at one weight: flowers around the poles, stems of survivors.",
        ),
        Preset(
            "dandelions", "Dandelions", Viewport.at(0, 0, 10.0),
            {"plane": "start", "weight": 0.7 + 0.6j},
            note="Almost every first error explodes here; how soon changes from one to the next.",
        ),
        Preset(
            "mosaic", "Mosaic", Viewport.at(0, 0, 22.0),
            {"plane": "start", "weight": 0.3 + 0.3j, "max_iterations": 600},
            coloring=Coloring(palette="error_flow", gamma=0.5),
            note="A small weight: cells of first errors that stay, walls of those that leave.",
        ),
        Preset(
            "butterfly", "Butterfly", Viewport.at(0, 0, 5.0), {"plane": "input", "weight": 1j},
            note="The plane of inputs at w = i: two discs of small inputs are safe.",
        ),
        Preset(
            "turned", "An input turned by 90°", Viewport.at(0, 0, 5.0), {"input_scale": 1j},
            note="With c = i w the arms turn by 45 degrees: it is w c that counts.",
        ),
    )  # fmt: skip

    def axes(self, p: ErrorParams) -> tuple[Axis, Axis]:
        name = {"weight": "w", "input": "c", "start": "δ₀"}[p.plane]
        return Axis(f"Re {name}"), Axis(f"Im {name}")

    def home(self, p: ErrorParams) -> Viewport:
        return held_weight_view(p.weight) if p.plane == "start" else Viewport.at(0, 0, 5.0)

    def channels(self, p: ErrorParams) -> tuple[Channel, ...]:
        escaped = frozenset({Status.ESCAPED})
        return (
            Channel("status", "Status", "uint8", ChannelKind.STATUS),
            Channel(
                "smooth", "Escape time", "float32", ChannelKind.ESCAPE, "layers",
                escaped, 0.0, 0.0, float(p.max_iterations),
                help="Layers until the error exploded, without steps.",
            ),
            Channel(
                "angle", "Escape angle", "float32", ChannelKind.ANGLE, "rad", escaped,
                low=-np.pi, high=np.pi, help="Argument of the error where it exploded.",
            ),
            Channel(
                "trap", "Distance to the unit circle", "float32", ChannelKind.TRAP, low=0.0,
                help="The least distance between the orbit and the unit circle.",
            ),
            Channel(
                "gain", "Gain", "float32", ChannelKind.SCALAR, "ln", low=-1.0, high=1.0,
                help="Mean of ln|tanh'(w δ)|: what the layers let through. Below 0, errors fade.",
            ),
        )  # fmt: skip

    def sample(
        self,
        points: Points,
        p: ErrorParams,
        prepared: Any,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        self._fill(points, p, Workspace(out, np.float64), cancel)

    def sample_preview(
        self,
        points: Points,
        p: ErrorParams,
        prepared: Any,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        self._fill(points, p, Workspace(out, np.float32), cancel)

    def _fill(self, points: Points, p: ErrorParams, work: Workspace, cancel: CancelFlag) -> None:
        from deepfractals_gui.kernels import backward

        backward.sample(
            *coordinates(points), PLANES.index(p.plane), complex(p.weight), complex(p.input_scale),
            complex(p.start), p.max_iterations, p.escape_radius, work["status"], work["smooth"],
            work["angle"], work["trap"], work["gain"], cancel.array, work.blocks,
        )  # fmt: skip
        cancel.check()
        work.store()

    def probe(
        self,
        x: float,
        y: float,
        p: ErrorParams,
        prepared: Any,
        cancel: CancelFlag | None = None,
    ) -> Probe:
        from deepfractals_gui.kernels import traces

        status, values = values_at(self, x, y, p, prepared, cancel)
        states = np.zeros(min(p.max_iterations, LONGEST) + 1, np.complex128)
        count = traces.error_orbit(
            complex(x, y), PLANES.index(p.plane), complex(p.weight), complex(p.input_scale),
            complex(p.start), p.escape_radius, states,
        )  # fmt: skip
        orbit = states[:count]
        w = complex(x, y) if p.plane == "weight" else p.weight
        c = complex(x, y) if p.plane == "input" else p.input_scale * w
        with np.errstate(all="ignore"):
            u = w * orbit[:-1]
            t = np.tanh(u)
            through = np.abs(1 - t * t)
            # The derivative of tanh'(w d) d + c is tanh'(u) (1 - 2 u tanh u).
            slopes = through * np.abs(1 - 2 * u * t)
        steps = np.arange(len(through), dtype=np.float64)
        curves = (
            *orbit_curves(orbit, "δ", slopes),
            Curve("|tanh'(w δ)|", steps, through, log=True),
        )
        table = (
            ("status", status.label),
            ("regime", self.regime(status, values, p)),
            ("weight w", point(w)),
            ("input c", point(c)),
            ("first error δ₀", point(complex(orbit[0]))),
            ("last δ", point(complex(orbit[-1]))),
            ("escape time", number(float(np.real(values["smooth"])))),
            ("distance to the unit circle", number(float(np.real(values["trap"])))),
            ("gain", number(float(np.real(values["gain"])))),
            *length_note(orbit, p.max_iterations),
        )
        return Probe(x, y, status, values, curves, orbit, table)

    @staticmethod
    def regime(status: Status, values: Mapping[str, float | complex], p: ErrorParams) -> str:
        """The name of the regime, as the colouring "regime" shows it."""
        if status is Status.ESCAPED:
            return "exploded"
        if np.real(values["trap"]) < p.trap_threshold:
            return "near the unit circle"
        if np.real(values["gain"]) < p.gain_threshold:
            return "vanishing"
        return "bounded"

    def default_coloring(self, p: ErrorParams) -> Coloring:
        return Coloring(palette=self.key)

    def recipes(self, p: ErrorParams) -> Mapping[str, Recipe]:
        return {
            "classic": EscapeBands(
                0.15, 7.0, 10.0, 0.07, float(p.max_iterations), float(p.escape_radius)
            ),
            "regime": Regimes(p.trap_threshold, p.gain_threshold),
        }

    def outcome(self, status: Array) -> Array:
        return np.asarray(status == Status.ESCAPED)

    def linked(self, x: float, y: float, p: ErrorParams) -> tuple[ErrorParams, Viewport] | None:
        at = complex(x, y)
        starts = replace(p, plane="start")
        if p.plane == "weight":
            starts = replace(starts, weight=at)
        elif p.plane == "input" and p.weight != 0:
            # The start plane takes its input from the weight: c = (c / w) w.
            starts = replace(starts, input_scale=at / p.weight)
        else:
            return None
        if max(abs(starts.weight), abs(starts.input_scale)) > LARGEST:
            return None
        return starts, self.home(starts)
