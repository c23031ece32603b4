"""The binding keeps its references: a release that didn't ended the process within seconds."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Qt, Signal

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="from Python 3.12 on these objects are immortal"
)
EMITS = 3000
SLACK = 200
"""References that come and go by themselves in between."""


class Emitter(QObject):
    flag = Signal(bool)
    thing = Signal(object)
    nothing = Signal()
    number = Signal(int)


class Receiver(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def take(self, *_) -> None:
        self.count += 1


def counts() -> tuple[int, ...]:
    return tuple(sys.getrefcount(each) for each in (True, False, None, ()))


def test_emitting_drops_no_references(qapp):
    emitter, receiver = Emitter(), Receiver()
    for signal in (emitter.flag, emitter.thing, emitter.nothing, emitter.number):
        signal.connect(receiver.take)
    before = counts()
    for _ in range(EMITS):
        emitter.flag.emit(True)
        emitter.flag.emit(False)
        emitter.thing.emit(None)
        emitter.thing.emit(())
        emitter.nothing.emit()
        emitter.number.emit(1)
    after = counts()
    assert receiver.count == 6 * EMITS
    assert all(b > a - SLACK for a, b in zip(before, after, strict=True)), (before, after)


def test_queued_emits_drop_no_references(qapp, qtbot):
    emitter, receiver = Emitter(), Receiver()
    emitter.thing.connect(receiver.take, Qt.ConnectionType.QueuedConnection)
    emitter.flag.connect(receiver.take, Qt.ConnectionType.QueuedConnection)
    before = counts()
    for _ in range(EMITS):
        emitter.thing.emit(None)
        emitter.flag.emit(True)
    qtbot.waitUntil(lambda: receiver.count == 2 * EMITS)
    after = counts()
    assert all(b > a - SLACK for a, b in zip(before, after, strict=True)), (before, after)
