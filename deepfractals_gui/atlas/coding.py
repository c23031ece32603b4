"""Symbols as bytes and back, by what a model of their positions expects, and by what came before.

``frequencies`` takes the model at its word; ``calibrated`` corrects it by how it fared so far;
``corrections`` tells which positions are wrong and what stands there. These three are *by
coordinate alone*: no symbol's neighbours are looked at. ``contexts`` looks at them, and the model
is one opinion of many; it needs no model at all.

Whatever a method learns, it learns from symbols that a reader has too, in whole numbers, so that
reading retraces writing on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from deepfractals_gui.atlas.contexts import Script
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.kernels.atlas_memory import calibration, memory
from deepfractals_gui.kernels.atlas_tables import depth

METHODS = ("frequencies", "calibrated", "corrections", "contexts")
COORDINATE_ONLY = METHODS[:3]
TOTAL = 1 << 15
"""What a row of frequencies adds up to."""
BLOCK = 4096
"""Symbols between two reports of progress."""
Progress = Callable[[int, int], None]


class Predictor(Protocol):
    """A model that holds each symbol for so likely at each position, the same on every machine."""

    def frequencies(self, start: int, stop: int, cancel: CancelFlag | None = None) -> Array:
        """Positive whole numbers (stop - start, V), of which each row adds up to TOTAL.

        Raises
        ------
        Cancelled   the flag went up
        """
        ...


@dataclass(frozen=True)
class Uniform:
    """The model that expects nothing."""

    size: int

    def frequencies(self, start: int, stop: int, cancel: CancelFlag | None = None) -> Array:
        each, more = divmod(TOTAL, self.size)
        row = np.full(self.size, each, np.int32)
        row[:more] += 1
        return np.tile(row, (stop - start, 1))


class Coded(NamedTuple):
    """Symbols as bytes, and the method, one of METHODS, by which to read them."""

    method: str
    content: bytes


def write(
    symbols: Array,
    script: Script,
    method: str,
    predictor: Predictor | None = None,
    *,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Symbols (N,) below the script's length as bytes.

    Parameters
    ----------
    progress : called with (symbols done, N) now and then

    Raises
    ------
    ValueError   a symbol is out of range, the method is none, or the predictor breaks its word
    Cancelled    the flag went up
    """
    from deepfractals_gui.kernels.atlas_coder import encoder, finish, room, taken

    if symbols.ndim != 1 or (symbols.size and int(symbols.max()) >= len(script)):
        raise ValueError(f"symbols are a list of numbers below {len(script)}")
    # The kernels write back what they coded.
    symbols, coder, parts = symbols.astype(np.uint16), encoder(), []
    act, bits = _kernel(script, method, len(symbols), reading=False)
    rows = _rows(predictor, script, method, len(symbols), cancel)
    with closing(rows):
        for start, stop, frequencies in rows:
            out = np.empty(room(coder, stop - start, bits), np.uint8)
            _run(act, symbols, start, stop, frequencies, coder, out, cancel)
            parts.append(taken(coder, out))
            if progress is not None:
                progress(stop, len(symbols))
    # What is read beyond the end is 0.
    return b"".join((*parts, finish(coder))).rstrip(b"\0")


def read(
    content: bytes,
    length: int,
    script: Script,
    method: str,
    predictor: Predictor | None = None,
    *,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
) -> Array:
    """The symbols, uint16 (length,), that `write` made bytes of, with the same script and model.

    Any bytes are read as some symbols: whether they are the right ones, a checksum must tell.

    Raises
    ------
    ValueError   the method is none, or the predictor breaks its word
    Cancelled    the flag went up
    """
    from deepfractals_gui.kernels.atlas_coder import decoder

    symbols, source = np.zeros(length, np.uint16), np.frombuffer(bytearray(content), np.uint8)
    coder = decoder(source)
    act, _ = _kernel(script, method, length, reading=True)
    rows = _rows(predictor, script, method, length, cancel)
    with closing(rows):
        for start, stop, frequencies in rows:
            _run(act, symbols, start, stop, frequencies, coder, source, cancel)
            if progress is not None:
                progress(stop, length)
    return symbols


def smallest(
    symbols: Array,
    script: Script,
    methods: Sequence[str],
    predictor: Predictor | None = None,
    *,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
) -> Coded:
    """The method of those given that needs the fewest bytes, the first of equals. See `write`."""
    found: list[Coded] = []
    for number, method in enumerate(methods):

        def report(done: int, total: int, before: int = number) -> None:
            if progress is not None:
                progress(before * total + done, len(methods) * total)

        content = write(symbols, script, method, predictor, cancel=cancel, progress=report)
        found.append(Coded(method, content))
    return min(found, key=lambda one: len(one.content))


def _kernel(
    script: Script, method: str, length: int, *, reading: bool
) -> tuple[Callable[..., int], int]:
    """What codes a block, and the bits that a symbol may take at most."""
    if method not in METHODS:
        raise ValueError(f"there is no method {method[:40]!r}; there are {', '.join(METHODS)}")
    if method == "frequencies":
        from deepfractals_gui.kernels.atlas_coder import read_symbols, write_symbols

        def plainly(
            symbols: Array, start: int, stop: int, rows: Array, coder: Array, buffer: Array,
            flag: Array,
        ) -> int:  # fmt: skip
            part = symbols[start:stop]
            if reading:
                return start + int(read_symbols(buffer, rows, coder, part, flag))
            return start + int(write_symbols(part, rows, coder, buffer, flag))

        return plainly, 24
    learning: Any
    code: Callable[..., int]
    if method == "contexts":
        from deepfractals_gui.kernels.atlas_contexts import code as by_contexts

        code = by_contexts
        learning = memory(script.weights, script.letters, length)
        levels = depth(learning.nodes)
    else:
        from deepfractals_gui.kernels.atlas_calibration import code_calibrated, code_corrections

        code = code_calibrated if method == "calibrated" else code_corrections
        learning = calibration(script.weights)
        levels = max(depth(learning.nodes), 3)

    def act(
        symbols: Array, start: int, stop: int, rows: Array, coder: Array, buffer: Array,
        flag: Array,
    ) -> int:  # fmt: skip
        return int(code(symbols, start, stop, reading, rows, learning, coder, buffer, flag))

    return act, 16 * levels


def _run(
    act: Callable[..., int],
    symbols: Array,
    start: int,
    stop: int,
    frequencies: Array,
    coder: Array,
    buffer: Array,
    cancel: CancelFlag | None,
) -> None:
    flag = (cancel or CancelFlag()).array
    done = act(symbols, start, stop, frequencies, coder, buffer, flag)
    if cancel is not None:
        cancel.check()
    if done != stop:
        raise AssertionError(f"coding stopped at {done}, and no one asked it to")


def _rows(
    predictor: Predictor | None,
    script: Script,
    method: str,
    length: int,
    cancel: CancelFlag | None,
) -> Generator[tuple[int, int, Array]]:
    """Blocks (start, stop) with their frequencies, of which the next ones are found meanwhile."""
    blocks = [(start, min(start + BLOCK, length)) for start in range(0, length, BLOCK)]
    if predictor is None and method == "contexts":
        none = np.zeros((0, len(script)), np.int32)
        for start, stop in blocks:
            yield start, stop, none
        return
    model = Uniform(len(script)) if predictor is None else predictor

    def ask(block: tuple[int, int]) -> Array:
        return _checked(model.frequencies(*block, cancel), block, len(script))

    with ThreadPoolExecutor(1, "atlas predictor") as pool:
        ahead = [pool.submit(ask, block) for block in blocks[:2]]
        try:
            for number, (start, stop) in enumerate(blocks):
                frequencies = ahead.pop(0).result()
                if number + 2 < len(blocks):
                    ahead.append(pool.submit(ask, blocks[number + 2]))
                yield start, stop, frequencies
        finally:
            for one in ahead:
                one.cancel()


def _checked(rows: Array, block: tuple[int, int], size: int) -> Array:
    shape = (block[1] - block[0], size)
    if rows.shape != shape or rows.dtype.kind not in "iu":
        raise ValueError(f"a model gave frequencies of shape {rows.shape}, not {shape}")
    if rows.min() < 1 or not (rows.sum(axis=1, dtype=np.int64) == TOTAL).all():
        raise ValueError(f"a model's frequencies aren't positive numbers that add up to {TOTAL}")
    return np.ascontiguousarray(rows, np.int32)
