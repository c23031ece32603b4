"""An Experiment: something that is stepped, and looked at between steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.channel import Channel
from deepfractals_gui.core.system import Curve

P = TypeVar("P")
S = TypeVar("S")


@dataclass(frozen=True)
class Picture:
    """An image made of channels: each array is (H, W), row 0 at the smallest y."""

    name: str
    channels: tuple[Channel, ...]
    arrays: Mapping[str, Array]


@dataclass(frozen=True)
class Snapshot:
    """What an Experiment shows of its state: pictures, curves and rows of a table."""

    step: int
    pictures: tuple[Picture, ...] = ()
    curves: tuple[Curve, ...] = ()
    table: tuple[tuple[str, str], ...] = field(default=())


class Experiment(ABC, Generic[P, S]):
    """A state, a step and a snapshot. States are values: `step` returns a new one."""

    key: ClassVar[str]
    title: ClassVar[str]
    Params: ClassVar[type[Any]]

    @abstractmethod
    def start(self, p: P, rng: np.random.Generator) -> S:
        """The first state."""

    @abstractmethod
    def step(self, s: S) -> S:
        """The state after one step."""

    @abstractmethod
    def snapshot(self, s: S) -> Snapshot:
        """What there is to see."""

    @abstractmethod
    def save(self, s: S, path: Path) -> None:
        """Write the state (.npz and JSON); `load` continues it bit for bit."""

    @abstractmethod
    def load(self, path: Path) -> S:
        """Read what `save` wrote. Raises ValueError when the file isn't one."""
