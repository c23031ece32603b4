"""How weights follow their gradients: gradient descent with momentum, Nesterov's, Adam, AdamW."""

from __future__ import annotations

import math

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.intrinsics import fma, never_inlined
from deepfractals_gui.kernels.jit import routine

SGD, NESTEROV, ADAM, ADAMW = range(4)
EPSILON = 1e-8
_MOMENTUM, _BETA1, _BETA2, _DECAY = range(2, 6)


@routine
def _follow(
    optimizer: int,
    rate: float,
    rates: Array,
    step: int,
    decay: float,
    weights: Array,
    gradient: Array,
    scale: float,
    first: Array,
    second: Array,
) -> None:
    """Update arrays (n,): the weights, and the memories of gradients and their squares."""
    never_inlined()
    if optimizer <= NESTEROV:
        momentum = rates[_MOMENTUM]
        ahead = optimizer == NESTEROV
        for i in range(weights.size):
            g = fma(decay, weights[i], gradient[i] * scale)
            v = fma(momentum, first[i], g)
            first[i] = v
            weights[i] -= rate * (fma(momentum, v, g) if ahead else v)
        return
    beta1, beta2 = rates[_BETA1], rates[_BETA2]
    unbias1 = 1.0 - beta1 ** (step + 1)
    unbias2 = 1.0 - beta2 ** (step + 1)
    coupled = decay if optimizer == ADAM else 0.0
    apart = rate * decay if optimizer == ADAMW else 0.0
    for i in range(weights.size):
        g = fma(coupled, weights[i], gradient[i] * scale)
        m = fma(beta1, first[i], (1.0 - beta1) * g)
        s = fma(beta2, second[i], (1.0 - beta2) * g * g)
        first[i] = m
        second[i] = s
        weights[i] -= fma(
            apart, weights[i], rate * (m / unbias1) / (math.sqrt(s / unbias2) + EPSILON)
        )


@routine
def _remember(
    optimizer: int,
    widths: Array,
    bias: Array,
    scale: Array,
    rates: Array,
    step: int,
    square: int,
    longest: int,
    weights: Array,
    gradient: Array,
    bias_gradient: Array,
    first: Array,
    second: Array,
) -> None:
    """Update with the memories of gradients and their squares, layer by layer."""
    never_inlined()
    at = 0
    for layer in range(scale.size):
        rate = rates[1] if layer == scale.size - 1 else rates[0]
        size = widths[layer] * widths[layer + 1]
        begin = layer * square
        _follow(
            optimizer, rate, rates, step, rates[_DECAY], weights[at : at + size],
            gradient[begin : begin + size], scale[layer], first[at : at + size],
            second[at : at + size],
        )  # fmt: skip
        at += size
        if bias[layer]:
            outs = widths[layer + 1]
            begin = layer * longest
            _follow(
                optimizer, rate, rates, step, 0.0, weights[at : at + outs],
                bias_gradient[begin : begin + outs], 1.0, first[at : at + outs],
                second[at : at + outs],
            )  # fmt: skip
            at += outs


@routine
def descend(rate: float, scale: float, gradient: Array, weights: Array, count: int) -> None:
    """Plain gradient descent of the first ``count`` weights."""
    for i in range(count):
        weights[i] -= rate * (gradient[i] * scale)


@routine
def update(
    optimizer: int,
    widths: Array,
    bias: Array,
    scale: Array,
    rates: Array,
    step: int,
    square: int,
    longest: int,
    weights: Array,
    gradient: Array,
    bias_gradient: Array,
    first: Array,
    second: Array,
) -> None:
    """Move all weights by one step; ``rates`` is a row of the kernel's ``hyper``.

    Gradients lie layer by layer in slots of ``square`` and ``longest`` elements.
    """
    if optimizer > NESTEROV or rates[_MOMENTUM] != 0.0 or rates[_DECAY] != 0.0:
        _remember(
            optimizer, widths, bias, scale, rates, step, square, longest, weights, gradient,
            bias_gradient, first, second,
        )  # fmt: skip
        return
    at = 0
    for layer in range(scale.size):
        rate = rates[1] if layer == scale.size - 1 else rates[0]
        size = widths[layer] * widths[layer + 1]
        begin = layer * square
        descend(rate, scale[layer], gradient[begin : begin + size], weights[at : at + size], size)
        at += size
        if bias[layer]:
            outs = widths[layer + 1]
            begin = layer * longest
            descend(rate, 1.0, bias_gradient[begin : begin + outs], weights[at : at + outs], outs)
            at += outs
