"""The desktop entry, the metainfo and the icons."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from deepfractals_gui import __version__

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
ENTRY = PACKAGING / "deepfractals.desktop"
METAINFO = PACKAGING / "deepfractals.metainfo.xml"
ICONS = ROOT / "resources" / "icons"


def test_desktop_entry_starts_the_entry_point_with_a_file():
    entry = configparser.RawConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(ENTRY, "utf-8")
    section = entry["Desktop Entry"]
    assert section["Exec"] == "deepfractals %f"
    assert section["Type"] == "Application"
    assert (ICONS / f"{section['Icon']}.svg").is_file()


def test_metainfo_belongs_to_the_desktop_entry_and_this_version():
    root = ElementTree.parse(METAINFO).getroot()
    assert root.findtext("id") == "io.github.deepfractals"
    assert root.findtext("launchable") == ENTRY.name
    assert root.findtext("project_license") == "MIT"
    release = root.find("releases/release")
    assert release is not None
    assert release.get("version") == __version__


@pytest.mark.parametrize("size", [16, 24, 32, 48, 64, 128, 256, 512])
def test_icon_has_its_size_and_transparent_corners(size):
    with Image.open(ICONS / f"deepfractals-{size}.png") as icon:
        assert icon.size == (size, size)
        assert icon.mode == "RGBA"
        assert icon.getpixel((0, 0))[3] == 0
        assert icon.getpixel((size // 2, size // 2))[3] == 255


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("desktop-file-validate", [str(ENTRY)]),
        ("appstreamcli", ["validate", "--no-net", str(METAINFO)]),
    ],
)
def test_desktop_files_pass_their_validators(tool, arguments):
    found = shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    result = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
