"""What ships beside the code, found wherever the package lies: wheel, editable or frozen."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

PACKAGE = "deepfractals_gui.resources"


def resource(path: str = "") -> Traversable:
    """The file or folder at ``path`` (parts joined by ``/``) below the resources.

    Raises
    ------
    ValueError          the path leaves the resources
    FileNotFoundError   nothing lies there
    """
    parts = [part for part in path.split("/") if part]
    if ".." in parts or path.startswith("/") or "\\" in path:
        raise ValueError(f"{path!r} is not a path inside the resources")
    found = _root()
    for part in parts:
        found = found.joinpath(part)
    if not (found.is_file() or found.is_dir()):
        raise FileNotFoundError(f"the resource {path!r} is missing from this installation")
    return found


def _root() -> Traversable:
    try:
        return files(PACKAGE)
    except ModuleNotFoundError:
        # A source tree that was never installed: the build maps this folder into the package.
        folder = Path(__file__).resolve().parents[2] / "resources"
        if not (folder / "__init__.py").is_file():
            raise
        return folder
