"""The spectral norm of a periodic convolution, exactly: its largest singular value on the torus.

Plane waves turn the convolution into a C x C matrix at each of the H W frequencies, the symbol
S(ω) = Σ_k W[:, :, k] e^(iω·(k - 1)); σ is the largest singular value of them all. Only for a real
kernel would S(-ω) be the conjugate of S(ω), and half of them enough: here all are looked at.

References
----------
Sedghi, Gupta and Long 2018, arXiv:1805.10408. Miyato et al. 2018, arXiv:1802.05957, for the power
iteration that goes on from step to step, and for the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.equilibrium.maps import Kernel

_TAPS = np.arange(-1, 2)
_ENTRIES = 1 << 18


@dataclass(frozen=True, eq=False)
class Peak:
    """The largest singular value, and where it is.

    Attributes
    ----------
    sigma : σ
    left, right : u and v, complex128 (C,), of norm 1: u^H S(ω) v = σ
    frequency : ω along y and x
    vectors : complex128 (H W, C), a right singular vector at each frequency, from which `tracked`
        goes on
    """

    sigma: float
    left: Array
    right: Array
    frequency: tuple[float, float]
    vectors: Array


def _frequencies(height: int, width: int) -> tuple[Array, Array]:
    return 2.0 * np.pi * np.fft.fftfreq(height), 2.0 * np.pi * np.fft.fftfreq(width)


def symbols(weights: Array, height: int, width: int) -> Array:
    """S(ω) of a kernel complex (O, C, 3, 3), complex128 (H W, O, C), in the order of the FFT."""
    down, across = (
        np.exp(1j * omega[:, np.newaxis] * _TAPS) for omega in _frequencies(height, width)
    )
    turns = (down[:, np.newaxis, :, np.newaxis] * across[np.newaxis, :, np.newaxis, :]).reshape(
        height * width, 9
    )
    taps = weights.reshape(*weights.shape[:2], 9)
    return np.asarray((turns @ taps.reshape(-1, 9).T).reshape(-1, *weights.shape[:2]))


def exact(weights: Array, height: int, width: int, cancel: CancelFlag | None = None) -> Peak:
    """σ by the singular values of all symbols.

    Raises
    ------
    ValueError   the kernel isn't finite
    Cancelled    the flag went up
    """
    if not np.isfinite(weights).all():
        raise ValueError("a kernel that isn't finite has no norm")
    matrices = symbols(weights, height, width)
    # So many that the flag is looked at every few milliseconds.
    few = max(1, _ENTRIES // matrices.shape[1] ** 3)
    values, left, right = [], [], []
    for at in range(0, len(matrices), few):
        if cancel is not None:
            cancel.check()
        u, sizes, v = np.linalg.svd(matrices[at : at + few])
        values.append(sizes[:, 0])
        left.append(u[:, :, 0])
        right.append(v[:, 0].conj())
    largest, vectors = np.concatenate(values), np.concatenate(right)
    where = int(largest.argmax())
    u = np.concatenate(left)[where]
    return _peak(float(largest[where]), u, vectors[where], where, vectors, height, width)


def norm(weights: Array, height: int, width: int) -> float:
    """σ to the bit as `exact` has it, for those who need nothing else: in less than half the time.

    The eigenvalues of S^H S tell which frequencies can have the largest singular value, and only
    these symbols are taken apart.

    Raises
    ------
    ValueError   the kernel isn't finite
    """
    if not np.isfinite(weights).all():
        raise ValueError("a kernel that isn't finite has no norm")
    matrices = symbols(weights, height, width)
    scale = float(np.abs(matrices).max())
    if not scale > 0.0:
        return 0.0
    unit = matrices / scale
    # Matrices that lie in a row multiply three times as fast.
    adjoint = np.ascontiguousarray(unit.conj().transpose(0, 2, 1))
    squares = np.linalg.eigvalsh(adjoint @ unit)[:, -1]
    # What rounding does to a square that is the largest is far less than this.
    rows = np.flatnonzero(squares >= (1.0 - 1e-9) * squares.max())
    return float(np.linalg.svd(matrices[rows])[1][:, 0].max())


def tracked(weights: Array, height: int, width: int, before: Peak, rounds: int = 2) -> Peak:
    """σ of a kernel that has changed a little, by power iteration at every frequency at once.

    It approaches from below; how closely depends on how much has changed since ``before``.
    """
    all_symbols = symbols(weights, height, width)
    adjoint = all_symbols.conj().transpose(0, 2, 1)
    vectors = before.vectors[..., np.newaxis]
    for _ in range(rounds):
        image = all_symbols @ vectors
        back = adjoint @ image
        size = np.linalg.norm(back, axis=1, keepdims=True)
        # A kernel of zeros leaves its vectors where they are.
        vectors = np.where(size > 0.0, back / np.where(size > 0.0, size, 1.0), vectors)
    image = (all_symbols @ vectors)[..., 0]
    values = np.linalg.norm(image, axis=1)
    where = int(values.argmax())
    sigma = float(values[where])
    left = image[where] / sigma if sigma > 0.0 else image[where]
    found = np.ascontiguousarray(vectors[..., 0])
    return _peak(sigma, left, found[where], where, found, height, width)


def _peak(
    sigma: float, left: Array, right: Array, where: int, vectors: Array, height: int, width: int
) -> Peak:
    down, across = _frequencies(height, width)
    row, column = divmod(where, width)
    return Peak(sigma, left, right, (float(down[row]), float(across[column])), vectors)


def normalised(weights: Array, height: int, width: int, peak: Peak) -> Kernel:
    """W / σ on the torus; γ is left to the map.

    Raises
    ------
    ValueError   the kernel is 0 or not finite, and can't be brought to any norm
    """
    return divided(weights, height, width, peak.sigma)


def divided(weights: Array, height: int, width: int, sigma: float) -> Kernel:
    """`normalised` by a norm that is known. Raises ValueError."""
    if not 0.0 < sigma < np.inf:
        raise ValueError(f"a kernel whose spectral norm is {sigma} can't be normalised")
    return Kernel(weights / sigma, height, width)


def through_norm(weights: Array, gradient: Array, gamma: float, peak: Peak) -> Array:
    """The gradient by W from that by W~ = γ W / σ: (γ/σ) (g - Re⟨W, g⟩ / σ D).

    D = u v^H e^(-iω·(k - 1)) is the gradient of σ, where no two singular values are the largest.

    Parameters
    ----------
    weights, gradient : complex128 (C, C, 3, 3)
    """
    down, across = (np.exp(-1j * omega * _TAPS) for omega in peak.frequency)
    slope = np.einsum("o,c,y,x->ocyx", peak.left, peak.right.conj(), down, across)
    along = float(np.vdot(weights, gradient).real)
    return np.asarray((gamma / peak.sigma) * (gradient - along / peak.sigma * slope))
