"""What a training run of the field needs: data, the field, its solver, the rates."""

from __future__ import annotations

from dataclasses import dataclass

from deepfractals_gui.core import DataSource, ParamError, param
from deepfractals_gui.core.params import params_from_text, params_to_text
from deepfractals_gui.equilibrium.field import ACTIVATIONS, MAX_CHANNELS, MAX_SIDE, FieldSpec
from deepfractals_gui.equilibrium.iteration import Solver
from deepfractals_gui.equilibrium.solvers import SOLVERS, Naive
from deepfractals_gui.equilibrium.training import TrainingSpec

GRADIENTS = ("implicit", "jacobian_free", "phantom", "unrolled")
_NAIVE = {"solver": ("naive",)}
_PHANTOM = {"gradient": ("phantom",)}


@dataclass(frozen=True)
class FieldRunParams:
    """A run of the field: what is learned, by what field, found how, and for how long."""

    data: DataSource = param(
        "digits",
        "The digits that ship, or a file of MNIST-format (IDX) images with their labels beside it.",
        choices=("digits",),
        group="Data",
    )
    labels: DataSource = param("none", "The labels of IDX images.", choices=("none",), group="Data")
    test_share: float = param(
        0.2, "Share of the images that is kept for the test.", low=0.0, high=0.9,
        slider=(0.0, 0.5), group="Data",
    )  # fmt: skip
    in_order: bool = param(
        False, "Train on the first images and test on the last ones, instead of shuffling.",
        title="Split in order", group="Data",
    )  # fmt: skip
    side: int = param(
        28, "Points along each side of the torus; images are brought to this size. A product of "
        "2, 3, 5 and 7.", low=4, high=MAX_SIDE, slider=(8, 56), group="Field",
    )  # fmt: skip
    channels: int = param(
        16, "Complex numbers at each point.", low=1, high=MAX_CHANNELS, slider=(2, 32),
        group="Field",
    )  # fmt: skip
    gamma: float = param(
        0.9, "The spectral norm of the kernel: below 1 there is one fixed point, and every solver "
        "finds it.", title="γ", low=0.01, high=2.0, slider=(0.5, 1.1), group="Field",
    )  # fmt: skip
    activation: str = param(
        "modrelu", "modrelu shrinks magnitudes and keeps phases; cardioid passes by phase.",
        choices=ACTIVATIONS, group="Field",
    )  # fmt: skip
    pooled: int = param(
        4, "The readout sees means over so many by so many blocks of the torus; 1: over all of it.",
        title="Readout blocks", low=1, high=16, slider=(1, 8), group="Field",
    )  # fmt: skip
    solver: str = param(
        "anderson", "How the fixed point is found.", choices=tuple(SOLVERS), group="Solver"
    )
    damping: float = param(
        0.5, "a of z ← (1 - a) z + a f(z).", title="Damping a", low=0.01, high=1.0,
        slider=(0.05, 1.0), group="Solver", shown_when=_NAIVE,
    )  # fmt: skip
    tolerance: float = param(
        1e-4, "Residual |f(z) - z| / |f(z)| at which a solve ends while training; evaluation and "
        "adjoint end at 1e-6.", low=1e-10, high=0.1, slider=(1e-8, 1e-2), log=True, group="Solver",
    )  # fmt: skip
    solver_steps: int = param(
        30, "Steps of a solve, at most; back, to a smaller residual, twice as many.", low=1,
        high=2000, slider=(5, 200), log=True, group="Solver",
    )  # fmt: skip
    gradient: str = param(
        "implicit",
        "implicit: exact at the fixed point. jacobian_free: as if f didn't depend on z. phantom: a "
        "few steps back. unrolled: back through every step of the naive solver, slowly.",
        choices=GRADIENTS, group="Training",
    )  # fmt: skip
    phantom_steps: int = param(
        5, "Steps back of the phantom gradient.", low=1, high=100, slider=(1, 20),
        group="Training", shown_when=_PHANTOM,
    )  # fmt: skip
    learning_rate: float = param(
        8e-3, "Of Adam.", low=1e-7, high=1.0, slider=(1e-5, 1e-1), log=True, group="Training"
    )
    decay: float = param(
        0.87, "What the learning rate is multiplied by after each epoch.", title="Rate decay",
        low=0.1, high=1.0, slider=(0.5, 1.0), group="Training",
    )  # fmt: skip
    batch: int = param(
        32, "Images of an update.", low=1, high=4096, slider=(1, 256), log=True, group="Training"
    )
    shift: int = param(
        2, "Images are moved around the torus by up to so many points each way, anew every time.",
        title="Random shift", low=0, high=20, slider=(0, 4), group="Training",
    )  # fmt: skip
    seed: int = param(
        0, "Of first weights, of the split, of the order of images and of their shifts.", low=0,
        high=2**31, slider=(0, 100), group="Training",
    )  # fmt: skip
    epochs: int = param(
        15, "Epochs, at most; 0: until it is stopped.", low=0, high=100_000, slider=(1, 100),
        log=True, group="Training",
    )  # fmt: skip

    def spec(self, classes: int = 10) -> FieldSpec:
        """The field's shape.

        Raises
        ------
        ParamError   its numbers don't fit together
        """
        try:
            return FieldSpec(
                channels=self.channels, height=self.side, width=self.side, classes=classes,
                activation=self.activation, gamma=self.gamma, pooled=self.pooled,
            )  # fmt: skip
        except ValueError as error:
            raise ParamError(_blamed(self), str(error)) from None

    def to_json(self) -> str:
        """One JSON object; `from_json` reads it back equal."""
        return params_to_text(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> FieldRunParams:
        """Read what `to_json` wrote. Raises ParamError."""
        return params_from_text(cls, text)


def _blamed(p: FieldRunParams) -> str:
    """Which number is at fault where single ones are within their bounds."""
    return "pooled" if p.side % p.pooled else "side"


def solver_of(name: str, tolerance: float, steps: int, damping: float = 1.0) -> Solver:
    """One of SOLVERS by its name; the damping is the plain iteration's."""
    if name == "naive":
        return Naive(tolerance, steps, damping)
    return SOLVERS[name](tolerance, steps)


@dataclass(frozen=True)
class FieldTraining(TrainingSpec):
    """How a run learns: its plain iteration is damped."""

    damping: float = 1.0

    @property
    def forward(self) -> Solver:
        return solver_of(self.solver, self.tolerance, self.max_steps, self.damping)

    @property
    def backward(self) -> Solver:
        return solver_of(self.solver, self.adjoint_tolerance, self.adjoint_steps, self.damping)


def training_of(p: FieldRunParams) -> TrainingSpec:
    """How a run learns. Raises ParamError."""
    if p.gradient == "unrolled" and p.solver != "naive":
        raise ParamError("gradient", "unrolled goes back through the steps of the solver naive")
    methods = {"implicit": "implicit", "unrolled": "unrolled"}
    try:
        return FieldTraining(
            batch=p.batch, shift=p.shift, learning_rate=p.learning_rate, decay=p.decay,
            solver=p.solver, tolerance=p.tolerance,
            max_steps=p.solver_steps, adjoint_steps=2 * p.solver_steps,
            method=methods.get(p.gradient, "phantom"),
            phantom_steps=1 if p.gradient == "jacobian_free" else p.phantom_steps,
            damping=p.damping,
        )  # fmt: skip
    except ValueError as error:
        raise ParamError("params", str(error)) from None
