"""JSON from outside: bounded, without duplicate keys, NaN, or numbers no float64 holds."""

from __future__ import annotations

import json
import math
from typing import Any

TEXT_LIMIT = 4 * 1024 * 1024
"""Bytes of JSON that are read at most."""
MAX_DEPTH = 16
MAX_NUMBER = 1200
"""Characters of one number: an exact float64 written out has at most 1100."""


class JsonError(ValueError):
    """The text isn't JSON of the accepted kind; the message is one line that says why."""


def parse(text: str | bytes, limit: int = TEXT_LIMIT) -> Any:
    """Read JSON that may be hostile.

    Raises
    ------
    JsonError   it is too long, not UTF-8, not JSON, nested deeper than 16 levels, has a key twice,
        or holds a number that is not finite or not representable
    """
    if len(text) > limit:
        raise JsonError(f"it is longer than {limit // 1024} kB")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise JsonError(f"it is not UTF-8 text (byte {error.start})") from None
    if not text.strip():
        raise JsonError("it is empty")
    try:
        data = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError:
        raise JsonError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise JsonError(
            f"it is not JSON: {error.msg.lower()} in line {error.lineno}, column {error.colno}"
        ) from None
    _check_depth(data)
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonError(f"the key {key[:40]!r} appears twice")
            seen.add(key)
    return found


def _constant(token: str) -> Any:
    raise JsonError(f"{token} is not a number that a document may hold")


def _float(token: str) -> float:
    value = float(token) if len(token) <= MAX_NUMBER else math.inf
    if not math.isfinite(value):
        raise JsonError(f"the number {token[:24]} is out of range")
    return value


def _int(token: str) -> int:
    # Larger ones overflow wherever they are compared with a float.
    if len(token) > 300:
        raise JsonError(f"the number {token[:24]}... is out of range")
    return int(token)


def _check_depth(data: Any) -> None:
    level = [data]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(v for v in item.values() if isinstance(v, (dict, list)))
            elif isinstance(item, list):
                inner.extend(v for v in item if isinstance(v, (dict, list)))
        if not inner:
            return
        level = inner
    raise JsonError(f"it is nested deeper than {MAX_DEPTH} levels")
