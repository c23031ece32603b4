"""The way back: undo and redo over everything, back and forward over the places looked at."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from deepfractals_gui.core import Document

View: TypeAlias = Document
"""What a window shows: a Document without a shape, because the window gives the shape."""

MERGE_SECONDS = 1.0
"""Changes of one kind that follow each other this closely are one step of undo."""


@dataclass(frozen=True)
class _Stop:
    """A place of the trail: the view on arrival and the view as it was left."""

    arrival: View
    latest: View


class History:
    """Every view there was, and a position among them.

    Views are frozen and share their parts, so a step costs a few hundred bytes and the number of
    steps isn't limited. A second list, the trail, holds only the places (System and viewport) that
    were looked at; `back` and `forward` walk over it, and each such walk is itself one step of
    undo.
    """

    def __init__(self, view: View) -> None:
        self._entries: list[View] = [_bare(view)]
        self._position = 0
        self._stops: list[_Stop] = [_Stop(self._entries[0], self._entries[0])]
        self._stop = 0
        self._merge = ""
        self._merge_time = 0.0
        self._merge_moved = False

    @classmethod
    def restored(cls, entries: Sequence[View], position: int) -> History:
        """Build a history from saved entries; the trail is found by walking over them.

        Raises
        ------
        ValueError   there is no entry, or the position isn't one of them
        """
        if not entries or not 0 <= position < len(entries):
            raise ValueError("a history needs at least one view and a position among its views")
        history = cls(entries[0])
        for view in entries[1:]:
            history.push(view)
        # Equal neighbours were merged by push, so the position is found by its view.
        wanted = _bare(entries[position])
        places = [i for i, view in enumerate(history._entries) if view == wanted]
        history.go_to(min(places, key=lambda i: abs(i - position)))
        return history

    @property
    def current(self) -> View:
        """The view at the present position."""
        return self._entries[self._position]

    @property
    def entries(self) -> tuple[View, ...]:
        """All views, oldest first."""
        return tuple(self._entries)

    @property
    def position(self) -> int:
        """Index of the present view among `entries`."""
        return self._position

    def __len__(self) -> int:
        return len(self._entries)

    def tail(self, count: int) -> tuple[tuple[View, ...], int]:
        """The last entries around the present position, at most ``count``, and its index there."""
        first = max(0, min(self._position - count // 2, len(self._entries) - count))
        return tuple(self._entries[first : first + count]), self._position - first

    def push(self, view: View, merge: str = "", now: float | None = None) -> bool:
        """Make a view the present one; what had been undone is dropped.

        Parameters
        ----------
        merge : consecutive pushes with the same word, each within a second of the one before,
            become one step of undo; "" never merges
        now : seconds on any steady clock; None reads one

        Returns
        -------
        False when the view equals the present one, and nothing happened
        """
        view = _bare(view)
        moment = time.monotonic() if now is None else now
        if view == self.current:
            return False
        del self._entries[self._position + 1 :]
        merging = (
            merge != ""
            and merge == self._merge
            and 0 <= moment - self._merge_time <= MERGE_SECONDS
            and self._position > 0
        )
        if merging:
            self._entries[self._position] = view
            self._visit(view, replacing=self._merge_moved)
            if view == self._entries[self._position - 1]:
                # The scrub came back to where it began: an undo that shows nothing is no step.
                del self._entries[self._position]
                self._position -= 1
                self._forget_merge()
                return True
            self._merge_time = moment
            return True
        self._entries.append(view)
        self._position += 1
        self._merge, self._merge_time, self._merge_moved = merge, moment, False
        self._visit(view, replacing=False)
        return True

    def amend(self, view: View) -> None:
        """Put another view in the present one's place, without a step of undo."""
        view = _bare(view)
        self._entries[self._position] = view
        stop = self._stops[self._stop]
        self._stops[self._stop] = replace(stop, latest=view)

    @property
    def can_undo(self) -> bool:
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        return self._position + 1 < len(self._entries)

    @property
    def can_back(self) -> bool:
        return self._stop > 0

    @property
    def can_forward(self) -> bool:
        return self._stop + 1 < len(self._stops)

    def undo(self) -> View:
        """Go one step back; at the first view nothing happens."""
        return self.go_to(max(0, self._position - 1))

    def redo(self) -> View:
        """Go one step forward again; at the last view nothing happens."""
        return self.go_to(min(len(self._entries) - 1, self._position + 1))

    def go_to(self, index: int) -> View:
        """Make an entry the present one, keeping the others.

        Raises
        ------
        IndexError   there is no such entry
        """
        if not 0 <= index < len(self._entries):
            raise IndexError(f"the history has {len(self._entries)} entries, not one at {index}")
        self._position = index
        self._forget_merge()
        view = self.current
        for neighbour in (self._stop, self._stop - 1, self._stop + 1):
            if 0 <= neighbour < len(self._stops) and _place(self._stops[neighbour].latest) == (
                _place(view)
            ):
                self._stop = neighbour
                self._stops[neighbour] = replace(self._stops[neighbour], latest=view)
                return view
        self._visit(view, replacing=False)
        return view

    def back(self) -> View:
        """Show the place looked at before this one; at the first nothing happens."""
        return self._walk(-1)

    def forward(self) -> View:
        """Show the place that `back` came from; at the last nothing happens."""
        return self._walk(+1)

    def _walk(self, direction: int) -> View:
        target = self._stop + direction
        if not 0 <= target < len(self._stops):
            return self.current
        before, after = sorted((self._stop, target))
        left, entered = self._stops[before].latest, self._stops[after].arrival
        there = self._stops[target].latest
        if (left.key, left.params) == (entered.key, entered.params):
            # The step changed the place alone, so parameters chosen since then stay.
            view = replace(self.current, viewport=there.viewport)
        elif left.key == entered.key:
            # Plane and viewport belong together, as when a Julia-type view was opened.
            view = replace(self.current, params=there.params, viewport=there.viewport)
        else:
            view = there
        self._stop = target
        self._stops[target] = replace(self._stops[target], latest=view)
        if view != self.current:
            del self._entries[self._position + 1 :]
            self._entries.append(view)
            self._position += 1
        self._forget_merge()
        return view

    def _visit(self, view: View, replacing: bool) -> None:
        """Note on the trail that ``view`` is looked at."""
        stop = self._stops[self._stop]
        if _place(view) == _place(stop.latest):
            self._stops[self._stop] = replace(stop, latest=view)
            return
        if replacing:
            self._stops[self._stop] = _Stop(view, view)
            if self._stop > 0 and _place(view) == _place(self._stops[self._stop - 1].latest):
                del self._stops[self._stop]
                self._stop -= 1
                self._merge_moved = False
            return
        del self._stops[self._stop + 1 :]
        self._stops.append(_Stop(view, view))
        self._stop += 1
        self._merge_moved = True

    def _forget_merge(self) -> None:
        self._merge, self._merge_time, self._merge_moved = "", 0.0, False


def _place(view: View) -> tuple[object, ...]:
    return (view.key, view.viewport)


def _bare(view: View) -> View:
    return view if view.shape is None else replace(view, shape=None)
