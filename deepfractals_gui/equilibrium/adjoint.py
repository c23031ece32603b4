"""Gradients through the fixed point.

With z* = f(z*) and g = ∂L/∂z*, the gradient that reaches f is w = (1 - Jᵀ)^-1 g, the fixed point of
w -> g + Jᵀ w: the same solvers find it. One product with the derivatives of f by its parameters
then gives all gradients. What others do instead is here for comparison: stop after k steps of the
plain iteration (`phantom`; w = g for k = 1, where nothing is solved), or go back through every
iterate (`through_iterates`; `unrolled`, which finds them again).

Convention: g = ∂L/∂Re + i ∂L/∂Im, so that W - η gW goes downhill.

References
----------
Bai, Kolter and Koltun 2019, arXiv:1909.01377. Fung et al. 2021, arXiv:2103.12803, Jacobian-free.
Geng et al. 2021, arXiv:2111.05177, phantom gradients. Griewank 1992, "Achieving logarithmic growth
of temporal and spatial complexity in reverse automatic differentiation": iterates that are found
again instead of kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.equilibrium.field import (
    FieldParams,
    FieldSpec,
    Readout,
    by_raw,
    unlanes,
)
from deepfractals_gui.equilibrium.iteration import Solution, Solver, solve
from deepfractals_gui.equilibrium.maps import FieldMap
from deepfractals_gui.equilibrium.planes import blank, zeros
from deepfractals_gui.equilibrium.spectral import Peak, through_norm
from deepfractals_gui.kernels.field_torus import MODRELU, kernel_gradient, sides


@dataclass(frozen=True, eq=False)
class Products:
    """Sums over samples, from which the gradients of the parameters are made.

    They are sums over points as well, so that those of groups of samples can be added up.

    Attributes
    ----------
    kernel : float64 (W, L, 3, 2, L); see `kernels.field_gradients`
    drive : by b and by b_e, float64 (2 L,)
    input_kernel : by W_e, float64 (in, 3, 3, 2 L)
    beta : by modReLU's biases, float64 (C,)
    """

    kernel: Array
    drive: Array
    input_kernel: Array
    beta: Array

    def __add__(self, other: Products) -> Products:
        return Products(
            self.kernel + other.kernel, self.drive + other.drive,
            self.input_kernel + other.input_kernel, self.beta + other.beta,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Adjoint:
    """The gradient that reaches f, and how it was found.

    Attributes
    ----------
    w : planes
    slopes : of f at z*
    solution : None where nothing was solved
    """

    w: Array
    slopes: Array
    solution: Solution | None


def products(
    f: FieldMap, z: Array, adjoint: Adjoint, images: Array, cancel: CancelFlag | None = None
) -> Products:
    """What a gradient w by f(z) means for the parameters of f, at z.

    Parameters
    ----------
    z : planes (N, ...)
    images : float64 (N, in, H, W), which drive f

    Raises
    ------
    ValueError   the shapes don't fit the map's
    Cancelled    the flag went up
    """
    from deepfractals_gui.kernels.field_gradients import add_products
    from deepfractals_gui.kernels.field_images import add_input_products
    from deepfractals_gui.kernels.field_step import pull_back

    cancel = cancel or CancelFlag()
    count, height, width, _, lanes = f.shape
    for array in (z, adjoint.w):
        if array.shape != f.shape:
            raise ValueError(f"planes {array.shape} don't fit a map of {f.shape}")
    if images.shape[0] != count or images.shape[2:] != (height, width):
        raise ValueError(f"images {images.shape} don't drive a map of {f.shape}")
    rows = np.arange(count)
    back = blank(f.shape)
    pull_back(adjoint.w, rows, adjoint.slopes, back)
    points = back.reshape(count, height, width, -1)
    by_drive = points.sum(axis=(0, 1, 2))
    input_kernel = np.zeros((images.shape[1], 3, 3, 2 * lanes))
    add_input_products(np.ascontiguousarray(images, np.float64), points, input_kernel)
    # Each sample's own γ is a part of its map, not of the kernel.
    back *= f.gamma[:, np.newaxis, np.newaxis, np.newaxis, np.newaxis]
    kernel = np.zeros((width, lanes, 3, 2, lanes))
    add_products(back, z, rows, sides(height, width), kernel, cancel.array)
    cancel.check()
    return Products(kernel, by_drive, input_kernel, _by_beta(f, z, adjoint.w))


def _by_beta(f: FieldMap, z: Array, w: Array) -> Array:
    """Σ Re(ū w) over the points where modReLU lets something through, with u = f / |f| there."""
    if f.kind != MODRELU:
        return np.zeros(f.shape[-1])
    value = f.value(z)
    size = np.hypot(value[:, :, :, 0], value[:, :, :, 1])
    along = (value * w).sum(axis=3)
    share = np.divide(along, size, out=np.zeros_like(size), where=size > 0.0)
    return np.asarray(share.sum(axis=(0, 1, 2)))


def gradient(
    spec: FieldSpec, params: FieldParams, peak: Peak, sums: Products, readout: Readout
) -> FieldParams:
    """The gradient by every parameter, through the norm of the kernel.

    Parameters
    ----------
    peak : of ``params.weights``
    sums : from maps whose kernel is W / σ
    """
    c = spec.channels
    by_kernel = kernel_gradient(sums.kernel, c, c, spec.height)
    by_drive = unlanes(sums.drive, c)
    return FieldParams(
        # γ is in the sums already.
        through_norm(params.weights, by_kernel, 1.0, peak),
        by_drive,
        np.moveaxis(unlanes(sums.input_kernel, c), -1, 0),
        by_drive.copy(),
        by_raw(params, sums.beta[:c]),
        readout.readout,
        readout.readout_bias,
    )


def implicit(
    f: FieldMap,
    z: Array,
    g: Array,
    solver: Solver,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> Adjoint:
    """w = (1 - Jᵀ)^-1 g at the fixed points z; g and z are planes.

    Raises
    ------
    Cancelled   the flag went up
    """
    slopes = f.slopes_at(z, cancel)
    found = solve(solver, f.transposed(slopes, g), cancel=cancel, pool=pool)
    return Adjoint(found.z, slopes, found)


def phantom(
    f: FieldMap,
    z: Array,
    g: Array,
    steps: int,
    damping: float = 1.0,
    *,
    cancel: CancelFlag | None = None,
) -> Adjoint:
    """w = λ Σ_(j < k) ((1 - λ) + λ Jᵀ)^j g with k ``steps`` and the damping λ; w = g for 1 and 1.

    Raises
    ------
    ValueError   the number of steps or the damping is out of range
    Cancelled    the flag went up
    """
    if steps < 1 or not 0.0 < damping <= 1.0:
        raise ValueError(f"a phantom gradient of {steps} steps damped by {damping}")
    slopes = f.slopes_at(z, cancel)
    if steps == 1 and damping == 1.0:
        return Adjoint(g, slopes, None)
    back = f.transposed(slopes, g)
    w = zeros(f.shape)
    for _ in range(steps):
        w += damping * (back.value(w, cancel) - w)
    return Adjoint(w, slopes, None)


def through_iterates(
    f: FieldMap,
    iterates: Sequence[Array],
    g: Array,
    damping: float,
    images: Array,
    *,
    cancel: CancelFlag | None = None,
) -> Products:
    """Backpropagation through z_(k+1) = (1 - a) z_k + a f(z_k), a the damping.

    Parameters
    ----------
    iterates : z_0 to z_(K-1), planes; z_K is what g is the gradient by

    Raises
    ------
    ValueError   there are no iterates
    Cancelled    the flag went up
    """
    total: Products | None = None
    for z in reversed(iterates):
        found, g = _back(f, z, g, damping, images, cancel)
        total = found if total is None else found + total
    if total is None:
        raise ValueError("there are no iterates to go back through")
    return total


def unrolled(
    f: FieldMap,
    steps: Array,
    g: Array,
    damping: float,
    images: Array,
    *,
    cancel: CancelFlag | None = None,
) -> Products:
    """Backpropagation through as many damped steps from 0 as each sample has taken.

    Of n iterates about 2 √n are in memory at a time, of one sample: the others are found again.

    Parameters
    ----------
    steps : int (N,), the steps of each sample
    g : planes, the gradient by where these lead

    Raises
    ------
    Cancelled   the flag went up
    """
    lanes = f.shape[-1]
    total = Products(
        np.zeros((f.shape[2], lanes, 3, 2, lanes)), np.zeros(2 * lanes),
        np.zeros((images.shape[1], 3, 3, 2 * lanes)), np.zeros(lanes),
    )  # fmt: skip
    for row, count in enumerate(steps):
        own = slice(row, row + 1)
        one, slope = f.part(own), g[own]
        for z in _backwards(one, int(count), damping, cancel):
            found, slope = _back(one, z, slope, damping, images[own], cancel)
            total = total + found
    return total


def _back(
    f: FieldMap, z: Array, g: Array, damping: float, images: Array, cancel: CancelFlag | None
) -> tuple[Products, Array]:
    """From the gradient g behind a damped step at z: its products, and the gradient by z."""
    slopes = f.slopes_at(z, cancel)
    found = products(f, z, Adjoint(damping * g, slopes, None), images, cancel)
    back = f.transposed(slopes, zeros(f.shape)).value(g, cancel)
    return found, (1.0 - damping) * g + damping * back


def _backwards(
    f: FieldMap, count: int, damping: float, cancel: CancelFlag | None
) -> Iterator[Array]:
    """The first ``count`` iterates from 0, the last of them first."""

    def after(z: Array) -> Array:
        return np.asarray(z + damping * (f.value(z, cancel) - z))

    stride = max(math.isqrt(count), 1)
    kept: list[Array] = []
    z = zeros(f.shape)
    for k in range(count):
        if k % stride == 0:
            kept.append(z)
        if k < count - 1:
            z = after(z)
    while kept:
        found = [kept.pop()]
        while len(found) < min(stride, count - len(kept) * stride):
            found.append(after(found[-1]))
        while found:
            yield found.pop()
