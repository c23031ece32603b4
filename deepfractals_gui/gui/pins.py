"""Points that are kept at hand to be compared, each with a number and a colour of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from deepfractals_gui.core import Probe

MOST_PINS = 6
"""As many as there are colours of series."""


@dataclass(frozen=True, eq=False)
class Pin:
    """A point and the history behind it.

    Attributes
    ----------
    number : from 1; it stays while the point is pinned
    x, y : plane coordinates
    probe : None while the history for the parameters at hand isn't known
    """

    number: int
    x: float
    y: float
    probe: Probe | None

    @property
    def series(self) -> int:
        """Which of the theme's series colours is the pin's."""
        return self.number - 1


class Pins(QObject):
    """The pins by their numbers; ``changed(tuple[Pin, ...])`` follows every change."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pins: dict[int, Pin] = {}

    def __len__(self) -> int:
        return len(self._pins)

    @property
    def all(self) -> tuple[Pin, ...]:
        return tuple(self._pins[number] for number in sorted(self._pins))

    def get(self, number: int) -> Pin | None:
        return self._pins.get(number)

    def at(self, x: float, y: float) -> Pin | None:
        """The pin of a point; None when it isn't pinned."""
        return next((pin for pin in self.all if (pin.x, pin.y) == (x, y)), None)

    def add(self, probe: Probe) -> Pin:
        """Pin a point under the lowest number that is free.

        Raises
        ------
        ValueError   `MOST_PINS` points are pinned
        """
        free = [number for number in range(1, MOST_PINS + 1) if number not in self._pins]
        if not free:
            raise ValueError(f"{MOST_PINS} points are pinned; unpin one first")
        pin = self._pins[free[0]] = Pin(free[0], probe.x, probe.y, probe)
        self.changed.emit(self.all)
        return pin

    def remove(self, number: int) -> None:
        """Unpin a point; a number that isn't there is ignored."""
        if self._pins.pop(number, None) is not None:
            self.changed.emit(self.all)

    def clear(self) -> None:
        """Unpin every point."""
        if self._pins:
            self._pins.clear()
            self.changed.emit(())

    def update_probes(self, probes: dict[int, Probe]) -> None:
        """Take new histories by number; pins without one have none that holds any more."""
        if self._pins:
            self._pins = {
                number: replace(pin, probe=probes.get(number)) for number, pin in self._pins.items()
            }
            self.changed.emit(self.all)
