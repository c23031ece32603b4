"""``deepfractals field fetch``: the digits of MNIST, from the internet."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from deepfractals_gui.cli.progress import ProgressLine
from deepfractals_gui.core import CancelFlag

if TYPE_CHECKING:
    from deepfractals_gui.session import mnist


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Say what is to be fetched, and from where; return the work. Raises ValueError."""
    from deepfractals_gui.session import mnist

    mirrors: tuple[str, ...] = mnist.MIRRORS
    if options.mirror is not None:
        if not options.mirror.startswith(("http://", "https://")):
            raise ValueError("--from is an address that begins with http:// or https://")
        mirrors = (options.mirror.rstrip("/") + "/",)
    chosen = [mnist.SETS[name] for name in mnist.SETS if options.part in (name, "all")]
    into = mnist.folder() if options.to is None else options.to
    return lambda flag: _fetch(chosen, into, mirrors, options.json, flag)


def _fetch(
    chosen: list[mnist.Digits], into: Path, mirrors: tuple[str, ...], as_json: bool,
    flag: CancelFlag,
) -> None:  # fmt: skip
    from deepfractals_gui.session import mnist

    paths = []
    for digits in chosen:
        label = f"fetching {digits.title}, {digits.size / 1e6:.1f} MB"
        with ProgressLine(label) as line:
            try:
                path = mnist.fetch(digits, into, mirrors=mirrors, progress=line.update, cancel=flag)
            except mnist.FetchError as error:
                raise mnist.FetchError(
                    f"{error}. Files from elsewhere do as well: field train RUN --data FILE"
                ) from None
        paths.append(path)
    if as_json:
        found = [{"images": str(path), "labels": str(path.with_name(one.labels.name))}
                 for path, one in zip(paths, chosen, strict=True)]  # fmt: skip
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for path, digits in zip(paths, chosen, strict=True):
        sys.stdout.write(f"{digits.title} of MNIST: {path}\n")
    sys.stdout.write(f"to learn them: deepfractals field train RUN --data {paths[0]}\n")
