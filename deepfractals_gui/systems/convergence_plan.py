"""The field whose convergence is mapped: its kernel, what drives it, which damping is stable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, DataRef, DataSource, ParamError
from deepfractals_gui.core.resources import resource
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.checkpoints import field_in
from deepfractals_gui.equilibrium.field import FieldParams, FieldSpec, initial_params
from deepfractals_gui.equilibrium.images import Standard, resized
from deepfractals_gui.equilibrium.iteration import flat, solve
from deepfractals_gui.equilibrium.maps import FieldMap, Kernel, field_map
from deepfractals_gui.equilibrium.planes import padded, to_planes
from deepfractals_gui.equilibrium.solvers import Anderson, Naive
from deepfractals_gui.nn.datasets import dataset
from deepfractals_gui.nn.initial import WEIGHTS, generator

DRAWN = ("random", "smooth")
KERNELS = (*DRAWN, "trained")
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
    params : what drives it, besides the image
    image : float64 (1, 1, H, W)
    field : the map of that one image, its kernel of norm 1; γ is replaced point by point
    """

    spec: FieldSpec
    params: FieldParams
    image: Array
    field: FieldMap

    @cached_property
    def edge(self) -> Array:
        """The stability curve, float64 (K, 2): the largest damping a that is stable, and γ."""
        halves = [stability(self.field, sign * _STEP) for sign in (-1.0, 1.0)]
        return np.concatenate([halves[0][:0:-1], halves[1]])


def convergence_plan(
    spec: FieldSpec, picture: Array, *, kernel: DataSource, beta: float, seed: int,
    cancel: CancelFlag | None = None,
) -> ConvergencePlan:  # fmt: skip
    """The field of a kernel, driven by a picture (H, W); a trained one has its own biases.

    Raises
    ------
    ParamError   a file holds no field
    Cancelled    the flag went up
    """
    drawn = kernel in DRAWN
    params = initial_params(spec, seed) if drawn else trained_field(kernel)[1]
    weights = smooth(params.weights) if kernel == "smooth" else params.weights
    norm = spectral.exact(weights, spec.height, spec.width, cancel)
    unit = spectral.normalised(weights, spec.height, spec.width, norm)
    return driven(spec, params, unit, picture[np.newaxis, np.newaxis], beta if drawn else None)


def field_shape(*, kernel: DataSource, side: int, channels: int, activation: str) -> FieldSpec:
    """The shape of a field; a trained one brings its channels and its activation.

    Raises
    ------
    ParamError   the side can't be transformed, or a file holds no field
    """
    if kernel not in DRAWN:
        learned = trained_field(kernel)[0]
        channels, activation = learned.channels, learned.activation
    try:
        return FieldSpec(channels, side, side, activation=activation, pooled=1)
    except ValueError as error:
        raise ParamError("side", str(error)) from None


@lru_cache(maxsize=4)
def trained_field(kernel: DataSource) -> tuple[FieldSpec, FieldParams]:
    """A field that has learned: the one that ships, or that of a file.

    Raises
    ------
    ParamError   the file can't be read, or holds no field that grey images drive
    """
    try:
        if isinstance(kernel, DataRef):
            name, content = kernel.name, kernel.read()
        else:
            name, content = "field_digits.npz", resource("data/field_digits.npz").read_bytes()
        spec, params = field_in(content, name)
    except ValueError as error:
        raise ParamError("kernel", str(error)) from None
    if spec.inputs != 1:
        raise ParamError("kernel", f"{name}: grey images don't drive {spec.inputs} channels")
    if not params.weights.any():
        raise ParamError("kernel", f"{name}: its kernel is 0, which no norm can be given to")
    return spec, params


def noise(seed: int, side: int) -> Array:
    """Normal numbers, float64 (side, side)."""
    return np.asarray(generator(seed, WEIGHTS + 1).standard_normal((side, side)))


def digit_image(number: int, side: int, standardised: bool) -> Array:
    """One of the digits that ship, float64 (side, side), as fields that learn know them or plain.

    Raises
    ------
    ParamError   there is no such digit
    """
    data = dataset("digits")
    if number >= len(data):
        raise ParamError("digit", f"there are {len(data)} digits, 0 to {len(data) - 1}")
    picture = np.asarray(resized(data.inputs[number].reshape(1, 8, 8), side, side)[0])
    standard = Standard.of(data)
    return (picture - standard.mean) / standard.deviation if standardised else picture


def smooth(weights: Array) -> Array:
    """Channels that are mixed a little, by the middle taps of a random kernel, and blurred."""
    taps = np.array([1.0, 2.0, 1.0]) / 4.0
    channels = len(weights)
    # The middle taps of a random kernel have parts of variance 1 / (18 C).
    mixed = np.eye(channels) + _MIXING * np.sqrt(18.0 * channels) * weights[:, :, 1, 1]
    return np.asarray(mixed[:, :, np.newaxis, np.newaxis] * np.outer(taps, taps))


def driven(
    spec: FieldSpec, params: FieldParams, kernel: Kernel, image: Array, beta: float | None = None
) -> ConvergencePlan:
    """The plan of a kernel of norm 1 and an image (1, 1, H, W).

    Parameters
    ----------
    beta : modReLU's bias in all channels; None for those of the parameters
    """
    found = field_map(spec, params, kernel, image)
    if beta is not None:
        biases = np.zeros(padded(spec.channels))
        biases[: spec.channels] = beta
        found = replace(found, beta=biases)
    return ConvergencePlan(spec, params, image, found)


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
