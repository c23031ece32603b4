"""What is asked of a render, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from deepfractals_gui.core import Array, DataRef, Raster, Viewport, specs
from deepfractals_gui.core.document import MAX_SIDE, MAX_SUPERSAMPLING

UNKNOWN = 255
"""The level of a sample of which nothing is known."""


@dataclass(frozen=True)
class RenderRequest:
    """Everything the samples depend on. Two equal requests have the same samples, bit for bit.

    Attributes
    ----------
    key : a System's key
    params : its frozen parameters
    shape : (H, W) in pixels
    supersampling : samples per pixel and axis
    precision : float32 is for previews and never kept as final
    """

    key: str
    params: Any
    viewport: Viewport
    shape: tuple[int, int]
    supersampling: int = 1
    precision: Literal["float64", "float32"] = "float64"

    def __post_init__(self) -> None:
        for side in self.shape:
            if not 1 <= side <= MAX_SIDE:
                raise ValueError(f"the picture's sides must be within [1, {MAX_SIDE}], not {side}")
        if not 1 <= self.supersampling <= MAX_SUPERSAMPLING:
            raise ValueError(
                f"supersampling must be within [1, {MAX_SUPERSAMPLING}], not {self.supersampling}"
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Shape of the samples: (H, W) times the supersampling."""
        return (self.shape[0] * self.supersampling, self.shape[1] * self.supersampling)

    @property
    def identity(self) -> dict[str, Any]:
        """What the samples depend on, as JSON data that equal requests have in common.

        Data outside the parameters is named by its contents alone, wherever it lies.
        """
        return {
            "system": self.key,
            "params": {
                spec.name: value.sha256 if isinstance(value, DataRef) else spec.to_json(value)
                for spec in specs(type(self.params))
                for value in (getattr(self.params, spec.name),)
            },
            # Equal decimals may be written in several ways.
            "x": str(Fraction(self.viewport.x)),
            "y": str(Fraction(self.viewport.y)),
            "width": self.viewport.width,
            "shape": list(self.shape),
            "supersampling": self.supersampling,
            "precision": self.precision,
        }

    @property
    def raster(self) -> Raster:
        return Raster(self.viewport, self.grid)


class Audit(NamedTuple):
    """What computing a random share of the filled samples of a refined picture showed.

    ``wrong`` of ``computed`` samples had another outcome than was filled in; ``interval`` is the
    95 % interval (Wilson's) of the share of wrong ones among all ``filled``.
    """

    filled: int
    computed: int
    wrong: int
    interval: tuple[float, float]


class Draft(NamedTuple):
    """What a render that its budget ended has come to.

    Attributes
    ----------
    stride : of the lattice down to which the picture was computed or, along boundaries, refined
    share : of the samples, those that were computed
    seconds_left : how long the others would take
    audit : of a refinement down to every sample; None otherwise
    """

    stride: int
    share: float
    seconds_left: float
    audit: Audit | None


class Piece(NamedTuple):
    """``rows`` sample rows of a request's grid, from ``first_row`` on."""

    request: RenderRequest
    first_row: int
    rows: int

    @property
    def shape(self) -> tuple[int, int]:
        """Of the piece's arrays, (rows, W)."""
        return self.rows, self.request.grid[1]


@dataclass(frozen=True, eq=False)
class Samples:
    """The channels of a whole request, each an array of the request's ``grid`` shape.

    Where ``status`` is PENDING (0) the other channels mean nothing yet.

    Attributes
    ----------
    level : uint8 (H, W) while the render is under way, None when every sample is its own.
        0: computed at this very point; k: painted with the value of a neighbour on the lattice
        of stride 2^k; 255: nothing known. Until the render is done these arrays are live:
        workers go on writing them, each sample's status after its other channels and its level
        last.
    seconds : how long computing them took, what was taken over from other samples included
    draft : how far a render came that its budget ended; None when it is done or under way
    """

    request: RenderRequest
    channels: Mapping[str, Array]
    level: Array | None = None
    seconds: float = 0.0
    draft: Draft | None = None

    @property
    def complete(self) -> bool:
        return self.level is None

    @property
    def shape(self) -> tuple[int, int]:
        """Of the arrays."""
        rows, columns = self.channels["status"].shape
        return rows, columns

    @property
    def nbytes(self) -> int:
        size = sum(array.nbytes for array in self.channels.values())
        return size + (self.level.nbytes if self.level is not None else 0)


def pan_offset(old: RenderRequest, new: RenderRequest) -> tuple[int, int] | None:
    """How far the new view is panned from the old one: whole (columns, rows), in samples.

    Sample (i, j) of the new grid is then sample (i + rows, j + columns) of the old one, with the
    same point, bit for bit. None: the requests differ in something else, or the centres aren't a
    whole number of steps apart. `Viewport.panned` with the *grid's* width makes such pans.
    """
    same = (
        old.viewport.width == new.viewport.width
        and old.key == new.key
        and old.shape == new.shape
        and old.supersampling == new.supersampling
        and old.precision == new.precision
        and old.params == new.params
    )
    if not same:
        return None
    step = Fraction(new.raster.step)
    columns = _whole_steps(old.viewport.x, new.viewport.x, step)
    rows = _whole_steps(old.viewport.y, new.viewport.y, step)
    return None if columns is None or rows is None else (columns, rows)


def _whole_steps(old: Decimal, new: Decimal, step: Fraction) -> int | None:
    steps = (Fraction(new) - Fraction(old)) / step
    return int(steps) if steps.denominator == 1 else None
