"""What there is to see of a field: how it evolves, its magnitudes and phases, its solvers' race.

Nothing here changes a run.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from deepfractals_gui.coloring.oklab import (
    into_gamut,
    linear_from_oklab,
    oklab_from_oklch,
    rgb8,
    srgb_from_linear,
)
from deepfractals_gui.core import Array, CancelFlag, Status
from deepfractals_gui.equilibrium.field import FieldSpec
from deepfractals_gui.equilibrium.iteration import Solver, State, solve
from deepfractals_gui.equilibrium.planes import from_planes
from deepfractals_gui.equilibrium.solvers import SOLVERS
from deepfractals_gui.experiments.field_data import FieldData
from deepfractals_gui.experiments.field_model import FieldModel, HasModel
from deepfractals_gui.experiments.field_params import solver_of
from deepfractals_gui.experiments.field_state import FieldState

MOST_BYTES = 1 << 29
"""Of the frames of an evolution."""
_BRIGHTEST = 0.82
"""Lightness of the largest magnitude: above it sRGB has hardly a colour in some hues."""
_LEVELS = 64


class Evolution(NamedTuple):
    """A field on its way to where it stays, step by step.

    Attributes
    ----------
    frames : complex64 (K, C, H, W)   z_0, z_1, ...; the last is where the solver ended
    residuals : float64 (K,)   |f(z) - z| / |f(z)|
    logits : float64 (K, classes), as the readout would have them at each step
    status : how the solver ended
    evaluations : float64 (K,)   of f, up to each frame
    """

    frames: Array
    residuals: Array
    logits: Array
    status: Status
    evaluations: Array

    def at(self, step: int) -> Array:
        """The frame after so many steps, or the last one if the field had settled before."""
        return np.asarray(self.frames[min(step, len(self.frames) - 1)])


def model_of(of: HasModel | FieldModel) -> FieldModel:
    """The model of a run, or the one given."""
    return of if isinstance(of, FieldModel) else of.model


def evolution(
    of: HasModel | FieldModel,
    image: Array,
    solver: Solver | str = "naive",
    steps: int = 30,
    *,
    cancel: CancelFlag | None = None,
) -> Evolution:
    """Let a field evolve for ``steps`` steps at most, and keep every one.

    Parameters
    ----------
    image : float (H, W) or (1, H, W), standardised
    solver : a solver, whose own limit of steps doesn't count, or the name of one, which then ends
        at a residual of 1e-6

    Raises
    ------
    ValueError   the image doesn't fit, or so many frames don't fit into memory
    Cancelled    the flag went up
    """
    model = model_of(of)
    spec = model.spec
    check_steps(spec, steps)
    chosen = solver_of(solver, 1e-6, steps) if isinstance(solver, str) else solver
    frames: list[Array] = []
    residuals: list[float] = []
    said: list[Array] = []
    evaluations: list[float] = []

    def watch(state: State) -> None:
        frames.append(from_planes(state.z, spec.channels)[0].astype(np.complex64))
        residuals.append(float(state.residual[0]))
        said.append(model.logits(state.z)[0])
        evaluations.append(float(state.evaluations[0]))

    f = model.map(_one(model, image))
    found = solve(replace(chosen, max_steps=steps), f, cancel=cancel, watch=watch)
    return Evolution(
        np.array(frames), np.array(residuals), np.array(said), Status(found.status[0]),
        np.array(evaluations),
    )  # fmt: skip


def check_steps(spec: FieldSpec, steps: int) -> None:
    """Raise ValueError where the frames of so many steps would take too much memory."""
    most = MOST_BYTES // (8 * spec.channels * spec.height * spec.width) - 1
    if not 0 <= steps <= most:
        raise ValueError(f"of this field 0 to {most} steps can be kept, not {steps}")


def _one(model: FieldModel, image: Array) -> Array:
    """An image as a batch of one."""
    shape = model.spec.height, model.spec.width
    if np.shape(image) not in (shape, (1, *shape)):
        raise ValueError(f"an image of {shape[0]} x {shape[1]} is needed, not {np.shape(image)}")
    return np.asarray(image, np.float64).reshape(1, 1, *shape)


# Pictures


def magnitude(frame: Array, channel: int | None = None) -> Array:
    """|z| of a channel of a frame (C, H, W), or its mean over the channels: float64 (H, W)."""
    chosen = frame if channel is None else frame[channel : channel + 1]
    return np.asarray(np.abs(chosen).mean(axis=0, dtype=np.float64))


def phase_rgb(frame: Array, channel: int | None = None, scale: float | None = None) -> Array:
    """Phase as hue, magnitude as lightness: uint8 (H, W, 3).

    Hue, lightness and chroma are those of OKLCh, and for one lightness every hue has the same
    chroma, so that no phase looks brighter or more vivid than another.

    Parameters
    ----------
    frame : complex (C, H, W)
    channel : None for the mean of the channels, as a complex number
    scale : the magnitude that is drawn brightest; None for the frame's largest
    """
    z = np.asarray(frame, np.complex128)
    z = z.mean(axis=0) if channel is None else z[channel]
    sizes = np.abs(z)
    full = float(sizes.max()) if scale is None else scale
    level = np.clip(sizes / full, 0.0, 1.0) if full > 0.0 else np.zeros(z.shape)
    lightness = _BRIGHTEST * level
    chroma = np.interp(lightness, *_chromas())
    lch = np.stack([lightness, chroma, np.rad2deg(np.angle(z)) % 360.0], axis=-1)
    return rgb8(srgb_from_linear(linear_from_oklab(oklab_from_oklch(lch))))


def grey_rgb(values: Array, scale: float | None = None) -> Array:
    """Magnitudes (H, W) as evenly lighter greys, uint8 (H, W, 3); ``scale`` is white."""
    full = float(values.max()) if scale is None else scale
    level = np.clip(values / full, 0.0, 1.0) if full > 0.0 else np.zeros(values.shape)
    lab = np.stack([level, np.zeros_like(level), np.zeros_like(level)], axis=-1)
    return rgb8(srgb_from_linear(linear_from_oklab(lab)))


@lru_cache(maxsize=1)
def _chromas() -> tuple[Array, Array]:
    """For evenly spaced lightnesses, the chroma that sRGB can show in every hue."""
    lightness = np.linspace(0.0, _BRIGHTEST, _LEVELS)
    hue = np.arange(0.0, 360.0, 3.0)
    lch = np.stack(
        [np.repeat(lightness, len(hue)), np.full(_LEVELS * len(hue), 0.4),
         np.tile(hue, _LEVELS)], axis=-1,
    )  # fmt: skip
    shown = into_gamut(oklab_from_oklch(lch)).reshape(_LEVELS, len(hue), 3)
    return lightness, np.hypot(shown[..., 1], shown[..., 2]).min(axis=1)


# The race


class Race(NamedTuple):
    """How one solver fares on a problem.

    Attributes
    ----------
    solver : one of SOLVERS
    evaluations : float64 (K,)   of f, up to each step; one on a coarse grid counts by its points
    residuals : float64 (K,)
    status : how it ended
    """

    solver: str
    evaluations: Array
    residuals: Array
    status: Status


def race(
    of: HasModel | FieldModel,
    image: Array,
    tolerance: float = 1e-6,
    *,
    damping: float = 1.0,
    steps: int = 400,
    cancel: CancelFlag | None = None,
) -> tuple[Race, ...]:
    """All solvers on the same problem, each to the same residual.

    Raises
    ------
    ValueError   the image doesn't fit
    Cancelled    the flag went up
    """
    model = model_of(of)
    f = model.map(_one(model, image))
    found = []
    for name in SOLVERS:
        evaluations: list[float] = []
        residuals: list[float] = []

        def watch(
            state: State, evaluations: list[float] = evaluations,
            residuals: list[float] = residuals,
        ) -> None:  # fmt: skip
            evaluations.append(float(state.evaluations[0]))
            residuals.append(float(state.residual[0]))

        ended = solve(solver_of(name, tolerance, steps, damping), f, cancel=cancel, watch=watch)
        found.append(
            Race(name, np.array(evaluations), np.array(residuals), Status(ended.status[0]))
        )
    return tuple(found)


def drawing_image(drawing: Array, of: FieldState | FieldData) -> Array:
    """A drawing (h, w), ink from 0 to 1, as the field takes it: float64 (H, W), standardised.

    Raises
    ------
    ValueError   it is no plane of finite numbers
    """
    return (of.data if isinstance(of, FieldState) else of).drawing(drawing)


def painted(
    of: Evolution, step: int, channel: int | None, scale: tuple[float, float]
) -> tuple[Array, Array]:
    """Magnitude and phase after so many steps, uint8 (H, W, 3) each.

    Parameters
    ----------
    channel : None for the mean of the channels
    scale : what is drawn brightest in either; `scales` makes all steps alike
    """
    white, bright = scale
    frame = of.at(step)
    return grey_rgb(magnitude(frame, channel), white), phase_rgb(frame, channel, bright)


def scales(of: Evolution, channel: int | None = None) -> tuple[float, float]:
    """The largest magnitude of all frames, as `magnitude` has it, and as `phase_rgb` does.

    Raises
    ------
    ValueError   the field has no such channel
    """
    channels = of.frames.shape[1]
    if channel is not None:
        if not 0 <= channel < channels:
            raise ValueError(f"the field has {channels} channels, from 0; there is no {channel}")
        full = float(np.abs(of.frames[:, channel]).max())
        return full, full
    mean = float(np.abs(of.frames).mean(axis=1).max())
    return mean, float(np.abs(of.frames.mean(axis=1)).max())
