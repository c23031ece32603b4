"""The field's parameters, what drives it, and how an answer is read from it.

z in C^(C x H x W), on a torus of H x W points, evolves by z <- (1 - a) z + a f(z) with
f(z) = act(conv(z, W~) + b + inj), and is read at its fixed point. W~ is W with its largest singular
value brought to γ: see `spectral`.

References
----------
Bai, Kolter and Koltun 2019, arXiv:1909.01377, for models that are read at a fixed point. Arjovsky,
Shah and Bengio 2015, arXiv:1511.06464, for modReLU. Virtue, Yu and Lustig 2017, arXiv:1707.00070,
for the cardioid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.equilibrium.planes import blank, padded, zeros
from deepfractals_gui.kernels.field_torus import prime_powers
from deepfractals_gui.nn.activations import log_softmax, sigmoid, softmax, softplus
from deepfractals_gui.nn.initial import WEIGHTS, generator

ACTIVATIONS = ("modrelu", "cardioid")
LIPSCHITZ = {"modrelu": 1.0, "cardioid": 1.0663581}
"""Upper bounds of how far the activations spread what is close."""
MAX_CHANNELS, MAX_SIDE = 64, 112
_RAW = -3.0
"""Where the biases begin: β = -softplus(-3) = -0.049."""


@dataclass(frozen=True)
class FieldSpec:
    """The shape of a field.

    Attributes
    ----------
    channels, height, width : C, H, W; sides are products of 2, 4 or 8, 3 or 9, 5 and 7
    inputs, classes : channels of an image, and answers
    activation : one of ACTIVATIONS
    gamma : γ, the spectral norm of the kernel in use
    pooled : magnitudes are averaged to pooled x pooled points, which divide both sides
    epsilon : under the root of a magnitude, which is smooth at 0 then

    Raises
    ------
    ValueError   one of these is out of range
    """

    channels: int = 16
    height: int = 28
    width: int = 28
    inputs: int = 1
    classes: int = 10
    activation: str = "modrelu"
    gamma: float = 0.9
    pooled: int = 4
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        for name, most in (
            ("channels", MAX_CHANNELS), ("height", MAX_SIDE), ("width", MAX_SIDE),
            ("inputs", MAX_CHANNELS), ("classes", 1000),
        ):  # fmt: skip
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} may be 1 to {most}, not {getattr(self, name)}")
        prime_powers(self.height)
        prime_powers(self.width)
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"an activation is one of {', '.join(ACTIVATIONS)}, not {self.activation[:40]!r}"
            )
        if not 0.0 < self.gamma <= 2.0:
            raise ValueError(f"γ may be above 0, up to 2, not {self.gamma}")
        if not 0.0 < self.epsilon <= 1.0:
            raise ValueError(f"epsilon may be above 0, up to 1, not {self.epsilon}")
        if self.pooled < 1 or self.height % self.pooled or self.width % self.pooled:
            raise ValueError(
                f"{self.height} x {self.width} points can't be averaged to "
                f"{self.pooled} x {self.pooled}"
            )

    def planes(self, count: int) -> tuple[int, ...]:
        """The shape of the planes of so many samples."""
        return count, self.height, self.width, 2, padded(self.channels)


@dataclass(frozen=True, eq=False)
class FieldParams:
    """The parameters of a field, or one number for each of them, such as a gradient.

    A gradient by a complex number is ∂L/∂Re + i ∂L/∂Im, so that W - η gW goes downhill.

    Attributes
    ----------
    weights : W, complex128 (C, C, 3, 3), before it is normalised
    bias : b, complex128 (C,)
    input_weights, input_bias : W_e, complex128 (C, in, 3, 3), and b_e, complex128 (C,)
    raw : float64 (C,); modReLU's bias is β = -softplus(raw)
    readout, readout_bias : float64 (pooled² C, classes) and (classes,)
    """

    weights: Array
    bias: Array
    input_weights: Array
    input_bias: Array
    raw: Array
    readout: Array
    readout_bias: Array

    def __iter__(self) -> Iterator[tuple[str, Array]]:
        return ((one.name, getattr(self, one.name)) for one in fields(self))

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> FieldParams:
        return cls(**arrays)

    @property
    def beta(self) -> Array:
        """modReLU's biases, float64 (C,), below 0: a positive one has no Lipschitz bound."""
        return np.asarray(-softplus(self.raw))


NAMES = tuple(one.name for one in fields(FieldParams))


def count_parameters(params: FieldParams) -> int:
    """Real parameters; a complex number is two."""
    return sum(array.size * (2 if np.iscomplexobj(array) else 1) for _, array in params)


def initial_params(spec: FieldSpec, seed: int) -> FieldParams:
    """First parameters, from the stream of the seed that first weights have.

    Complex weights have independent normal parts. W is of any size, for it is normalised; W_e
    keeps the variance of an image; biases are 0, the readout small.
    """
    rng = generator(seed, WEIGHTS)

    def normal(*shape: int) -> Array:
        return np.asarray(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))

    c, features = spec.channels, spec.pooled**2 * spec.channels
    return FieldParams(
        normal(c, c, 3, 3) / math.sqrt(2.0 * 9.0 * c),
        np.zeros(c, np.complex128),
        normal(c, spec.inputs, 3, 3) / math.sqrt(2.0 * 9.0 * spec.inputs),
        np.zeros(c, np.complex128),
        np.full(c, _RAW),
        rng.standard_normal((features, spec.classes)) / math.sqrt(features),
        np.zeros(spec.classes),
    )


def lanes(values: Array) -> Array:
    """Numbers complex (..., C) as float64 (..., 2 L), as a point of planes has them."""
    channels = values.shape[-1]
    found = np.zeros((*values.shape[:-1], 2, padded(channels)))
    found[..., 0, :channels] = values.real
    found[..., 1, :channels] = values.imag
    return found.reshape(*values.shape[:-1], -1)


def unlanes(values: Array, channels: int) -> Array:
    """What `lanes` made, back: complex128 (..., C)."""
    parts = values.reshape(*values.shape[:-1], 2, -1)[..., :channels]
    return np.asarray(parts[..., 0, :] + 1j * parts[..., 1, :])


def drive(spec: FieldSpec, params: FieldParams, images: Array) -> Array:
    """inj + b as planes: inj = conv(images, W_e) + b_e.

    Parameters
    ----------
    images : float64 (N, in, H, W)

    Raises
    ------
    ValueError   the images have another shape
    """
    from deepfractals_gui.kernels.field_images import inject

    wanted = spec.inputs, spec.height, spec.width
    if images.shape[1:] != wanted:
        raise ValueError(f"images are (N, {', '.join(map(str, wanted))}), not {images.shape}")
    found = blank(spec.planes(len(images)))
    points = found.reshape(*found.shape[:3], -1)
    weights = lanes(np.moveaxis(params.input_weights, 0, -1))
    inject(
        np.ascontiguousarray(images, np.float64), weights, lanes(params.input_bias + params.bias),
        points,
    )  # fmt: skip
    return found


def magnitudes(spec: FieldSpec, z: Array) -> Array:
    """sqrt(|z|² + ε) of planes, float64 (N, H, W, C)."""
    c = spec.channels
    re, im = z[:, :, :, 0, :c], z[:, :, :, 1, :c]
    return np.asarray(np.sqrt(re * re + im * im + spec.epsilon))


def _pooled(spec: FieldSpec, sizes: Array) -> Array:
    """Means over pooled x pooled blocks of the points: float64 (N, pooled² C)."""
    p = spec.pooled
    blocks = sizes.reshape(len(sizes), p, spec.height // p, p, spec.width // p, spec.channels)
    return np.asarray(blocks.mean(axis=(2, 4)).reshape(len(sizes), -1))


def logits(spec: FieldSpec, params: FieldParams, z: Array) -> Array:
    """The readout of planes, float64 (N, classes)."""
    features = _pooled(spec, magnitudes(spec, z))
    return np.asarray(features @ params.readout + params.readout_bias)


@dataclass(frozen=True, eq=False)
class Readout:
    """What is said of a batch at given fields, and what follows from it.

    Attributes
    ----------
    losses : cross-entropies, float64 (N,)
    logits : float64 (N, classes)
    by_state : gradient of the losses' sum, times the weight, by the fields: planes
    readout, readout_bias : by the parameters, float64
    """

    losses: Array
    logits: Array
    by_state: Array
    readout: Array
    readout_bias: Array


def read_out(
    spec: FieldSpec, params: FieldParams, z: Array, labels: Array, weight: float
) -> Readout:
    """Losses -ln p[label] of the softmax of the readout, and the gradients of weight Σ losses.

    Parameters
    ----------
    z : planes (N, ...)
    labels : int64 (N,), 0 to classes - 1
    weight : such as 1 / batch size, of a mean
    """
    count, p, c = len(z), spec.pooled, spec.channels
    sizes = magnitudes(spec, z)
    features = _pooled(spec, sizes)
    found = features @ params.readout + params.readout_bias
    chosen = np.arange(count), labels
    losses = -log_softmax(found)[chosen]
    slope = softmax(found)
    slope[chosen] -= 1.0
    slope *= weight
    area = (spec.height // p) * (spec.width // p)
    by_feature = (slope @ params.readout.T / area).reshape(count, p, 1, p, 1, c)
    spread = np.broadcast_to(
        by_feature, (count, p, spec.height // p, p, spec.width // p, c)
    ).reshape(sizes.shape)
    back = spread / sizes
    by_state = zeros(z.shape)
    for part in range(2):
        by_state[:, :, :, part, :c] = z[:, :, :, part, :c] * back
    return Readout(losses, found, by_state, features.T @ slope, slope.sum(axis=0))


def by_raw(params: FieldParams, by_beta: Array) -> Array:
    """The gradient by raw from that by β = -softplus(raw)."""
    return np.asarray(-by_beta * sigmoid(params.raw))
