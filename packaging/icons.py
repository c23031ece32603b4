"""Draw the application's icon as SVG and render its PNGs. Needs PySide6; run after a change here.

    .venv/bin/python packaging/icons.py

The mark is our own: the open ring where a tanh layer is stable, and the bulbs that grow on it,
each carrying smaller ones.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

ICONS = Path(__file__).resolve().parents[1] / "resources" / "icons"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
NAME = "deepfractals"
CENTRE = (268.0, 256.0)
RADIUS = 112.0
WIDTH = 20.0
REACH = 212.0
# From the ring outwards, by share of REACH.
COLOURS = (
    (0.5, "#ffc857"),
    (0.62, "#ff7a4d"),
    (0.76, "#ec3d96"),
    (0.92, "#8f3df0"),
    (1, "#5a2fd0"),
)
# Angle on the ring in degrees, and radius, of the bulbs that grow on it.
BULBS = (
    (90.0, 30.0),
    (130.0, 24.0),
    (58.0, 17.0),
    (157.0, 15.0),
    (173.0, 7.0),
    (37.0, 8.0),
)
DEPTH = 4
SHRINK = 0.5


def bulbs(
    x: float, y: float, radius: float, direction: float, level: int
) -> list[tuple[float, float, float]]:
    """A bulb (x, y, radius) and those that grow on it, away from where it came from."""
    found = [(x, y, radius)]
    if level + 1 < DEPTH and radius * SHRINK > 2.0:
        for turn in (-78.0, 0.0, 78.0):
            size = radius * SHRINK * (1.0 if turn == 0 else 0.86)
            angle = math.radians(direction + turn)
            reach = radius + size * 0.85
            found += bulbs(
                x + reach * math.cos(angle),
                y - reach * math.sin(angle),
                size,
                direction + turn,
                level + 1,
            )
    return found


def ring() -> str:
    """A ring that opens to the right and tapers to its ends, as an SVG path."""
    outer, inner = [], []
    opening, steps = 33.0, 72
    for step in range(steps + 1):
        angle = opening + (360.0 - 2 * opening) * step / steps
        thickness = WIDTH * math.sin(math.pi * step / steps) ** 0.6
        for points, radius in ((outer, RADIUS + thickness * 0.35), (inner, RADIUS - thickness)):
            x = CENTRE[0] + radius * math.cos(math.radians(angle))
            y = CENTRE[1] - radius * math.sin(math.radians(angle))
            points.append(f"{x:.1f} {y:.1f}")
    return "M" + " L".join(outer + inner[::-1]) + "Z"


def svg() -> str:
    """The icon."""
    circles = []
    for angle, radius in BULBS:
        for side in (1.0, -1.0):
            turn = math.radians(angle * side)
            reach = RADIUS + radius * 0.92
            x, y = CENTRE[0] + reach * math.cos(turn), CENTRE[1] - reach * math.sin(turn)
            circles += bulbs(x, y, radius, angle * side, 0)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">',
        "<defs>",
        '<radialGradient id="night" cx="0.56" cy="0.5" r="0.75">',
        '<stop offset="0" stop-color="#2a1150"/><stop offset="0.55" stop-color="#150a2b"/>',
        '<stop offset="1" stop-color="#0a0616"/>',
        "</radialGradient>",
        '<linearGradient id="dawn" x1="0" y1="0" x2="1" y2="0">',
        '<stop offset="0" stop-color="#fff3c4"/><stop offset="1" stop-color="#ffb03b"/>',
        "</linearGradient>",
        f'<radialGradient id="flame" gradientUnits="userSpaceOnUse" cx="{CENTRE[0]:g}" '
        f'cy="{CENTRE[1]:g}" r="{REACH:g}">',
        *(f'<stop offset="{place:g}" stop-color="{colour}"/>' for place, colour in COLOURS),
        "</radialGradient>",
        "</defs>",
        '<rect x="16" y="16" width="480" height="480" rx="108" fill="url(#night)"/>',
    ]
    parts.append('<g fill="url(#flame)">')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>' for x, y, r in circles]
    parts.append("</g>")
    parts.append(f'<path d="{ring()}" fill="url(#dawn)"/>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QByteArray
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication([])
    ICONS.mkdir(parents=True, exist_ok=True)
    text = svg()
    (ICONS / f"{NAME}.svg").write_text(text, "utf-8")
    renderer = QSvgRenderer(QByteArray(text.encode()))
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        if not image.save(str(ICONS / f"{NAME}-{size}.png")):
            raise SystemExit(f"the icon of {size} pixels can't be written")
    application.quit()


if __name__ == "__main__":
    main()
