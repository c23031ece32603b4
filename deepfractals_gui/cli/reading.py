"""Readers of option values: sizes, numbers, ``name=value`` pairs."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from deepfractals_gui.core.document import MAX_SIDE, MAX_SUPERSAMPLING
from deepfractals_gui.core.viewport import MAX_DIGITS, MAX_WIDTH, MIN_WIDTH

_SIZE = re.compile(r"(\d{1,9})\s*[xX×]\s*(\d{1,9})")
MAX_THREADS = 1024


def size(text: str) -> tuple[int, int]:
    """Read ``WxH`` as a shape (H, W)."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a size such as 1920x1080")
    width, height = int(match[1]), int(match[2])
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise argparse.ArgumentTypeError(
            f"both sides must be from 1 to {MAX_SIDE}, not {width}x{height}"
        )
    return height, width


def square(text: str) -> tuple[int, int]:
    """Read the side of a square picture as its shape (S, S)."""
    side = whole(1, MAX_SIDE)(text)
    return side, side


def coordinate(text: str) -> Decimal:
    """Read a coordinate with every digit it has."""
    if len(text) > MAX_DIGITS + 20:
        raise argparse.ArgumentTypeError(f"a coordinate may have {MAX_DIGITS} digits")
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text.strip()[:40]!r} is not a number") from None
    if not value.is_finite():
        raise argparse.ArgumentTypeError(f"a coordinate must be finite, not {text.strip()}")
    return value


def width(text: str) -> float:
    """Read a view's width."""
    value = _number(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"a width must be a positive number, not {text.strip()}")
    if not MIN_WIDTH <= value <= MAX_WIDTH:
        raise argparse.ArgumentTypeError(
            f"a width must be within [{MIN_WIDTH:g}, {MAX_WIDTH:g}], not {text.strip()[:40]}"
        )
    return value


def within(low: float, high: float, unit: str = "") -> Callable[[str], float]:
    """A reader of numbers in [low, high]."""

    def read(text: str) -> float:
        value = _number(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"must be from {low:g} to {high:g}{unit}, not {text.strip()[:40]}"
            )
        return value

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers in [low, high]."""

    def read(text: str) -> int:
        try:
            value = int(text.strip()[:40])
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be from {low} to {high}, not {value}")
        return value

    return read


threads = whole(1, MAX_THREADS)
supersampling = whole(1, MAX_SUPERSAMPLING)


def assignment(text: str) -> tuple[str, str]:
    """Read ``name=value``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is not of the form NAME=VALUE")
    return name.strip(), value.strip()


def _number(text: str) -> float:
    try:
        return float(text.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text.strip()[:40]!r} is not a number") from None
