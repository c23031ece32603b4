"""The maps whose fixed points are looked for: the field's own, and that of its adjoint.

Both have one form, f(z) = act(γ conv(M z) + drive) with M = 1 and the activation, or with M the
activation's transposed derivative, the transposed convolution and no activation; both are halved
for multigrid in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.equilibrium.field import FieldParams, FieldSpec, drive
from deepfractals_gui.equilibrium.planes import blank, padded
from deepfractals_gui.kernels.field_torus import (
    CARDIOID,
    LINEAR,
    MODRELU,
    Convolution,
    convolution,
)

_KINDS = {"modrelu": MODRELU, "cardioid": CARDIOID}
_ALONG = np.array([[4, 1, 0], [4, 6, 4], [0, 1, 4]]) / 8.0
"""What R W P makes of a row of three taps, R with weights 1/4, 1/2, 1/4 and P with 1/2, 1, 1/2."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """A convolution kernel on a grid.

    Attributes
    ----------
    weights : complex128 (C, C, 3, 3)
    height, width : the grid
    """

    weights: Array
    height: int
    width: int

    @cached_property
    def prepared(self) -> Convolution:
        """The tables that the compiled code takes."""
        return convolution(self.weights, self.height, self.width)

    @cached_property
    def transposed(self) -> Kernel:
        """Of gx[c, q] = Σ conj(W[o, c, k]) g[o, q - k + 1]."""
        turned = np.conj(self.weights.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1])
        return Kernel(turned, self.height, self.width)

    @cached_property
    def halved(self) -> Kernel:
        """Galerkin's kernel R W P on the grid of half the sides: 3 x 3 again.

        Its norm isn't larger: at each frequency it is an average of the four that meet there.
        """
        weights = np.einsum("iy,jx,ocyx->ocij", _ALONG, _ALONG, self.weights)
        return Kernel(weights, self.height // 2, self.width // 2)


@dataclass(frozen=True, eq=False)
class FieldMap:
    """f(z) = act(γ conv(M z) + drive), for N samples. Fields are `planes`.

    Attributes
    ----------
    kernel : of norm 1 for the field's own map, so that γ alone sets how far f contracts
    drive : planes (N, H, W, 2, L)
    gamma : float64 (N,), each sample its own
    kind : LINEAR, MODRELU or CARDIOID
    beta : float64 (L,), modReLU's biases
    slopes : float64 (N, H, W, 4, L), M point by point; (0, ...) stands for 1

    Raises
    ------
    ValueError   these don't fit together
    """

    kernel: Kernel
    drive: Array
    gamma: Array
    kind: int
    beta: Array
    slopes: Array

    def __post_init__(self) -> None:
        count, height, width, _, lanes = self.drive.shape
        grid = self.kernel.height, self.kernel.width, padded(max(self.kernel.weights.shape[:2]))
        wanted = (
            (self.drive, (count, *grid[:2], 2, grid[2])), (self.gamma, (count,)),
            (self.beta, (lanes,)), (self.slopes, (len(self.slopes), height, width, 4, lanes)),
        )  # fmt: skip
        for array, shape in wanted:
            if array.shape != shape:
                raise ValueError(f"an array {array.shape} of a map isn't {shape}")
        if len(self.slopes) not in (0, count):
            raise ValueError(f"{len(self.slopes)} samples have slopes, of {count}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the planes."""
        return self.drive.shape

    def __len__(self) -> int:
        return len(self.drive)

    def part(self, samples: slice) -> FieldMap:
        """The map of some of the samples; nothing is copied."""
        return replace(
            self, drive=self.drive[samples], gamma=self.gamma[samples],
            slopes=self.slopes[samples],
        )  # fmt: skip

    def evaluate(
        self, z: Array, rows: Array, result: Array, squares: Array, cancel: CancelFlag
    ) -> None:
        """result = f(z) for the samples listed; squares (N, 2) = |f - z|² and |f|².

        Raises
        ------
        ValueError   z hasn't the map's shape
        Cancelled    the flag went up; what was computed is incomplete
        """
        from deepfractals_gui.kernels.field_step import step

        self._check(z)
        step(
            z, rows, self.drive, self.gamma, self.beta, self.kind, self.slopes,
            self.kernel.prepared, result, squares, cancel.array,
        )  # fmt: skip
        cancel.check()

    def value(self, z: Array, cancel: CancelFlag | None = None) -> Array:
        """f(z) of all samples, a new array. Raises Cancelled."""
        result, squares = blank(self.shape), np.empty((len(self), 2))
        self.evaluate(z, np.arange(len(self)), result, squares, cancel or CancelFlag())
        return result

    def slopes_at(self, z: Array, cancel: CancelFlag | None = None) -> Array:
        """The activation's transposed derivative at γ conv(z) + drive, float64 (N, H, W, 4, L)."""
        from deepfractals_gui.kernels.field_step import slopes

        self._check(z)
        cancel = cancel or CancelFlag()
        count, height, width, _, lanes = self.shape
        result = blank((count, height, width, 4, lanes))
        slopes(
            z, np.arange(count), self.drive, self.gamma, self.beta, self.kind,
            self.kernel.prepared, result, cancel.array,
        )  # fmt: skip
        cancel.check()
        return result

    def transposed(self, slopes: Array, gradient: Array) -> FieldMap:
        """w -> g + Jᵀ w, with J the derivative of f where ``slopes`` were taken.

        Its fixed point is (1 - Jᵀ)^-1 g, the gradient by what a fixed point is displaced.
        """
        return replace(
            self, kernel=self.kernel.transposed, drive=gradient, kind=LINEAR, slopes=slopes
        )

    def _check(self, z: Array) -> None:
        # Compiled code would read beyond an array that is too small.
        if z.shape != self.shape:
            raise ValueError(f"planes {z.shape} don't fit a map of {self.shape}")

    @cached_property
    def halved(self) -> FieldMap:
        """The map on the grid of half the sides, from full weighting of all that is local."""
        return replace(
            self, kernel=self.kernel.halved, drive=restricted(self.drive),
            slopes=restricted(self.slopes),
        )  # fmt: skip

    @property
    def can_be_halved(self) -> bool:
        return all(side % 2 == 0 and side >= 4 for side in self.shape[1:3])


def restricted(fine: Array) -> Array:
    """An array (N, H, W, k, L) on the grid of half the sides, by full weighting."""
    from deepfractals_gui.kernels.field_grids import restrict

    count, height, width, parts, lanes = fine.shape
    coarse = blank((count, height // 2, width // 2, parts, lanes))
    points, fewer = (one.reshape(*one.shape[:3], parts * lanes) for one in (fine, coarse))
    restrict(points, np.arange(count), fewer)
    return coarse


def field_map(
    spec: FieldSpec,
    params: FieldParams,
    kernel: Kernel,
    images: Array,
    gamma: Array | float | None = None,
) -> FieldMap:
    """The map of images (N, in, H, W); ``kernel`` is W brought to norm 1.

    Parameters
    ----------
    gamma : γ, one for all samples or float64 (N,); None for the spec's
    """
    count = len(images)
    beta = np.zeros(padded(spec.channels))
    beta[: spec.channels] = params.beta
    return FieldMap(
        kernel,
        drive(spec, params, images),
        np.full(count, spec.gamma) if gamma is None else np.zeros(count) + gamma,
        _KINDS[spec.activation],
        beta,
        np.zeros((0, spec.height, spec.width, 4, padded(spec.channels))),
    )
