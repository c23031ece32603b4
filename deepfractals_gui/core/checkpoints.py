"""What files of runs have in common: .npz without pickles, in which a JSON text says the rest."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.arrays import Array

_MOST_TEXT = 1 << 16
_SMALL = 1 << 26


class CheckpointError(ValueError):
    """A file holds no run that can go on; one line names the file and what is wrong."""


def archive(arrays: Mapping[str, Array]) -> bytes:
    """The content of an .npz file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def json_array(values: Mapping[str, Any]) -> Array:
    """Values in JSON, as the bytes of an array (N,). Raises ValueError where one isn't finite."""
    return np.frombuffer(json.dumps(values, allow_nan=False).encode(), np.uint8)


def check_taken(size: int, content: bytes) -> None:
    """Raise ValueError where a file's arrays would take far more bytes than it has.

    `archive` doesn't compress: only in a file of another origin there may be more.
    """
    if size > max(len(content), _SMALL):
        raise ValueError(f"it is of {len(content):,} bytes and would take {size:,}")


def state_in(content: bytes, name: str, key: str, version: int, what: str) -> dict[str, Any]:
    """What a file's array ``state`` says in JSON.

    Parameters
    ----------
    key, version : what there is, and its value, in files of ``what``

    Raises
    ------
    CheckpointError   it is a file of something else
    ValueError        there is none
    """
    text = arrays_in(content, name, ("state",), most=_MOST_TEXT)["state"]
    state = json.loads(text.astype(np.uint8).tobytes())
    if not isinstance(state, dict) or state.get(key) != version:
        raise CheckpointError(f"{name} holds no run of {what}")
    return state


def whole(value: Any, name: str) -> int:
    """A count that a file says. Raises ValueError where it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 62:
        raise ValueError(f"{name} can't be {str(value)[:40]}")
    return value


@contextmanager
def told(name: str) -> Iterator[None]:
    """What is wrong inside a file, in one line that names it: a CheckpointError."""
    try:
        yield
    except CheckpointError:
        raise
    except KeyError as error:
        raise CheckpointError(f"{name}: its run is damaged: there is no {error}") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        about = reason if reason.startswith(name) else f"{name}: its run is damaged: {reason}"
        raise CheckpointError(about) from None
