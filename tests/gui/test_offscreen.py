"""The real window, drawn where there is no display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage


def draw(path: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, "-m", "deepfractals_gui.gui.offscreen", str(path)],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_window_is_drawn_with_its_picture_and_its_words(tmp_path, qapp):
    path = tmp_path / "window.png"
    result = draw(path)
    assert result.returncode == 0, result.stderr
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1600, 1000)
    colors = {image.pixel(x, y) for x in range(340, 1240, 3) for y in range(90, 700, 3)}
    assert len(colors) > 500
    # Writing, in the menu bar at the top: more than the ground's one colour.
    assert len({image.pixel(x, y) for x in range(10, 300) for y in range(2, 24)}) > 20


def test_a_target_that_cannot_be_written_is_one_line(tmp_path, qapp):
    result = draw(tmp_path / "no" / "folder" / "window.png")
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if "deepfractals:" in line]
    assert len(lines) == 1
    assert "Traceback" not in result.stderr
