"""Runs in files: they go on bit for bit; what is damaged or foreign is told of in one line."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict

import numpy as np
import pytest

from deepfractals_gui.atlas import checkpoints
from deepfractals_gui.atlas.checkpoints import (
    checkpoint_arrays,
    checkpoint_bytes,
    checkpoint_in,
    load_checkpoint,
    save_checkpoint,
)
from deepfractals_gui.atlas.model import NAMES
from deepfractals_gui.atlas.texts import Alphabet
from deepfractals_gui.atlas.training import TrainingSpec, begin, step
from deepfractals_gui.core.checkpoints import CheckpointError
from tests.atlas.small_models import small

SPEC = small()
ALPHABET = Alphabet("\n abéλ𝔄")
BOOK = np.random.default_rng(1).integers(0, 7, 500).astype(np.uint16)
PARTS = ("params", "first", "second")


def state_after(updates):
    state = begin(SPEC, TrainingSpec(batch=128, weight_decay=0.01, decay=0.9), 1)
    return step(state, BOOK, updates=updates)[0]


STATE = state_after(6)
CONTENT = checkpoint_bytes(STATE, ALPHABET)


def everything(state):
    arrays = [array.tobytes() for part in PARTS for _, array in getattr(state, part)]
    kinds = {array.dtype for part in PARTS for _, array in getattr(state, part)}
    counts = (state.at, state.updates, state.epoch, state.rng, state.order.dtype)
    return arrays, kinds, state.order.tobytes(), counts, state.spec, state.training


def content_with(**changes):
    """The file with other arrays; those of None are left out."""
    arrays = {**checkpoint_arrays(STATE, ALPHABET), **changes}
    buffer = io.BytesIO()
    np.savez(buffer, **{name: one for name, one in arrays.items() if one is not None})
    return buffer.getvalue()


def noted(**changes):
    """The file with other notes; those of None are left out."""
    known = json.loads(checkpoint_arrays(STATE, ALPHABET)["state"].tobytes())
    notes = {name: one for name, one in {**known, **changes}.items() if one is not None}
    return content_with(state=np.frombuffer(json.dumps(notes).encode(), np.uint8))


def refused(content, name="run.npz"):
    with pytest.raises(CheckpointError) as caught:
        checkpoint_in(content, name)
    told = str(caught.value)
    assert told.startswith(name)
    assert "\n" not in told
    assert len(told) < 320
    return told


@pytest.mark.parametrize("updates", [0, 3, 4, 6])
def test_a_run_goes_on_from_its_file_bit_for_bit(updates, tmp_path):
    """Before it begins, amid an epoch, and where one is over."""
    state = state_after(updates)
    assert (state.at == 0) == (updates in (0, 4))
    path = tmp_path / "run.npz"
    save_checkpoint(path, state, ALPHABET)
    back, alphabet = load_checkpoint(path)
    assert alphabet == ALPHABET
    assert everything(back) == everything(state)
    assert everything(step(back, BOOK, updates=5)[0]) == everything(state_after(updates + 5))
    assert checkpoint_bytes(back, alphabet) == path.read_bytes()


def test_a_file_holds_no_pickle_and_no_part_is_left_beside_it(tmp_path):
    path = tmp_path / "run.npz"
    path.write_bytes(b"older")
    save_checkpoint(path, STATE, ALPHABET)
    assert [one.name for one in tmp_path.iterdir()] == ["run.npz"]
    with np.load(path, allow_pickle=False) as archive:
        assert {*archive.files} == {
            "state", "alphabet", "order", *(f"{part}.{name}" for part in PARTS for name in NAMES),
        }  # fmt: skip
        assert all(archive[name].dtype.kind in "fiu" for name in archive.files)


def test_a_failing_write_leaves_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    path.write_bytes(b"older")

    def fails(*_):
        raise OSError("no room")

    monkeypatch.setattr("deepfractals_gui.nn.model_files.os.replace", fails)
    with pytest.raises(OSError, match="no room"):
        save_checkpoint(path, STATE, ALPHABET)
    assert [one.name for one in tmp_path.iterdir()] == ["run.npz"]
    assert path.read_bytes() == b"older"


def test_a_file_that_is_cut_off_is_refused():
    for length in [0, 1, 3, 4, 30, 100, *range(200, len(CONTENT), 2011), len(CONTENT) - 1]:
        refused(CONTENT[:length])


def test_damaged_bytes_are_noticed_or_read_as_they_were():
    """A zip file's checksums find what is changed within the arrays."""
    rng = np.random.default_rng(2)
    found = 0
    for at in rng.integers(0, len(CONTENT), 150):
        damaged = bytearray(CONTENT)
        damaged[at] ^= int(rng.integers(1, 256))
        try:
            back, alphabet = checkpoint_in(bytes(damaged), "run.npz")
        except CheckpointError:
            found += 1
        else:
            assert everything(back) == everything(STATE)
            assert alphabet == ALPHABET
    assert found > 100


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"not a zip file", b"\x93NUMPY" + bytes(200)])
def test_what_is_no_archive_is_refused(content):
    assert "is not a readable .npz file" in refused(content)


def test_an_archive_of_something_else_is_refused():
    buffer = io.BytesIO()
    np.savez(buffer, weights=np.zeros(3))
    assert "has no array state; it has weights" in refused(buffer.getvalue())
    assert "holds no run of the text atlas" in refused(noted(atlas=2))
    assert "holds no run of the text atlas" in refused(noted(atlas=None))
    assert "holds no run" in refused(content_with(state=np.frombuffer(b"[1]", np.uint8)))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 60000, b"x" * 70000])
def test_notes_that_are_none_are_refused(text):
    refused(content_with(state=np.frombuffer(text, np.uint8)))


@pytest.mark.parametrize("state", [np.array([300.0, -5.0]), np.array([np.nan]), np.zeros((2, 2))])
def test_notes_that_are_no_bytes_are_refused(state):
    with np.errstate(all="ignore"):
        refused(content_with(state=state))


@pytest.mark.parametrize("one", ["spec", "training", "rng", "at", "updates", "epoch"])
def test_notes_that_lack_something_are_refused(one):
    assert f"there is no '{one}'" in refused(noted(**{one: None}))


SPEC_NOTES, TRAINING_NOTES, RNG = asdict(SPEC), asdict(STATE.training), STATE.rng


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"spec": [1]}, "AtlasSpec has other names"),
        ({"spec": {**SPEC_NOTES, "more": 1}}, "AtlasSpec has other names"),
        ({"spec": {**SPEC_NOTES, "hidden": 16}}, "isn't (16, "),
        ({"spec": {**SPEC_NOTES, "hidden": 1 << 40}}, "hidden may be 8 to 512"),
        ({"spec": {**SPEC_NOTES, "hidden": "12"}}, "hidden can't be 12"),
        ({"spec": {**SPEC_NOTES, "hidden": 12.0}}, "hidden can't be 12.0"),
        ({"spec": {**SPEC_NOTES, "steps": True}}, "steps can't be True"),
        ({"spec": {**SPEC_NOTES, "encoding": "x" * 500}}, "an encoding is one of"),
        (
            {"spec": {**SPEC_NOTES, "capacity": 1 << 24, "levels": 24, "table": 24, "features": 8}},
            "numbers is above",
        ),
        ({"training": {**TRAINING_NOTES, "batch": 0}}, "batch may be 1"),
        ({"training": {**TRAINING_NOTES, "decay": float("nan")}}, "decay may be above 0"),
        ({"training": {**TRAINING_NOTES, "decay": 10**400}}, "run is damaged"),
        ({"at": -1}, "at can't be -1"),
        ({"at": 501}, "its order of positions is none"),
        ({"at": 1.0}, "at can't be 1.0"),
        ({"updates": 1 << 70}, "updates can't be"),
        ({"epoch": True}, "epoch can't be True"),
        ({"rng": []}, "run is damaged"),
        ({"rng": {**RNG, "bit_generator": "MT19937"}}, "run is damaged"),
        ({"rng": {**RNG, "state": {"state": -1, "inc": 1}}}, "run is damaged"),
        ({"rng": {**RNG, "state": {"state": 1 << 128, "inc": 1}}}, "run is damaged"),
        ({"rng": {**RNG, "state": {"state": 1.5, "inc": 1}}}, "run is damaged"),
        ({"rng": {**RNG, "state": None}}, "run is damaged"),
        ({"rng": {**RNG, "has_uint32": "x"}}, "run is damaged"),
    ],
)
def test_notes_that_make_no_run_are_refused(changes, reason):
    assert reason in refused(noted(**changes))


def array_of(part="params", name="block"):
    return getattr(getattr(STATE, part), name).copy()


def with_number(value):
    array = array_of("second", "table")
    array[3, 1] = value
    return array


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"params.block": None}, "has no array params.block"),
        ({"second.readout": None}, "has no array second.readout"),
        ({"order": None}, "has no array order"),
        ({"params.block": array_of()[:-1]}, "params.block isn't (12, 12)"),
        ({"params.block": array_of().ravel()}, "params.block isn't (12, 12)"),
        ({"second.table": with_number(np.nan)}, "second.table isn't"),
        ({"second.table": with_number(-np.inf)}, "second.table isn't"),
        ({"params.block": np.full((12, 12), 1e300)}, "params.block isn't"),
        ({"second.block": np.full((12, 12), -1.0)}, "second.block has a number below 0"),
        ({"params.block": array_of().astype("U8")}, "params.block holds <U8, not numbers"),
        ({"params.block": np.array([{}])}, "params.block holds object, not numbers"),
        ({"order": np.zeros(500)}, "its order of positions is none"),
        ({"order": np.arange(1, 501)}, "its order of positions is none"),
        ({"order": np.arange(1500)}, "its order of positions is none"),
        ({"order": np.full(500, np.nan)}, "its order of positions is none"),
        ({"alphabet": np.arange(6)}, "isn't one of 7 characters"),
        ({"alphabet": np.arange(7)[::-1]}, "sorted"),
        ({"alphabet": np.arange(7) + 0xD800}, "surrogate"),
        ({"alphabet": np.arange(7) - 1}, "run is damaged"),
        ({"alphabet": np.arange(7) + 2.0**60}, "run is damaged"),
        ({"alphabet": np.full(7, np.nan)}, "run is damaged"),
    ],
)
def test_arrays_that_make_no_run_are_refused(changes, reason):
    with np.errstate(all="ignore"):
        assert reason in refused(content_with(**changes))


def test_an_array_that_claims_to_be_huge_takes_no_memory():
    header = io.BytesIO()
    claimed = {"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 1 << 20)}
    np.lib.format.write_array_header_1_0(header, claimed)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, header.getvalue() if name == "params.block.npy" else old.read(name))
    assert "which is too large" in refused(buffer.getvalue())


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    path.write_bytes(CONTENT)
    monkeypatch.setattr(checkpoints, "_LIMIT", len(CONTENT) - 1)
    with pytest.raises(CheckpointError, match=r"run\.npz is larger than 0 MiB"):
        load_checkpoint(path)
    with pytest.raises(OSError, match=r"nothing\.npz"):
        load_checkpoint(tmp_path / "nothing.npz")
