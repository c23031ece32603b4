"""Looking for a display before Qt does."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from deepfractals_gui import display


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_mac_and_windows_have_a_display(platform):
    assert display.missing_display({}, platform) == ""
    assert display.missing_library({}, platform) == ""


@pytest.mark.parametrize(
    "environ",
    [
        {"QT_QPA_PLATFORM": "offscreen"},
        {"QT_QPA_PLATFORM": "offscreen:size=100x100"},
        {"WAYLAND_DISPLAY": "wayland-0"},
    ],
)
def test_other_surfaces_need_no_x_server(environ):
    assert display.missing_display(environ, "linux") == ""


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}])
def test_no_variable_means_no_display(environ):
    assert "neither DISPLAY nor WAYLAND_DISPLAY" in display.missing_display(environ, "linux")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks for a local X socket")
def test_dead_server_is_no_display():
    assert "no X server answers" in display.missing_display({"DISPLAY": ":9876.0"}, "linux")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="abstract sockets are Linux's")
def test_listening_server_is_a_display():
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind("\0/tmp/.X11-unix/X9875")
        server.listen()
        assert display.missing_display({"DISPLAY": ":9875"}, "linux") == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's linker names the library")
def test_missing_library_is_named(monkeypatch, tmp_path: Path):
    plugin = tmp_path / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    plugin.parent.mkdir(parents=True)
    plugin.write_bytes(b"not a library")
    found = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setattr(display.importlib.util, "find_spec", lambda name: found)
    problem = display.missing_library({"DISPLAY": ":0"}, "linux")
    assert "libqxcb.so" in problem
    assert "\n" not in problem
