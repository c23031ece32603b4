"""A plain twin of the complex field: arrays (N, C, H, W), convolutions by NumPy's FFT.

Written from the formulas; nothing here is shared with the package.
"""

from __future__ import annotations

import numpy as np


def symbol(kernel: np.ndarray, height: int, width: int) -> np.ndarray:
    """Σ_k W[:, :, k] e^(iω·(k - 1)), (H, W, O, C), frequencies in the order of the FFT."""
    total = 0
    for j in range(3):
        for i in range(3):
            down = np.exp(2j * np.pi * np.arange(height) / height * (j - 1))
            across = np.exp(2j * np.pi * np.arange(width) / width * (i - 1))
            wave = down[:, None] * across[None, :]
            total = total + wave[:, :, None, None] * kernel[None, None, :, :, j, i]
    return total


def convolve(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """y[o, p] = Σ W[o, c, k] x[c, p + k - 1], periodic."""
    return _multiplied(symbol(kernel, *x.shape[2:]), x)


def _multiplied(symbols: np.ndarray, x: np.ndarray) -> np.ndarray:
    spectrum = np.fft.fft2(x).transpose(2, 3, 1, 0)
    return np.fft.ifft2((symbols @ spectrum).transpose(3, 2, 0, 1))


def convolve_directly(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The same, by shifting."""
    y = np.zeros((len(x), len(kernel), *x.shape[2:]), complex)
    for j in range(3):
        for i in range(3):
            moved = np.roll(x, (1 - j, 1 - i), axis=(2, 3))
            y += np.einsum("oc,ncyx->noyx", kernel[:, :, j, i], moved)
    return y


def transposed(g: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """gx[c, q] = Σ conj(W[o, c, k]) g[o, q - k + 1], periodic."""
    x = np.zeros((len(g), kernel.shape[1], *g.shape[2:]), complex)
    for j in range(3):
        for i in range(3):
            moved = np.roll(g, (j - 1, i - 1), axis=(2, 3))
            x += np.einsum("oc,noyx->ncyx", kernel[:, :, j, i].conj(), moved)
    return x


def kernel_gradient(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """gW[o, c, k] = Σ g[o, p] conj(x[c, p + k - 1]), over samples, too."""
    found = np.zeros((g.shape[1], x.shape[1], 3, 3), complex)
    for j in range(3):
        for i in range(3):
            moved = np.roll(x, (1 - j, 1 - i), axis=(2, 3))
            found[:, :, j, i] = np.einsum("noyx,ncyx->oc", g, moved.conj())
    return found


def activate(u: np.ndarray, kind: str, beta: np.ndarray | None = None) -> np.ndarray:
    """modReLU or cardioid, from their definitions by angle and modulus; 0 at 0."""
    size, turn = np.abs(u), np.exp(1j * np.angle(u))
    if kind == "modrelu":
        return turn * np.maximum(size + beta[:, None, None], 0.0)
    return u * (1.0 + np.cos(np.angle(u))) / 2.0


def pull_back(
    u: np.ndarray, g: np.ndarray, kind: str, beta: np.ndarray | None = None
) -> np.ndarray:
    """The gradient before the activation at u, from g behind it."""
    turn = np.exp(1j * np.angle(u))
    q = turn.conj() * g
    if kind == "modrelu":
        size = np.abs(u)
        bias = beta[:, None, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            through = turn * (q.real + 1j * (1.0 + bias / size) * q.imag)
        return np.where(size + bias > 0.0, through, 0.0)
    c, s = (1.0 + np.cos(np.angle(u))) / 2.0, np.sin(np.angle(u)) / 2.0
    return turn * (c * q.real + 1j * (c * q.imag - s * q.real))


class Map:
    """f(z) = act(conv(z, W) + drive), and how often it was evaluated."""

    def __init__(self, kernel, drive, kind="modrelu", beta=None):
        self.kernel, self.drive, self.kind, self.beta = kernel, drive, kind, beta
        self.symbol = symbol(kernel, *drive.shape[2:])
        self.count = 0

    def before(self, z: np.ndarray) -> np.ndarray:
        return _multiplied(self.symbol, z) + self.drive

    def __call__(self, z: np.ndarray) -> np.ndarray:
        self.count += 1
        return activate(self.before(z), self.kind, self.beta)


def residual(f: np.ndarray, z: np.ndarray) -> float:
    return float(np.linalg.norm(f - z) / (np.linalg.norm(f) + 1e-9))


def naive(f: Map, a: float, tolerance: float, most: int) -> tuple[np.ndarray, list[float]]:
    """z <- (1 - a) z + a f(z) from 0: the last z and the residuals of all."""
    z = np.zeros_like(f.drive)
    found = []
    while len(found) < most:
        value = f(z)
        found.append(residual(value, z))
        if found[-1] <= tolerance:
            break
        z = (1.0 - a) * z + a * value
    return z, found


def anderson(
    f: Map, memory: int, mixing: float, tolerance: float, most: int
) -> tuple[np.ndarray, list[float]]:
    """Type II from 0, by a real least-squares problem over real and imaginary parts stacked."""

    def real(z: np.ndarray) -> np.ndarray:
        return np.concatenate([z.real.ravel(), z.imag.ravel()])

    z = np.zeros_like(f.drive)
    found, gaps, values = [], [], []
    last = None
    while len(found) < most:
        value = f(z)
        r = value - z
        found.append(residual(value, z))
        if found[-1] <= tolerance:
            break
        if last is not None:
            gaps = [*gaps, r - last[0]][-memory:]
            values = [*values, value - last[1]][-memory:]
        last = r, value
        z = value - (1.0 - mixing) * r
        if gaps:
            columns = np.stack([real(gap) for gap in gaps], axis=1)
            weights = np.linalg.lstsq(columns, real(r), rcond=None)[0]
            for weight, gap, change in zip(weights, gaps, values, strict=True):
                z = z - weight * (change - (1.0 - mixing) * gap)
    return z, found


def bordered_anderson(
    f: Map, memory: int = 6, ridge: float = 1e-4, tolerance: float = 1e-6, most: int = 400
) -> int:
    """Evaluations that Anderson's method needs as deep-equilibrium libraries have it.

    α minimises |Σ α_j r_j|² + ridge |α|² with Σ α_j = 1, from the last ``memory`` points.
    """
    points = [np.zeros_like(f.drive)]
    values = [f(points[0])]
    while f.count < most and residual(values[-1], points[-1]) > tolerance:
        points, values = points[-memory:], values[-memory:]
        gaps = np.array([(v - p).ravel() for v, p in zip(values, points, strict=True)])
        n = len(gaps)
        system = np.ones((n + 1, n + 1))
        system[0, 0] = 0.0
        system[1:, 1:] = (gaps @ gaps.conj().T).real + ridge * np.eye(n)
        alpha = np.linalg.solve(system, np.eye(n + 1)[0])[1:]
        points.append(sum(a * v for a, v in zip(alpha, values, strict=True)))
        values.append(f(points[-1]))
    return f.count


def restrict(z: np.ndarray) -> np.ndarray:
    """Full weighting, (N, C, H, W) to half the sides."""
    for axis in (2, 3):
        z = 0.5 * z + 0.25 * (np.roll(z, 1, axis) + np.roll(z, -1, axis))
    return z[:, :, ::2, ::2]


def prolong(z: np.ndarray) -> np.ndarray:
    """Bilinear interpolation to double the sides."""
    fine = np.zeros((*z.shape[:2], 2 * z.shape[2], 2 * z.shape[3]), complex)
    fine[:, :, ::2, ::2] = z
    for axis in (2, 3):
        fine = fine + 0.5 * (np.roll(fine, 1, axis) + np.roll(fine, -1, axis))
    return fine
