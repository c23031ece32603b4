"""Files of the text atlas's runs: what is damaged, or of another origin, is refused in one line."""

from __future__ import annotations

import io
import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.atlas.keys import KeySpec
from deepfractals_gui.atlas.model import AtlasSpec
from deepfractals_gui.atlas.texts import book_of
from deepfractals_gui.core.checkpoints import CheckpointError
from deepfractals_gui.experiments.atlas import Atlas, keyed
from deepfractals_gui.experiments.atlas_files import load_run, run_bytes
from deepfractals_gui.experiments.atlas_library import own_names
from deepfractals_gui.experiments.atlas_params import AtlasRunParams
from deepfractals_gui.experiments.atlas_state import Epoch

SMALL = AtlasRunParams(characters=1500, hidden=16, table=8, levels=6, epochs=2)


@pytest.fixture(scope="module")
def kept():
    """A run of one epoch and a few updates, with a text of 50 characters on two pages."""
    s = Atlas().advance(Atlas().epoch(Atlas().start(SMALL)), updates=3)
    text = book_of(s.book.text[:50].encode(), "page.txt", alphabet=s.book.alphabet)
    return keyed(s, text, KeySpec(size=16, steps=1), threads=1)


@pytest.fixture
def changed(kept, tmp_path):
    """The file of this run with other arrays, and other notes of the run or of its text."""

    def write(arrays=None, notes=None, entry=None, save=np.savez):
        with np.load(io.BytesIO(run_bytes(kept))) as members:
            found = dict(members)
        run = json.loads(found["run"].tobytes())
        run |= notes or {}
        run["library"] = [one | (entry or {}) for one in run["library"]]
        found |= {"run": np.frombuffer(json.dumps(run).encode(), np.uint8)}
        save(tmp_path / "run.npz", **(found | (arrays or {})))
        return tmp_path / "run.npz"

    return write


def refused(path) -> str:
    """The one line by which a file is refused."""
    with pytest.raises(CheckpointError) as error:
        load_run(path)
    said = str(error.value)
    assert said.startswith("run.npz")
    assert "\n" not in said
    return said


def test_an_unchanged_file_is_read(changed, kept):
    (one,) = load_run(changed()).library
    assert one.book.text == kept.library[0].book.text


@pytest.mark.parametrize(
    ("arrays", "entry", "words"),
    [
        ({"keys0": np.zeros((2, 0))}, {}, "of 0 numbers; the master takes 1 to 128"),
        ({"keys0": np.ones((2, 129))}, {}, "of 129 numbers; the master takes 1 to 128"),
        ({"keys0": np.ones((3, 16))}, {}, "aren't one for each of 2 pages"),
        ({"keys0": np.ones(16)}, {}, "aren't one for each of 2 pages"),
        ({"keys0": np.full((2, 16), 1e300)}, {}, "a number that is not finite"),
        ({"keys0": np.full((2, 16), np.nan)}, {}, "a number that is not finite"),
        ({"text0": np.full(50, 0.5)}, {}, "a symbol that isn't one of the alphabet's"),
        ({"text0": np.full(50, np.nan)}, {}, "a symbol that isn't one of the alphabet's"),
        ({"text0": np.full(50, 1000)}, {}, "a symbol that isn't one of the alphabet's"),
        ({"text0": np.full(50, -1)}, {}, "a symbol that isn't one of the alphabet's"),
        ({"text0": np.zeros(0)}, {}, "the text page.txt is none"),
        ({"right0": np.array([33, 0])}, {}, "can't have so many right characters"),
        ({"right0": np.array([32, 19])}, {}, "can't have so many right characters"),
        ({"right0": np.array([-1, 0])}, {}, "can't have so many right characters"),
        ({"right0": np.array([0.5, 0])}, {}, "can't have so many right characters"),
        ({"right0": np.array([np.inf, 0])}, {}, "can't have so many right characters"),
        ({"right0": np.zeros(3)}, {}, "aren't one for each of 2 pages"),
        ({}, {"page": 0}, "the text page.txt is none"),
        ({}, {"page": 32.5}, "a page can't be 32.5"),
        ({}, {"step": -1}, "a step can't be -1"),
        ({}, {"step": "3"}, "a step can't be 3"),
        (
            {"text0": np.zeros(1501), "keys0": np.ones((1, 16)), "right0": np.zeros(1)},
            {"page": 1 << 24}, "the pages of page.txt are longer than the master's 1,500",
        ),
    ],
)  # fmt: skip
def test_a_text_that_can_not_be_is_refused(changed, arrays, entry, words):
    assert words in refused(changed(arrays, entry=entry))


def test_a_page_may_be_longer_than_the_line_where_its_text_is_not(changed):
    s = load_run(changed({"keys0": np.ones((1, 16)), "right0": np.zeros(1)}, entry={"page": 1501}))
    assert len(s.library[0].book) == 50


def test_a_small_file_of_large_texts_takes_little_memory(changed, kept):
    length = 1 << 23
    pages = -(-length // 1500)
    entry = {"name": "a", "page": 1500, "step": 0}
    arrays = {}
    for number in range(5):
        arrays[f"text{number}"] = np.zeros(length, np.uint8)
        arrays[f"keys{number}"] = np.zeros((pages, 1), np.float32)
        arrays[f"right{number}"] = np.zeros(pages, np.uint8)
    path = changed(arrays, save=np.savez_compressed)
    with np.load(path) as members:
        run = json.loads(members["run"].tobytes())
    path = changed(
        {**arrays, "run": np.frombuffer(
            json.dumps(run | {"library": [entry] * 5}).encode(), np.uint8
        )}, save=np.savez_compressed,
    )  # fmt: skip
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        assert f"and would take {5 * (2 * length + 12 * pages):,}" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 25
    finally:
        tracemalloc.stop()


def test_a_small_file_of_a_large_model_takes_little_memory(changed):
    path = changed()
    with np.load(path) as members:
        found = dict(members)
    state = json.loads(found["state"].tobytes())
    state["spec"] |= {"levels": 2, "table": 20, "features": 8, "capacity": 1 << 20}
    spec = AtlasSpec(**state["spec"])
    for part in ("params", "first", "second"):
        found[f"{part}.table"] = np.zeros(spec.shapes["table"], np.uint8)
        for name in ("first", "inject"):
            found[f"{part}.{name}"] = np.zeros(spec.shapes[name], np.uint8)
    found["state"] = np.frombuffer(json.dumps(state).encode(), np.uint8)
    path = changed(found, save=np.savez_compressed)
    assert path.stat().st_size < 1 << 18
    tracemalloc.start()
    try:
        assert f"and would take {12 * spec.count + 4 * 1500:,}" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()


def row(**values):
    """The trace of one epoch with other numbers in it."""
    return np.array([[{"epoch": 1.0, **values}.get(name, 0.5) for name in Epoch._fields]])


@pytest.mark.parametrize(
    ("arrays", "notes", "words"),
    [
        ({"trace": np.zeros((0, 6))}, {}, "the shape (0, 6) isn't one of 1 epochs"),
        ({"trace": np.ones((2, 6))}, {}, "the shape (2, 6) isn't one of 1 epochs"),
        ({"trace": row(epoch=2.0)}, {}, "isn't one of epochs 1 to 1, in finite numbers"),
        ({"trace": row(read_accuracy=np.nan)}, {}, "in finite numbers"),
        ({"trace": row(step=np.inf)}, {}, "in finite numbers"),
        ({"updates": np.full((1, 3), np.inf)}, {}, "rows of finite numbers"),
        ({"updates": np.ones((4097, 3))}, {}, "its updates aren't up to 4,096 rows"),
        ({"updates": np.ones((1, 4))}, {}, "has other columns"),
        ({}, {"sums": ["inf", "0x0p+0", "0x0p+0"]}, "its sums aren't finite"),
        ({}, {"sums": ["0x1p+0"] * 4}, "its run is damaged"),
        ({}, {"stride": 0}, "can't stand for 0"),
        ({}, {"stride": 1.5}, "a stride can't be 1.5"),
        ({}, {"exploded": True, "stopped": ""}, "it doesn't say why it has stopped"),
        ({}, {"exploded": 1}, "it doesn't say why it has stopped"),
        ({}, {"stopped": None}, "it doesn't say why it has stopped"),
    ],
)
def test_records_that_are_none_are_refused(changed, arrays, notes, words):
    assert words in refused(changed(arrays, notes))


def test_a_loss_that_is_beyond_all_bounds_loses_no_run(changed):
    s = load_run(changed({"trace": row(read_loss=np.nan, read_accuracy=0.25)}))
    assert s.accuracy == 0.25


def test_why_a_run_has_stopped_follows_from_its_counts(changed, kept):
    said = load_run(changed(notes={"stopped": "\x1b[31mall is done\n"})).stopped
    assert said == ""
    p = json.loads(kept.params.to_json())
    short = load_run(changed(notes={"params": {**p, "epochs": 1}}))
    assert short.stopped == "all 1 epochs are done"
    gone = load_run(changed(notes={"exploded": True, "stopped": "\x1b[31mexploded\n"}))
    assert (gone.exploded, gone.stopped) == (True, "?[31mexploded?")


def parts(state, run):
    """The arrays of a file that are told apart by."""
    return {
        name: np.frombuffer(json.dumps(one).encode(), np.uint8)
        for name, one in (("state", state), ("run", run))
    }


def test_the_kind_of_a_run_is_told_before_its_version(changed, tmp_path):
    path = tmp_path / "run.npz"
    np.savez(path, **parts({"field": 1}, {"version": 1}))
    assert refused(path) == "run.npz holds a run of the field, not of the text atlas"
    with pytest.raises(CheckpointError, match=r"^run\.npz was written by an earlier version"):
        load_run(changed(notes={"version": 1}))
    assert refused(changed(notes={"version": 9})) == "run.npz is of version 9; known is 2"
    assert "is of version x" in refused(changed(notes={"version": "x"}))
    np.savez(path, **parts({"lab": 1}, {"version": 1}))
    assert refused(path) == "run.npz holds no run of the text atlas"
    np.savez(path, **parts([], 3))
    assert refused(path) == "run.npz holds no run of the text atlas"


def test_names_stay_as_they_are_through_files(kept, tmp_path):
    s = replace(kept, library=())
    long = "x" * 191 + ".txt"
    for content in ("aaaa", "bbbb", "aaaa"):
        text = book_of(content.encode(), long, alphabet=s.book.alphabet)
        s = keyed(s, text, KeySpec(size=16, steps=1), threads=1)
    (tmp_path / "run.npz").write_bytes(run_bytes(s))
    back = load_run(tmp_path / "run.npz").library
    assert [(one.book.name, one.book.text) for one in back] == [
        ("x" * 190 + " (2)", "bbbb"), ("x" * 190, "aaaa")
    ]  # fmt: skip


def test_only_names_that_are_there_twice_get_a_number():
    names = ["b (2)", "a", "b", "a", "b", "a (2)", "a"]
    assert own_names(names) == ["b (2)", "a", "b", "a (3)", "b (3)", "a (2)", "a (4)"]


def test_a_name_from_a_file_is_of_printable_characters(changed):
    (one,) = load_run(changed(entry={"name": "a\x1b[31m\nb\udce9"})).library
    assert one.book.name == "a?[31m?b?"
