"""The ways of looking, and the table that lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from deepfractals_gui.coloring import ranges
from deepfractals_gui.coloring.channel_plans import levelled, ranked
from deepfractals_gui.coloring.lights import (
    domain_plan,
    labels_plan,
    regimes_plan,
    relief_plan,
    status_plan,
)
from deepfractals_gui.coloring.mode import Mode, Plan, names_of
from deepfractals_gui.coloring.plans import (
    LightPlan,
    ValuePlan,
    band_of,
    escape_plan,
    palette_light,
    rays_plan,
    turns_plan,
    with_gamma,
)
from deepfractals_gui.coloring.scene import Scene
from deepfractals_gui.core import (
    Array,
    Channel,
    ChannelKind,
    Coloring,
    EscapeBands,
    LimitRays,
    Recipe,
    Regimes,
)

_LINE = (ChannelKind.SIGNED, ChannelKind.ESCAPE, ChannelKind.SCALAR, ChannelKind.TRAP)


class Classic(Mode):
    key = "classic"
    title = "Classic"
    help = "The map's own picture: escape bands or rays of the limit. Levels cut the value."
    picture = True

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        names = _recipe_channels(Scene(tuple(channels), recipes))
        return names[:1]

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        self.channel(scene, coloring)
        recipe = scene.recipes[self.key]
        names = _recipe_channels(scene)
        first, second, third = names
        if isinstance(recipe, EscapeBands):
            plan = escape_plan(recipe, (first, second, third), coloring.levels)
        else:
            assert isinstance(recipe, LimitRays)
            plan = rays_plan(recipe, (first, second, third), coloring.levels)
        return with_gamma(plan, coloring.gamma)

    def settled(self, channels: Mapping[str, Array], scene: Scene, coloring: Coloring) -> Coloring:
        self.channel(scene, coloring)
        return coloring if coloring.levels else replace(coloring, levels=(0.0, 1.0))

    def fixed(self, coloring: Coloring) -> bool:
        return True

    def histogram(
        self, channels: Mapping[str, Array], scene: Scene, coloring: Coloring, bins: int
    ) -> ranges.Histogram:
        status = channels["status"]
        stride = ranges.stride_of(status)
        few = {name: array[::stride, ::stride] for name, array in channels.items()}
        plan = self.plan(scene, replace(coloring, levels=None, gamma=1.0), status.shape[0])
        out = np.empty(few["status"].shape, np.float32)
        plan.fill(band_of(few, plan.reads, 0, len(out)), out)
        values = out[out <= 1.0].astype(np.float64)
        counts, edges = np.histogram(values, bins=bins, range=(0.0, 1.0))
        levels = coloring.levels or (0.0, 1.0)
        return ranges.Histogram(edges, counts.astype(np.int64), levels, "")


class Levels(Mode):
    """A channel between two levels, along a curve."""

    ranged = "levels"
    kinds: ClassVar[tuple[ChannelKind, ...]]
    curve: ClassVar[str] = "linear"

    def curve_of(self, shown: Channel) -> str:
        return self.curve

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        return names_of(channels, *self.kinds)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        assert coloring.levels is not None
        shown = self.channel(scene, coloring)
        return with_gamma(levelled(shown, coloring.levels, self.curve), coloring.gamma)


class Plain(Levels):
    key = "channel"
    title = "Channel"
    help = "One channel as it is, from the lower level to the upper one."
    kinds = (*_LINE, ChannelKind.ANGLE, ChannelKind.LABEL)


class Smooth(Levels):
    key = "smooth"
    title = "Smooth escape"
    help = "The escape time without steps, on a logarithmic scale: near and far both show."
    kinds = (ChannelKind.ESCAPE,)
    curve = "log"
    picture = True


class Trap(Levels):
    key = "trap"
    title = "Orbit trap"
    help = "How near the orbit came to the trap, by the logarithm: bright where it touched it."
    kinds = (ChannelKind.TRAP,)
    curve = "near"
    picture = True


class Logarithmic(Levels):
    key = "log"
    title = "Logarithmic"
    help = "A channel by its logarithm: equal ratios are equal steps. What isn't above 0 is lowest."
    curve = "decades"

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        kinds = (ChannelKind.SCALAR, ChannelKind.ESCAPE, ChannelKind.TRAP)
        positive = [channel for channel in channels if channel.low is None or channel.low >= 0]
        return names_of(positive, *kinds)

    def settled(self, channels: Mapping[str, Array], scene: Scene, coloring: Coloring) -> Coloring:
        shown = self.channel(scene, coloring)
        if coloring.levels is not None:
            return coloring
        values = ranges.known_values(channels, shown)
        return replace(coloring, levels=ranges.logarithmic_range(values, shown))


class Equalized(Mode):
    key = "equalized"
    title = "Equalised"
    help = "Every colour covers the same area. Lock it, and a value keeps its colour in any view."
    ranged = "knots"

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        return names_of(channels, *_LINE)

    def settled(self, channels: Mapping[str, Array], scene: Scene, coloring: Coloring) -> Coloring:
        shown = self.channel(scene, coloring)
        if coloring.knots:
            return coloring
        return replace(coloring, knots=self._knots(channels, shown))

    def _knots(self, channels: Mapping[str, Array], shown: Channel) -> tuple[float, ...]:
        return ranges.quantile_knots(ranges.known_values(channels, shown), shown)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        shown = self.channel(scene, coloring)
        return with_gamma(ranked(shown, coloring.knots), coloring.gamma)


class Signed(Equalized):
    key = "signed"
    title = "Signed, equalised"
    help = "Negative values on one half of the palette, positive on the other, each equalised."
    suggests = "polar"

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        below = [channel for channel in channels if channel.low is None or channel.low < 0]
        return names_of(below, ChannelKind.SIGNED, ChannelKind.SCALAR)

    def _knots(self, channels: Mapping[str, Array], shown: Channel) -> tuple[float, ...]:
        return ranges.signed_knots(ranges.known_values(channels, shown), shown)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        values = super().plan(scene, coloring, rows)
        assert isinstance(values, ValuePlan)
        if coloring.glow == 0.0 and coloring.vignette == 0.0:
            return values
        # As light: a vignette on values would turn positive ones into negative ones.
        return palette_light(values, coloring)


class Angle(Mode):
    key = "angle"
    title = "Angle"
    help = "The direction of a complex number, on a palette whose ends meet."
    suggests = "wheel"

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        return names_of(channels, ChannelKind.ANGLE, ChannelKind.COMPLEX)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> LightPlan:
        values = with_gamma(turns_plan(self.channel(scene, coloring)), coloring.gamma)
        return palette_light(values, coloring, round_trip=True)


class Domain(Angle):
    key = "domain"
    title = "Domain"
    help = (
        "Direction as hue, with rings where the magnitude doubles, or where the escape time "
        "passes a whole number."
    )

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        return names_of(channels, ChannelKind.COMPLEX, ChannelKind.ANGLE)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> LightPlan:
        phase = super().plan(scene, coloring, rows)
        return domain_plan(phase, self.channel(scene, coloring), scene.first(ChannelKind.ESCAPE))


class Basin(Mode):
    key = "basin"
    title = "Basin"
    help = "A colour for each label, the same in every view, darker where it took more steps."
    suggests = "distinct"

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        return names_of(channels, ChannelKind.LABEL)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        steps = scene.find("steps")
        shading = None
        if steps is not None and steps.high is not None:
            shading = ("steps", levelled(steps, (0.0, steps.high), "linear"))
        return labels_plan(self.channel(scene, coloring), shading, coloring)


class StatusMode(Mode):
    key = "status"
    title = "Status"
    help = "What became of each point; the legend names the colours."

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        return names_of(channels, ChannelKind.STATUS)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        self.channel(scene, coloring)
        return status_plan()


class Slope(Levels):
    key = "slope"
    title = "Slope"
    help = "A channel as a landscape, lit from one side; relief sets its height."
    kinds = _LINE

    def curve_of(self, shown: Channel) -> str:
        curves = {ChannelKind.ESCAPE: "log", ChannelKind.TRAP: "near"}
        return curves.get(shown.kind, "linear")

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        assert coloring.levels is not None
        shown = self.channel(scene, coloring)
        values = levelled(shown, coloring.levels, self.curve_of(shown))
        values = with_gamma(values, coloring.gamma)
        return relief_plan(values, coloring, rows)


class Regime(Mode):
    key = "regime"
    title = "Regime"
    help = "Exploded, near the unit circle, vanishing or bounded; the legend names the colours."

    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        scene = Scene(tuple(channels), recipes)
        trap, gain = scene.first(ChannelKind.TRAP), scene.find("gain")
        if trap is None or gain is None or not isinstance(recipes.get(self.key), Regimes):
            return ()
        return (gain.name,)

    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        gain = self.channel(scene, coloring)
        trap, recipe = scene.first(ChannelKind.TRAP), scene.recipes[self.key]
        assert trap is not None
        assert isinstance(recipe, Regimes)
        return regimes_plan(recipe, trap.name, gain.name)


def _recipe_channels(scene: Scene) -> tuple[str, ...]:
    """The three channels of the classic recipe; () where there is none or a channel lacks."""
    recipe = scene.recipes.get("classic")
    found: tuple[Channel | None, ...] = ()
    if isinstance(recipe, EscapeBands):
        kinds = (ChannelKind.ESCAPE, ChannelKind.ANGLE, ChannelKind.TRAP)
        found = tuple(scene.first(kind) for kind in kinds)
    elif isinstance(recipe, LimitRays):
        found = (scene.first(ChannelKind.COMPLEX), scene.find("steps"), scene.find("lyapunov"))
    names = tuple(channel.name for channel in found if channel is not None)
    return names if len(names) == 3 else ()


MODES: Mapping[str, Mode] = MappingProxyType(
    {
        mode.key: mode
        for mode in (
            Classic(),
            Plain(),
            Smooth(),
            Logarithmic(),
            Equalized(),
            Signed(),
            Trap(),
            Angle(),
            Domain(),
            Basin(),
            StatusMode(),
            Slope(),
            Regime(),
        )
    }
)


def mode_of(coloring: Coloring) -> Mode:
    """The colouring's mode.

    Raises
    ------
    ValueError   there is no such mode
    """
    try:
        return MODES[coloring.mode]
    except KeyError:
        raise ValueError(
            f"there is no colouring mode {coloring.mode!r}; the modes are {', '.join(MODES)}"
        ) from None
