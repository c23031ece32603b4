"""A run in a folder, which goes on where it was: its file, its log, its epochs, its options."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.cli.notes import show
from deepfractals_gui.cli.progress import ProgressLine
from deepfractals_gui.core import CancelFlag, Cancelled

LAST, LOG = "last.npz", "log.jsonl"
_LOCK = "runs.lock"
_PATIENCE, _PAUSE = 20.0, 0.01
_PIECE_SECONDS = 0.2
_LARGEST_LOG = 1 << 26
_WHOLE = ("step", "epoch", "unsolved")
"""Columns of a trace that are whole numbers."""


class Run(Protocol):
    """What is asked of a state here."""

    @property
    def params(self) -> Any: ...
    @property
    def trace(self) -> Any: ...
    @property
    def step(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    @property
    def stopped(self) -> str: ...
    @property
    def exploded(self) -> bool: ...


S = TypeVar("S", bound=Run)


@dataclass(frozen=True)
class Kind(Generic[S]):
    """How runs of one kind are trained in their folders.

    Attributes
    ----------
    advance : the experiment's
    content : of a run's file
    joined : a run with what another command has kept in its file since; ValueError where that is
        another run, or further on
    share : how much of the epoch that has begun is done
    names : the files of a folder that are written after an epoch, LAST the last of all
    words : what is told of an epoch, and of the seconds that it took
    advice : what may help where training explodes
    """

    advance: Callable[..., S]
    content: Callable[[S], bytes]
    joined: Callable[[S, Path], S]
    share: Callable[[S], float]
    names: Callable[[S], tuple[str, ...]]
    words: Callable[[S, float], str]
    advice: str


def add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="of the run; it is made where it isn't there"
    )


def add_options(parser: argparse.ArgumentParser, settings: str) -> None:
    """What every run takes; ``settings`` are the names that --set knows."""
    parser.add_argument(
        "--epochs", metavar="N", type=reading.whole(1, 100_000), help="epochs in all, at most"
    )
    parser.add_argument(
        "--seed", metavar="N", type=reading.whole(0, 2**31), help="of everything that is drawn"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", dest="values", type=reading.assignment, action="append",
        default=[], help=f"a setting of the run: {settings}",
    )  # fmt: skip
    picture.add_threads(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def given(p: Any, options: argparse.Namespace) -> dict[str, Any]:
    """The values that `add_options` have given to these parameters. Raises ParamError."""
    from deepfractals_gui.core.params import spec

    values = {name: spec(type(p), name).parse(text) for name, text in options.values}
    for name in ("epochs", "seed"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    return values


def is_begun(folder: Path) -> bool:
    """Whether a folder holds a run."""
    # A last file whose name leads nowhere is one that can't be read, and no new run.
    return (folder / LAST).is_symlink() or (folder / LAST).exists()


def check_same(p: Any, asked: Any, folder: Path) -> None:
    """Raise ValueError where something else is asked of a run than other epochs."""
    for name, value in vars(asked).items():
        if name != "epochs" and value != getattr(p, name):
            raise ValueError(
                f"{folder} holds a run with another {name}; take another folder, or leave it out "
                "to go on"
            )


def file_of(run: Path, name: str, command: str) -> Path:
    """The file itself, or the one of this name in a folder. Raises ValueError without one."""
    if not run.is_dir():
        return run
    if not (run / name).exists():
        raise ValueError(f"{run} has no {name}; 'deepfractals {command} {run}' makes one")
    return run / name


def write(path: Path, content: bytes) -> None:
    """Write a file beside its target, and rename it. Raises FileError."""
    from deepfractals_gui.session.files import atomic_write

    with atomic_write(path) as file:
        file.write(content)


class Watch:
    """A file, of which is asked whether somebody else has written it since it was last seen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen()

    def seen(self) -> None:
        self._known = self._now()

    @property
    def changed(self) -> bool:
        return self._now() not in (None, self._known)

    def _now(self) -> tuple[int, ...] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def alone() -> Iterator[None]:
    """Keep other commands from writing a run between a look at its file and the writing of it."""
    from deepfractals_gui.session.locks import FileLock
    from deepfractals_gui.session.store import data_folder, make_folder

    lock: FileLock | None = None
    # Where there is no place for a lock, or it is never let go, a result is still worth its risk.
    with suppress(OSError):
        make_folder(data_folder())
        end = time.monotonic() + _PATIENCE
        while lock is None and time.monotonic() < end:
            lock = FileLock.try_acquire(data_folder() / _LOCK, create=True)
            if lock is None:
                time.sleep(_PAUSE)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def check_known(found: S, state: S, path: Path) -> None:
    """Raise ValueError where the run found in a file isn't a state's, whatever their updates."""
    for name, value in vars(found.params).items():
        if name != "epochs" and value != getattr(state.params, name):
            raise ValueError(f"{path} holds another run by now, which stays as it is")


def check_earlier(found: S, state: S, path: Path) -> None:
    """Raise ValueError where what a file holds isn't a state's run, or is further on."""
    check_known(found, state, path)
    if found.step > state.step:
        raise ValueError(
            f"{path} was trained on meanwhile, to {found.step:,} updates, and stays as it is"
        )


def train(
    state: S, last: Watch, log: list[str], kind: Kind[S], options: argparse.Namespace,
    flag: CancelFlag,
) -> tuple[S, float]:  # fmt: skip
    """The run at its end, and the seconds that took. Its folder is written after every epoch.

    Parameters
    ----------
    last : LAST in its folder, from before it was read
    log : see `kept_log`

    Raises
    ------
    ValueError   training exploded, or see `Kind`
    Cancelled    the flag went up; what was done is written
    """
    folder = last.path.parent
    folder.mkdir(exist_ok=True)
    begun = time.perf_counter()
    if state.step and not state.stopped:
        tell(options, f"going on after {state.epoch} epochs and {state.step} updates")
    while not state.stopped:
        start = time.perf_counter()
        state = _epoch(state, last, kind, options.threads, flag)
        if state.exploded:
            break
        seconds = time.perf_counter() - start
        log = [*log, _log_line(state.trace[-1], round(seconds, 3))]
        state = _write(state, last, kind, kind.names(state))
        write(folder / LOG, "".join(line + "\n" for line in log).encode())
        tell(options, kind.words(state, seconds))
    if state.exploded:
        raise ValueError(f"{state.stopped}; {folder / LAST} is from before, {kind.advice} may help")
    return state, time.perf_counter() - begun


def _write(state: S, last: Watch, kind: Kind[S], names: tuple[str, ...]) -> S:
    """Write a run's files; the run, with what others have kept in its last one."""
    with alone():
        if last.changed:
            state = kind.joined(state, last.path)
        content = kind.content(state)
        for name in names:
            write(last.path.parent / name, content)
        last.seen()
    return state


def _epoch(state: S, last: Watch, kind: Kind[S], threads: int | None, flag: CancelFlag) -> S:
    """Train to the end of the epoch. An interrupt keeps what is done of it."""
    target = state.epoch + 1
    with ProgressLine(f"epoch {target} of {state.params.epochs or 'many'}") as line:
        while state.epoch < target and not state.stopped:
            before = state.step
            state = kind.advance(
                state, seconds=_PIECE_SECONDS, to_epoch=True, cancel=flag, threads=threads
            )
            if flag.is_set and state.epoch < target:
                if state.step != before or kind.share(state):
                    _write(state, last, kind, (LAST,))
                raise Cancelled
            line.update(kind.share(state))
    return state


def kept_log(folder: Path, trace: Any) -> list[str]:
    """The log's lines up to the state; those that are missing are made of what was recorded."""
    known: dict[int, str] = {}
    path = folder / LOG
    if path.is_file() and path.stat().st_size <= _LARGEST_LOG:
        for line in path.read_bytes().decode(errors="replace").splitlines():
            try:
                known[int(json.loads(line)["epoch"])] = line
            except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
                # A line that was cut off, or is someone else's; the records have its numbers.
                continue
    rows = [trace[number] for number in range(len(trace))]
    return [known.get(int(row.epoch)) or _log_line(row, None) for row in rows]


def _log_line(row: Any, seconds: float | None) -> str:
    named = {
        name: int(value) if name in _WHOLE else finite(value)
        for name, value in row._asdict().items()
    }
    return json.dumps({**named, "seconds": seconds}, allow_nan=False)


def finite(value: float) -> float | None:
    """A number as JSON can say it."""
    return value if math.isfinite(value) else None


def tell(options: argparse.Namespace, words: str) -> None:
    """Say a line, unless the result is asked for in JSON."""
    if not options.json:
        show(words)
