"""The convergence map: every pixel looks for the fixed point of a complex field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
from deepfractals_gui.equilibrium.field import ACTIVATIONS, FieldSpec
from deepfractals_gui.equilibrium.planes import padded
from deepfractals_gui.systems.convergence_plan import (
    DRAWN,
    IMAGES,
    KERNELS,
    ConvergencePlan,
    convergence_plan,
    digit_image,
    driven,
    field_shape,
    noise,
)
from deepfractals_gui.systems.probing import number
from deepfractals_gui.systems.storage import Workspace, coordinates

MEMORY = 5
"""Differences that Anderson's method remembers."""
STEP_SECONDS, UNIT_SECONDS, SHARE = 2.2e-6, 8e-9, 0.45
"""Measured: a step, a unit of it, and the share of the steps that a point of the home takes."""
_EDGE = "edge of damped steps"
_DRAWN = {"kernel": DRAWN}
_NAMES = ("status", "value", "evaluations", "residual", "active")


@dataclass(frozen=True)
class ConvergenceParams:
    """The field, and how its fixed point is looked for; a and γ are the plane's axes."""

    kernel: DataSource = param(
        "random",
        "Normal numbers; or channels mixed a little and smoothed; or those that a field has "
        "learned, with its channels, activation and biases: one that ships, or a run's .npz file.",
        choices=KERNELS,
        group="Field",
    )
    channels: int = param(
        8, "Complex channels of the field.", low=2, high=16, slider=(2, 16), group="Field",
        shown_when=_DRAWN,
    )  # fmt: skip
    side: int = param(
        8,
        "Points along either side of the torus: 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 18, 20, 21, 24 "
        "or 28. The trained field has learned on 28.",
        low=4,
        high=28,
        slider=(4, 28),
        group="Field",
    )
    activation: str = param(
        "modrelu",
        "What follows the convolution: modReLU shortens every number, the cardioid those that "
        "point away from the positive axis.",
        choices=ACTIVATIONS,
        group="Field",
        shown_when=_DRAWN,
    )
    beta: float = param(
        -0.05,
        "modReLU's bias: what is shorter than this is silent.",
        low=-100.0,
        high=0.0,
        slider=(-1.0, 0.0),
        title="β",
        group="Field",
        shown_when={"activation": ("modrelu",), **_DRAWN},
    )
    seed: int = param(
        0,
        "Of the kernel and of how the image enters, by NumPy's PCG64.",
        low=0,
        high=1_000_000_000,
        slider=(0, 100),
        group="Field",
        shown_when=_DRAWN,
    )
    image: str = param(
        "digit",
        "What drives the field: one of the digits that ship, or white noise.",
        choices=IMAGES,
        group="Image",
    )
    digit: int = param(
        0,
        "Number of the digit in the set.",
        low=0,
        high=1796,
        slider=(0, 100),
        group="Image",
        shown_when={"image": ("digit",)},
    )
    image_seed: int = param(
        0,
        "Of the noise, by NumPy's PCG64.",
        low=0,
        high=1_000_000_000,
        slider=(0, 100),
        group="Image",
        shown_when={"image": ("noise",)},
    )
    solver: str = param(
        "naive",
        "Damped steps z + a (f − z); or Anderson's extrapolation from the last five, mixed by a.",
        choices=("naive", "anderson"),
        group="Solver",
    )
    steps: int = param(
        100,
        "Steps at most, each one evaluation of f.",
        low=10,
        high=10_000,
        slider=(20, 500),
        log=True,
        group="Solver",
    )
    tolerance: float = param(
        1e-6,
        "A field has converged where |f − z| is this share of |f|.",
        low=1e-13,
        high=0.1,
        slider=(1e-10, 1e-2),
        log=True,
        group="Solver",
    )


class FieldConvergence(System[ConvergenceParams]):
    """z <- (1 - a) z + a f(z) from 0, on every damping a and every norm γ of the kernel."""

    key: ClassVar[str] = "field_convergence"
    title: ClassVar[str] = "Field convergence"
    summary: ClassVar[str] = (
        "Every pixel lets a complex neural field settle: how soon, or whether it cycles or bursts."
    )
    marked: ClassVar[bool] = True
    Params: ClassVar[type[Any]] = ConvergenceParams
    statuses: ClassVar[tuple[Status, ...]] = (
        Status.CONVERGED, Status.DIVERGED, Status.MAX_STEPS, Status.CYCLE,
    )  # fmt: skip
    meanings: ClassVar[Mapping[Status, str]] = {
        Status.CONVERGED: "The field settled: f changes it by less than the tolerance.",
        Status.DIVERGED: "The field grew to a million times what it was.",
        Status.MAX_STEPS: "After the last step the field was still on its way.",
        Status.CYCLE: "The field came back to where it had been, without settling.",
    }
    criteria: ClassVar[tuple[str, ...]] = ("tolerance",)
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "bell", "Bell", Viewport.at("1.1", "0", 3.6),
            note="Damped steps. Inside the curve every mode of the field dies out.",
        ),
        Preset(
            "cardioid", "Cardioid", Viewport.at("1.1", "0", 6.4), {"activation": "cardioid"},
            note="It halves what points sideways, and bears twice the norm.",
        ),
        Preset(
            "blade", "Blade", Viewport.at("1", "-0.6", 3.6), {"kernel": "smooth"},
            note="A smooth kernel's λ are all on one side: γ = 1 is a wall, γ < 0 a slope.",
        ),
        Preset(
            "silence", "Silence", Viewport.at("1.1", "0", 6.4), {"beta": -2.0},
            Coloring("channel", "lagoon", "active", glow=0.0, vignette=0.0),
            "A strong bias: the share of the units that aren't silent.",
        ),
        Preset(
            "anderson", "Anderson", Viewport.at("0.5", "0", 5.0), {"solver": "anderson"},
            note="Extrapolated from the last five steps. It settles even where a is below 0.",
        ),
        Preset(
            "anderson_cardioid", "Anderson, cardioid", Viewport.at("0", "0", 6.0),
            {"solver": "anderson", "activation": "cardioid"},
            note="A calm basin at the right; at the left it settles in flames.",
        ),
        Preset(
            "anderson_smooth", "Anderson, smooth kernel", Viewport.at("0", "0", 6.0),
            {"solver": "anderson", "kernel": "smooth"},
            note="The wall at γ = 1 is still there: no extrapolation finds what doesn't exist.",
        ),
        Preset(
            "eddies", "Eddies", Viewport.at("-0.2", "1.1", 0.5), {"solver": "anderson"},
            note="Beside a = 0, where the mixing changes its sign: eddies, and threads among them.",
        ),
        Preset(
            "comb", "Comb", Viewport.at("0.1", "2.2", 1.6),
            {"solver": "anderson", "activation": "cardioid", "seed": 1},
            note="Another cardioid field: teeth on one side of a = 0, a terrace on the other.",
        ),
        Preset(
            "learned", "A field that reads digits", Viewport.at("0.5", "0", 6.0),
            {"kernel": "trained", "solver": "anderson", "digit": 3},
            note="Trained at γ = 0.9. Above 1 it finds no rest; below 0 it does far beyond −1.",
        ),
    )  # fmt: skip

    def axes(self, p: ConvergenceParams) -> tuple[Axis, Axis]:
        return Axis("damping a" if p.solver == "naive" else "mixing a"), Axis("γ")

    def home(self, p: ConvergenceParams) -> Viewport:
        try:
            activation = _shape(p).activation
        except ParamError:
            # Said by `check`; a file that is gone mustn't bring down what asks for a view.
            activation = p.activation
        return Viewport.at("1.1", "0", 3.6 if activation == "modrelu" else 6.4)

    def channels(self, p: ConvergenceParams) -> tuple[Channel, ...]:
        return (
            Channel("status", "Status", "uint8", ChannelKind.STATUS),
            Channel(
                "value", "Speed", "float32", ChannelKind.SIGNED, "evaluations",
                help="Minus the evaluations it took to converge, with a fraction; above 0 those "
                "it took to diverge or to recur, and beyond their limit how far it was.",
            ),
            Channel(
                "evaluations", "Evaluations", "float32", ChannelKind.SCALAR, "", low=1.0,
                help="How often f was evaluated.",
            ),
            Channel(
                "residual", "Log residual", "float32", ChannelKind.SCALAR, "decades",
                help="log₁₀ of |f − z| / |f| at the end.",
            ),
            Channel(
                "active", "Active units", "float32", ChannelKind.SCALAR, "", low=0.0, high=1.0,
                help="The share of the units that aren't silent at the end.",
            ),
        )  # fmt: skip

    def check(self, p: ConvergenceParams) -> None:
        _shape(p)
        _picture(p)

    def prepare(self, p: ConvergenceParams, cancel: CancelFlag) -> ConvergencePlan:
        return convergence_plan(
            _shape(p), _picture(p), kernel=p.kernel, beta=p.beta, seed=p.seed, cancel=cancel
        )

    def cost_hint(self, p: ConvergenceParams) -> float:
        step = STEP_SECONDS + p.side**2 * padded(_shape(p).channels) * UNIT_SECONDS
        return SHARE * p.steps * step * (1.0 if p.solver == "naive" else 2.0)

    def sample(
        self,
        points: Points,
        p: ConvergenceParams,
        prepared: ConvergencePlan,
        out: Mapping[str, Array],
        cancel: CancelFlag,
    ) -> None:
        _solve(*coordinates(points), p, prepared, out, np.zeros((0, 2)), cancel)

    def probe(
        self,
        x: float,
        y: float,
        p: ConvergenceParams,
        prepared: ConvergencePlan,
        cancel: CancelFlag | None = None,
    ) -> Probe:
        history = np.zeros((p.steps + 1, 2))
        out = {name: np.zeros(1, "u1" if name == "status" else "f8") for name in _NAMES}
        _solve(np.array([x]), np.array([y]), p, prepared, out, history, cancel or CancelFlag())
        values = {name: array[0].item() for name, array in out.items()}
        status = Status(values["status"])
        count = int(values["evaluations"])
        steps = np.arange(count, dtype=np.float64)
        level = np.full(count, p.tolerance)
        curves = (
            Curve("residual", steps, history[:count, 0], log=True, group="residual"),
            Curve("tolerance", steps, level, log=True, group="residual"),
            Curve("|f|", steps, history[:count, 1], log=True),
        )
        table = (
            ("status", status.label),
            ("damping" if p.solver == "naive" else "mixing", repr(x)),
            ("γ", repr(y)),
            ("evaluations", str(count)),
            ("residual", number(float(history[count - 1, 0]))),
            ("rate of the last steps", number(_rate(history[:count, 0]))),
            ("|f|", number(float(history[count - 1, 1]))),
            ("active units", f"{100.0 * values['active']:.4g} %"),
        )
        return Probe(x, y, status, values, curves, None, table, self.meaning(status))

    def default_coloring(self, p: ConvergenceParams) -> Coloring:
        return Coloring("signed", "spectral", "value", reverse=True, glow=0.0, vignette=0.0)

    def outcome(self, status: Array) -> Array:
        return np.asarray(status == Status.CONVERGED)

    def overlays(
        self, viewport: Viewport, p: ConvergenceParams, prepared: ConvergencePlan
    ) -> tuple[Overlay, ...]:
        edge = prepared.edge
        labels = [""] * len(edge)
        labels[int(np.argmax(edge[:, 0]))] = "|1 − a + aλ| = 1"
        return (Overlay(_EDGE, edge, tuple(labels), joined=True),)

    def inputs(self, p: ConvergenceParams) -> tuple[str, ...]:
        biased = p.kernel in DRAWN and p.activation == "modrelu"
        return ("weights", "pixels", *(("beta",) if biased else ()))

    def nudged(
        self,
        p: ConvergenceParams,
        prepared: ConvergencePlan,
        names: Collection[str],
        cancel: CancelFlag,
    ) -> tuple[ConvergenceParams, ConvergencePlan]:
        field = prepared.field
        if "pixels" in names:
            image = next_up(prepared.image)
            moved = driven(prepared.spec, prepared.params, field.kernel, image).field
            field = replace(field, drive=moved.drive)
        if "weights" in names:
            weights = next_up(field.kernel.weights)
            field = replace(field, kernel=replace(field.kernel, weights=weights))
        if "beta" in names:
            p = replace(p, beta=next_up(p.beta))
            beta = field.beta.copy()
            beta[: p.channels] = p.beta
            field = replace(field, beta=beta)
        return p, replace(prepared, field=field)


def _shape(p: ConvergenceParams) -> FieldSpec:
    return field_shape(kernel=p.kernel, side=p.side, channels=p.channels, activation=p.activation)


def _picture(p: ConvergenceParams) -> Array:
    if p.image == "noise":
        return noise(p.image_seed, p.side)
    return digit_image(p.digit, p.side, p.kernel not in DRAWN)


def _solve(
    damping: Array,
    gamma: Array,
    p: ConvergenceParams,
    plan: ConvergencePlan,
    out: Mapping[str, Array],
    history: Array,
    cancel: CancelFlag,
) -> None:
    """Fill the channels of points; ``history`` takes the residuals and |f| of a single one.

    Raises
    ------
    Cancelled   the flag went up
    """
    from deepfractals_gui.kernels import field_courses

    work = Workspace(out, np.float64)
    field = plan.field
    sample: Any = field_courses.sample
    sample(
        damping, gamma, field.drive, field.beta, field.kind, field.slopes, field.kernel.prepared,
        plan.spec.channels, 0 if p.solver == "naive" else MEMORY, p.tolerance, p.steps,
        *(work[name] for name in _NAMES), history, cancel.array,
    )  # fmt: skip
    cancel.check()
    work.store()


def _rate(residuals: Array) -> float:
    """By what a residual was multiplied a step, over the last steps; NaN where there are none."""
    few = residuals[-6:]
    if len(few) < 2 or not (few[0] > 0.0 and few[-1] > 0.0):
        return float("nan")
    return float((few[-1] / few[0]) ** (1.0 / (len(few) - 1)))
