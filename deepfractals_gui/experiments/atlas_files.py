"""Runs of the text atlas in files: the model's checkpoint, with the run and its records beside it.

What reads checkpoints reads these files, too. Beside them there are, in JSON as the array ``run``,
the run's parameters and counts, and as arrays the two traces and the library's texts and keys.
"""

from __future__ import annotations

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
from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.checkpoints import CheckpointError, told
from deepfractals_gui.core.contents import content_of
from deepfractals_gui.experiments.atlas_book import book_for
from deepfractals_gui.experiments.atlas_library import (
    MOST_BYTES,
    MOST_NAME,
    MOST_TEXTS,
    Library,
    added,
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
_MOST_NUMBERS = 1 << 26


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
    run = notes_in(content, name, VERSION, "the text atlas")
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
    s = AtlasState(p, book, training, **records_in(run, arrays, Update, Epoch, Sums))
    if s.step - s.epoch * s.updates_an_epoch != -(-training.at // training.training.batch):
        raise ValueError("its epochs and its updates don't fit together")
    return replace(s, library=_library(content, name, run, book))


def _library(content: bytes, name: str, run: dict[str, Any], master: Book) -> Library:
    entries = run["library"]
    if not isinstance(entries, list) or len(entries) > MOST_TEXTS:
        raise ValueError(f"its library has more than {MOST_TEXTS} texts")
    found: Library = ()
    for number, entry in enumerate(entries):
        wanted = [f"{what}{number}" for what in ("text", "keys", "right")]
        arrays = arrays_in(content, name, wanted, most=MOST_CHARACTERS)
        symbols, values, right = (arrays[one] for one in wanted)
        found = added(found, _text(entry, master, symbols, values, right))
    return found


def _text(
    entry: Mapping[str, Any], master: Book, symbols: Array, values: Array, right: Array
) -> KeyedText:
    page, title = int(entry["page"]), str(entry["name"])[:MOST_NAME]
    if symbols.ndim != 1 or not symbols.size or not 1 <= page <= MOST_CHARACTERS:
        raise ValueError(f"the text {title} is none")
    if symbols.min() < 0 or symbols.max() >= len(master.alphabet):
        raise ValueError(f"the text {title} has symbols beyond the alphabet")
    pages = -(-symbols.size // page)
    if values.ndim != 2 or len(values) != pages or right.shape != (pages,):
        raise ValueError(f"the keys of {title} aren't one for each of {pages} pages")
    if not np.isfinite(values).all() or not np.isfinite(right).all():
        raise ValueError(f"the keys of {title} have a number that is not finite")
    text = master.alphabet.text(symbols.astype(np.uint16))
    try:
        book = book_of(text.encode(), title, alphabet=master.alphabet)
    except TextError as error:
        raise ValueError(str(error)) from None
    keys = Keys(page, int(symbols.size), values.astype(np.float32), right.astype(np.int64))
    return KeyedText(book, keys, int(entry["step"]))


def with_epochs(s: AtlasState, epochs: int) -> AtlasState:
    """The run with another number of epochs; it goes on if some are left. 0: no end."""
    stopped = s.stopped if s.exploded else ending(epochs, s.epoch)
    return replace(s, params=replace(s.params, epochs=epochs), stopped=stopped)
