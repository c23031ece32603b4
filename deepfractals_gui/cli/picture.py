"""The options that say which picture is meant, and the document they add up to."""

from __future__ import annotations

import argparse
import dataclasses
import errno
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepfractals_gui.cli import reading
from deepfractals_gui.cli.notes import say
from deepfractals_gui.coloring import MODES, PALETTES, palette, suited
from deepfractals_gui.core import Coloring, Document, ParamError, System, Viewport
from deepfractals_gui.core import params as parameters
from deepfractals_gui.core.coloring import COLORING_RANGES
from deepfractals_gui.core.params import ParamSpec
from deepfractals_gui.core.tables import read_rows
from deepfractals_gui.core.viewport import SAFE_ULPS
from deepfractals_gui.session import files
from deepfractals_gui.session.documents import read_document
from deepfractals_gui.session.files import shown
from deepfractals_gui.systems import SYSTEMS, system

DEFAULT_SHAPE = (1200, 1200)


def add_subject(
    parser: argparse.ArgumentParser,
    shape: tuple[int, int] = DEFAULT_SHAPE,
    *,
    square: bool = False,
    optional: bool = False,
) -> None:
    """SYSTEM|FILE, the parameters, the centre and the size.

    ``square``: the size is one number; ``optional``: the subject may be missing.
    """
    parser.add_argument(
        "subject",
        metavar="SYSTEM|FILE",
        nargs="?" if optional else None,
        help="a System's key, or a document (JSON, or a PNG that deepfractals exported) "
        "whose settings the options override",
    )
    parser.add_argument(
        "--preset",
        metavar="KEY",
        help="start from a named place; 'deepfractals systems' lists them",
    )
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        type=reading.assignment,
        action="append",
        default=[],
        help="set a parameter, again for each; a table is rows such as '0.5 0.8; -0.5 -0.8' or a "
        "CSV file",
    )
    parser.add_argument(
        "--center",
        nargs=2,
        metavar=("X", "Y"),
        type=reading.coordinate,
        help="the view's centre in plane units, with any number of digits (log10 on log axes)",
    )
    parser.add_argument(
        "--size",
        metavar="S" if square else "WxH",
        type=reading.square if square else reading.size,
        help=f"in pixels{' a side' if square else ''}; by default "
        + (f"{shape[1]}" if square else f"{shape[1]}x{shape[0]}"),
    )


def add_width(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--width", metavar="W", type=reading.width, help="the view's width in plane units"
    )


def add_folder(parser: argparse.ArgumentParser) -> None:
    """-o DIR, which must be given."""
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, required=True, help="the folder to write to"
    )


def add_seed(parser: argparse.ArgumentParser, what: str) -> None:
    """--seed K of the random ``what``."""
    parser.add_argument(
        "--seed",
        metavar="K",
        type=reading.whole(0, 2**63 - 1),
        default=0,
        help=f"of the random {what}; by default 0",
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads",
        metavar="T",
        type=reading.threads,
        help="threads that compute; by default one for each core",
    )


def add_colouring(parser: argparse.ArgumentParser) -> None:
    """The colouring options, shared by every command that makes pictures."""
    group = parser.add_argument_group("colouring")
    group.add_argument(
        "--palette",
        metavar="P",
        help=f"one of {', '.join(PALETTES)}, or colours such as '#000000,#ff8800,#ffffff'",
    )
    group.add_argument("--mode", metavar="M", help=f"one of {', '.join(MODES)}")
    group.add_argument(
        "--color",
        dest="colors",
        metavar="NAME=VALUE",
        type=reading.assignment,
        action="append",
        default=[],
        help="set a detail, again for each: channel, levels (LOW,HIGH or auto), reverse (true or "
        f"false), {', '.join(COLORING_RANGES)}",
    )
    group.add_argument(
        "--supersample",
        metavar="N",
        type=reading.supersampling,
        help="samples per pixel and axis, 1 to 4; averaged in linear light. Keyframes of a movie "
        "have at least as many, as far as 3 N points allow",
    )


def document_of(options: argparse.Namespace, shape: tuple[int, int] = DEFAULT_SHAPE) -> Document:
    """The complete document that the options describe; ``shape`` where they and it have none.

    Raises
    ------
    ValueError   something is unknown, out of range or doesn't fit together
    OSError      the file can't be read
    """
    if not options.subject:
        raise ValueError("name a System or a file")
    base = _base(options.subject)
    found: System[Any] = system(base.key)
    params, viewport, coloring = base.params, base.viewport, base.coloring
    if options.preset is not None:
        preset = _preset(found, options.preset)
        params = parameters.replace(found.Params(), **preset.params)
        viewport = preset.viewport
        coloring = preset.coloring
    params = _with_settings(found, params, options.settings)
    if viewport is None:
        viewport = found.home(params)
    if options.center is not None:
        viewport = Viewport(options.center[0], options.center[1], viewport.width)
    width = getattr(options, "width", None)
    if width is not None:
        viewport = dataclasses.replace(viewport, width=width)
    coloring = _coloring(found, params, coloring or found.default_coloring(params), options)
    return Document(
        key=found.key,
        params=params,
        viewport=viewport,
        coloring=coloring,
        shape=options.size or base.shape or shape,
        supersampling=getattr(options, "supersample", None) or base.supersampling,
    )


def warn_of_precision(viewport: Viewport, shape: tuple[int, int]) -> None:
    """Say on stderr when the pixels are too narrow for float64."""
    ulps = viewport.pixel_ulps(shape)
    if ulps < SAFE_ULPS:
        say(f"note: a pixel is {ulps:.2g} ulp wide; below {SAFE_ULPS:g} the picture shows rounding")


def check_target(path: Path, suffix: str) -> Path:
    """Refuse a target that can't be written before any work is done for it.

    Raises
    ------
    ValueError   the name doesn't end in ``suffix``
    OSError      the folder is missing, or the target can't be written
    """
    if path.suffix.lower() != suffix:
        raise ValueError(f"{shown(path)}: the name must end in {suffix}")
    target = files.check_target(path)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target.parent))
    return path


def check_apart(target: Path | None, *sources: Path | None) -> None:
    """Refuse a target that is a file from which it is to be made. Raises ValueError."""
    for one in sources:
        if target is not None and one is not None and _exists(target, one.samefile):
            raise ValueError(
                f"{shown(target)} is what this reads; its result needs a name of its own"
            )


def check_folder(path: Path) -> Path:
    """Refuse a folder that can't be written to, or made, before any work is done for it.

    Raises
    ------
    OSError   its parent is missing, it is no folder, or it can't be written to
    """
    there = path if path.exists() else path.parent
    if not there.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(there))
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))
    return path


def _base(subject: str) -> Document:
    """A bare document for a System's key; what a file holds otherwise."""
    keys = [known.key for known in SYSTEMS]
    if subject in keys:
        return Document(key=subject, params=system(subject).Params())
    path = Path(subject)
    if not _exists(path, Path.exists):
        raise ValueError(
            f"{subject[:100]!r} is neither a System nor a file; the Systems are {', '.join(keys)}"
        )
    document = read_document(path)
    if document.kind != "system":
        raise ValueError(
            f"{subject} holds a document of kind {document.kind}, which has no picture"
        )
    return document


def _preset(found: System[Any], key: str) -> Any:
    for preset in found.presets:
        if preset.key == key:
            return preset
    known = ", ".join(preset.key for preset in found.presets) or "none"
    raise ValueError(f"{found.key} has no preset {key[:60]!r}; there are {known}")


def _with_settings(found: System[Any], params: Any, settings: list[tuple[str, str]]) -> Any:
    values = {}
    for name, text in settings:
        spec = parameters.spec(found.Params, name)
        values[name] = _value(spec, text)
    if values:
        params = parameters.replace(params, **values)
    found.check(params)
    return params


def _value(spec: ParamSpec, text: str) -> Any:
    path = Path(text)
    if spec.kind == "table" and (path.suffix.lower() == ".csv" or _exists(path, Path.is_file)):
        try:
            return spec.check(read_rows(path, len(spec.columns)))
        except ParamError:
            raise
        except ValueError as problem:
            raise ParamError(spec.name, str(problem)) from None
    return spec.parse(text)


def _exists(path: Path, question: Callable[[Path], bool]) -> bool:
    try:
        return question(path)
    except (OSError, ValueError):
        # Rows of numbers, say, make a name that is too long for a file system.
        return False


def _coloring(
    found: System[Any], params: Any, coloring: Coloring, options: argparse.Namespace
) -> Coloring:
    mode = getattr(options, "mode", None)
    if mode is not None:
        if mode not in MODES:
            raise ValueError(
                f"there is no colouring mode {mode[:40]!r}; there are {', '.join(MODES)}"
            )
        if mode != coloring.mode:
            coloring = suited(coloring, mode, found.default_coloring(params))
    chosen = getattr(options, "palette", None)
    if chosen is not None:
        palette(chosen)
        coloring = dataclasses.replace(coloring, palette=chosen)
    for name, text in getattr(options, "colors", []):
        coloring = _with_detail(coloring, name, text)
    _check_fit(found, params, coloring)
    return coloring


def _with_detail(coloring: Coloring, name: str, text: str) -> Coloring:
    if name in COLORING_RANGES:
        return Coloring.from_json(coloring.to_json() | {name: _finite(name, text)})
    if name == "channel":
        return dataclasses.replace(coloring, channel=text)
    if name == "reverse":
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in words:
            raise ValueError(f"reverse: {text[:40]!r} is not true or false")
        return dataclasses.replace(coloring, reverse=words[text.lower()])
    if name == "levels":
        if text == "auto":
            return dataclasses.replace(coloring, levels=None, knots=())
        low, comma, high = text.partition(",")
        if not comma:
            raise ValueError(f"levels: {text[:40]!r} is neither LOW,HIGH nor auto")
        return dataclasses.replace(coloring, levels=(_finite(name, low), _finite(name, high)))
    known = ", ".join(["channel", "levels", "reverse", *COLORING_RANGES])
    raise ValueError(f"there is no colouring detail {name[:40]!r}; there are {known}")


def _finite(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name}: {text.strip()[:40]!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{name}: must be finite, not {text.strip()}")
    return value


def _check_fit(found: System[Any], params: Any, coloring: Coloring) -> None:
    if coloring.mode not in MODES:
        raise ValueError(f"there is no colouring mode {coloring.mode!r}")
    channels, recipes = found.channels(params), found.recipes(params)
    shown = MODES[coloring.mode].channels_for(channels, recipes)
    if not shown:
        usable = [key for key, mode in MODES.items() if mode.channels_for(channels, recipes)]
        raise ValueError(
            f"the mode {coloring.mode} has nothing to show of {found.key}; "
            f"there are {', '.join(usable)}"
        )
    if coloring.channel and coloring.channel not in shown:
        raise ValueError(
            f"the mode {coloring.mode} can't show the channel {coloring.channel!r}; "
            f"it can show {', '.join(shown)}"
        )
