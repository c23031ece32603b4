"""A System: something that is sampled at points of a plane."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.axis import Axis
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.core.channel import Channel
from deepfractals_gui.core.coloring import Coloring, Recipe
from deepfractals_gui.core.params import specs
from deepfractals_gui.core.status import Status
from deepfractals_gui.core.ulps import next_up
from deepfractals_gui.core.viewport import Points, Viewport

P = TypeVar("P")
STEP_NUMBER = "step number"


@dataclass(frozen=True)
class Preset:
    """A named place: parameters that differ from the defaults, a view and, perhaps, a colouring."""

    key: str
    title: str
    viewport: Viewport
    params: Mapping[str, Any] = field(default_factory=dict)
    coloring: Coloring | None = None
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """A named series: x (N,) and y (N,) over the step number, or ``against`` what x is.

    ``log`` asks for a log axis. Curves of one ``group`` share a plot, which bears its name; their
    units, axes and what they are against are those of its first curve. Points that are not
    ``joined`` are dots.
    """

    name: str
    x: Array
    y: Array
    unit: str = ""
    log: bool = False
    group: str = ""
    against: str = STEP_NUMBER
    joined: bool = True


@dataclass(frozen=True)
class Probe:
    """The history behind one point.

    ``status`` and ``values`` (by channel name) equal the raster's at that point, bit for bit
    before storage. ``orbit`` is complex128 (N,), to be drawn over the plane; ``table`` is rows of
    (name, text) for the inspector.
    """

    x: float
    y: float
    status: Status
    values: Mapping[str, float | complex]
    curves: tuple[Curve, ...] = ()
    orbit: Array | None = None
    table: tuple[tuple[str, str], ...] = ()
    meaning: str = ""

    @property
    def message(self) -> str:
        """One sentence that says what the outcome means here."""
        return self.meaning or self.status.message


@dataclass(frozen=True)
class Overlay:
    """A mark over the canvas in plane units: points (N, 2), joined where ``joined`` is true."""

    name: str
    points: Array
    labels: tuple[str, ...] = ()
    joined: bool = False


class System(ABC, Generic[P]):
    """Given points of a plane and parameters, a System gives channels at those points.

    A System is stateless; what is found once per parameters comes from `prepare` and is handed
    back to `sample`.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    """One sentence for the gallery."""
    Params: ClassVar[type[Any]]
    statuses: ClassVar[tuple[Status, ...]]
    presets: ClassVar[tuple[Preset, ...]] = ()
    meanings: ClassVar[Mapping[Status, str]] = {}
    """What a status means here, where `Status.message` doesn't say it; one sentence each."""
    batch: ClassVar[int] = 1
    """How many points `sample` computes side by side: fewer take as long."""
    marked: ClassVar[bool] = False
    """Whether its `overlays` are shown unless they are turned off."""
    criteria: ClassVar[tuple[str, ...]] = ()
    """Parameters that judge a history and don't enter it: radii, tolerances, thresholds."""

    @abstractmethod
    def axes(self, p: P) -> tuple[Axis, Axis]:
        """The plane's axes, x then y."""

    @abstractmethod
    def home(self, p: P) -> Viewport:
        """The view that shows the whole."""

    @abstractmethod
    def channels(self, p: P) -> tuple[Channel, ...]:
        """What `sample` fills; ``status`` is always the first."""

    @abstractmethod
    def sample(
        self, points: Points, p: P, prepared: Any, out: Mapping[str, Array], cancel: CancelFlag
    ) -> None:
        """Fill ``out[name]`` (N,) for every channel.

        The arrays are in the storage types of `channels`, or float64 where those are float32.

        Raises
        ------
        Cancelled   the flag went up; ``out`` is incomplete
        """

    @abstractmethod
    def probe(
        self, x: float, y: float, p: P, prepared: Any, cancel: CancelFlag | None = None
    ) -> Probe:
        """The history behind the point (x, y) in plane coordinates.

        Raises
        ------
        Cancelled   the flag went up
        """

    @abstractmethod
    def default_coloring(self, p: P) -> Coloring:
        """The colouring a newcomer sees first."""

    def meaning(self, status: Status) -> str:
        """One sentence that says what an outcome means for this System."""
        return self.meanings.get(status, status.message)

    def check(self, p: P) -> None:
        """Refuse parameters that are each allowed but don't fit together. Raises ParamError."""
        return None

    def prepare(self, p: P, cancel: CancelFlag) -> Any:
        """What is found once per parameters; the renderer keeps it. Raises Cancelled."""
        return None

    def cost_hint(self, p: P) -> float | None:
        """About how many seconds a point takes on one core; None: it is cheap, or not known."""
        return None

    def recipes(self, p: P) -> Mapping[str, Recipe]:
        """Value formulas of this System, by the key of the colouring mode that shows them."""
        return {}

    def sample_preview(
        self, points: Points, p: P, prepared: Any, out: Mapping[str, Array], cancel: CancelFlag
    ) -> None:
        """Like `sample`, quicker and in float32; for scrubbing, never cached as final."""
        self.sample(points, p, prepared, out, cancel)

    def overlays(self, viewport: Viewport, p: P, prepared: Any) -> tuple[Overlay, ...]:
        """Marks to draw over the view."""
        return ()

    def outcome(self, status: Array) -> Array | None:
        """Bool (like ``status``): which side of the boundary a point is on; None: no boundary."""
        return None

    def inputs(self, p: P) -> tuple[str, ...]:
        """Names of the numbers, besides the coordinates, that a rounding audit moves.

        Here they are the float, complex and table parameters that apply and are no `criteria`.
        """
        return tuple(
            spec.name
            for spec in specs(self.Params)
            if spec.kind in ("float", "complex", "table")
            and spec.name not in self.criteria
            and spec.applies(p)
        )

    def nudged(
        self, p: P, prepared: Any, names: Collection[str], cancel: CancelFlag
    ) -> tuple[P, Any]:
        """The parameters and what was prepared, with the named `inputs` moved one ulp up.

        A System whose inputs lie in what it prepares moves them there. Raises Cancelled.
        """
        if not names:
            return p, prepared
        # Not checked: the largest value that is allowed has a next one, too.
        moved: P = replace(p, **{name: next_up(getattr(p, name)) for name in names})  # type: ignore[type-var]
        return moved, self.prepare(moved, cancel)

    def linked(self, x: float, y: float, p: P) -> tuple[P, Viewport] | None:
        """The view that belongs to the point (x, y): the Julia-type plane at fixed weight."""
        return None

    def allocate(self, count: int, p: P) -> dict[str, Array]:
        """Arrays (count,) in the storage types, zeroed: status is PENDING."""
        return {c.name: np.zeros(count, c.numpy_dtype()) for c in self.channels(p)}
