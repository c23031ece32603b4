"""Reading documents that may be hostile, from JSON files and from the PNGs that carry them."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from deepfractals_gui.coloring import MODES, palette
from deepfractals_gui.core import Coloring, Document, ParamError, System, Viewport
from deepfractals_gui.core.document import MAX_SIDE, MAX_SUPERSAMPLING, VERSION
from deepfractals_gui.core.params import params_from_json
from deepfractals_gui.session.files import (
    FileError,
    atomic_path,
    atomic_write,
    cause,
    check_target,
    one_line,
)
from deepfractals_gui.session.png_text import SIGNATURE, PngError, read_text
from deepfractals_gui.session.strict_json import TEXT_LIMIT, JsonError, parse
from deepfractals_gui.systems import SYSTEMS

__all__ = [
    "SUFFIX",
    "DocumentError",
    "FileError",
    "atomic_path",
    "atomic_write",
    "check_target",
    "complete",
    "document_from_data",
    "document_from_json",
    "read_document",
    "write_document",
]

SUFFIX = ".deepfractals"
"""The ending of a document's file name."""

_FIELDS = {
    "deepfractals",
    "kind",
    "key",
    "params",
    "viewport",
    "shape",
    "supersampling",
    "coloring",
}


class DocumentError(ValueError):
    """A document can't be read; the message is one line that names the file and the cause."""


def read_document(path: Path) -> Document:
    """Read a document from its own file or from a PNG that carries one.

    Raises
    ------
    DocumentError   the file can't be read, isn't a document, or asks for what can't be
    """
    try:
        return document_from_json(_contents(path))
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else cause(error)
    except ValueError as error:
        reason = str(error)
    raise DocumentError(one_line(f"{_name(path)}: {reason}", 400))


def write_document(path: Path, document: Document) -> None:
    """Write a document's JSON, whole or not at all.

    Raises
    ------
    FileError   the file can't be written
    """
    content = document.to_json().encode("utf-8") + b"\n"
    with atomic_write(path) as file:
        file.write(content)


def document_from_json(text: str | bytes) -> Document:
    """Read the JSON of a document, checking every field.

    Raises
    ------
    DocumentError   with one line that says what is wrong
    """
    try:
        return document_from_data(parse(text))
    except JsonError as error:
        raise DocumentError(one_line(str(error))) from None


def document_from_data(data: Any) -> Document:
    """Build a document from parsed JSON, checking every field.

    Raises
    ------
    DocumentError   with one line that says what is wrong
    """
    try:
        return _document(data)
    except ParamError as error:
        message = f"the parameter {error.name}: {error.message}"
    except (ValueError, TypeError, OverflowError, ArithmeticError) as error:
        message = str(error)
    raise DocumentError(one_line(message))


def complete(document: Document) -> Document:
    """Fill in the view and the colouring that a document leaves to its System."""
    found = _system(document.key)
    return replace(
        document,
        viewport=document.viewport or found.home(document.params),
        coloring=document.coloring or found.default_coloring(document.params),
    )


def _contents(path: Path) -> bytes:
    """The JSON text in a file. Raises OSError, PngError or DocumentError."""
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        raise DocumentError("it is a folder")
    # Opening a pipe would wait for ever.
    if not stat.S_ISREG(found.st_mode):
        raise DocumentError("it is a device, not a file")
    with open(path, "rb") as file:
        head = file.read(len(SIGNATURE))
        if head[:4] == SIGNATURE[:4] or path.suffix.lower() == ".png":
            file.seek(0)
            text = read_text(file)
            if text is None:
                raise PngError("this PNG holds no deepfractals document")
            return text
        if found.st_size > TEXT_LIMIT:
            raise DocumentError(f"it is longer than {TEXT_LIMIT // 1024} kB, too long to be one")
        return head + file.read(TEXT_LIMIT + 1)


def _document(data: Any) -> Document:
    if not isinstance(data, dict) or "deepfractals" not in data:
        raise DocumentError("it is not a deepfractals document")
    version = data["deepfractals"]
    if not _is_whole(version) or version < 1:
        raise DocumentError(f"{_brief(version)} is not a version of a document")
    if version > VERSION:
        raise DocumentError(
            f"it was made by a newer version of deepfractals (format {version}, this one reads "
            f"up to {VERSION})"
        )
    for name in data:
        if name not in _FIELDS:
            raise DocumentError(f"the document has an unknown field {_brief(name)}")
    if data.get("kind", "system") != "system":
        raise DocumentError(f"a document of the kind {_brief(data['kind'])} can't be opened here")
    chosen = _system(data.get("key"))
    params = params_from_json(chosen.Params, data.get("params", {}))
    chosen.check(params)
    coloring = data.get("coloring")
    return Document(
        key=chosen.key,
        params=params,
        viewport=_viewport(data["viewport"]) if "viewport" in data else None,
        coloring=None if coloring is None else _coloring(coloring, chosen, params),
        shape=_shape(data["shape"]) if "shape" in data else None,
        supersampling=_supersampling(data.get("supersampling", 1)),
    )


def _system(key: Any) -> System[Any]:
    for candidate in SYSTEMS:
        if candidate.key == key:
            return candidate
    known = ", ".join(candidate.key for candidate in SYSTEMS)
    if key is None:
        raise DocumentError(f"the document names no System; there are {known}")
    raise DocumentError(f"there is no System {_brief(key)}; there are {known}")


def _viewport(data: Any) -> Viewport:
    if not isinstance(data, dict):
        raise DocumentError("the viewport is not an object")
    for name in data:
        if name not in ("x", "y", "width"):
            raise DocumentError(f"the viewport has an unknown field {_brief(name)}")
    for name in ("x", "y", "width"):
        if name not in data:
            raise DocumentError(f"the viewport has no {name}")
    for name in ("x", "y"):
        if not isinstance(data[name], str) and not _is_number(data[name]):
            raise DocumentError(f"the viewport's {name} is not a number or its text")
    if not _is_number(data["width"]):
        raise DocumentError("the viewport's width is not a number")
    return Viewport.at(data["x"], data["y"], data["width"])


def _coloring(data: Any, chosen: System[Any], params: Any) -> Coloring:
    coloring = Coloring.from_json(data)
    if coloring.mode not in MODES:
        known = ", ".join(MODES)
        raise DocumentError(f"there is no colouring mode {coloring.mode!r}; there are {known}")
    palette(coloring.palette)
    if not MODES[coloring.mode].channels_for(chosen.channels(params), chosen.recipes(params)):
        raise DocumentError(f"{chosen.key} can't be shown in the mode {coloring.mode!r}")
    names = [channel.name for channel in chosen.channels(params)]
    if coloring.channel and coloring.channel not in names:
        raise DocumentError(
            f"{chosen.key} has no channel {coloring.channel!r}; it has {', '.join(names)}"
        )
    return coloring


def _shape(data: Any) -> tuple[int, int]:
    if not isinstance(data, list) or len(data) != 2 or not all(map(_is_whole, data)):
        raise DocumentError("the shape is not two whole numbers, height and width")
    for side in data:
        if not 1 <= side <= MAX_SIDE:
            raise DocumentError(
                f"the picture's sides must be within [1, {MAX_SIDE}], not {_brief(side)}"
            )
    return cast("tuple[int, int]", tuple(data))


def _supersampling(data: Any) -> int:
    if not _is_whole(data) or not 1 <= data <= MAX_SUPERSAMPLING:
        raise DocumentError(
            f"supersampling must be a whole number within [1, {MAX_SUPERSAMPLING}], "
            f"not {_brief(data)}"
        )
    return int(data)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _name(path: Path) -> str:
    return path.name if len(path.name) <= 120 else path.name[:119] + "…"
