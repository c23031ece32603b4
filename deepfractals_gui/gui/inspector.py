"""What is known of the point under the pointer, and the histories behind the points clicked."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLayout, QWidget

from deepfractals_gui.core import CancelFlag, Probe
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.comparison import Column, columns_of, probes_text
from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.pins import Pins
from deepfractals_gui.gui.pixel_readout import PixelReadout
from deepfractals_gui.gui.probe_pane import ProbePane
from deepfractals_gui.gui.session_model import SessionModel

_WIDE = 620
QUIET_MS = 200
"""A probe that takes no longer than this is never announced."""
Place = tuple[float, float]


class Inspector(QWidget):
    """Follows the pointer over the canvas, and probes the point that is clicked.

    The canvas's signals are connected to `point_hovered` and `point_clicked`; what a probe found
    is announced by the controller's ``probeReady``, so that the canvas draws the orbit, and the
    pins by ``pinsChanged``, so that it marks them.
    """

    pinsChanged = Signal(object)

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._clicked: Place | None = None
        self._flag = CancelFlag()
        # True until the histories for changed parameters are there: those shown are older.
        self._stale = False
        self.probe: Probe | None = None
        self.pins = Pins(self)
        self._tasks = Background()
        self._tasks.done.connect(self._probed)
        self._tasks.failed.connect(self._probe_failed)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._lay_out()
        self._quiet.timeout.connect(self.pane.show_probing)
        self.pane.currentChanged.connect(self._arrange)
        model.changed.connect(self._changed)
        controller.probeReady.connect(self._announced)
        self.pins.changed.connect(self._pins_changed)
        self._show()

    def _lay_out(self) -> None:
        self.pixel = PixelReadout(self._model, self._controller)
        self.pane = ProbePane()
        self.pane.probing.stop_button.clicked.connect(self.stop)
        self.pane.pin_button.clicked.connect(self.toggle_pin)
        self.pane.copy_button.clicked.connect(self.copy)
        self.pane.clear_button.clicked.connect(self.clear)
        self.pane.pin_bar.chosen.connect(self._choose_pin)
        self.pane.pin_bar.removed.connect(self.pins.remove)
        self.pane.pin_bar.cleared.connect(self.pins.clear)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._parts.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        self._parts.setSpacing(3 * SPACE)
        self._parts.addWidget(self.pixel, 1)
        self._parts.addWidget(self.pane, 3)

    def minimumSizeHint(self) -> QSize:
        # Side by side the parts fit a low dock, each scrolling by itself; stacked they need height.
        return QSize(220, 96 if self.width() >= _WIDE else 480)

    def heightForWidth(self, width: int) -> int:
        # Labels that wrap make the layout ask for its full height, which a dock hasn't got.
        return self.minimumSizeHint().height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if (self.width() >= _WIDE) != (event.oldSize().width() >= _WIDE):
            self.updateGeometry()

    @Slot()
    def _arrange(self) -> None:
        """Lay the parts out beside each other or, in a narrow panel, below each other."""
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        wide = self.width() >= _WIDE
        self.pane.set_direction(beside if wide else below)
        # Of a low and narrow panel the top is seen: what was asked for comes first.
        asked = self.pane.currentIndex() == 1
        upwards = QBoxLayout.Direction.BottomToTop
        self._parts.setDirection(beside if wide else upwards if asked else below)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not self.stop():
            super().keyPressEvent(event)

    def shut_down(self) -> None:
        """Stop what is being probed: the window closes."""
        self._drop()

    @Slot(object)
    def point_hovered(self, point: CanvasPoint | None) -> None:
        """Show the values of a pixel; None leaves the last ones."""
        self.pixel.point_hovered(point)

    # Probing

    @Slot(object)
    def point_clicked(self, point: CanvasPoint) -> None:
        """Find the history behind a point, in the background."""
        self._ask((point.x, point.y))

    def _ask(self, place: Place) -> None:
        self._clicked = place
        pin = self.pins.at(*place)
        if pin is not None and pin.probe is not None and not self._stale:
            self._drop()
            self._take({place: pin.probe})
        else:
            self._start()

    def _start(self) -> None:
        """Probe the point clicked and, where the parameters have changed, every pin."""
        self._drop()
        places = [] if self._clicked is None else [self._clicked]
        if self._stale:
            places += [(pin.x, pin.y) for pin in self.pins.all]
        renderer = self._controller.renderer
        if not places or renderer is None:
            return
        self._flag = CancelFlag()
        self._quiet.start()
        self._tasks.start(
            "probe", _probes, renderer, self._model.system, self._model.view.params,
            tuple(dict.fromkeys(places)), self._flag, submit=renderer.background,
        )  # fmt: skip

    def _drop(self) -> bool:
        """Let go what is being probed; False when nothing was."""
        running = self._tasks.waiting > 0
        self._flag.set()
        self._tasks.drop("probe")
        self._quiet.stop()
        self.pane.probing.hide()
        return running

    @Slot()
    def stop(self) -> bool:
        """Stop probing and keep what was there, unless it is older than the parameters."""
        if not self._drop():
            return False
        self._give_up()
        return True

    def _give_up(self) -> None:
        if self._stale:
            self._stale = False
            self.pins.update_probes({})
            self._controller.probeReady.emit(None)
            return
        self._clicked = None if self.probe is None else (self.probe.x, self.probe.y)
        self._show()

    @Slot(object, object)
    def _probed(self, token: object, found: dict[Place, Probe]) -> None:
        self._drop()
        self._take(found)

    def _take(self, found: dict[Place, Probe]) -> None:
        self.pane.error_line.set_text("")
        stale, self._stale = self._stale, False
        probe = found.get(self._clicked) if self._clicked is not None else None
        self.probe = probe
        known = {}
        for pin in self.pins.all:
            new = found.get((pin.x, pin.y), None if stale else pin.probe)
            if new is not None:
                known[pin.number] = new
        if any(known.get(pin.number) is not pin.probe for pin in self.pins.all):
            self.pins.update_probes(known)
        else:
            self._show()
        if probe is not None:
            self._controller.probeReady.emit(probe)

    @Slot(object, str)
    def _probe_failed(self, token: object, message: str) -> None:
        self._drop()
        self._give_up()
        self.pane.show_error(f"This point couldn't be probed: {message}")

    # Pins

    @Slot()
    def toggle_pin(self) -> None:
        """Pin the point that was clicked, or unpin it."""
        if self.probe is None:
            return
        pin = self.pins.at(self.probe.x, self.probe.y)
        if pin is not None:
            self.pins.remove(pin.number)
            return
        try:
            self.pins.add(self.probe)
        except ValueError as error:
            self.pane.show_error(str(error))
            return
        if self._stale:
            # What was pinned is older than the parameters: it is on its way with the others.
            self._start()

    @Slot(int)
    def _choose_pin(self, number: int) -> None:
        pin = self.pins.get(number)
        if pin is not None:
            self._ask((pin.x, pin.y))

    @Slot(object)
    def _pins_changed(self, pins: object) -> None:
        self.pane.error_line.set_text("")
        self._show()
        self.pinsChanged.emit(pins)

    # Showing

    @property
    def columns(self) -> tuple[Column, ...]:
        """The points that are shown: the pins, and the one clicked."""
        return columns_of(self.pins.all, self.probe)

    def _show(self) -> None:
        """Bring everything up to date with the pins and the point clicked."""
        params = self._model.view.params
        self.pane.show_probes(
            self.pins.all, self.probe, self._place_text, self._model.system, params
        )

    def _place_text(self, x: float, y: float) -> str:
        horizontal, vertical = self._model.system.axes(self._model.view.params)
        grain = self._model.viewport.width / 10_000
        return (
            f"{horizontal.name} {horizontal.format(x, grain)}   "
            f"{vertical.name} {vertical.format(y, grain)}"
        )

    @Slot()
    def copy(self) -> None:
        """Put values and curves of all points shown on the clipboard, for a spreadsheet."""
        if self.columns:
            QGuiApplication.clipboard().setText(probes_text(self.columns))

    @Slot()
    def clear(self) -> None:
        """Forget the point that was clicked; pins stay."""
        self._controller.probeReady.emit(None)

    @Slot(object)
    def _announced(self, probe: Probe | None) -> None:
        # Whoever takes the orbit away, it is gone here too.
        if probe is None:
            self._drop()
            self._clicked = None
            self.probe = None
            self.pane.error_line.set_text("")
            self._show()
            if self._stale:
                self._start()

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        meaning = self._model.system.axes(new.params)
        if new.key != old.key or meaning != self._model.system.axes(old.params):
            self.pixel.forget()
            self._stale = False
            self.pins.clear()
            self.clear()
            return
        if new.viewport != old.viewport:
            self.pixel.forget()
        if new.params != old.params:
            # The histories follow while parameters are scrubbed.
            self._stale = True
            self._start()


def _probes(
    renderer: Any, system: Any, params: Any, places: tuple[Place, ...], flag: CancelFlag
) -> dict[Place, Probe]:
    """The histories behind points. Raises Cancelled."""
    prepared = renderer.prepared(system, params, flag)
    found = {}
    for x, y in places:
        flag.check()
        found[x, y] = system.probe(x, y, params, prepared, cancel=flag)
    return found
