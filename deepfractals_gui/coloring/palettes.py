"""The palettes that ship."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from deepfractals_gui.coloring.oklab import (
    into_gamut,
    linear_from_oklab,
    oklab_from_oklch,
    rgb8,
    srgb_from_linear,
)
from deepfractals_gui.coloring.palette import Palette, stops_palette

GOLDEN_TURN = 0.6180339887498949
"""Steps of this part of a turn never come close to an earlier one for long."""


def _classic(key: str, title: str, stops: str) -> Palette:
    return Palette(key, title, "classic", tuple(f"#{stop}" for stop in stops.split()))


def _distinct(
    key: str, title: str, count: int, levels: tuple[float, ...], chroma: float, lift: float
) -> Palette:
    """Hues by the golden angle, lightness in turn: neighbours in number are far in colour."""
    index = np.arange(count)
    hue = (255.0 + 360.0 * GOLDEN_TURN * index) % 360.0
    # A dark yellow is olive: yellows are lifted above the rest.
    yellow = np.maximum(0.0, np.cos(np.deg2rad(hue - 105.0)))
    lightness = np.array(levels)[index % len(levels)] + lift * yellow
    lch = np.stack([lightness, np.full(count, chroma), hue], axis=-1)
    srgb = srgb_from_linear(linear_from_oklab(into_gamut(oklab_from_oklch(lch))))
    stops = tuple("#" + bytes(colour.tolist()).hex() for colour in rgb8(srgb))
    return Palette(key, title, "categorical", stops)


_SHIPPED = (
    _classic(
        "forward_pass",
        "Forward pass",
        "000000 03000f 0d0030 2a0060 6600bb cc00ff ff44aa ff8800 ffdd00 fff8cc ffffff",
    ),
    _classic(
        "gradient_basins",
        "Gradient basins",
        "000000 000820 001845 003366 006699 00aacc 00ddaa 66ff88 ddffcc ffffff",
    ),
    _classic(
        "error_flow",
        "Error flow",
        "000000 000510 001830 003355 005588 0088bb 00bbdd 44eeff aaffee eeffff ffffff",
    ),
    _classic("fire", "Fire", "000000 1a0301 4a0803 8c1405 cc3407 f2680c fca321 ffd75a fff6c2"),
    _classic("ice", "Ice", "00010a 03102e 0a2f63 1c5fa0 4595cf 86c6e8 c4e8f5 f4fdff"),
    _classic("sunset", "Sunset", "090414 2a0f45 5e1a68 a02a6d d94a5c f57f4f fdb75e fee59a fffbe6"),
    _classic("nebula", "Nebula", "020208 0b0f33 243179 5a3fb0 a44cc0 e56bb0 f7a3a8 fbdcc4 ffffff"),
    _classic("abyss", "Abyss", "000205 00131f 003242 005a5e 0a8a72 56b97a b2dd8d f5f9c9"),
    _classic("aurora", "Aurora", "02030d 0a1440 143a6b 0c6f80 1fa774 6fd26a c3ec7a f3f7b8 fdfdf0"),
    _classic("forge", "Forge", "050505 1d2024 3d434b 6b6a68 a5744a d98a33 f6bb5b ffe9b8 ffffff"),
    _classic("orchid", "Orchid", "08030c 2b0a3d 5c1566 942c7e c5538b e5839b f5b8b5 fde8dd"),
    _classic("jade", "Jade", "010604 05241b 0b4a37 14795a 3aa77d 7fce9f c3eac2 f7fdec"),
    # ColorBrewer's Spectral, 11 classes: its stops and straight lines are matplotlib's, too.
    Palette(
        "spectral",
        "Spectral",
        "classic",
        (
            "#9e0142",
            "#d53e4f",
            "#f46d43",
            "#fdae61",
            "#fee08b",
            "#ffffbf",
            "#e6f598",
            "#abdda4",
            "#66c2a5",
            "#3288bd",
            "#5e4fa2",
        ),
        centred=True,
    ),
    Palette(
        "dusk",
        "Dusk",
        "perceptual",
        path=(
            (0.12, 0.05, 285),
            (0.28, 0.13, 295),
            (0.45, 0.17, 335),
            (0.62, 0.17, 20),
            (0.78, 0.14, 60),
            (0.94, 0.07, 95),
        ),
    ),
    Palette(
        "lagoon",
        "Lagoon",
        "perceptual",
        path=(
            (0.14, 0.05, 275),
            (0.32, 0.10, 262),
            (0.50, 0.11, 225),
            (0.67, 0.11, 190),
            (0.82, 0.11, 155),
            (0.96, 0.07, 110),
        ),
    ),
    Palette(
        "ember",
        "Ember",
        "perceptual",
        path=(
            (0.08, 0.01, 20),
            (0.27, 0.09, 20),
            (0.46, 0.15, 32),
            (0.64, 0.16, 50),
            (0.81, 0.14, 80),
            (0.97, 0.06, 105),
        ),
    ),
    Palette(
        "harbour",
        "Harbour",
        "perceptual",
        # Blue to yellow through grey: read alike with every kind of colour vision.
        path=(
            (0.18, 0.08, 262),
            (0.38, 0.08, 258),
            (0.55, 0.02, 250),
            (0.74, 0.08, 98),
            (0.93, 0.14, 100),
        ),
    ),
    Palette("graphite", "Graphite", "perceptual", path=((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))),
    Palette(
        "polar",
        "Polar",
        "perceptual",
        centred=True,
        path=(
            (0.34, 0.13, 258),
            (0.56, 0.12, 248),
            (0.78, 0.07, 235),
            (0.97, 0.0, 0),
            (0.78, 0.09, 45),
            (0.56, 0.15, 30),
            (0.34, 0.13, 22),
        ),
    ),
    Palette(
        "nocturne",
        "Nocturne",
        "perceptual",
        centred=True,
        path=(
            (0.94, 0.06, 195),
            (0.70, 0.12, 225),
            (0.42, 0.12, 255),
            (0.12, 0.0, 0),
            (0.42, 0.12, 30),
            (0.70, 0.14, 55),
            (0.94, 0.08, 95),
        ),
    ),
    Palette(
        "lantern",
        "Lantern",
        "perceptual",
        # Blue and orange.
        centred=True,
        dichromat_safe=True,
        path=(
            (0.40, 0.14, 258),
            (0.59, 0.13, 250),
            (0.79, 0.08, 240),
            (0.97, 0.0, 0),
            (0.82, 0.11, 75),
            (0.63, 0.13, 62),
            (0.44, 0.10, 55),
        ),
    ),
    Palette(
        "iris",
        "Iris",
        "perceptual",
        # Purple and orange.
        centred=True,
        dichromat_safe=True,
        path=(
            (0.32, 0.15, 293),
            (0.53, 0.14, 293),
            (0.77, 0.08, 293),
            (0.97, 0.0, 0),
            (0.80, 0.12, 80),
            (0.58, 0.12, 68),
            (0.36, 0.08, 60),
        ),
    ),
    Palette(
        "fjord",
        "Fjord",
        "perceptual",
        # Deep water and peat: darker at the ends than the others.
        centred=True,
        dichromat_safe=True,
        path=(
            (0.24, 0.10, 262),
            (0.50, 0.12, 250),
            (0.77, 0.08, 230),
            (0.95, 0.0, 0),
            (0.78, 0.10, 75),
            (0.51, 0.10, 60),
            (0.24, 0.06, 45),
        ),
    ),
    Palette(
        "wheel",
        "Colour wheel",
        "cyclic",
        path=tuple((0.72, 0.125, hue) for hue in range(20, 380, 30)),
    ),
    Palette(
        "halo",
        "Halo",
        "cyclic",
        path=(
            (0.95, 0.015, 300),
            (0.74, 0.09, 245),
            (0.48, 0.13, 272),
            (0.22, 0.08, 300),
            (0.45, 0.14, 350),
            (0.72, 0.12, 35),
        ),
    ),
    Palette(
        "tide",
        "Tide",
        "cyclic",
        path=(
            (0.18, 0.05, 265),
            (0.48, 0.12, 245),
            (0.86, 0.07, 205),
            (0.95, 0.05, 95),
            (0.72, 0.15, 65),
            (0.42, 0.12, 35),
        ),
    ),
    Palette(
        "seasons",
        "Seasons",
        "cyclic",
        path=(
            (0.88, 0.09, 150),
            (0.86, 0.15, 105),
            (0.66, 0.17, 50),
            (0.45, 0.14, 15),
            (0.35, 0.11, 290),
            (0.62, 0.10, 235),
        ),
    ),
    _distinct("distinct", "Distinct", 48, (0.69, 0.80, 0.57), 0.15, 0.08),
    _distinct("pastel", "Pastel", 48, (0.82, 0.91, 0.73), 0.10, 0.0),
    # Eight colours that people with any colour vision tell apart by hue or by lightness.
    Palette(
        "safe",
        "Colour-blind safe",
        "categorical",
        ("#3d7dca", "#f0a030", "#2fae8f", "#d8583c", "#9fd3f0", "#8a4fa0", "#f5e06a", "#b8b8b8"),
    ),
)

PALETTES: Mapping[str, Palette] = MappingProxyType({shown.key: shown for shown in _SHIPPED})


@lru_cache(maxsize=64)
def palette(text: str) -> Palette:
    """The palette of that key, or one made from colours such as ``#000000,#ff8800,#ffffff``.

    Raises
    ------
    ValueError   neither a key nor 2 to 64 colours
    """
    known = PALETTES.get(text.strip())
    if known is not None:
        return known
    if "," in text or "#" in text:
        return stops_palette(text)
    raise ValueError(
        f"there is no palette {text[:40]!r}; the palettes are {', '.join(PALETTES)}, "
        "or give colours such as #000000,#ff8800,#ffffff"
    )
