"""Runs of the text atlas in files: the model's checkpoint, with the run and its records beside it.

What reads checkpoints reads these files, too. Beside them there are, in JSON as the array ``run``,
the run's parameters and counts, and as arrays the two traces and the library's texts and keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepfractals_gui.atlas.checkpoints import checkpoint_arrays, checkpoint_in
from deepfractals_gui.atlas.keys import Keys
from deepfractals_gui.atlas.texts import MOST_CHARACTERS, Book, TextError, book_of
from deepfractals_gui.atlas.training import TrainingState
from deepfractals_gui.core import Array, DataSource
from deepfractals_gui.core.archives import arrays_in, each_array, shapes_in
from deepfractals_gui.core.checkpoints import CheckpointError, check_taken, told, whole
from deepfractals_gui.core.contents import content_of, printable
from deepfractals_gui.experiments.atlas_book import book_for
from deepfractals_gui.experiments.atlas_library import (
    MOST_BYTES,
    MOST_NAME,
    MOST_TEXTS,
    Library,
    own_names,
)
from deepfractals_gui.experiments.atlas_params import AtlasRunParams
from deepfractals_gui.experiments.atlas_state import AtlasState, Epoch, KeyedText, Sums, Update
from deepfractals_gui.experiments.run_files import (
    TRACES,
    file_bytes,
    notes_in,
    params_in,
    records_in,
)
from deepfractals_gui.experiments.training_run import ending

VERSION = 2
_MOST_NUMBERS = 1 << 22
"""Of a trace."""
_OF_A_TEXT = ("text", "keys", "right")
Shape = tuple[int, ...]


def run_bytes(s: AtlasState) -> bytes:
    """The content of a run's file; `load_run` goes on from it bit for bit."""
    found = checkpoint_arrays(s.training, s.book.alphabet)
    for number, one in enumerate(s.library):
        found |= {
            f"text{number}": one.book.symbols, f"keys{number}": one.keys.values,
            f"right{number}": one.keys.right,
        }  # fmt: skip
    library = [
        {"name": one.book.name, "page": one.keys.page, "step": one.step} for one in s.library
    ]
    return file_bytes(found, s, VERSION, book=s.book.sha256, library=library)


def load_run(path: Path, at: Mapping[str, DataSource] | None = None) -> AtlasState:
    """Read the file of a run.

    Parameters
    ----------
    at : where the ``book`` lies now, if it has moved; a file of other contents is left out of
        account

    Raises
    ------
    CheckpointError   it holds no run that can be continued
    ParamError        its book can't be found any more, or has changed
    OSError           it can't be read
    """
    content, name = content_of(path, MOST_BYTES, CheckpointError), path.name
    run = notes_in(content, name, "atlas", VERSION)
    training, alphabet = checkpoint_in(content, name)
    with told(name):
        p = params_in(AtlasRunParams.from_json, run, at)
    book = book_for(p)
    with told(name):
        if book.alphabet != alphabet or book.sha256 != run["book"]:
            raise ValueError("its book has other characters")
        if (
            p.spec(len(book), len(alphabet)) != training.spec
            or p.training(len(book)) != training.training
        ):
            raise ValueError("its model, its book and its settings don't fit together")
        return _state(content, name, run, training, p, book)


def _state(
    content: bytes, name: str, run: dict[str, Any], training: TrainingState, p: AtlasRunParams,
    book: Book,
) -> AtlasState:  # fmt: skip
    arrays = arrays_in(content, name, TRACES, most=_MOST_NUMBERS)
    if len(training.order) not in (0, len(book)):
        raise ValueError(f"it goes through {len(training.order)} positions, not {len(book)}")
    records = records_in(
        run, arrays, Update, Epoch, Sums, (p.epochs, training.epoch), ("read_loss",)
    )
    s = AtlasState(p, book, training, **records)
    if s.step - s.epoch * s.updates_an_epoch != -(-training.at // training.training.batch):
        raise ValueError("its epochs and its updates don't fit together")
    return replace(s, library=_library(content, name, run, s))


def _library(content: bytes, name: str, run: dict[str, Any], s: AtlasState) -> Library:
    entries = run["library"]
    if not isinstance(entries, list) or len(entries) > MOST_TEXTS:
        raise ValueError(f"its library has more than {MOST_TEXTS} texts")
    names = own_names([printable(str(entry["name"]))[:MOST_NAME] for entry in entries])
    wanted = [f"{what}{number}" for number in range(len(entries)) for what in _OF_A_TEXT]
    shapes = iter(shapes_in(content, name, wanted, most=MOST_CHARACTERS).values())
    taken = 0
    for title, entry in zip(names, entries, strict=True):
        found = next(shapes), next(shapes), next(shapes)
        _check_shapes(title, entry, *found, s)
        symbols, keys, right = map(math.prod, found)
        taken += 2 * symbols + 4 * keys + 8 * right
    check_taken(taken, content)
    arrays = (array for _, array in each_array(content, name, wanted, most=MOST_CHARACTERS))
    return tuple(
        _text(title, entry, s.book, next(arrays), next(arrays), next(arrays))
        for title, entry in zip(names, entries, strict=True)
    )


def _check_shapes(
    title: str, entry: Mapping[str, Any], symbols: Shape, keys: Shape, right: Shape, s: AtlasState
) -> None:
    """Raise ValueError where arrays of such shapes are no text that the master has keys for."""
    page = whole(entry["page"], "a page")
    if len(symbols) != 1 or not symbols[0] or not 1 <= page <= MOST_CHARACTERS:
        raise ValueError(f"the text {title} is none")
    pages = -(-symbols[0] // page)
    if len(keys) != 2 or keys[0] != pages or right != (pages,):
        raise ValueError(f"the keys of {title} aren't one for each of {pages} pages")
    if not 1 <= keys[1] <= s.spec.key:
        raise ValueError(
            f"the keys of {title} are of {keys[1]:,} numbers; the master takes 1 to {s.spec.key}"
        )
    if min(page, symbols[0]) > s.spec.capacity:
        raise ValueError(
            f"the pages of {title} are longer than the master's {s.spec.capacity:,} positions"
        )


def _text(
    title: str, entry: Mapping[str, Any], master: Book, symbols: Array, values: Array, right: Array
) -> KeyedText:
    """A text of the library from what was read of it, in shapes that fit. Raises ValueError."""
    page = int(entry["page"])
    lengths = np.diff(np.append(np.arange(0, symbols.size, page), symbols.size))
    if not _whole(symbols, len(master.alphabet) - 1):
        raise ValueError(f"the text {title} has a symbol that isn't one of the alphabet's")
    if not _whole(right, lengths):
        raise ValueError(f"the text {title} can't have so many right characters in a page")
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError(f"the keys of {title} have a number that is not finite")
    text = master.alphabet.text(symbols.astype(np.uint16))
    try:
        book = book_of(text.encode(), title, alphabet=master.alphabet)
    except TextError as error:
        raise ValueError(str(error)) from None
    keys = Keys(page, int(symbols.size), values, right.astype(np.int64))
    return KeyedText(book, keys, whole(entry["step"], "a step"))


def _whole(numbers: Array, most: Array | int) -> bool:
    """Whether these are all counts up to so many."""
    return bool(((numbers >= 0) & (numbers <= most) & (numbers == np.floor(numbers))).all())


def with_epochs(s: AtlasState, epochs: int) -> AtlasState:
    """The run with another number of epochs; it goes on if some are left. 0: no end."""
    stopped = s.stopped if s.exploded else ending(epochs, s.epoch)
    return replace(s, params=replace(s.params, epochs=epochs), stopped=stopped)
