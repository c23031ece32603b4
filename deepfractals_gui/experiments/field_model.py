"""A field with its parameters, ready to be asked."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from deepfractals_gui.core import Array, CancelFlag
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.field import FieldParams, FieldSpec, logits
from deepfractals_gui.equilibrium.iteration import Solution, Solver, solve
from deepfractals_gui.equilibrium.maps import FieldMap, Kernel, field_map
from deepfractals_gui.equilibrium.spectral import Peak


@dataclass(frozen=True, eq=False)
class FieldModel:
    """A field and its parameters. It is a value; nothing that asks it changes it.

    Attributes
    ----------
    spec, params : the field
    known : the norm of W on the field's torus, as training follows it; None if it is to be found
    """

    spec: FieldSpec
    params: FieldParams
    known: Peak | None = None

    @cached_property
    def sigma(self) -> float:
        """The spectral norm of W: what is known, or else exactly."""
        if self.known is not None:
            return self.known.sigma
        return spectral.norm(self.params.weights, self.spec.height, self.spec.width)

    @cached_property
    def kernel(self) -> Kernel:
        """W / σ."""
        return spectral.divided(self.params.weights, self.spec.height, self.spec.width, self.sigma)

    def map(self, images: Array) -> FieldMap:
        """f for images (N, in, H, W)."""
        return field_map(self.spec, self.params, self.kernel, images)

    def logits(self, planes: Array) -> Array:
        """The readout of planes, float64 (N, classes)."""
        return logits(self.spec, self.params, planes)

    def answer(
        self,
        images: Array,
        solver: Solver,
        cancel: CancelFlag | None = None,
        pool: Executor | None = None,
    ) -> tuple[Array, Solution]:
        """Logits (N, classes) at the fixed points of images (N, in, H, W), and these."""
        found = solve(solver, self.map(np.asarray(images, np.float64)), cancel=cancel, pool=pool)
        return self.logits(found.z), found


class HasModel(Protocol):
    """What has a model at a moment, such as a run."""

    @property
    def model(self) -> FieldModel: ...
