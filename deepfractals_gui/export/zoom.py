"""The way of a zoom: from one view to another at a constant rate, with eased ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from deepfractals_gui.core import Viewport

EASE_SECONDS = 1.0
EASE_SHARE = 0.25
"""A clip speeds up over a second, or a quarter of its length if that is shorter."""
_SLACK = 1e-9


@dataclass(frozen=True)
class Leg:
    """A part of a way along which the views lie inside each other.

    ``wide`` contains ``narrow``; ``inward`` is the direction of time. One point of the plane, the
    fixed point of the similarity between the two views, keeps its place on the screen.
    """

    wide: Viewport
    narrow: Viewport
    inward: bool

    @property
    def log_ratio(self) -> float:
        """ln(A/B) of the two widths."""
        ratio = self.wide.width / self.narrow.width
        if math.isfinite(ratio):
            return math.log(ratio)
        return math.log(self.wide.width) - math.log(self.narrow.width)

    @property
    def octaves(self) -> int:
        """Into how many steps of at most a factor 2 the leg is cut, at least 1."""
        return max(1, math.ceil(self.log_ratio / math.log(2.0) - _SLACK))

    def at(self, share: float) -> Viewport:
        """The view at a share of the way from ``wide`` (0) to ``narrow`` (1), in log width."""
        if share <= 0.0:
            return self.wide
        if share >= 1.0:
            return self.narrow
        a, b = self.wide.width, self.narrow.width
        width = b * math.exp((1.0 - share) * self.log_ratio)
        # The centre is linear in the width: that is what keeps the fixed point in its place.
        rest = (width - b) / (a - b)
        dx, dy = between(self.narrow, self.wide)
        return replace(self.narrow.moved(dx * rest, dy * rest), width=width)


@dataclass(frozen=True)
class Way:
    """One leg where a view contains the other; else out to a view of both, and in again."""

    legs: tuple[Leg, ...]

    @classmethod
    def of(cls, start: Viewport, end: Viewport, shape: tuple[int, int]) -> Way:
        """The way between two views in images of shape (H, W).

        Raises
        ------
        ValueError   the views are the same
        """
        if start == end:
            raise ValueError("a clip must begin at another view than it ends at")
        aspect = shape[0] / shape[1]
        if _contains(start, end, aspect):
            return cls((Leg(start, end, inward=True),))
        if _contains(end, start, aspect):
            return cls((Leg(end, start, inward=False),))
        both = _around(start, end, aspect)
        return cls((Leg(both, start, inward=False), Leg(both, end, inward=True)))

    @property
    def log_ratio(self) -> float:
        return sum(leg.log_ratio for leg in self.legs)

    def places(self, frames: int, seconds: float) -> list[tuple[int, float]]:
        """Where each frame is: (index of the leg, share of it from its wide to its narrow end).

        The first frame shows the start, the last one the end.
        """
        found = []
        for index in range(frames):
            moment = index / (frames - 1) if frames > 1 else 1.0
            found.append(self._place(moment, seconds))
        return found

    def view(self, place: tuple[int, float]) -> Viewport:
        return self.legs[place[0]].at(place[1])

    def _place(self, moment: float, seconds: float) -> tuple[int, float]:
        left = moment
        for index, leg in enumerate(self.legs):
            duration = leg.log_ratio / self.log_ratio
            if left <= duration * (1 + _SLACK) or index == len(self.legs) - 1:
                done = eased(min(1.0, left / duration), seconds * duration)
                return index, done if leg.inward else 1.0 - done
            left -= duration
        raise AssertionError("a way has at least one leg")


def eased(moment: float, seconds: float) -> float:
    """The share done at a moment in [0, 1] of a motion that takes some seconds.

    The speed rises as a raised cosine, is constant, and falls the same way.
    """
    ease = min(EASE_SHARE, EASE_SECONDS / seconds)
    whole = 1.0 - ease

    def risen(t: float) -> float:
        return t / 2 - ease / (2 * math.pi) * math.sin(math.pi * t / ease)

    if moment < ease:
        return risen(moment) / whole
    if moment > 1.0 - ease:
        return 1.0 - risen(1.0 - moment) / whole
    return (moment - ease / 2) / whole


def between(origin: Viewport, other: Viewport) -> tuple[float, float]:
    """The vector from one centre to the other, rounded once, in plane units."""
    return (
        float(Fraction(other.x) - Fraction(origin.x)),
        float(Fraction(other.y) - Fraction(origin.y)),
    )


def _contains(outer: Viewport, inner: Viewport, aspect: float) -> bool:
    spare = (outer.width - inner.width) / 2 + outer.width * _SLACK
    dx, dy = between(outer, inner)
    return outer.width > inner.width and abs(dx) <= spare and abs(dy) <= spare * aspect


def _around(a: Viewport, b: Viewport, aspect: float) -> Viewport:
    """A view that contains both, a little wider than needed."""
    dx, dy = between(a, b)
    left, right = min(-a.width, 2 * dx - b.width) / 2, max(a.width, 2 * dx + b.width) / 2
    low = min(-a.width * aspect, 2 * dy - b.width * aspect) / 2
    high = max(a.width * aspect, 2 * dy + b.width * aspect) / 2
    width = 1.02 * max(right - left, (high - low) / aspect)
    return replace(a.moved((left + right) / 2, (low + high) / 2), width=width)
