"""Where one looks: a centre known exactly, a width, and the points of its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property

import numpy as np

from deepfractals_gui.core.arrays import Array, Float64

# A float64 has at most 767 significant decimal digits; sums of a few hundred pans of ordinary
# depth stay exact far below this.
_EXACT = Context(prec=1200, Emax=99_999, Emin=-99_999)
MIN_WIDTH = 1e-300
MAX_WIDTH = 1e300
MAX_DIGITS = 1000
SAFE_ULPS = 8.0
"""Pixels narrower than this many units in the last place show rounding instead of the map."""


@dataclass(frozen=True)
class Viewport:
    """Centre and width in plane units; the height follows from the image's shape.

    ``x`` and ``y`` are exact decimals. On a logarithmic axis they are log10 values.
    """

    x: Decimal
    y: Decimal
    width: float

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            value = getattr(self, name)
            if not isinstance(value, Decimal) or not value.is_finite():
                raise ValueError(f"the centre's {name} is not a finite number: {value}")
            if len(value.as_tuple().digits) > MAX_DIGITS:
                raise ValueError(f"the centre's {name} has more than {MAX_DIGITS} digits")
            if value and not -400 <= value.adjusted() <= 300:
                raise ValueError(f"the centre's {name} is out of range: {value:.3e}")
        if not (math.isfinite(self.width) and MIN_WIDTH <= self.width <= MAX_WIDTH):
            raise ValueError(f"the width must be a positive number, not {self.width}")

    @classmethod
    def at(cls, x: Decimal | float | str, y: Decimal | float | str, width: float) -> Viewport:
        """Build a viewport from numbers or their text; a float stands for its exact value.

        Raises
        ------
        ValueError   a coordinate isn't a finite number or the width isn't positive
        """
        try:
            return cls(_decimal(x, "x"), _decimal(y, "y"), float(width))
        except OverflowError:
            raise ValueError("the width must be a positive number, and is too large") from None

    def step(self, columns: int) -> float:
        """Plane units from one pixel centre to the next in an image that many columns wide."""
        return self.width / columns

    def height(self, shape: tuple[int, int]) -> float:
        """Plane units from bottom to top of an image of shape (H, W)."""
        return self.width * shape[0] / shape[1]

    def panned(self, columns: int, rows: int, of_columns: int) -> Viewport:
        """Move by whole pixels, exactly: the pixels that both views show keep their points."""
        step = Decimal(self.step(of_columns))
        return Viewport(
            _shorten(_EXACT.add(self.x, _EXACT.multiply(Decimal(columns), step)), self.width),
            _shorten(_EXACT.add(self.y, _EXACT.multiply(Decimal(rows), step)), self.width),
            self.width,
        )

    def moved(self, dx: float, dy: float, factor: float = 1.0) -> Viewport:
        """Move the centre by (dx, dy) plane units, then multiply the width by ``factor``.

        The centre is rounded to a 2^20th of the narrower width, so that its decimals stay short.
        """
        width = min(max(self.width * factor, MIN_WIDTH), MAX_WIDTH)
        grain = min(width, self.width) * 2.0**-20
        x = _EXACT.add(self.x, Decimal(dx)) if dx else self.x
        y = _EXACT.add(self.y, Decimal(dy)) if dy else self.y
        return Viewport(_rounded(x, grain), _rounded(y, grain), width)

    def pixel_ulps(self, shape: tuple[int, int]) -> float:
        """Width of a pixel in units in the last place of the view's largest coordinate."""
        reach_x = abs(float(self.x)) + self.width / 2
        reach_y = abs(float(self.y)) + self.height(shape) / 2
        return self.step(shape[1]) / float(np.spacing(max(reach_x, reach_y)))


@dataclass(frozen=True)
class Points:
    """What a System samples: a flat list of N points.

    Attributes
    ----------
    x, y : float64 (N,)     absolute plane coordinates, correctly rounded from the exact centre
    dx, dy : float64 (N,)   offsets from the viewport's centre
    viewport : the viewport whose centre the offsets are measured from
    """

    x: Float64
    y: Float64
    dx: Float64
    dy: Float64
    viewport: Viewport

    def __len__(self) -> int:
        return len(self.x)

    @classmethod
    def absolute(cls, x: Array, y: Array) -> Points:
        """Points at float64 coordinates, measured from the first of them."""
        x = np.ascontiguousarray(x, dtype=np.float64).ravel()
        y = np.ascontiguousarray(y, dtype=np.float64).ravel()
        origin = (float(x[0]), float(y[0])) if len(x) else (0.0, 0.0)
        return cls(x, y, x - origin[0], y - origin[1], Viewport.at(*origin, 1.0))

    @classmethod
    def around(cls, viewport: Viewport, dx: Array, dy: Array) -> Points:
        """Points at float64 offsets (N,) from the exact centre of a viewport."""
        dx = np.ascontiguousarray(dx, dtype=np.float64)
        dy = np.ascontiguousarray(dy, dtype=np.float64)
        zero = np.zeros_like
        return cls(
            _nearest(viewport.x, dx, zero(dx)), _nearest(viewport.y, dy, zero(dy)), dx, dy, viewport
        )


@dataclass(frozen=True)
class Raster:
    """The pixel centres of an image of ``shape`` (H, W); row 0 has the smallest y."""

    viewport: Viewport
    shape: tuple[int, int]

    @cached_property
    def x(self) -> Float64:
        """Float64 (W,): the nearest to centre + (j + 1/2 - W/2) step."""
        return self._line(self.viewport.x, self.shape[1])

    @cached_property
    def y(self) -> Float64:
        """Float64 (H,): the nearest to centre + (i + 1/2 - H/2) step."""
        return self._line(self.viewport.y, self.shape[0])

    @cached_property
    def dx(self) -> Float64:
        return self._places(self.shape[1]) * self.step

    @cached_property
    def dy(self) -> Float64:
        return self._places(self.shape[0]) * self.step

    @property
    def step(self) -> float:
        return self.viewport.step(self.shape[1])

    def points(self, rows: Array, columns: Array) -> Points:
        """The points of the pixels at indices ``rows`` (N,) and ``columns`` (N,)."""
        return Points(self.x[columns], self.y[rows], self.dx[columns], self.dy[rows], self.viewport)

    @staticmethod
    def _places(count: int) -> Float64:
        return np.arange(count, dtype=np.float64) + (0.5 - count / 2)

    def _line(self, centre: Decimal, count: int) -> Float64:
        offsets = self._places(count)
        high, low = _two_product(offsets, np.full(count, self.step))
        return _nearest(centre, high, low)


def _nearest(centre: Decimal, high: Float64, low: Float64) -> Float64:
    """Round centre + high + low once, correctly."""
    exact = Fraction(centre)
    head = float(exact)
    tail = exact - Fraction(head)
    total = head + high
    virtual = total - head
    lost = (head - (total - virtual)) + (high - virtual)
    rest = lost + (float(tail) + low)
    # The rest is itself rounded; where its error could reach the other neighbour, ask exactly.
    doubt = 2.0**-49 * (np.abs(lost) + abs(float(tail)) + np.abs(low)) + 1e-320
    below, above = total + (rest - doubt), total + (rest + doubt)
    result: Float64 = total + rest
    for index in np.flatnonzero(below != above):
        result[index] = float(exact + Fraction(float(high[index])) + Fraction(float(low[index])))
    return result


def _two_product(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """Return the product of two float64 and its rounding error (Dekker 1971)."""
    product = a * b
    # Scaling by powers of two keeps tiny steps out of the subnormal range while splitting.
    scale = np.ldexp(1.0, -np.frexp(b)[1])
    scaled = b * scale
    a_high, a_low = _split(a)
    b_high, b_low = _split(scaled)
    target = product * scale
    error = ((a_high * b_high - target) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error / scale


def _split(a: Float64) -> tuple[Float64, Float64]:
    big = 134217729.0 * a
    high = big - (big - a)
    return high, a - high


def _decimal(value: Decimal | float | str, name: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    try:
        text = value.strip() if isinstance(value, str) else value
        if isinstance(text, str) and len(text) > MAX_DIGITS + 20:
            raise ValueError(f"the centre's {name} has more than {MAX_DIGITS} digits")
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the centre's {name} is not a number: {value!r}") from None


def _shorten(value: Decimal, width: float) -> Decimal:
    """Drop what a thousand digits can't hold; pans of ordinary depth never reach it."""
    if len(value.as_tuple().digits) <= MAX_DIGITS:
        return value
    return _rounded(value, width * 2.0**-200)


def _rounded(value: Decimal, grain: float) -> Decimal:
    exponent = math.floor(math.log10(grain))
    rounded = _EXACT.quantize(value, Decimal((0, (1,), exponent)))
    return _EXACT.normalize(rounded) if rounded else Decimal(0)
