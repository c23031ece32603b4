"""What a run of the text atlas needs: a book, a model, the rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deepfractals_gui.atlas.encodings import ENCODINGS
from deepfractals_gui.atlas.model import AtlasSpec
from deepfractals_gui.atlas.texts import MOST_CHARACTERS
from deepfractals_gui.atlas.training import TrainingSpec
from deepfractals_gui.core import DataSource, ParamError, param
from deepfractals_gui.core.params import params_from_text, params_to_text

_GRIDS = {"encoding": ("both", "hash")}


@dataclass(frozen=True)
class AtlasRunParams:
    """A run of the atlas: which book is learned, by what model, and for how long."""

    book: DataSource = param(
        "alice29", "A book that ships, or a text file in UTF-8.", choices=("alice29", "asyoulik"),
        group="Book",
    )  # fmt: skip
    characters: int = param(
        0, "Only so many characters from the beginning; 0: all of them.", low=0,
        high=MOST_CHARACTERS, slider=(0, 200_000), group="Book",
    )  # fmt: skip
    capacity: int = param(
        0, "Positions on the line from 0 to 1; 0: as many as the book has characters.", low=0,
        high=MOST_CHARACTERS, slider=(0, 400_000), group="Book",
    )  # fmt: skip
    alphabet: str = param(
        "printable", "book: its own characters. printable: those of ASCII, too, so that other "
        "texts can get keys.", choices=("printable", "book"), group="Book",
    )  # fmt: skip
    encoding: str = param(
        "both", "What the model sees of a coordinate: octaves of sines (fourier), a grid of "
        "tables (hash), or both.", choices=ENCODINGS, group="Model",
    )  # fmt: skip
    levels: int = param(
        14, "Grids, from 16 cells to one cell a position.", title="Grid levels", low=1, high=24,
        slider=(2, 20), group="Model", shown_when=_GRIDS,
    )  # fmt: skip
    table: int = param(
        18, "log2 of the most rows of a grid; finer ones share rows by a hash.",
        title="Rows, log2", low=4, high=22, slider=(6, 20), group="Model", shown_when=_GRIDS,
    )  # fmt: skip
    features: int = param(
        4, "Numbers in a row of a grid.", low=1, high=8, slider=(1, 8), group="Model",
        shown_when=_GRIDS,
    )  # fmt: skip
    hidden: int = param(
        64, "Units of the hidden state, in fours.", title="Hidden units", low=8, high=512,
        slider=(8, 128), group="Model",
    )  # fmt: skip
    steps: int = param(
        8, "How often the shared block is applied.", low=1, high=64, slider=(1, 16), group="Model"
    )
    share: float = param(
        0.25, "Share of the units that a step updates; the others rest.", title="Active share",
        low=0.01, high=1.0, slider=(0.05, 1.0), group="Model",
    )  # fmt: skip
    rate: float = param(
        0.5, "a: how far a step moves a unit to its new value.", title="Step rate a", low=0.01,
        high=1.0, slider=(0.05, 1.0), group="Model",
    )  # fmt: skip
    learning_rate: float = param(
        3e-3, "AdamW's, of the weights.", low=1e-7, high=1.0, slider=(1e-5, 1e-1), log=True,
        group="Training",
    )  # fmt: skip
    table_rate: float = param(
        3e-2, "AdamW's, of the grids.", title="Rate of the grids", low=1e-7, high=1.0,
        slider=(1e-4, 1e-1), log=True, group="Training", shown_when=_GRIDS,
    )  # fmt: skip
    decay: float = param(
        0.93, "What both rates are multiplied by after each epoch.", title="Rate decay", low=0.1,
        high=1.0, slider=(0.5, 1.0), group="Training",
    )  # fmt: skip
    weight_decay: float = param(
        0.0, "What matrices lose with each update, apart from the gradient.", low=0.0, high=0.9,
        slider=(0.0, 0.1), group="Training",
    )  # fmt: skip
    batch: int = param(
        0, "Positions of an update; 0: a thirty-second of the book, up to 4,096.", low=0,
        high=1 << 20, slider=(0, 16384), group="Training",
    )  # fmt: skip
    seed: int = param(
        0, "Of first weights and of the order of positions.", low=0, high=2**31, slider=(0, 100),
        group="Training",
    )  # fmt: skip
    epochs: int = param(
        30, "Epochs, at most; 0: until it is stopped.", low=0, high=100_000, slider=(1, 100),
        log=True, group="Training",
    )  # fmt: skip

    def spec(self, length: int, symbols: int) -> AtlasSpec:
        """The model for a book of so many characters and symbols.

        Raises
        ------
        ParamError   its numbers don't fit together
        """
        capacity = self.capacity or length
        if capacity < length:
            raise ParamError(
                "capacity", f"the book has {length:,} characters, more than {capacity:,}"
            )
        try:
            return AtlasSpec(
                capacity=capacity, symbols=symbols, encoding=self.encoding,
                levels=self.levels, base=min(16, capacity), table=self.table,
                features=self.features, hidden=self.hidden, steps=self.steps, share=self.share,
                rate=self.rate,
            )  # fmt: skip
        except ValueError as error:
            raise ParamError(_blamed(self), str(error)) from None

    def training(self, length: int) -> TrainingSpec:
        """How a book of so many characters is learned. Raises ParamError."""
        try:
            return TrainingSpec(
                batch=self.batch or min(max(length // 32, 1), 4096),
                learning_rate=self.learning_rate, table_rate=self.table_rate,
                decay=self.decay, weight_decay=self.weight_decay,
            )  # fmt: skip
        except ValueError as error:
            raise ParamError("learning_rate", str(error)) from None

    def to_json(self) -> str:
        """One JSON object; `from_json` reads it back equal."""
        return params_to_text(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> AtlasRunParams:
        """Read what `to_json` wrote. Raises ParamError."""
        return params_from_text(cls, text)


PRESETS: dict[str, dict[str, Any]] = {
    "memory": {},
    "compact": {"alphabet": "book", "encoding": "fourier", "hidden": 16, "epochs": 12},
    "shared": {"table": 14},
}
"""Named models: one that remembers a book, one for a small export, and one whose finer grids share
their rows by a hash."""


def _blamed(p: AtlasRunParams) -> str:
    """Which number is at fault where single ones are within their bounds."""
    return "hidden" if p.hidden % 4 else "table"
