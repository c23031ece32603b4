"""``deepfractals atlas key``, ``decode``, ``export``, ``info``: what a run or an export holds."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepfractals_gui.cli import picture
from deepfractals_gui.cli.notes import say, show
from deepfractals_gui.cli.progress import ProgressLine
from deepfractals_gui.cli.run_folder import LAST, Watch, alone, check_known, file_of, finite, write
from deepfractals_gui.core import CancelFlag, DataRef
from deepfractals_gui.core.contents import printable

if TYPE_CHECKING:
    from deepfractals_gui.atlas.exports import Export
    from deepfractals_gui.atlas.ledger import Ledger
    from deepfractals_gui.atlas.texts import Book
    from deepfractals_gui.experiments.atlas_state import AtlasState


def _begins(path: Path, *heads: bytes) -> bool:
    """Whether what is there is a file that begins with one of these."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(max(map(len, heads))).startswith(heads)


def _run(run: Path) -> AtlasState:
    """A run, not an export. Raises ValueError, OSError."""
    from deepfractals_gui.atlas.exports import MAGIC
    from deepfractals_gui.experiments.atlas import Atlas

    if _begins(run, MAGIC):
        raise ValueError(f"{run} is an export; this needs a run, which atlas train makes")
    return Atlas().load(_file(run))


def _file(run: Path) -> Path:
    return file_of(run, LAST, "atlas train")


def _run_or_export(run: Path) -> AtlasState | Export:
    """What a file or a folder holds. Raises ValueError, OSError."""
    from deepfractals_gui.atlas.exports import MAGIC, read_export
    from deepfractals_gui.core.archives import SIGNATURES

    if _begins(run, MAGIC):
        return read_export(run)
    if run.is_file() and not _begins(run, *SIGNATURES):
        raise ValueError(f"{run} is neither a run nor an export of the text atlas")
    return _run(run)


def plan_key(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Read the run and the text; return the work. Raises ValueError, OSError."""
    from deepfractals_gui.atlas.keys import KeySpec, check
    from deepfractals_gui.atlas.texts import book_of, shipped_books
    from deepfractals_gui.experiments.atlas_book import text_for
    from deepfractals_gui.experiments.atlas_library import check_room

    file = Watch(_file(options.run))
    state = _run(options.run)
    named = options.text in shipped_books()
    if not named and not Path(options.text).exists():
        raise ValueError(
            f"there is no file {options.text[:80]!r}; the books that ship are "
            f"{', '.join(shipped_books())}"
        )
    text = text_for(state.book, options.text if named else Path(options.text))
    most = (options.pages or len(text)) * options.page
    if most < len(text):
        text = book_of(text.text[:most].encode(), text.name, alphabet=state.book.alphabet)
    keys = KeySpec(options.size, options.page, options.steps)
    check(state.spec, keys, len(text))
    check_room(state, text, keys)
    return lambda flag: _key(state, file, text, keys, options, flag)


def _key(
    state: AtlasState, file: Watch, text: Book, keys: Any, options: argparse.Namespace,
    flag: CancelFlag,
) -> None:  # fmt: skip
    from deepfractals_gui.experiments.atlas import curve_of, keyed
    from deepfractals_gui.experiments.atlas_files import run_bytes

    curve = None
    with ProgressLine(f"keys for {text.name}") as line:

        def told(done: int, total: int) -> None:
            line.update(done / total)

        state = keyed(state, text, keys, cancel=flag, progress=told, threads=options.threads)
        if options.curve:
            curve = curve_of(
                state, text, keys, cancel=flag, progress=told, threads=options.threads
            )  # fmt: skip
    with alone():
        if file.changed:
            state = _joined(state, file.path, text, keys)
        write(file.path, run_bytes(state))
    name, found = state.library[-1].book.name, state.library[-1].keys
    if options.json:
        data: dict[str, Any] = {
            "text": name, "characters": len(text), "pages": len(found.values),
            "size": options.size, "bytes": found.size, "accuracy": found.accuracy,
        }  # fmt: skip
        if curve is not None:
            data["curve"] = {
                "sizes": curve.sizes, "accuracies": curve.accuracies, "without": curve.without,
                "characters": curve.characters,
            }  # fmt: skip
        sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")
        return
    lines = [
        f"{name}: {found.accuracy:.2%} of {len(text):,} characters with {len(found.values):,} "
        f"keys of {options.size} numbers, {found.size:,} bytes; a key holds at most "
        f"{32 * options.size:,} bits"
    ]
    if curve is not None:
        lines += [f"{size:>4} numbers  {one:.2%}" for size, one in zip(
            curve.sizes, curve.accuracies, strict=True
        )]  # fmt: skip
        lines.append(f"no key        {curve.without:.2%}, on {curve.characters:,} characters")
    show("\n".join(lines))


def _joined(state: AtlasState, path: Path, text: Book, keys: Any) -> AtlasState:
    """The run as its file has it by now, with the last text of a state from before.

    Raises
    ------
    ValueError   it is another run, or has no room for the text
    """
    from deepfractals_gui.experiments.atlas_files import load_run
    from deepfractals_gui.experiments.atlas_library import added, check_room

    found = load_run(path, {"book": state.params.book})
    check_known(found, state, path)
    check_room(found, text, keys)
    if found.step != state.step:
        say("the run was trained on meanwhile; the keys are older than its master")
    return replace(found, library=added(found.library, replace(state.library[-1], book=text)))


def plan_decode(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Read the run or the export; return the work. Raises ValueError, OSError."""
    from deepfractals_gui.atlas.exports import Export

    if options.output is not None:
        picture.check_target(options.output, options.output.suffix)
    found = _run_or_export(options.run)
    _check_apart(options, found)
    if isinstance(found, Export):
        export = found
        if options.text is not None:
            raise ValueError("an export holds one text; leave --text out")
        start, stop = _stretch(options, export.length)
        return lambda flag: _decode_export(export, start, stop, options, flag)
    state, length = found, len(found.book)
    if options.text is not None:
        known = [one.book.name for one in state.library]
        if options.text not in known:
            there = f"there are {', '.join(known)}" if known else "it is empty"
            raise ValueError(f"the library has no text {options.text[:40]!r}; {there}")
        length = len(state.library[known.index(options.text)].book)
    start, stop = _stretch(options, length)
    return lambda flag: _decode_run(state, start, stop, options, flag)


def _check_apart(options: argparse.Namespace, found: AtlasState | Export) -> None:
    """Raise ValueError where the result would take the place of the file, or of the run's book."""
    book = None if not hasattr(found, "params") else found.params.book
    picture.check_apart(
        options.output, _file(options.run), Path(book.path) if isinstance(book, DataRef) else None
    )


def _stretch(options: argparse.Namespace, length: int) -> tuple[int, int]:
    stop = length if options.stop is None else options.stop
    if not 0 <= options.start <= stop <= length:
        raise ValueError(f"the text has characters 0 to {length:,}, not {options.start} to {stop}")
    return options.start, stop


def _decode_export(
    export: Export, start: int, stop: int, options: argparse.Namespace, flag: CancelFlag
) -> None:
    content = _decoded(export, flag)
    if (start, stop) != (0, export.length):
        content = content.decode("utf-8")[start:stop].encode("utf-8")
    _put(content, options.output)


def _decoded(export: Export, flag: CancelFlag) -> bytes:
    from deepfractals_gui.experiments.atlas import text_of

    with ProgressLine(f"decoding {export.name}") as line:
        return text_of(export, cancel=flag, progress=lambda done, total: line.update(done / total))


def _decode_run(
    state: AtlasState, start: int, stop: int, options: argparse.Namespace, flag: CancelFlag
) -> None:
    import numpy as np

    from deepfractals_gui.atlas.keys import read_text
    from deepfractals_gui.experiments.atlas import read_back
    from deepfractals_gui.experiments.training_run import working

    with ProgressLine("reading"), working(options.threads) as pool:
        if options.text is None:
            book = state.book
            symbols = read_back(state, start, stop, cancel=flag, pool=pool).symbols
        else:
            chosen = next(one for one in state.library if one.book.name == options.text)
            book = chosen.book
            if chosen.step != state.step:
                say(f"the keys of {book.name} are older than the master and don't fit it any more")
            symbols = read_text(
                state.spec, state.training.params, chosen.keys, start, stop, cancel=flag, pool=pool
            ).symbols
    _put(book.alphabet.text(symbols).encode("utf-8"), options.output)
    if symbols.size:
        right = float(np.mean(symbols == book.symbols[start:stop]))
        say(f"{right:.2%} of {symbols.size:,} characters are right")


def _put(content: bytes, target: Path | None) -> None:
    if target is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    write(target, content)


def plan_export(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Read the run; return the work. Raises ValueError, OSError."""
    from deepfractals_gui.atlas.exports import SUFFIX

    picture.check_target(options.output, SUFFIX)
    state = _run(options.run)
    _check_apart(options, state)
    return lambda flag: _export(state, options, flag)


def _export(state: AtlasState, options: argparse.Namespace, flag: CancelFlag) -> None:
    from deepfractals_gui.atlas.ledger import table
    from deepfractals_gui.experiments.atlas import exported

    with ProgressLine(f"coding {state.book.name}") as line:
        content, costs = exported(
            state, bits=options.bits, neighbours=not options.coordinate_only, cancel=flag,
            progress=lambda done, total: line.update(done / total),
        )  # fmt: skip
    _put(content, options.output)
    if options.json:
        sys.stdout.write(json.dumps(_costs(costs), allow_nan=False) + "\n")
        return
    show(table([costs]).rstrip("\n"))


def _costs(costs: Ledger) -> dict[str, Any]:
    return {
        "book": costs.name, "characters": costs.characters, "method": costs.method,
        "rows": [
            {"name": name.strip(), "bytes": size, "bits_per_character": bits}
            for name, size, bits in costs.rows()
        ],
    }  # fmt: skip


def plan_info(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Read the run or the export; return the telling. Raises ValueError, OSError."""
    from deepfractals_gui.atlas.exports import Export

    found = _run_or_export(options.run)
    if isinstance(found, Export):
        export = found
        return lambda flag: _tell_export(export, options, flag)
    state = found
    return lambda flag: _tell_run(state, options)


def _export_rows(export: Export) -> list[tuple[str, Any]]:
    return [
        ("text", export.name), ("characters", export.length),
        ("symbols", len(export.alphabet)), ("method", export.method),
        ("bytes", sum(export.sizes)), ("sha256", export.sha256),
    ]  # fmt: skip


def _tell_export(export: Export, options: argparse.Namespace, flag: CancelFlag) -> None:
    """Say what is in an export, and what it costs, for which its text is decoded."""
    from deepfractals_gui.atlas.ledger import ledger, table
    from deepfractals_gui.atlas.texts import book_of

    content = _decoded(export, flag)
    book = book_of(content, export.name, alphabet=export.alphabet)
    costs = ledger(book, export.sizes, export.method)
    if options.json:
        _tell_json(_export_rows(export), rows=_costs(costs)["rows"])
        return
    _tell(_export_rows(export))
    show("\n" + table([costs]).rstrip("\n"))


def _run_rows(state: AtlasState) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [
        ("book", state.book.name), ("source", state.book.source), ("licence", state.book.licence),
        ("characters", len(state.book)), ("symbols", len(state.book.alphabet)),
        ("encoding", state.spec.encoding), ("parameters", state.spec.count),
        ("epochs", state.epoch), ("updates", state.step),
    ]  # fmt: skip
    if len(state.trace):
        rows.append(("accuracy", finite(round(state.accuracy, 6))))
    return rows


def _tell_run(state: AtlasState, options: argparse.Namespace) -> None:
    texts = [
        {
            "name": one.book.name, "characters": len(one.book), "keys": len(one.keys.values),
            "size": one.keys.values.shape[1], "bytes": one.keys.size,
            "accuracy": one.keys.accuracy, "fits": one.step == state.step,
        }
        for one in state.library
    ]  # fmt: skip
    if options.json:
        _tell_json(_run_rows(state), library=texts)
        return
    shown = [
        (
            f"text {one['name']}",
            f"{one['characters']:,} characters, {one['keys']:,} keys of {one['size']} numbers, "
            f"{one['bytes']:,} bytes, accuracy {one['accuracy']:.2%}"
            + ("" if one["fits"] else "; the master has learned on since"),
        )
        for one in texts
    ]
    _tell([*_run_rows(state), *shown])


def _tell_json(facts: list[tuple[str, Any]], **more: Any) -> None:
    data = {name.replace(" ", "_"): value for name, value in facts} | more
    sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")


def _tell(rows: list[tuple[str, Any]]) -> None:
    # In a name a line's end is as strange as any other control character.
    named = [(printable(name), value) for name, value in rows]
    wide = max(len(name) for name, _ in named)
    for name, value in named:
        shown = f"{value:,}" if isinstance(value, int) else printable(str(value))
        show(f"{name:{wide}}  {shown}")
