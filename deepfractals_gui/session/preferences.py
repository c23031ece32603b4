"""What a person chose about the program itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from deepfractals_gui.render.disk import BUDGET, DiskCache
from deepfractals_gui.session import store
from deepfractals_gui.session.files import one_line

_FORMAT = "preferences"
_VERSION = 1
THEMES = ("system", "dark", "light")


@dataclass(frozen=True)
class Preferences:
    """Frozen and always valid: a value that can't be used never gets in.

    Attributes
    ----------
    theme : system, dark or light
    threads : worker threads, 0 for one per core
    cache_megabytes : memory for samples that are kept
    disk_megabytes : room on the disk for samples that took long, 0 for none
    render_seconds : a picture that would take longer is shown coarse first, 0 for no limit
    folder : where file dialogs begin; "" for the user's own
    tour_seen : the first hints were shown
    """

    theme: str = "system"
    threads: int = 0
    cache_megabytes: int = 768
    disk_megabytes: int = BUDGET >> 20
    render_seconds: int = 60
    folder: str = ""
    tour_seen: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not type(field.default):
                raise ValueError(f"{field.name} can't be {value!r}")
        if self.theme not in THEMES:
            raise ValueError(f"the theme must be one of {', '.join(THEMES)}, not {self.theme!r}")
        if not 0 <= self.threads <= 256:
            raise ValueError(f"threads must be within [0, 256], not {self.threads}")
        if not 64 <= self.cache_megabytes <= 65536:
            raise ValueError(
                f"cache_megabytes must be within [64, 65536], not {self.cache_megabytes}"
            )
        if not 0 <= self.disk_megabytes <= 1 << 20:
            raise ValueError(
                f"disk_megabytes must be within [0, {1 << 20}], not {self.disk_megabytes}"
            )
        if not 0 <= self.render_seconds <= 86400:
            raise ValueError(f"render_seconds must be within [0, 86400], not {self.render_seconds}")
        if len(self.folder) > 4096 or "\0" in self.folder:
            raise ValueError("the folder's name can't be used")


@dataclass(frozen=True)
class LoadedPreferences:
    """The preferences, and one line for the user when some couldn't be read."""

    preferences: Preferences
    message: str = ""


def preferences_path() -> Path:
    return store.data_folder() / "preferences.json"


def load_preferences(path: Path | None = None) -> LoadedPreferences:
    """Read the preferences; what can't be used takes its default, and the message says so."""
    loaded = store.load(path or preferences_path(), _FORMAT, _VERSION)
    if loaded.data is None:
        return LoadedPreferences(Preferences(), loaded.message)
    preferences, problems = Preferences(), []
    for name, value in _known(loaded.data).items():
        try:
            preferences = Preferences(**{**asdict(preferences), name: value})
        except ValueError as error:
            problems.append(str(error))
    message = one_line("; ".join(problems), 400)
    return LoadedPreferences(preferences, f"preferences: {message}" if message else "")


def save_preferences(preferences: Preferences, path: Path | None = None) -> None:
    """Write the preferences. Raises FileError."""
    store.save(path or preferences_path(), {_FORMAT: _VERSION, **asdict(preferences)})


def sample_cache(preferences: Preferences | None = None) -> DiskCache:
    """The samples on this user's disk, with the room that the preferences give them."""
    chosen = load_preferences().preferences if preferences is None else preferences
    return DiskCache(budget=chosen.disk_megabytes << 20)


def _known(data: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(Preferences)}
    return {name: value for name, value in data.items() if name in names}
