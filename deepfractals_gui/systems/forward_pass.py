"""The forward pass: one neural layer, fed its own output again and again."""

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
    EscapeBands,
    Points,
    Preset,
    Probe,
    Recipe,
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

ACTIVATIONS = ("tanh", "sigmoid", "silu", "gelu", "sin", "cubic")
PLANES = ("weight", "input")
HOME_WIDTHS = {
    "tanh": 5.0, "sigmoid": 24.0, "silu": 14.0, "gelu": 9.0, "sin": 5.0, "cubic": 5.0,
}  # fmt: skip


@dataclass(frozen=True)
class ForwardParams:
    """Parameters of z <- f(w z + b)."""

    plane: str = param(
        "weight",
        "What the plane shows: the weight w, or the input z0 at one fixed weight (Julia-type).",
        choices=PLANES,
    )
    activation: str = param(
        "tanh", "The layer's activation function f, holomorphic.", choices=ACTIVATIONS
    )
    max_iterations: int = param(
        200,
        "Layers the signal passes before it counts as bounded.",
        low=1,
        high=1_000_000,
        slider=(10, 5000),
        log=True,
    )
    escape_radius: float = param(
        4.0,
        "A signal larger than this has escaped.",
        low=1.001,
        high=1e6,
        slider=(1.1, 100.0),
        log=True,
    )
    start: complex = param(
        0.3 + 0j,
        "The input z0 that every weight is fed.",
        title="Input z₀",
        high=1e3,
        slider=(-2.0, 2.0),
        shown_when={"plane": ("weight",)},
    )
    weight: complex = param(
        0.1 + 1.3j,
        "The weight w that is held while the plane shows inputs.",
        title="Weight w",
        high=1e3,
        slider=(-3.0, 3.0),
        shown_when={"plane": ("input",)},
    )
    bias_coupling: complex = param(
        0.3j,
        "How the bias follows the weight: b = k w.",
        title="Bias coupling k",
        high=1e3,
        slider=(-2.0, 2.0),
    )


class ForwardPass(System[ForwardParams]):
    """z <- f(w z + b) with b = k w, for every weight or every input of a plane."""

    key: ClassVar[str] = "forward_pass"
    title: ClassVar[str] = "Forward pass"
    summary: ClassVar[str] = "One neural layer iterated: which weights keep a signal bounded."
    Params: ClassVar[type[Any]] = ForwardParams
    statuses: ClassVar[tuple[Status, ...]] = (Status.ESCAPED, Status.BOUNDED)
    criteria: ClassVar[tuple[str, ...]] = ("escape_radius",)
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "whole", "The whole weight plane", Viewport.at(0, 0, 5.0),
            note="Where to begin: inside the dark disc every signal settles.",
        ),
        Preset(
            "fans", "Parabolic fans", Viewport.at("-0.5", "1", 0.35),
            note="Where a cycle's multiplier is a root of unity, escape channels fan out.",
        ),
        Preset(
            "pearls", "Strings of pearls", Viewport.at("-0.98", "0.1", 0.06),
            {"max_iterations": 600},
            note="Poles of tanh line up towards w = -1, where the fixed point begins to alternate.",
        ),
        Preset(
            "lanterns", "Lanterns", Viewport.at("-0.09408", "-0.99376", 0.00064),
            {"max_iterations": 1500},
            note="Each lantern is a preimage of a pole; its rays are the angle of escape.",
        ),
        Preset(
            "maelstrom", "Maelstrom", Viewport.at("-0.97634", "0.09083", 0.00012),
            {"max_iterations": 2000},
            note="A spiral of escape channels around a repelling cycle.",
        ),
        Preset(
            "abyss", "A billion times deeper",
            Viewport.at("-0.97633058944", "0.09085672128", 5.12e-9), {"max_iterations": 3000},
            note="Inside the maelstrom, at a magnification of a billion: spirals within discs.",
        ),
        Preset(
            "suns", "Three suns", Viewport.at(0, "-0.3", 9.2),
            {"plane": "input", "weight": 0.05 + 1.02j, "max_iterations": 400},
            note="All inputs of one weight: three periods of tanh, a repelling point in each.",
        ),
        Preset(
            "pinwheels", "Pinwheels", Viewport.at(0, "-0.3", 8.7),
            {"plane": "input", "weight": 0.6 + 0.9j},
            note="The input plane of a weight outside the disc: inputs that differ a little part.",
        ),
        Preset(
            "flames", "Flames", Viewport.at(0, "-0.3", 9.5),
            {"plane": "input", "weight": -0.97 + 0.2j},
            note="At the edge of stability a few inputs take hundreds of layers to escape.",
        ),
        Preset(
            "web", "Spun silk", Viewport.at(0, "-0.3", 9.1),
            {"plane": "input", "weight": -0.85 - 0.6j, "max_iterations": 600},
            note="Just outside the disc: threads of inputs that never escape.",
        ),
        Preset(
            "sine", "Sine basins", Viewport.at(0, "-0.3", 8.9),
            {"activation": "sin", "plane": "input", "weight": 0.75 + 0.75j},
            note="A layer with f = sin has no poles: whole discs of inputs stay and turn.",
        ),
        Preset(
            "silu", "The plane of SiLU", Viewport.at("-0.6", 0, 12.0), {"activation": "silu"},
            note="The gated activation of many language models, iterated.",
        ),
        Preset(
            "gelu", "A cusp of GELU", Viewport.at("0.8896", "-0.4608", 0.0048),
            {"activation": "gelu", "max_iterations": 1000},
            note="Other activation, same fans: they belong to the cycle, not to tanh.",
        ),
        Preset(
            "cubic", "Two terms of tanh", Viewport.at("0.1", 0, 4.4), {"activation": "cubic"},
            note="With f(u) = u - u³/3 the map is a polynomial and has a Mandelbrot set.",
        ),
    )  # fmt: skip

    def axes(self, p: ForwardParams) -> tuple[Axis, Axis]:
        name = "w" if p.plane == "weight" else "z₀"
        return Axis(f"Re {name}"), Axis(f"Im {name}")

    def home(self, p: ForwardParams) -> Viewport:
        if p.plane == "weight":
            return Viewport.at(0, 0, HOME_WIDTHS[p.activation])
        return held_weight_view(p.weight, -p.bias_coupling)

    def channels(self, p: ForwardParams) -> tuple[Channel, ...]:
        escaped = frozenset({Status.ESCAPED})
        bounded = frozenset({Status.BOUNDED})
        return (
            Channel("status", "Status", "uint8", ChannelKind.STATUS),
            Channel(
                "smooth", "Escape time", "float32", ChannelKind.ESCAPE, "layers",
                escaped, 0.0, 0.0, float(p.max_iterations),
                help="Layers until the signal left the escape radius, without steps.",
            ),
            Channel(
                "angle", "Escape angle", "float32", ChannelKind.ANGLE, "rad", escaped,
                low=-np.pi, high=np.pi, help="Argument of the signal where it escaped.",
            ),
            Channel(
                "trap", "Distance to the unit circle", "float32", ChannelKind.TRAP, low=0.0,
                help="The least distance between the orbit and the unit circle.",
            ),
            Channel(
                "period", "Period", "uint16", ChannelKind.LABEL, "layers", bounded, 0.0,
                help="Length of the cycle on which the signal settled, up to 64; 0 is none.",
            ),
            Channel(
                "multiplier", "Multiplier |λ|", "float32", ChannelKind.SCALAR, "", bounded,
                low=0.0, high=1.0,
                help="How much a small change of the signal is multiplied once around the cycle.",
            ),
        )  # fmt: skip

    def sample(
        self,
        points: Points,
        p: ForwardParams,
        prepared: Any,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        self._fill(points, p, Workspace(out, np.float64), cancel)

    def sample_preview(
        self,
        points: Points,
        p: ForwardParams,
        prepared: Any,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        self._fill(points, p, Workspace(out, np.float32), cancel)

    def _fill(self, points: Points, p: ForwardParams, work: Workspace, cancel: CancelFlag) -> None:
        from deepfractals_gui.kernels import forward

        forward.sample(
            *coordinates(points), PLANES.index(p.plane), ACTIVATIONS.index(p.activation),
            complex(p.weight), complex(p.bias_coupling), complex(p.start), p.max_iterations,
            p.escape_radius, work["status"], work["smooth"], work["angle"], work["trap"],
            work["period"], work["multiplier"], cancel.array, work.blocks,
        )  # fmt: skip
        cancel.check()
        work.store()

    def probe(
        self,
        x: float,
        y: float,
        p: ForwardParams,
        prepared: Any,
        cancel: CancelFlag | None = None,
    ) -> Probe:
        from deepfractals_gui.kernels import traces

        status, values = values_at(self, x, y, p, prepared, cancel)
        states = np.zeros(min(p.max_iterations, LONGEST) + 1, np.complex128)
        count = traces.layer_orbit(
            complex(x, y), PLANES.index(p.plane), ACTIVATIONS.index(p.activation),
            complex(p.weight), complex(p.bias_coupling), complex(p.start), p.escape_radius, states,
        )  # fmt: skip
        orbit = states[:count]
        w = complex(x, y) if p.plane == "weight" else p.weight
        with np.errstate(all="ignore"):
            slopes = abs(w) * _slope(p.activation, w * (orbit + p.bias_coupling)[:-1], orbit[1:])
        table = (
            ("status", status.label),
            ("weight w", point(w)),
            ("bias b", point(p.bias_coupling * w)),
            ("input z₀", point(complex(orbit[0]))),
            ("last z", point(complex(orbit[-1]))),
            ("escape time", number(float(np.real(values["smooth"])))),
            ("distance to the unit circle", number(float(np.real(values["trap"])))),
            ("period", str(values["period"] or "none found")),
            ("multiplier |λ|", number(float(np.real(values["multiplier"])))),
            *length_note(orbit, p.max_iterations),
        )
        return Probe(x, y, status, values, orbit_curves(orbit, "z", slopes), orbit, table)

    def default_coloring(self, p: ForwardParams) -> Coloring:
        return Coloring(palette=self.key)

    def recipes(self, p: ForwardParams) -> Mapping[str, Recipe]:
        return {
            "classic": EscapeBands(
                0.12, 6.0, 12.0, 0.06, float(p.max_iterations), float(p.escape_radius)
            )
        }

    def outcome(self, status: Array) -> Array:
        return np.asarray(status == Status.ESCAPED)

    def linked(self, x: float, y: float, p: ForwardParams) -> tuple[ForwardParams, Viewport] | None:
        if p.plane != "weight" or abs(complex(x, y)) > LARGEST:
            return None
        inputs = replace(p, plane="input", weight=complex(x, y))
        return inputs, self.home(inputs)


def _slope(activation: str, u: Array, z: Array) -> Array:
    """|f'(u)| where f(u) = z, from arrays (N,)."""
    if activation == "tanh":
        slope = 1 - z * z
    elif activation == "sigmoid":
        slope = z * (1 - z)
    elif activation == "sin":
        slope = np.cos(u)
    elif activation == "cubic":
        slope = 1 - u * u
    else:
        gate = np.where(u == 0, 0.5, z / np.where(u == 0, 1, u))
        # gelu(u) = u sigmoid(2 a u + 2 b u^3).
        a, b = 0.7978845608028654, 0.035677408136300125
        rate = 1.0 if activation == "silu" else 2 * a + 6 * b * u * u
        slope = gate + u * gate * (1 - gate) * rate
    size: Array = np.abs(slope)
    return size
