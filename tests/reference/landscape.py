"""The loss of a network at given weights, in plain NumPy: the truth for the landscape's kernel.

Written from the formulas alone, one point of the plane after the other.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.nn import ActivationSpec, BatchNormSpec, DenseSpec

EPSILON = 1e-5


def function(name, z):
    if name == "tanh":
        return np.tanh(z)
    if name == "relu":
        return np.maximum(z, 0)
    if name == "identity":
        return z
    if name == "sigmoid":
        # Of both signs without overflow.
        return np.where(z < 0, np.exp(-np.abs(z)), 1) / (1 + np.exp(-np.abs(z)))
    if name == "gelu":
        return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    if name == "sin":
        return np.sin(z)
    if name == "leaky_relu":
        return np.where(z < 0, 0.01 * z, z)
    return np.logaddexp(0, z)


def outputs(spec, dense, norms, x):
    """What the network answers to x (N, n): (N, k). ``dense`` and ``norms`` as in the files."""
    dense, norms = iter(dense), iter(norms)
    h = x
    for layer in spec.layers:
        if isinstance(layer, DenseSpec):
            weights, bias = next(dense)
            z = layer.scale * (h @ weights)
            a = function(layer.activation, z if bias is None else z + bias)
            h = (h + a) / np.sqrt(2) if layer.residual else a
        elif isinstance(layer, BatchNormSpec):
            gamma, beta, mean, var = next(norms)
            h = gamma * (h - mean) / np.sqrt(var + EPSILON) + beta
        elif isinstance(layer, ActivationSpec):
            h = function(layer.name, h)
    return h


def log_softmax(z):
    """The greatest logit's exp is taken out of the sum, so that sure answers keep their digits."""
    rows = np.arange(len(z))
    top = z.argmax(axis=1)
    shifted = z - z[rows, top][:, None]
    others = np.exp(shifted)
    others[rows, top] = 0
    return shifted - np.log1p(others.sum(axis=1))[:, None]


def loss_of(kind, z, y):
    """Mean loss of answers z (N, k) where y (N, k) is wanted."""
    if kind == "mse":
        return np.mean((z - y) ** 2)
    if kind == "cross_entropy":
        return -np.sum(y * log_softmax(z)) / len(z)
    return np.mean(y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z))


def accuracy_of(kind, z, y):
    if kind == "mse":
        return np.nan
    if kind == "cross_entropy":
        return np.mean(z.argmax(axis=1) == y.argmax(axis=1))
    return np.mean((z > 0) == (y > 0.5))


def point(spec, dense, norms, x, y, first, second, a, b):
    """(loss, accuracy) at the weights W + a first + b second; directions as ``dense``."""
    moved = []
    for (weights, bias), one, other in zip(dense, first, second, strict=True):
        shift = None if bias is None else bias + a * one[1] + b * other[1]
        moved.append((weights + a * one[0] + b * other[0], shift))
    z = outputs(spec, moved, norms, x)
    total = loss_of(spec.loss, z, y)
    for weights, _ in moved:
        total = total + spec.l1 * np.abs(weights).sum() + spec.l2 * (weights**2).sum()
    return total, accuracy_of(spec.loss, z, y)
