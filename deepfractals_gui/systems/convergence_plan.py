"""The field whose convergence is mapped: its kernel, what drives it, which damping is stable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from deepfractals_gui.core import Array, ParamError
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.field import FieldSpec, initial_params
from deepfractals_gui.equilibrium.images import resized
from deepfractals_gui.equilibrium.iteration import flat, solve
from deepfractals_gui.equilibrium.maps import FieldMap, Kernel, field_map
from deepfractals_gui.equilibrium.planes import padded, to_planes
from deepfractals_gui.equilibrium.solvers import Anderson, Naive
from deepfractals_gui.nn.datasets import dataset
from deepfractals_gui.nn.initial import WEIGHTS, generator

KERNELS = ("random", "smooth")
IMAGES = ("digit", "noise")
_MIXING = 0.05
"""How much of each other channel a smooth kernel mixes in."""
_STEP, _HALVINGS, _FARTHEST = 0.05, 4, 8.0
"""γ between the curve's points, how often it is halved at the end, and the largest."""
_DIMENSION = 60
"""Of the Krylov space in which eigenvalues are looked for."""


@dataclass(frozen=True, eq=False)
class ConvergencePlan:
    """A field, ready to be solved for any γ.

    Attributes
    ----------
    spec : its shape
    image : float64 (1, 1, H, W)
    field : the map of that one image, its kernel of norm 1; γ is replaced point by point
    """

    spec: FieldSpec
    image: Array
    field: FieldMap

    @cached_property
    def edge(self) -> Array:
        """The stability curve, float64 (K, 2): the largest damping a that is stable, and γ."""
        halves = [stability(self.field, sign * _STEP) for sign in (-1.0, 1.0)]
        return np.concatenate([halves[0][:0:-1], halves[1]])


@lru_cache(maxsize=16)
def convergence_plan(
    *, channels: int, side: int, activation: str, beta: float, kernel: str, seed: int, image: str,
    digit: int, image_seed: int,
) -> ConvergencePlan:  # fmt: skip
    """The field that the parameters ask for; the last few are remembered.

    Raises
    ------
    ParamError   the side can't be transformed, or there is no such digit
    """
    try:
        spec = FieldSpec(channels, side, side, activation=activation, pooled=1)
    except ValueError as error:
        raise ParamError("side", str(error)) from None
    if image == "noise":
        picture = generator(image_seed, WEIGHTS + 1).standard_normal((side, side))
    else:
        digits = dataset("digits").inputs
        if digit >= len(digits):
            raise ParamError("digit", f"there are {len(digits)} digits, 0 to {len(digits) - 1}")
        picture = resized(digits[digit].reshape(1, 8, 8), side, side)[0]
    weights = initial_params(spec, seed).weights
    if kernel == "smooth":
        taps = np.array([1.0, 2.0, 1.0]) / 4.0
        # The middle taps of a random kernel have parts of variance 1 / (18 C).
        mixed = np.eye(channels) + _MIXING * np.sqrt(18.0 * channels) * weights[:, :, 1, 1]
        weights = mixed[:, :, np.newaxis, np.newaxis] * np.outer(taps, taps)
    norm = spectral.exact(weights, side, side)
    unit = spectral.normalised(weights, side, side, norm)
    return driven(spec, unit, picture[np.newaxis, np.newaxis], beta, seed)


def driven(
    spec: FieldSpec, kernel: Kernel, image: Array, beta: float, seed: int
) -> ConvergencePlan:
    """The plan of a kernel of norm 1 and an image (1, 1, H, W)."""
    found = field_map(spec, initial_params(spec, seed), kernel, image)
    biases = np.zeros(padded(spec.channels))
    biases[: spec.channels] = beta
    return ConvergencePlan(spec, image, replace(found, beta=biases))


def eigenvalues(field: FieldMap, z: Array, dimension: int = _DIMENSION) -> Array:
    """Outer eigenvalues of f' at planes z of one sample, complex128, by Arnoldi's method.

    f is differentiable over the reals only, so that f' is a real matrix of 2 C H W rows. Its
    transpose, which has the same eigenvalues, is what `FieldMap.transposed` applies. All are found
    where ``dimension`` is that number; if less, those on the rim of the spectrum first.

    References
    ----------
    Arnoldi 1951, "The principle of minimized iterations"; Saad 2011, "Numerical Methods for Large
    Eigenvalue Problems", chapter 6.
    """
    channels = len(field.kernel.weights)
    adjoint = field.transposed(field.slopes_at(z), np.zeros(field.shape))
    count, height, width = field.shape[:3]
    rng = np.random.Generator(np.random.PCG64(1))
    start = rng.standard_normal((2, count, channels, height, width))
    dimension = min(dimension, start.size)
    basis = np.zeros((dimension + 1, flat(z).shape[1]))
    basis[0] = flat(to_planes(start[0] + 1j * start[1]))[0]
    basis[0] /= np.linalg.norm(basis[0])
    upper = np.zeros((dimension + 1, dimension))
    for k in range(dimension):
        w = flat(adjoint.value(basis[k].reshape(field.shape)))[0].copy()
        # Twice: once leaves what rounding put along the basis.
        for _ in range(2):
            along = basis[: k + 1] @ w
            w -= along @ basis[: k + 1]
            upper[: k + 1, k] += along
        size = float(np.linalg.norm(w))
        upper[k + 1, k] = size
        if size <= 1e-12 * max(float(np.abs(upper[: k + 1, k]).max()), 1e-300):
            return np.linalg.eigvals(upper[: k + 1, : k + 1]).astype(complex)
        basis[k + 1] = w / size
    return np.linalg.eigvals(upper[:dimension]).astype(complex)


def largest_damping(values: Array) -> float:
    """The a below which |1 - a + aλ| < 1 for every λ; 0 or less where no a > 0 will do.

    |1 - a (1 - λ)| < 1 is a < 2 Re(1 - λ) / |1 - λ|².
    """
    gap = 1.0 - values
    size = np.abs(gap) ** 2
    if np.any(size == 0.0):
        return 0.0
    return float(np.min(2.0 * gap.real / size))


def stability(field: FieldMap, step: float) -> Array:
    """Points (a, γ), float64 (K, 2), from γ = 0 on in steps, as far as a > 0 is stable.

    The fixed point at each γ is found from the one before: by Anderson's method, which needs no
    damping, or else by half the damping that was stable there. Where it is lost, or some
    eigenvalue has come to 1, the step is halved a few times; the last point is on a = 0.
    """
    found = [(2.0, 0.0)]
    z, halvings = None, 0
    while halvings <= _HALVINGS and abs(found[-1][1]) < _FARTHEST:
        most, gamma = found[-1]
        here = replace(field, gamma=np.array([gamma + step]))
        solution = solve(Anderson(tolerance=1e-9, max_steps=150), here, z)
        if not solution.converged:
            solution = solve(Naive(1e-9, 1000, min(0.5 * most, 1.0)), here, z)
        most = largest_damping(eigenvalues(here, solution.z)) if solution.converged else 0.0
        if most > 0.0:
            found.append((most, gamma + step))
            z = solution.z
        else:
            step, halvings = 0.5 * step, halvings + 1
    if halvings > _HALVINGS:
        found.append((0.0, found[-1][1]))
    return np.array(found)
