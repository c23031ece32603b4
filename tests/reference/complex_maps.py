"""The three complex maps in plain NumPy: complex128 loops that drop points as they end.

Written from the formulas alone. They serve as the truth that the kernels are held to, and as the
baseline of their benchmark: points that have ended are taken out after every iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PERIOD_LIMIT = 64
PERIOD_TOLERANCE = 1e-9


def activation(name: str, u: np.ndarray) -> np.ndarray:
    if name == "tanh":
        return np.tanh(u)
    if name == "sin":
        return np.sin(u)
    if name == "cubic":
        return u - u**3 / 3
    if name == "sigmoid":
        return 1 / (1 + np.exp(-u))
    if name == "silu":
        return u / (1 + np.exp(-u))
    if name == "gelu":
        return u / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3)))
    raise ValueError(name)


def slope(name: str, u: np.ndarray) -> np.ndarray:
    """f'(u)."""
    if name == "tanh":
        return 1 - np.tanh(u) ** 2
    if name == "sin":
        return np.cos(u)
    if name == "cubic":
        return 1 - u**2
    if name == "sigmoid":
        return np.exp(-u) / (1 + np.exp(-u)) ** 2
    if name == "silu":
        gate = 1 / (1 + np.exp(-u))
        return gate + u * gate * (1 - gate)
    if name == "gelu":
        t = np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))
        bend = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * u**2)
        return (1 + t) / 2 + u / 2 * (1 - t * t) * bend
    raise ValueError(name)


@dataclass
class Escape:
    """What an escape map gives at points (N,)."""

    escaped: np.ndarray
    smooth: np.ndarray
    angle: np.ndarray
    trap: np.ndarray
    period: np.ndarray
    multiplier: np.ndarray
    gain: np.ndarray

    @classmethod
    def blank(cls, count: int) -> Escape:
        def real(value: float) -> np.ndarray:
            return np.full(count, value)

        return cls(
            np.zeros(count, bool), real(0.0), real(np.nan), real(np.inf),
            np.zeros(count, int), real(np.nan), real(0.0),
        )  # fmt: skip


def forward_pass(w, b, z, iterations=200, radius=4.0, name="tanh", settle=True) -> Escape:
    """z <- f(w z + b); arrays (N,) of w, b and z0. ``settle`` also finds periods."""
    out = Escape.blank(len(w))
    live = np.arange(len(w))
    recent: list[np.ndarray] = [z]
    log_radius = np.log(radius)
    with np.errstate(all="ignore"):
        for i in range(iterations):
            z = activation(name, w * z + b)
            size = np.abs(z)
            out.trap[live] = np.fmin(out.trap[live], np.abs(size - 1))
            gone = ~(size <= radius)
            if settle:
                recent = [*recent, z][-PERIOD_LIMIT - 1 :]
            if gone.any():
                ended, far = live[gone], size[gone]
                smooth = i + 1 - (np.log(far) - log_radius) / log_radius
                out.escaped[ended] = True
                out.smooth[ended] = np.clip(np.nan_to_num(smooth, neginf=0.0), 0, iterations)
                out.angle[ended] = np.angle(z[gone])
                keep = ~gone
                live, z, w, b = live[keep], z[keep], w[keep], b[keep]
                recent = [states[keep] for states in recent]
        if settle:
            _settle(out, live, w, b, recent, name)
    return out


def _settle(out, live, w, b, recent, name) -> None:
    last = recent[-1]
    bound = PERIOD_TOLERANCE * np.maximum(1, np.abs(last))
    for period in range(len(recent) - 1, 0, -1):
        near = np.abs(last - recent[-1 - period]) <= bound
        out.period[live[near]] = period
    for k, point in enumerate(live):
        period = out.period[point]
        if period:
            cycle = np.array([recent[-1 - j][k] for j in range(1, period + 1)])
            out.multiplier[point] = np.abs(np.prod(w[k] * slope(name, w[k] * cycle + b[k])))


def error_flow(w, c, d, iterations=250, radius=20.0, gain=True) -> Escape:
    """d <- tanh'(w d) d + c; arrays (N,) of w, c and d0.

    The logarithm of tanh' = 1/cosh^2 is taken from cosh: 1 - tanh^2 has no correct digit left
    where |Re w d| is large.
    """
    out = Escape.blank(len(w))
    live = np.arange(len(w))
    log_radius = np.log(radius)
    with np.errstate(all="ignore"):
        for i in range(iterations):
            u = w * d
            t = np.tanh(u)
            if gain:
                out.gain[live] -= 2 * np.log(np.abs(np.cosh(u)))
            d = (1 - t * t) * d + c
            size = np.abs(d)
            out.trap[live] = np.fmin(out.trap[live], np.abs(size - 1))
            gone = ~(size <= radius)
            if gone.any():
                ended, far = live[gone], size[gone]
                smooth = i + 1 - np.log(np.log(far) / log_radius) / np.log(2)
                out.escaped[ended] = True
                out.smooth[ended] = np.clip(np.nan_to_num(smooth, neginf=0.0), 0, iterations)
                out.angle[ended] = np.angle(d[gone])
                out.gain[ended] /= i + 1
                keep = ~gone
                live, d, w, c = live[keep], d[keep], w[keep], c[keep]
        out.gain[live] /= iterations
    return out


@dataclass
class Descent:
    """Where gradient descent ended, at points (N,)."""

    converged: np.ndarray
    finite: np.ndarray
    limit: np.ndarray
    steps: np.ndarray
    lyapunov: np.ndarray


def gradient_basins(w, data, rate=0.04, steps=150, tolerance=1e-5, momentum=0.0) -> Descent:
    """w <- w - rate L'(w) from starting weights (N,), with heavy-ball momentum."""
    count = len(w)
    out = Descent(
        np.zeros(count, bool), np.ones(count, bool), w.copy(), np.full(count, steps),
        np.zeros(count),
    )  # fmt: skip
    live = np.arange(count)
    velocity = np.zeros_like(w)
    with np.errstate(all="ignore"):
        for i in range(steps):
            gradient = np.zeros_like(w)
            for x, y in data:
                t = np.tanh(w * x)
                gradient += 2 * (t - y) * (1 - t * t) * x
            out.lyapunov[live] += np.log(np.maximum(np.abs(gradient), 1e-15))
            velocity = momentum * velocity - rate * gradient
            new = w + velocity
            lost = ~np.isfinite(new)
            short = np.abs(new - w) < tolerance
            out.limit[live] = new
            ended = lost | short
            if ended.any():
                out.converged[live[short]] = True
                out.finite[live[lost]] = False
                out.steps[live[ended]] = i
                keep = ~ended
                live, new, velocity = live[keep], new[keep], velocity[keep]
            w = new
    out.lyapunov /= steps
    return out
