"""Training small networks in plain NumPy: the truth that the compiled kernels are held to.

Written from the formulas alone: matrices, one after the other, all pixels of a list at once. P is
the number of pixels, D that of data points, T that of steps. `run` answers for a list of pixels
what the kernel does; the functions before it are its parts.

References
----------
Sohl-Dickstein 2024, arXiv:2402.06184.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from deepfractals_gui.core import Status

CAP = 1e6
LAST = 20
"""Steps at the end whose mean says whether training converged."""
PIXELS = 32
"""Pixels trained together: more of them leave the processor's cache and are no faster."""
OFFSET_MODES = ("once", "every_step")


@dataclass
class Net:
    """Weights W0, [b0], W1, ... and what else all pixels share."""

    weights: list[np.ndarray]
    activation: list[str]
    scale: list[float]
    bias: bool = False
    residual: list[bool] = field(default_factory=list)
    loss: str = "mse"
    optimizer: str = "sgd"
    every_step: bool = False

    @property
    def depth(self) -> int:
        return len(self.scale)


@dataclass
class Rates:
    """One number a pixel each (P,), or one for all, in the order of the kernel's ``hyper``."""

    lr_input: np.ndarray
    lr_output: np.ndarray
    momentum: np.ndarray | float = 0.0
    beta1: np.ndarray | float = 0.9
    beta2: np.ndarray | float = 0.999
    decay: np.ndarray | float = 0.0
    weight_scale: np.ndarray | float = 1.0
    output_scale: np.ndarray | float = 1.0
    offset: np.ndarray | float = 0.0

    def columns(self) -> Rates:
        """The same with every rate an array (P,)."""
        own = [np.asarray(getattr(self, f.name), float) for f in fields(self)]
        return Rates(*np.broadcast_arrays(*(np.atleast_1d(rate) for rate in own)))

    def of(self, pixels: np.ndarray) -> Rates:
        """The chosen pixels' own; every rate must be an array (P,)."""
        return Rates(*(getattr(self, f.name)[pixels] for f in fields(self)))


@dataclass
class Result:
    """What became of P pixels.

    Attributes
    ----------
    losses : float64 (P, T)   over all data, before each update; NaN from where a weight is NaN on
    value : float64 (P,)   the paper's signed measure: negative where training converged
    status : uint8 (P,)   `Status`: converged, diverged or non-finite
    final_loss : float64 (P,)   of the last step; NaN where the status is non-finite
    least_loss : float64 (P,)   the least finite loss; NaN where there is none
    divergence : float64 (P,)   the first step whose loss is capped or not finite, T where there
        is none; NaN where training converged
    probe_output : float64 (P,)   the trained network's first output; NaN where it isn't finite
    weights : W0, [b0], W1, ... after the last update, (P, ...) each
    """

    losses: np.ndarray
    value: np.ndarray
    status: np.ndarray
    final_loss: np.ndarray
    least_loss: np.ndarray
    divergence: np.ndarray
    probe_output: np.ndarray
    weights: list[np.ndarray]


def function(name: str, z: np.ndarray) -> np.ndarray:
    if name == "tanh":
        return np.tanh(z)
    if name == "relu":
        return np.maximum(z, 0)
    if name == "identity":
        return z
    if name == "sigmoid":
        return 1 / (1 + np.exp(-z))
    if name == "sin":
        return np.sin(z)
    return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


def derivative(name: str, z: np.ndarray) -> np.ndarray:
    if name == "tanh":
        return 1 - np.tanh(z) ** 2
    if name == "relu":
        return (z > 0).astype(float)
    if name == "identity":
        return np.ones_like(z)
    if name == "sigmoid":
        # Of both signs: neither end is a quotient of infinities, nor a difference from 1.
        return function(name, z) * function(name, -z)
    if name == "sin":
        return np.cos(z)
    t = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
    # Where tanh is flat its slope is 0, and z**2 may be infinite.
    bend = np.where(np.abs(t) == 1, 0, np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * bend


def forward(net: Net, weights: list[np.ndarray], x: np.ndarray):
    """Output (P, D, k), and the inputs and products (P, D, n) of every layer."""
    h = x[np.newaxis]
    inputs, products = [], []
    at = 0
    for layer in range(net.depth):
        z = net.scale[layer] * (h @ weights[at])
        at += 1
        if net.bias:
            z = z + weights[at][:, np.newaxis, :]
            at += 1
        inputs.append(h)
        products.append(z)
        a = function(net.activation[layer], z)
        h = (h + a) / np.sqrt(2) if net.residual and net.residual[layer] else a
    return h, inputs, products


def loss_and_slope(net: Net, output: np.ndarray, y: np.ndarray):
    """Mean loss (P,), and its gradient by the output."""
    if net.loss == "mse":
        error = output - y
        return np.mean(error**2, axis=(1, 2)), 2 * error / (y.shape[0] * y.shape[1])
    shifted = output - output.max(axis=2, keepdims=True)
    mass = np.exp(shifted).sum(axis=2, keepdims=True)
    loss = np.mean(np.log(mass[..., 0]) - (y * shifted).sum(axis=2), axis=1)
    return loss, (np.exp(shifted) / mass - y) / len(y)


def gradients(net: Net, weights: list[np.ndarray], inputs, products, slope) -> list[np.ndarray]:
    """Gradients in the weights' order, from the slope by the last layer's output."""
    found: list[np.ndarray] = []
    for layer in range(net.depth - 1, -1, -1):
        residual = bool(net.residual) and net.residual[layer]
        share = slope / np.sqrt(2) if residual else slope
        dz = share * derivative(net.activation[layer], products[layer])
        matrix = weights[layer * (2 if net.bias else 1)]
        if net.bias:
            found.insert(0, dz.sum(axis=1))
        found.insert(0, net.scale[layer] * np.swapaxes(inputs[layer], 1, 2) @ dz)
        slope = net.scale[layer] * dz @ np.swapaxes(matrix, 1, 2)
        if residual:
            slope = slope + share
    return found


def like(rate: np.ndarray, array: np.ndarray) -> np.ndarray:
    """A rate (P,) in the shape that multiplies an array (P, ...)."""
    return rate.reshape((-1,) + (1,) * (array.ndim - 1))


def first_weights(net: Net, rates: Rates) -> list[np.ndarray]:
    """W0, [b0], W1, ..., (P, ...) each, as training begins; biases aren't scaled."""
    pixels = len(rates.lr_input)
    weights = [np.repeat(array[np.newaxis], pixels, axis=0) for array in net.weights]
    for k, array in enumerate(weights):
        if array.ndim == 3:
            weights[k] = array * like(rates.weight_scale, array)
    if not net.every_step:
        weights[0] = weights[0] + like(rates.offset, weights[0])
    return weights


def update(
    net: Net,
    rates: Rates,
    step: int,
    weights: list[np.ndarray],
    found: list[np.ndarray],
    first: list[np.ndarray],
    second: list[np.ndarray],
) -> None:
    """Replace the weights, and the memories of gradients and their squares, by the next ones."""
    last = len(weights) - (2 if net.bias else 1)
    for k, gradient in enumerate(found):
        w = weights[k]
        rate = like(rates.lr_output if k >= last else rates.lr_input, w)
        decay = like(rates.decay, w) if w.ndim == 3 else 0.0
        momentum, beta1, beta2 = (
            like(one, w) for one in (rates.momentum, rates.beta1, rates.beta2)
        )
        if net.optimizer != "adamw":
            gradient = gradient + decay * w
        if net.optimizer in ("sgd", "nesterov"):
            first[k] = momentum * first[k] + gradient
            ahead = net.optimizer == "nesterov"
            weights[k] = w - rate * (gradient + momentum * first[k] if ahead else first[k])
            continue
        first[k] = beta1 * first[k] + (1 - beta1) * gradient
        second[k] = beta2 * second[k] + (1 - beta2) * gradient**2
        m = first[k] / (1 - beta1 ** (step + 1))
        s = second[k] / (1 - beta2 ** (step + 1))
        move = rate * m / (np.sqrt(s) + 1e-8)
        if net.optimizer == "adamw":
            move = move + rate * decay * w
        weights[k] = w - move


def is_nan(weights: list[np.ndarray]) -> np.ndarray:
    """Pixels (P,) with a NaN among their weights. It stays NaN and makes every later loss NaN."""
    return np.any([np.isnan(w).reshape(len(w), -1).any(axis=1) for w in weights], axis=0)


def train(
    net: Net,
    x: np.ndarray,
    y: np.ndarray,
    rates: Rates,
    steps: int,
    batches: np.ndarray | None = None,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Losses (P, steps) over all data before each update, and the last weights.

    A pixel is left out from where one of its weights is NaN on; its later losses are NaN.
    """
    own = rates.columns()
    pixels = len(own.lr_input)
    weights = first_weights(net, own)
    ended = [np.empty_like(w) for w in weights]
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    losses = np.full((pixels, steps), np.nan)
    alive = np.arange(pixels)
    with np.errstate(all="ignore"):
        for step in range(steps):
            if net.every_step:
                weights[0] = weights[0] + like(own.offset, weights[0])
            scale = like(own.output_scale, weights[0])
            output, inputs, products = forward(net, weights, x)
            losses[alive, step], slope = loss_and_slope(net, scale * output, y)
            if batches is not None:
                few = batches[step]
                output, inputs, products = forward(net, weights, x[few])
                _, slope = loss_and_slope(net, scale * output, y[few])
            found = gradients(net, weights, inputs, products, scale * slope)
            update(net, own, step, weights, found, first, second)
            lost = is_nan(weights)
            if not lost.any():
                continue
            for k, w in enumerate(weights):
                ended[k][alive[lost]] = w[lost]
            alive, own = alive[~lost], own.of(~lost)
            for arrays in (weights, first, second):
                arrays[:] = [array[~lost] for array in arrays]
            if not alive.size:
                break
    for k, w in enumerate(weights):
        ended[k][alive] = w
    return losses, ended


def normalised(losses: np.ndarray) -> np.ndarray:
    """v (P, T): losses over the first one, at most 1e6; what isn't finite counts as 1e6 before."""
    with np.errstate(all="ignore"):
        v = np.where(np.isfinite(losses), losses, CAP)
        v = v / v[:, :1]
        return np.where(v <= CAP, v, CAP)


def measure(losses: np.ndarray) -> np.ndarray:
    """The paper's signed value (P,) of losses (P, T): negative where training converged."""
    v = normalised(losses)
    with np.errstate(all="ignore"):
        return np.where(v[:, -LAST:].mean(axis=1) < 1, -v.sum(axis=1), (1 / v).sum(axis=1))


def outcome(losses: np.ndarray) -> np.ndarray:
    """`Status` (P,) uint8 of losses (P, T): non-finite only where training didn't converge."""
    converged = normalised(losses)[:, -LAST:].mean(axis=1) < 1
    finite = np.isfinite(losses).all(axis=1)
    other = np.where(finite, Status.DIVERGED, Status.NON_FINITE)
    return np.where(converged, Status.CONVERGED, other).astype(np.uint8)


def step_of_divergence(losses: np.ndarray) -> np.ndarray:
    """First step (P,) whose loss is capped or not finite, T where none is; NaN if converged."""
    beyond = (normalised(losses) >= CAP) | ~np.isfinite(losses)
    step = np.where(beyond.any(axis=1), beyond.argmax(axis=1), losses.shape[1])
    return np.where(outcome(losses) == Status.CONVERGED, np.nan, step)


def run(
    hyper: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    weights: list[np.ndarray],
    activation: list[str],
    bias: bool,
    residual: list[bool],
    scale: list[float],
    loss: str,
    optimizer: str,
    steps: int,
    batches: np.ndarray | None,
    offset_mode: int,
    probe: np.ndarray,
) -> Result:
    """Train a network for each row of ``hyper``, and say what became of it.

    Parameters
    ----------
    hyper : (P, 9)   the rates of `Rates`, in its order, as plain numbers
    x, y : (D, in), (D, K)   data; one-hot targets where the loss is cross-entropy
    weights : W0 (in, out), [b0 (out,)], W1, ... before training
    activation, residual, scale : one a layer; the last layer is linear
    batches : int64 (steps, B)   the data points of every step, or None for all of them
    offset_mode : 0 adds the offset to W0 once, 1 before every forward pass: see `OFFSET_MODES`
    probe : (in,)   the input whose output is read after training
    """
    every_step = OFFSET_MODES[offset_mode] == "every_step"
    net = Net(
        [np.asarray(array, float) for array in weights], activation, scale, bias, residual, loss,
        optimizer, every_step,
    )  # fmt: skip
    found = [
        train(net, x, y, Rates(*hyper[start : start + PIXELS].T), steps, batches)
        for start in range(0, len(hyper), PIXELS)
    ]
    losses = np.concatenate([part[0] for part in found])
    ended = [np.concatenate(arrays) for arrays in zip(*(part[1] for part in found), strict=True)]
    status = outcome(losses)
    least = np.where(np.isfinite(losses), losses, np.inf).min(axis=1)
    with np.errstate(all="ignore"):
        answer = hyper[:, 7] * forward(net, ended, probe[np.newaxis])[0][:, 0, 0]
    return Result(
        losses,
        measure(losses),
        status,
        np.where(status == Status.NON_FINITE, np.nan, losses[:, -1]),
        np.where(np.isfinite(least), least, np.nan),
        step_of_divergence(losses),
        np.where(np.isfinite(answer), answer, np.nan),
        ended,
    )
