"""``deepfractals systems``: what there is to look at, for people and for programs."""

from __future__ import annotations

import argparse
import json
import math
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from deepfractals_gui import __version__
from deepfractals_gui.coloring import MODES, PALETTES
from deepfractals_gui.core import Axis, CancelFlag, Channel, ParamSpec, System, Viewport, specs
from deepfractals_gui.systems import SYSTEMS

NAME = "systems"
SUMMARY = "list the Systems, their parameters, channels and named places"
DESCRIPTION = textwrap.dedent(
    """\
    List what can be looked at: each System's key, parameters, channels, statuses, axes, home view
    and named places, then the colouring modes and palettes."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals systems
      deepfractals systems --json"""
)
_WRAP = 96


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    return lambda flag: _work(options.json)


def _work(as_json: bool) -> None:
    if as_json:
        json.dump(description(), sys.stdout, indent=1, allow_nan=False)
        sys.stdout.write("\n")
        return
    for system in SYSTEMS:
        sys.stdout.write(_text(describe(system)) + "\n")
    sys.stdout.write("for every System\n")
    for option, known in (("--mode", MODES), ("--palette", PALETTES)):
        sys.stdout.write(_filled(option, ", ".join(known)) + "\n")


def description() -> dict[str, Any]:
    """Everything that `deepfractals systems --json` prints."""
    return {
        "version": __version__,
        "systems": [describe(system) for system in SYSTEMS],
        "modes": [
            {"key": mode.key, "title": mode.title, "help": mode.help} for mode in MODES.values()
        ],
        "palettes": [
            {"key": palette.key, "title": palette.title, "family": palette.family}
            for palette in PALETTES.values()
        ],
    }


def describe(system: System[Any]) -> dict[str, Any]:
    """One System at its default parameters, as JSON data."""
    params = system.Params()
    channels, recipes = system.channels(params), system.recipes(params)
    return {
        "key": system.key,
        "title": system.title,
        "summary": system.summary,
        "parameters": [spec.describe() for spec in specs(system.Params)],
        "channels": [_channel(channel) for channel in channels],
        "statuses": [
            {"code": int(status), "label": status.label, "message": system.meaning(status)}
            for status in system.statuses
        ],
        "axes": [_axis(axis) for axis in system.axes(params)],
        "home": _viewport(system.home(params)),
        "presets": [
            {
                "key": preset.key,
                "title": preset.title,
                "note": preset.note,
                "viewport": _viewport(preset.viewport),
                "params": {
                    spec.name: spec.to_json(preset.params[spec.name])
                    for spec in specs(system.Params)
                    if spec.name in preset.params
                },
                "coloring": preset.coloring.to_json() if preset.coloring else None,
            }
            for preset in system.presets
        ],
        "modes": [key for key, mode in MODES.items() if mode.channels_for(channels, recipes)],
        "coloring": system.default_coloring(params).to_json(),
    }


def _channel(channel: Channel) -> dict[str, Any]:
    defined = channel.defined_for
    return {
        "name": channel.name,
        "title": channel.title,
        "dtype": channel.dtype,
        "kind": channel.kind.value,
        "unit": channel.unit,
        "defined_for": None if defined is None else sorted(int(status) for status in defined),
        # JSON has no NaN: null stands for it.
        "elsewhere": None if math.isnan(channel.elsewhere) else channel.elsewhere,
        "range": None
        if channel.low is None and channel.high is None
        else [channel.low, channel.high],
        "help": channel.help,
    }


def _axis(axis: Axis) -> dict[str, str]:
    return {"name": axis.name, "unit": axis.unit, "scale": axis.scale}


def _viewport(viewport: Viewport) -> dict[str, Any]:
    return {"x": str(viewport.x), "y": str(viewport.y), "width": viewport.width}


def _text(system: dict[str, Any]) -> str:
    lines = [f"{system['key']} - {system['title']}", _filled("", system["summary"])]
    for spec in system["parameters"]:
        lines.append(_filled(f"--set {spec['name']}", _parameter(system["key"], spec)))
    names = [f"{channel['name']} ({channel['dtype']})" for channel in system["channels"]]
    lines.append(_filled("channels", ", ".join(names)))
    codes = [f"{status['code']} {status['label']}" for status in system["statuses"]]
    lines.append(_filled("statuses", ", ".join(codes)))
    scales = [f"{axis['name']} ({axis['scale']})" for axis in system["axes"]]
    lines.append(_filled("axes", ", ".join(scales)))
    home = system["home"]
    lines.append(_filled("home", f"centre {home['x']} {home['y']}, width {home['width']:g}"))
    for preset in system["presets"]:
        lines.append(_filled(f"--preset {preset['key']}", preset["title"]))
    return "\n".join(lines) + "\n"


def _parameter(key: str, described: dict[str, Any]) -> str:
    spec = _spec(key, described["name"])
    parts = [f"{spec.kind}, default {spec.format(spec.default)}"]
    if spec.choices:
        parts.append("one of " + ", ".join(spec.choices))
    low, high = spec.low, spec.high
    if low is not None and high is not None:
        parts.append(f"from {low:g} to {high:g}")
    elif low is not None:
        parts.append(f"at least {low:g}")
    elif high is not None:
        parts.append(f"at most {high:g}")
    return f"{'; '.join(parts)}. {spec.help}"


def _spec(key: str, name: str) -> ParamSpec:
    system = next(system for system in SYSTEMS if system.key == key)
    return next(spec for spec in specs(system.Params) if spec.name == name)


def _filled(label: str, text: str) -> str:
    indent = "  " if not label else f"  {label}  "
    if label and not label.startswith("--"):
        indent = f"  {label:<9} "
    return textwrap.fill(
        text, _WRAP, initial_indent=indent, subsequent_indent=" " * (6 if label else 2)
    )
