"""Keys: further texts in a master that stays as it is.

A key is a few numbers that the master sees beside a position, each plus or minus by a hash of it.
So each character asks for something else of the same numbers, as each example does of a perceptron,
which holds two for each of its weights (Cover 1965): about two bits a number. The bound that no way
of reading could pass is that of the numbers themselves: n of float32 are at most 32 n bits, so 64
of them fewer than about 480 characters of English at the 4.3 bits that its letters have one by one.
Therefore a text is cut into pages, each with a key of its own, which is read at the first positions
of the line.

References
----------
Cover 1965, "Geometrical and statistical properties of systems of linear inequalities".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from deepfractals_gui.atlas.model import MOST_KEY, AtlasParams, AtlasSpec
from deepfractals_gui.atlas.packing import blank_slopes, blank_sums, key_gradients, packed
from deepfractals_gui.atlas.reading import AtlasModel, Reading, answers, read
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.kernels.atlas_shapes import LANES, Inputs

SIZES = (16, 32, 64, 128)
"""Key sizes that are compared."""
_KEYS = 4
"""The stream of a seed from which keys begin; see `nn.initial`."""
_BETA1, _BETA2, _EPSILON = 0.9, 0.99, 1e-8


@dataclass(frozen=True)
class KeySpec:
    """How keys are trained.

    Attributes
    ----------
    size : numbers of a key
    page : characters that a key stands for
    steps, rate : of Adam, on a whole page at a time; the rate falls to nothing like a cosine. The
        loss is (1 - p^q) / q with q rising from 0 to 1, from the cross-entropy to the share that is
        expected to be wrong: at the end no character is worth more than one
    seed : from which keys begin

    Raises
    ------
    ValueError   one of these is out of range
    """

    size: int = 64
    page: int = 32
    steps: int = 300
    rate: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("size", 1, MOST_KEY), ("page", 1, 1 << 16), ("steps", 1, 100_000)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} may be {low} to {high}, not {getattr(self, name)}")
        if not 0.0 < self.rate < math.inf:
            raise ValueError(f"rate is above 0, not {self.rate}")


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of a text.

    Attributes
    ----------
    page : characters of a page; the last one may have fewer
    length : characters of the text
    values : float32 (pages, size)
    right : how many characters of each page come out right, int64 (pages,)
    """

    page: int
    length: int
    values: Array
    right: Array

    @property
    def accuracy(self) -> float:
        return float(self.right.sum() / self.length)

    @property
    def size(self) -> int:
        """Bytes of all keys."""
        return int(4 * self.values.size)


Progress = Callable[[int, int], None]


def check(spec: AtlasSpec, keys: KeySpec, length: int) -> None:
    """Raise ValueError where a master can't have such keys, or there is no text."""
    if keys.size > spec.key:
        raise ValueError(f"the master takes keys of {spec.key} numbers, not of {keys.size}")
    _check_page(spec, keys.page, length)
    if not length:
        raise ValueError("the text is empty")


def _check_page(spec: AtlasSpec, page: int, length: int) -> None:
    if min(page, length) > spec.capacity:
        raise ValueError(
            f"a page of {page:,} characters is longer than the master's {spec.capacity:,}"
        )


def _check(spec: AtlasSpec, keys: KeySpec, symbols: Array) -> None:
    """Raise ValueError as `check` does, or where the text has symbols that the master lacks."""
    check(spec, keys, symbols.size)
    if symbols.min() < 0 or symbols.max() >= spec.symbols:
        raise ValueError(
            f"the model knows {spec.symbols} symbols, the text has {int(symbols.max()) + 1}"
        )


def train_keys(
    spec: AtlasSpec,
    params: AtlasParams,
    symbols: Array,
    keys: KeySpec,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
    progress: Progress | None = None,
) -> Keys:
    """A key for each page of a text, whose symbols are of the master's alphabet, (N,).

    Threads change no bit: pages know nothing of each other.

    Parameters
    ----------
    progress : called with (pages done, pages)

    Raises
    ------
    ValueError   see `check`; or the text has symbols that the master lacks
    Cancelled    the flag went up
    """
    _check(spec, keys, symbols)
    pages = -(-symbols.size // keys.page)
    # As many pages as a kernel works on at once.
    several = max(1, LANES // keys.page)

    def some(first: int) -> Array:
        stretch = symbols[first * keys.page : (first + several) * keys.page]
        return _trained(spec, params, stretch, keys, first, cancel)

    firsts = range(0, pages, several)
    values = np.empty((pages, keys.size), np.float32)
    for first, found in zip(firsts, (map if pool is None else pool.map)(some, firsts), strict=True):
        values[first : first + several] = found
        if progress is not None:
            progress(min(first + several, pages), pages)
    # What is told is what a reader of the float32 keys will see.
    kept = Keys(keys.page, int(symbols.size), values, np.zeros(pages, np.int64))
    reading = read_text(spec, params, kept, 0, kept.length, cancel=cancel, pool=pool)
    starts = np.arange(0, symbols.size, keys.page)
    right = np.add.reduceat(reading.right(symbols).astype(np.int64), starts)
    return replace(kept, right=right)


def _trained(
    spec: AtlasSpec,
    params: AtlasParams,
    symbols: Array,
    keys: KeySpec,
    first: int,
    cancel: CancelFlag | None,
) -> Array:
    """The best key that Adam passes for each of some pages, float32 (P, size).

    The best is the one by which most characters come out right; of equal ones that of the least
    cross-entropy. Pages know nothing of each other.
    """
    from deepfractals_gui.kernels.atlas_model import learn

    pages = -(-symbols.size // keys.page)
    z = np.stack([
        np.random.Generator(np.random.PCG64([keys.seed, _KEYS, first + page]))
        .standard_normal(keys.size)
        for page in range(pages)
    ])  # fmt: skip
    ready = packed(spec, params, z)
    moments = np.zeros((2, *z.shape))
    positions = _positions(ready.inputs, keys.page, 0, symbols.size)
    wanted, cancel = symbols.astype(np.int64), cancel or CancelFlag()
    slopes = blank_slopes(ready.inputs, -(-symbols.size // LANES))
    best, most, least = z.copy(), np.full(pages, -1.0), np.full(pages, np.inf)
    for update in range(1, keys.steps + 1):
        inputs = ready.inputs._replace(keys=z.astype(slopes.dtype))
        done, scores = (update - 1) / keys.steps, np.zeros((pages, 2))
        learn(
            inputs, ready.net, positions, wanted, 1.0 / keys.page, done,
            blank_sums(ready.net, whole=False), slopes, scores, cancel.array,
        )  # fmt: skip
        cancel.check()
        losses, hits = scores.T
        better = (hits > most) | ((hits == most) & (losses < least))
        best[better], most[better], least[better] = z[better], hits[better], losses[better]
        g = key_gradients(inputs, slopes, keys.page).astype(np.float64)
        # From a key that is lost nothing more is learned.
        g[~np.isfinite(g).all(axis=1)] = 0.0
        moments[0] = _BETA1 * moments[0] + (1.0 - _BETA1) * g
        moments[1] = _BETA2 * moments[1] + (1.0 - _BETA2) * g * g
        rate = keys.rate * 0.5 * (1.0 + math.cos(math.pi * done))
        size = np.sqrt(moments[1] / (1.0 - _BETA2**update)) + _EPSILON
        z = z - rate * (moments[0] / (1.0 - _BETA1**update)) / size
    return best.astype(np.float32)


def _positions(inputs: Inputs, page: int, start: int, stop: int) -> Array:
    """Where the characters of a stretch are read: each page at the first positions of the line."""
    places = np.arange(start, stop)
    return places % page + inputs.capacity * (places // page)


def read_text(
    spec: AtlasSpec,
    params: AtlasParams,
    keys: Keys,
    start: int,
    stop: int,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> Reading:
    """Read a stretch of a text by its keys.

    Raises
    ------
    ValueError   it doesn't lie in the text, or the keys aren't of such a master
    Cancelled    the flag went up
    """
    _check_page(spec, keys.page, keys.length)
    if not 0 <= start <= stop <= keys.length:
        raise ValueError(f"positions are 0 to {keys.length:,}, not {start:,} to {stop:,}")
    if len(keys.values) * keys.page < keys.length:
        raise ValueError(
            f"{len(keys.values)} keys are too few for {keys.length:,} characters in pages of "
            f"{keys.page:,}"
        )
    ready = packed(spec, params, keys.values)
    positions = _positions(ready.inputs, keys.page, start, stop)
    return Reading(start, *answers(ready, positions, None, cancel, pool))


@dataclass(frozen=True)
class KeyCurve:
    """Accuracy against key size, on the same pages.

    Attributes
    ----------
    sizes : numbers of a key
    accuracies : for each
    without : with no key at all
    characters : on how many
    """

    sizes: tuple[int, ...]
    accuracies: tuple[float, ...]
    without: float
    characters: int


def key_curve(
    spec: AtlasSpec,
    params: AtlasParams,
    symbols: Array,
    keys: KeySpec,
    *,
    sizes: Sequence[int] = SIZES,
    pages: int = 8,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
    progress: Progress | None = None,
) -> KeyCurve:
    """How well keys of several sizes hold the same pages, spread evenly over a text.

    Raises
    ------
    ValueError   see `check`; or a size is more than the master takes
    Cancelled    the flag went up
    """
    for size in sizes:
        _check(spec, KeySpec(size, keys.page, keys.steps, keys.rate, keys.seed), symbols)
    count = max(1, min(pages, symbols.size // keys.page))
    starts = np.linspace(0, max(symbols.size - keys.page, 0), count).astype(np.int64)
    chosen = np.concatenate([symbols[at : at + keys.page] for at in starts])
    found = []
    for row, size in enumerate(sizes):
        one = KeySpec(size, min(keys.page, symbols.size), keys.steps, keys.rate, keys.seed)

        def told(done: int, total: int, before: int = row) -> None:
            if progress is not None:
                progress(before * total + done, len(sizes) * total)

        trained = train_keys(
            spec, params, chosen, one, cancel=cancel, pool=pool, progress=told
        )  # fmt: skip
        found.append(trained.accuracy)
    page = min(keys.page, symbols.size)
    plain = read(AtlasModel(spec, params), 0, page, cancel=cancel).symbols
    without = float(np.mean(chosen.reshape(-1, page) == plain))
    return KeyCurve(tuple(sizes), tuple(found), without, int(chosen.size))
