"""The samples on the disk can be looked at and removed."""

from __future__ import annotations

import json

import pytest

from deepfractals_gui.cli.cache import readable, span
from deepfractals_gui.render import keeper


@pytest.fixture
def folder(tmp_path, monkeypatch):
    chosen = tmp_path / "kept"
    monkeypatch.setenv("DEEPFRACTALS_SAMPLE_CACHE", str(chosen))
    monkeypatch.setattr(keeper, "LONG_SECONDS", 0.0)
    return chosen


def test_what_was_rendered_is_listed_and_cleared(command, folder):
    picture = ("render", "forward_pass", "--size", "40x30", "-o", "picture.png")
    assert command(*picture).status == 0
    listed = json.loads(command("cache", "--json").out)
    assert listed["folder"] == str(folder)
    assert listed["bytes"] == sum(entry["bytes"] for entry in listed["entries"]) > 0
    [entry] = listed["entries"]
    assert (entry["system"], entry["size"], entry["known"]) == ("forward_pass", [40, 30], 1.0)
    assert entry["current"]
    text = command("cache").out
    assert "forward_pass" in text
    assert "40x30" in text
    assert "1 entry" in text
    cleared = command("cache", "--clear")
    assert cleared.status == 0
    assert str(folder) in cleared.line
    assert json.loads(command("cache", "--json").out)["entries"] == []


def test_an_export_takes_its_samples_from_the_disk(command, folder, monkeypatch):
    from deepfractals_gui.systems import system

    picture = ("render", "forward_pass", "--size", "40x30", "-o", "picture.png")
    assert command(*picture).status == 0

    def refused(*_):
        raise AssertionError("sampled again")

    monkeypatch.setattr(type(system("forward_pass")), "sample", refused)
    assert command(*picture).status == 0


def test_an_empty_cache_is_said_to_be_empty(command, folder):
    assert command("cache").out.startswith("0 entries, 0 B of")
    assert json.loads(command("cache", "--json", "--clear").out)["freed"] == 0


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (33_200_000, "33.2 MB"), (2 << 30, "2.15 GB")]
)
def test_sizes_are_for_people(count, text):
    assert readable(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (8, "8 s"), (150, "2 min"), (9000, "2 h"), (3e5, "3 days")]
)
def test_ages_are_for_people(seconds, text):
    assert span(seconds) == text
