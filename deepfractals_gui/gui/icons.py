"""Icons as strokes on a 24 x 24 grid, drawn in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from deepfractals_gui.gui.theme import theme

_STROKES: dict[str, str] = {
    "back": "M15 5 L8 12 L15 19",
    "forward": "M9 5 L16 12 L9 19",
    "home": "M4 11 L12 4 L20 11 M6.5 9.5 V19.5 H17.5 V9.5",
    "undo": "M8 5 L4 9 L8 13 M4.5 9 H14 A5 5 0 0 1 14 19 H9",
    "redo": "M16 5 L20 9 L16 13 M19.5 9 H10 A5 5 0 0 0 10 19 H15",
    "zoom_in": "M10.5 4 A6.5 6.5 0 1 0 10.5 17 A6.5 6.5 0 1 0 10.5 4 M15.3 15.3 L20.5 20.5"
    " M7.5 10.5 H13.5 M10.5 7.5 V13.5",
    "zoom_out": "M10.5 4 A6.5 6.5 0 1 0 10.5 17 A6.5 6.5 0 1 0 10.5 4 M15.3 15.3 L20.5 20.5"
    " M7.5 10.5 H13.5",
    "target": "M12 5 A7 7 0 1 0 12 19 A7 7 0 1 0 12 5 M12 2 V8 M12 16 V22 M2 12 H8 M16 12 H22",
    "image": "M4 5 H20 V19 H4 Z M4 16 L9 11 L13 15 L16 12 L20 16 M15.5 8.6 V8.7",
    "movie": "M4 5 H20 V19 H4 Z M10 9 L15 12 L10 15 Z",
    "frames": "M7 4 H20 V16 H7 Z M4 8 V20 H17",
    "save": "M12 4 V15 M7.5 10.5 L12 15 L16.5 10.5 M4.5 18 V20 H19.5 V18",
    "open": "M3.5 19 V6 H9.5 L11.5 8.5 H19.5 V11 M3.5 19 L6.5 11 H21.5 L18.5 19 Z",
    "search": "M10.5 4 A6.5 6.5 0 1 0 10.5 17 A6.5 6.5 0 1 0 10.5 4 M15.3 15.3 L20.5 20.5",
    "bookmark": "M7 4 H17 V20 L12 16 L7 20 Z",
    "help": "M12 3 A9 9 0 1 0 12 21 A9 9 0 1 0 12 3 M9.3 9.5 A2.7 2.7 0 1 1 12 12.3 V13.8"
    " M12 16.8 V16.9",
    "light": "M12 8 A4 4 0 1 0 12 16 A4 4 0 1 0 12 8 M12 2.5 V4.5 M12 19.5 V21.5 M2.5 12 H4.5"
    " M19.5 12 H21.5 M5.3 5.3 L6.7 6.7 M17.3 17.3 L18.7 18.7 M5.3 18.7 L6.7 17.3"
    " M17.3 6.7 L18.7 5.3",
    "full_screen": "M4 9 V4 H9 M15 4 H20 V9 M20 15 V20 H15 M9 20 H4 V15",
    "explore": "M12 3 A9 9 0 1 0 12 21 A9 9 0 1 0 12 3 M15.5 8.5 L13.5 13.5 L8.5 15.5 L10.5 10.5 Z",
    "parameters": "M4 7 H13 M17 7 H20 M15 5 A2 2 0 1 0 15 9 A2 2 0 1 0 15 5"
    " M4 17 H7 M11 17 H20 M9 15 A2 2 0 1 0 9 19 A2 2 0 1 0 9 15",
    "colour": "M12 3.5 C12 3.5 5.5 10.5 5.5 14.5 A6.5 6.5 0 0 0 18.5 14.5 C18.5 10.5 12 3.5 12 3.5"
    " M12 17.5 A3 3 0 0 1 9 14.5",
    "inspector": "M3 14 L7 14 L9.5 6 L13 18 L15.5 11 L17 14 H21",
    "history": "M4.5 8 A8.5 8.5 0 1 1 3.5 13 M4 4 V8.5 H8.5 M12 8 V12.5 L15 14.5",
    "gallery": "M4 4 H10 V10 H4 Z M14 4 H20 V10 H14 Z M4 14 H10 V20 H4 Z M14 14 H20 V20 H14 Z",
    "close": "M6.5 6.5 L17.5 17.5 M17.5 6.5 L6.5 17.5",
    "lock": "M6 11 H18 V20 H6 Z M8.5 11 V8 A3.5 3.5 0 0 1 15.5 8 V11",
    "reset": "M5 5 V10 H10 M5.5 9.5 A7.5 7.5 0 1 1 4.5 13.5",
    "plus": "M12 5 V19 M5 12 H19",
    "copy": "M8 8 H20 V20 H8 Z M16 8 V4 H4 V16 H8",
    "more": "M6 12 V12.1 M12 12 V12.1 M18 12 V12.1",
    "warning": "M12 4 L21.5 20 H2.5 Z M12 10 V14.5 M12 17 V17.1",
    "info": "M12 3 A9 9 0 1 0 12 21 A9 9 0 1 0 12 3 M12 11 V16.5 M12 7.6 V7.7",
    "check": "M5 12.5 L10 17.5 L19.5 7",
    "trash": "M5 7 H19 M9.5 7 V4.5 H14.5 V7 M7 7 L8 20 H16 L17 7 M10.5 10.5 V16.5 M13.5 10.5 V16.5",
    "measure": "M3.5 15.5 L15.5 3.5 L20.5 8.5 L8.5 20.5 Z M7 12 L9 14 M10 9 L12.5 11.5 M13 6 L15 8",
    "swap": "M4 8.5 H19 M15 4.5 L19 8.5 L15 12.5 M20 15.5 H5 M9 11.5 L5 15.5 L9 19.5",
    "pin": "M12 14 V21 M8 4 H16 L15 10 L18 14 H6 L9 10 Z",
    "play": "M8 5 L19 12 L8 19 Z",
    "pause": "M9 5.5 V18.5 M15 5.5 V18.5",
    "step": "M6 5 L15 12 L6 19 Z M18.5 5 V19",
    "rewind": "M18 5 L9 12 L18 19 Z M5.5 5 V19",
    "lab": "M9 3.5 H15 M10.3 3.5 V9.5 L5 18 A1.7 1.7 0 0 0 6.4 20.5 H17.6 A1.7 1.7 0 0 0 19 18"
    " L13.7 9.5 V3.5 M8 14.5 H16",
    "field": "M2.5 8 C6 3.5 9 3.5 12 8 C15 12.5 18 12.5 21.5 8 M2.5 16 C6 11.5 9 11.5 12 16"
    " C15 20.5 18 20.5 21.5 16",
    "atlas": "M12 6.5 C10 4.8 7 4.3 3.5 4.5 V18.5 C7 18.3 10 18.8 12 20.5 C14 18.8 17 18.3 20.5"
    " 18.5 V4.5 C17 4.3 14 4.8 12 6.5 Z M12 6.5 V20.5",
    "stop": "M7 7 H17 V17 H7 Z",
    "folder": "M3.5 18.5 V6 H9.5 L11.5 8.5 H20.5 V18.5 Z",
}
ICONS = tuple(_STROKES)
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{color}"'
    ' stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="{path}"/></svg>'
)


def icon(name: str, token: str = "text") -> QIcon:
    """An icon of the theme in use; make it anew when the theme changes.

    Checked controls show it in the accent colour, disabled ones faintly.

    Raises
    ------
    KeyError   there is no icon of that name
    """
    result = QIcon()
    states = (
        (token, QIcon.Mode.Normal, QIcon.State.Off),
        ("accent", QIcon.Mode.Normal, QIcon.State.On),
        ("faint", QIcon.Mode.Disabled, QIcon.State.Off),
    )
    for color, mode, state in states:
        for ratio in (1, 2):
            result.addPixmap(pixmap(name, 20, ratio, color), mode, state)
    return result


def pixmap(name: str, size: int, ratio: float = 1.0, token: str = "text") -> QPixmap:
    """An icon as ``size`` x ``size`` logical pixels at a device pixel ratio."""
    svg = _SVG.format(color=getattr(theme(), token), width=1.6, path=_STROKES[name])
    side = round(size * ratio)
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return QPixmap.fromImage(image)
