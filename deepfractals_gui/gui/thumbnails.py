"""Small pictures of views, rendered when there is time and kept on disk."""

from __future__ import annotations

import hashlib
import logging
import math
import os
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.pictures import render_picture
from deepfractals_gui.kernels import cache as kernel_cache
from deepfractals_gui.session.files import atomic_write
from deepfractals_gui.session.history import View
from deepfractals_gui.systems import system

log = logging.getLogger(__name__)
SHAPE = (108, 168)
"""(H, W) of a thumbnail: twice what is shown, for fine screens."""
_SUPERSAMPLING = 2
_KEPT = 256
_ON_DISK = 600
_IDLE_MS = 250
"""The canvas comes first: how soon to look again whether it is done."""
_SECONDS = 4.0
"""What a thumbnail may take on one core; beyond, it has fewer pixels and is enlarged."""


def cache_folder() -> Path:
    """Where thumbnails are kept."""
    chosen = os.environ.get("DEEPFRACTALS_THUMBNAILS")
    if chosen:
        return Path(chosen)
    return Path(platformdirs.user_cache_dir("deepfractals", appauthor=False)) / "thumbnails"


def content_key(view: View) -> str:
    """A name that is the same for the same picture of the same build."""
    text = f"{kernel_cache.fingerprint()}\n{SHAPE}\n{_SUPERSAMPLING}\n{view.to_json()}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Thumbnails(QObject):
    """Gives the thumbnail of a view at once if it is known, else ``ready(view, image)`` later.

    One at a time is rendered, and only while the controller has nothing to do for the canvas.
    """

    ready = Signal(object, QImage)

    def __init__(
        self, controller: Any, folder: Path | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._folder = folder or cache_folder()
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._queue: OrderedDict[str, View] = OrderedDict()
        self._running = ""
        self._tasks = Background()
        self._tasks.done.connect(self._done)
        self._tasks.failed.connect(self._failed)
        self._idle = QTimer(self)
        self._idle.setInterval(_IDLE_MS)
        self._idle.timeout.connect(self._next)

    @classmethod
    def of(cls, controller: Any) -> Thumbnails:
        """The thumbnails that belong to a controller."""
        found = controller.findChild(cls)
        return found if isinstance(found, cls) else cls(controller, parent=controller)

    def request(self, view: View) -> QImage | None:
        """The picture of a view, if it is in hand; otherwise it is made and announced."""
        view = replace(view, shape=None, supersampling=1)
        key = content_key(view)
        image = self._kept.get(key)
        if image is not None:
            self._kept.move_to_end(key)
            return image
        if key not in self._queue and key != self._running:
            self._queue[key] = view
            self._idle.start()
        return None

    @Slot()
    def _next(self) -> None:
        if not self._queue:
            self._idle.stop()
            return
        renderer = self._controller.renderer
        if self._running or renderer is None or self._controller.samples is None:
            return
        key, view = self._queue.popitem(last=False)
        self._running = key
        path = self._folder / f"{key}.png"
        self._tasks.start((key, view), _make, renderer, view, path, submit=renderer.background)

    @Slot(object, object)
    def _done(self, token: tuple[str, View], image: QImage) -> None:
        key, view = token
        self._running = ""
        self._kept[key] = image
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.ready.emit(view, image)
        self._next()

    @Slot(object, str)
    def _failed(self, token: tuple[str, View], message: str) -> None:
        self._running = ""
        log.warning("there is no thumbnail of %s: %s", token[1].key, message)
        self._next()


def _make(renderer: Any, view: View, path: Path) -> QImage:
    """Read a thumbnail from disk, or render it and keep it there."""
    image = QImage(str(path)) if path.is_file() else QImage()
    if not image.isNull() and (image.height(), image.width()) == SHAPE:
        return image
    image = _rendered(renderer, view)
    _keep(image, path)
    return image


def _rendered(renderer: Any, view: View) -> QImage:
    hint = system(view.key).cost_hint(view.params)
    points = SHAPE[0] * SHAPE[1] * _SUPERSAMPLING**2
    if hint is None or hint * points <= _SECONDS:
        return render_picture(renderer, view, SHAPE, _SUPERSAMPLING)
    share = max(1 / 8, min(1.0, math.sqrt(_SECONDS / hint / (SHAPE[0] * SHAPE[1]))))
    shape = (round(SHAPE[0] * share), round(SHAPE[1] * share))
    small = render_picture(renderer, view, shape, 1)
    return small.scaled(
        SHAPE[1], SHAPE[0],
        Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation,
    )  # fmt: skip


def _keep(image: QImage, path: Path) -> None:
    """Write a thumbnail; one that can't be kept is rendered again next time."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _prune(path.parent)
        with atomic_write(path) as file:
            file.write(content.data())
    except OSError as error:
        log.warning("a thumbnail can't be kept: %s", error)


def _prune(folder: Path) -> None:
    """Drop the oldest thumbnails beyond what is worth keeping."""
    files = list(folder.glob("*.png"))
    if len(files) <= _ON_DISK:
        return
    files.sort(key=lambda file: file.stat().st_mtime)
    for file in files[: len(files) - _ON_DISK // 2]:
        file.unlink(missing_ok=True)
