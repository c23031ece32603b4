"""Systems that are quick, held back, or broken, and renderers over them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest

from deepfractals_gui.core import (
    Axis,
    CancelFlag,
    Channel,
    ChannelKind,
    Coloring,
    Points,
    Probe,
    Status,
    System,
    Viewport,
    param,
)
from deepfractals_gui.render import Renderer, RenderRequest

OWN_THREADS = ("render-", "background", "samples")


@dataclass(frozen=True)
class PlainParams:
    turns: float = param(3.0, "How fast the value winds.", low=0.0, high=1e6)


class Plain(System[PlainParams]):
    """Quick and plain: every channel follows from the bits of the coordinates."""

    key = "plain"
    title = "Plain"
    summary = "A test pattern."
    Params: ClassVar[type[Any]] = PlainParams
    statuses = (Status.ESCAPED, Status.BOUNDED)

    def __init__(self) -> None:
        self.prepared = 0
        self.sampled = 0
        self.calls: list[int] = []
        self.threads: set[str] = set()
        self.lock = threading.Lock()

    def axes(self, p: PlainParams) -> tuple[Axis, Axis]:
        return Axis("x"), Axis("y")

    def home(self, p: PlainParams) -> Viewport:
        return Viewport.at(0, 0, 4.0)

    def channels(self, p: PlainParams) -> tuple[Channel, ...]:
        return (
            Channel("status", "Status", "uint8", ChannelKind.STATUS),
            Channel("value", "Value", "float32"),
            Channel("mark", "Mark", "uint16", ChannelKind.LABEL),
            Channel("number", "Number", "complex128", ChannelKind.COMPLEX),
        )

    def default_coloring(self, p: PlainParams) -> Coloring:
        return Coloring()

    def prepare(self, p: PlainParams, cancel: CancelFlag) -> Any:
        with self.lock:
            self.prepared += 1
        return p.turns

    def sample(self, points: Points, p: PlainParams, prepared: Any, out, cancel) -> None:
        cancel.check()
        with self.lock:
            self.sampled += len(points)
            self.calls.append(len(points))
            self.threads.add(threading.current_thread().name)
        fill(points, p, out)

    def probe(self, x: float, y: float, p: PlainParams, prepared: Any, cancel=None) -> Probe:
        return Probe(x, y, Status.BOUNDED, {})


def fill(points: Points, p: PlainParams, out) -> None:
    bits = points.x.view(np.uint64) ^ (points.y.view(np.uint64) << np.uint64(7))
    bits *= np.uint64(0x9E3779B97F4A7C15)
    out["value"][:] = np.sin(p.turns * points.x) * points.y
    out["mark"][:] = bits >> np.uint64(48)
    out["number"].real = points.x
    out["number"].imag = points.y
    out["status"][:] = np.where(bits >> np.uint64(63), Status.ESCAPED, Status.BOUNDED)


class Gated(Plain):
    """Waits at a gate before each tile, and notices its cancel flag while it waits."""

    key = "gated"

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Semaphore(0)
        self.opened = threading.Event()
        self.waiting = threading.Semaphore(0)
        self.stopped = 0

    def sample(self, points: Points, p: PlainParams, prepared: Any, out, cancel) -> None:
        self.waiting.release()
        while not self.opened.is_set() and not self.gate.acquire(timeout=0.002):
            if cancel.is_set:
                with self.lock:
                    self.stopped += 1
                cancel.check()
        super().sample(points, p, prepared, out, cancel)

    def open(self) -> None:
        self.opened.set()


class Failing(Plain):
    """Fails in every tile after the first few points."""

    key = "failing"
    error: Exception = ArithmeticError("the sums don't add up")

    def sample(self, points: Points, p: PlainParams, prepared: Any, out, cancel) -> None:
        super().sample(points, p, prepared, out, cancel)
        if self.sampled > 100:
            raise self.error


class Disc(Plain):
    """Bounded inside the unit circle, but for grains that no coarse lattice shows."""

    key = "disc"
    grains = 0.0
    """The share of points that have the other outcome."""

    def sample(self, points: Points, p: PlainParams, prepared: Any, out, cancel) -> None:
        super().sample(points, p, prepared, out, cancel)
        bits = (points.x + np.pi * points.y).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        odd = (bits >> np.uint64(33)) < self.grains * 2.0**31
        inside = (points.x**2 + points.y**2 < 1) ^ odd
        out["status"][:] = np.where(inside, Status.BOUNDED, Status.ESCAPED)

    def outcome(self, status):
        return status == Status.BOUNDED


@dataclass
class Events:
    """What a job's owner was told."""

    log: list[tuple[str, Any]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    updated: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {"on_update": self.update, "on_done": self.done, "on_error": self.error}

    def update(self, job, samples) -> None:
        self.log.append(("update", samples))
        self.updated.release()

    def done(self, job, samples) -> None:
        self.log.append(("done", samples))
        self.over.set()

    def error(self, job, error) -> None:
        self.log.append(("error", error))
        self.over.set()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.log]


class Bench:
    """Renderers and Systems of one test."""

    def __init__(self) -> None:
        self.plain, self.gated, self.failing = Plain(), Gated(), Failing()
        self.renderers: list[Renderer] = []
        self.systems: dict[str, System[Any]] = {}
        self.disc = Disc()
        for system in (self.plain, self.gated, self.failing, self.disc):
            self.add(system)

    def add(self, system: System[Any]) -> None:
        self.systems[system.key] = system

    def renderer(self, threads: int = 2, **options: Any) -> Renderer:
        made = Renderer(threads, find=self.systems.__getitem__, **options)
        self.renderers.append(made)
        return made

    def request(self, key: str = "plain", shape: tuple[int, int] = (60, 83), **options: Any):
        view = options.pop("viewport", Viewport.at("0.1", "-0.2", 3.0))
        params = options.pop("params", PlainParams())
        return RenderRequest(key, params, view, shape, **options)

    def events(self) -> Events:
        return Events()

    @staticmethod
    def flat(request: RenderRequest, system: System[Any]) -> dict[str, np.ndarray]:
        """The whole grid in one call."""
        height, width = request.grid
        points = request.raster.points(
            np.repeat(np.arange(height), width), np.tile(np.arange(width), height)
        )
        out = system.allocate(height * width, request.params)
        prepared = system.prepare(request.params, CancelFlag())
        system.sample(points, request.params, prepared, out, CancelFlag())
        return {name: array.reshape(height, width) for name, array in out.items()}

    def expected(self, request: RenderRequest) -> dict[str, np.ndarray]:
        return self.flat(request, Plain())


@pytest.fixture
def bench() -> Iterator[Bench]:
    # Other tests may keep a renderer for the whole session.
    before = set(threading.enumerate())
    made = Bench()
    yield made
    made.gated.open()
    for renderer in made.renderers:
        renderer.close()
    left = [t.name for t in threading.enumerate() if t not in before]
    assert not [name for name in left if name.startswith(OWN_THREADS)]


@pytest.fixture(scope="session")
def make_bench() -> type[Bench]:
    """For tests of many examples, which start none of its renderers."""
    return Bench


@pytest.fixture(scope="session")
def same_bits() -> Callable[..., None]:
    def check(got, expected) -> None:
        assert set(got) == set(expected)
        for name, array in expected.items():
            assert got[name].dtype == array.dtype, name
            assert got[name].shape == array.shape, name
            assert got[name].tobytes() == array.tobytes(), name

    return check
