"""The one thing the window is about: the view at hand, and where it came from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace as changed_copy
from typing import Any

from PySide6.QtCore import QObject, Signal

from deepfractals_gui.core import Coloring, Preset, System, Viewport
from deepfractals_gui.core.params import checked
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.session.history import History, View
from deepfractals_gui.systems import SYSTEMS, system


class SessionModel(QObject):
    """Holds the view and its history; every panel listens here and changes it here only.

    Signals
    -------
    changed(old: View, new: View)   after every change of the view
    historyChanged()                when what undo, redo, back or forward can reach changed
    """

    changed = Signal(object, object)
    historyChanged = Signal()

    def __init__(
        self,
        view: View | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._aspect = 1.0
        self._merging = ""
        start = view or self.first_view(SYSTEMS[0].key)
        self._history = History(start)
        self._last = {start.key: start}
        self.picture_shape: tuple[int, int] | None = None
        """(H, W) of the picture that was opened last, for exports."""

    # What there is.

    @property
    def view(self) -> View:
        return self._history.current

    @property
    def viewport(self) -> Viewport:
        viewport = self.view.viewport
        assert viewport is not None
        return viewport

    @property
    def coloring(self) -> Coloring:
        coloring = self.view.coloring
        assert coloring is not None
        return coloring

    @property
    def system(self) -> System[Any]:
        return system(self.view.key)

    @property
    def merging(self) -> str:
        """The ``merge`` of the change being announced; "" outside a scrub."""
        return self._merging

    @property
    def aspect(self) -> float:
        """Width of the canvas over its height."""
        return self._aspect

    # Changes.

    def replace(
        self,
        *,
        params: Any = None,
        viewport: Viewport | None = None,
        coloring: Coloring | None = None,
        supersampling: int | None = None,
        key: str | None = None,
        merge: str = "",
    ) -> None:
        """Change the view; what isn't given stays.

        Changes with the same non-empty ``merge`` within a second become one step of undo. A new
        ``key`` without parameters, viewport or colouring takes the new System's own.

        Raises
        ------
        ParamError   the parameters are out of range or don't fit together; nothing has changed
        ValueError   the key or another value can't be used; nothing has changed
        """
        old = self.view
        if key is not None and key != old.key:
            base = self.first_view(key) if params is None else self._fresh(key, params)
        else:
            base = old
        new = changed_copy(
            base,
            params=base.params if params is None else params,
            viewport=viewport or base.viewport,
            coloring=coloring or base.coloring,
            supersampling=supersampling or base.supersampling,
            shape=None,
        )
        self._push(_valid(new), merge)

    def open_view(self, view: View) -> None:
        """Look at a whole view, such as a document, a bookmark or a preset.

        Raises
        ------
        ValueError   its parameters can't be used; nothing has changed
        """
        base = self.first_view(view.key)
        self.picture_shape = view.shape or self.picture_shape
        complete = changed_copy(
            view,
            viewport=view.viewport or base.viewport,
            coloring=view.coloring or base.coloring,
            shape=None,
        )
        self._push(_valid(complete), "")

    def open_preset(self, key: str, preset: Preset) -> None:
        """Look at a named place of a System, fitted to the canvas."""
        chosen = system(key)
        params = with_values(chosen.Params(), **preset.params)
        coloring = preset.coloring or chosen.default_coloring(params)
        self._push(_valid(View(key, params, self.fitted(preset.viewport), coloring)), "")

    def choose_system(self, key: str) -> None:
        """Turn to another System, where it was left."""
        if key != self.view.key:
            self._push(self._last.get(key) or self.first_view(key), "")

    def home(self) -> None:
        """Show the whole plane of the System."""
        self.replace(viewport=self.fitted(self.system.home(self.view.params)))

    def undo(self) -> None:
        if self.can_undo:
            self._travel(self._history.undo)

    def redo(self) -> None:
        if self.can_redo:
            self._travel(self._history.redo)

    def go_to(self, index: int) -> None:
        """Move to an entry of the history."""
        if 0 <= index < len(self.entries) and index != self.position:
            self._travel(lambda: self._history.go_to(index))

    def back(self) -> None:
        """Return to the place looked at before."""
        if self.can_back:
            self._travel(self._history.back)

    def forward(self) -> None:
        if self.can_forward:
            self._travel(self._history.forward)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    @property
    def can_back(self) -> bool:
        return self._history.can_back

    @property
    def can_forward(self) -> bool:
        return self._history.can_forward

    @property
    def entries(self) -> list[View]:
        """Every view of the history, oldest first."""
        return list(self._history.entries)

    @property
    def position(self) -> int:
        """Index of the view at hand in ``entries``."""
        return self._history.position

    # Views that aren't given whole.

    def first_view(self, key: str) -> View:
        """The System with its defaults, at home, fitted to the canvas."""
        chosen = system(key)
        return self._fresh(key, chosen.Params())

    def fitted(self, viewport: Viewport) -> Viewport:
        """Widen a square view so that the canvas shows all of it."""
        if self._aspect <= 1.0:
            return viewport
        return Viewport(viewport.x, viewport.y, viewport.width * self._aspect)

    def set_aspect(self, aspect: float) -> None:
        """Tell the canvas's width over its height; a view at home stays fitted to it."""
        old, old_home = self.view, self.fitted(self.system.home(self.view.params))
        self._aspect = aspect
        if old.viewport == old_home:
            viewport = self.fitted(self.system.home(old.params))
            self._history.amend(changed_copy(old, viewport=viewport))
            self._announce(old)

    def restore(self, history: History) -> None:
        """Take up another history, as after a crash."""
        old = self.view
        self._history = history
        self._announce(old)

    @property
    def history(self) -> History:
        """The history itself, for the journal."""
        return self._history

    # Inside.

    def _fresh(self, key: str, params: Any) -> View:
        chosen = system(key)
        return View(
            key=key,
            params=params,
            viewport=self.fitted(chosen.home(params)),
            coloring=chosen.default_coloring(params),
        )

    def _push(self, new: View, merge: str) -> None:
        old = self.view
        if self._history.push(new, merge, self._clock()):
            self._merging = merge
            try:
                self._announce(old)
            finally:
                self._merging = ""

    def _travel(self, move: Callable[[], object]) -> None:
        old = self.view
        move()
        self._announce(old)

    def _announce(self, old: View) -> None:
        self._last[self.view.key] = self.view
        if self.view != old:
            self.changed.emit(old, self.view)
        self.historyChanged.emit()


def _valid(view: View) -> View:
    params = checked(view.params)
    system(view.key).check(params)
    return changed_copy(view, params=params)
