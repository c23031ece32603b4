"""The text atlas as an Experiment: runs, files, keys, exports."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.atlas.checkpoints import checkpoint_in
from deepfractals_gui.atlas.exports import export_in
from deepfractals_gui.atlas.keys import KeySpec
from deepfractals_gui.atlas.model import AtlasParams
from deepfractals_gui.atlas.quantised import predictor
from deepfractals_gui.atlas.reading import read
from deepfractals_gui.atlas.texts import TextError, book_of
from deepfractals_gui.core import CancelFlag, DataRef, ParamError
from deepfractals_gui.core.checkpoints import CheckpointError
from deepfractals_gui.experiments import atlas_book, atlas_library
from deepfractals_gui.experiments.atlas import (
    Atlas,
    curve_of,
    exported,
    keyed,
    read_back,
    text_of,
)
from deepfractals_gui.experiments.atlas_book import PRINTABLE, book_for, text_for
from deepfractals_gui.experiments.atlas_files import load_run, run_bytes, with_epochs
from deepfractals_gui.experiments.atlas_library import check_room
from deepfractals_gui.experiments.atlas_params import PRESETS, AtlasRunParams
from deepfractals_gui.experiments.catalogue import EXPERIMENTS

SMALL = AtlasRunParams(characters=1500, hidden=16, table=8, levels=6, epochs=3)
ATLAS = Atlas()


def equal(a, b) -> bool:
    one, other = a.training, b.training
    return all(
        x.tobytes() == y.tobytes()
        for part in ("params", "first", "second")
        for (_, x), (_, y) in zip(getattr(one, part), getattr(other, part), strict=True)
    )


def test_the_atlas_is_listed():
    assert [one.key for one in EXPERIMENTS].count("atlas") == 1


def test_a_short_text_is_learned_to_the_last_character(tmp_path):
    file = tmp_path / "short.txt"
    file.write_bytes("Wer reitet so spät durch Nacht und Wind?\r\n".encode() * 7)
    p = AtlasRunParams(book=DataRef.of_file(file), epochs=15)
    done = ATLAS.advance(ATLAS.start(p))
    # As many updates an epoch as a long book gets.
    assert done.step == 15 * 33
    assert done.accuracy == 1.0
    assert done.stopped == "all 15 epochs are done"
    assert ATLAS.advance(done) is done
    assert done.book.alphabet.text(read_back(done).symbols).encode() == file.read_bytes()


@pytest.mark.parametrize("at", [1, 24, 30])
def test_a_run_from_a_file_ends_in_the_same_bits(tmp_path, at):
    whole = ATLAS.advance(ATLAS.start(SMALL), threads=1)
    half = ATLAS.advance(ATLAS.start(SMALL), updates=at, threads=3)
    ATLAS.save(half, tmp_path / "run.npz")
    again = ATLAS.advance(ATLAS.load(tmp_path / "run.npz"), seconds=60.0)
    assert equal(whole, again)
    for name in ("updates", "trace"):
        assert np.array_equal(getattr(whole, name).numbers(), getattr(again, name).numbers())
    assert checkpoint_in(run_bytes(again), "run")[0].epoch == 3


def test_an_epoch_reads_the_book_back():
    s = ATLAS.epoch(ATLAS.start(SMALL))
    found = read_back(s)
    assert s.epoch == 1
    assert s.trace[-1].read_accuracy == np.mean(found.symbols == s.book.symbols)
    assert np.array_equal(s.reading.symbols, found.symbols)
    assert np.array_equal(read_back(s, 700, 900).symbols, found.symbols[700:900])
    with pytest.raises(ValueError, match="positions are 0 to 1,500, not 0 to 1,501"):
        read_back(s, 0, 1501)
    names = {curve.name for curve in ATLAS.snapshot(s).curves}
    assert {"batch loss", "read accuracy"} <= names


def test_an_interrupted_update_is_as_if_it_had_not_begun():
    s = ATLAS.advance(ATLAS.start(SMALL), updates=2)
    flag = CancelFlag()
    flag.set()
    assert ATLAS.advance(s, cancel=flag) is s


def test_an_explosion_stops_the_run_and_keeps_what_was():
    s = ATLAS.start(SMALL)
    lost = {
        name: np.full_like(array, np.nan) if name == "readout" else array
        for name, array in s.training.params
    }
    s = replace(s, training=replace(s.training, params=AtlasParams.of(lost)))
    done = ATLAS.advance(s, updates=3)
    assert done.exploded
    assert done.stopped.startswith("training exploded: the loss of update 1")
    assert done.step == 0


def test_a_further_text_gets_keys_that_fit_until_the_master_learns_on(tmp_path):
    s = ATLAS.epoch(ATLAS.start(SMALL))
    text = text_for(s.book, "asyoulik")
    text = replace(text, text=text.text[:100], symbols=text.symbols[:100])
    before = s.training.params
    with_keys = keyed(s, text, KeySpec(size=32, page=40, steps=25))
    (one,) = with_keys.library
    assert with_keys.training.params is before
    assert one.keys.values.shape == (3, 32)
    assert one.keys.size == 3 * 32 * 4
    assert one.step == s.step
    again = keyed(with_keys, text, KeySpec(size=16, page=50, steps=5))
    assert [found.keys.values.shape for found in again.library] == [(2, 16)]
    ATLAS.save(with_keys, tmp_path / "run.npz")
    (back,) = ATLAS.load(tmp_path / "run.npz").library
    assert back.keys.values.tobytes() == one.keys.values.tobytes()
    assert back.keys.accuracy == one.keys.accuracy
    assert back.book.text == one.book.text


def cut(book, start, stop):
    return book_of(book.text[start:stop].encode(), "page.txt", alphabet=book.alphabet)


def test_texts_of_one_name_stay_side_by_side_under_numbers(tmp_path):
    s = ATLAS.step(ATLAS.start(SMALL))
    pages = [cut(s.book, at, at + 40 + at) for at in (0, 40, 80)]
    for page in (*pages, pages[1]):
        s = keyed(s, page, KeySpec(size=16, page=50, steps=1))
    kept = {one.book.name: one.book.text for one in s.library}
    assert kept == {
        "page.txt": pages[0].text, "page.txt (2)": pages[1].text, "page.txt (3)": pages[2].text
    }  # fmt: skip
    assert len(s.library) == 3
    assert s.library[-1].book.text == pages[1].text
    ATLAS.save(s, tmp_path / "run.npz")
    back = ATLAS.load(tmp_path / "run.npz").library
    assert {one.book.name: one.book.text for one in back} == kept


def test_a_file_with_two_texts_of_one_name_is_read_with_both(tmp_path):
    s = ATLAS.step(ATLAS.start(SMALL))
    for at in (0, 40):
        s = keyed(s, cut(s.book, at, at + 40), KeySpec(size=16, steps=1))
    same = tuple(replace(one, book=replace(one.book, name="x" * 300)) for one in s.library)
    ATLAS.save(replace(s, library=same), tmp_path / "run.npz")
    first, second = ATLAS.load(tmp_path / "run.npz").library
    assert (first.book.name, second.book.name) == ("x" * 200, "x" * 190 + " (2)")
    assert (first.book.text, second.book.text) == (same[0].book.text, same[1].book.text)
    ATLAS.save(replace(s, library=(first, second)), tmp_path / "run.npz")
    again = ATLAS.load(tmp_path / "run.npz").library
    assert [one.book.name for one in again] == [first.book.name, second.book.name]


def test_a_library_grows_to_what_a_file_holds(monkeypatch):
    s = ATLAS.step(ATLAS.start(SMALL))
    text, keys = cut(s.book, 0, 60), KeySpec(size=16, page=30, steps=1)
    s = keyed(s, text, keys)
    (one,) = s.library
    with np.load(io.BytesIO(run_bytes(s))) as members:
        notes = ("run", "state", "alphabet", "updates", "trace")
        size = sum(array.nbytes for name, array in members.items() if name not in notes)
    monkeypatch.setattr(atlas_library, "MOST_BYTES", size + atlas_library._REST)
    check_room(s, text, keys)
    other = cut(s.book, 10, 1500)
    with pytest.raises(ValueError, match=r"^page\.txt and its keys are 6,580 bytes, .* for 0$"):
        keyed(s, other, keys)
    monkeypatch.undo()
    check_room(s, other, keys)
    monkeypatch.setattr(atlas_library, "MOST_TEXTS", 1)
    check_room(s, text, keys)
    with pytest.raises(ValueError, match=r"^a library has room for 1 texts, and this one is full$"):
        check_room(s, other, keys)
    monkeypatch.setattr(atlas_library, "MOST_CHARACTERS", 31)
    with pytest.raises(ValueError, match=r"^2 keys of 16 numbers are too many for one text"):
        check_room(s, text, keys)
    assert one.book.name == "page.txt"


def test_longer_keys_hold_more_and_any_more_than_none():
    s = ATLAS.epoch(ATLAS.start(SMALL))
    text = text_for(s.book, "asyoulik")
    told = []
    found = curve_of(
        s, text, KeySpec(page=32, steps=60), progress=lambda done, total: told.append(done / total)
    )
    assert found.sizes == (16, 32, 64, 128)
    assert found.characters == 8 * 32
    assert found.without < found.accuracies[0]
    assert sorted(found.accuracies) == list(found.accuracies)
    assert found.accuracies[-1] > 2 * found.accuracies[0]
    assert told[-1] == 1.0


def test_a_text_outside_the_alphabet_is_named():
    s = ATLAS.start(replace(SMALL, alphabet="book"))
    with pytest.raises(TextError, match=r"line 1, column 1: U\+0009 is not in the alphabet"):
        text_for(s.book, "asyoulik")
    assert set(PRINTABLE) <= set(ATLAS.start(SMALL).book.alphabet.characters)


@pytest.mark.parametrize("neighbours", [True, False])
@pytest.mark.parametrize("bits", [8, 4])
def test_an_export_gives_the_bytes_back_and_its_ledger_adds_up(bits, neighbours):
    s = ATLAS.epoch(ATLAS.start(SMALL))
    content, costs = exported(s, bits=bits, neighbours=neighbours)
    assert costs.total == len(content)
    assert text_of(export_in(content, "book")) == s.book.content
    if not neighbours:
        assert costs.method != "contexts"


def test_eight_bits_forget_less_than_a_thousandth():
    p = replace(SMALL, characters=3000, hidden=32, table=14, levels=14, epochs=15)
    s = ATLAS.advance(ATLAS.start(p))
    assert s.accuracy > 0.9
    content, _ = exported(s, bits=8, neighbours=False)
    model = predictor(export_in(content, "book").weights, b"", len(s.book.alphabet))
    few = read(model, 0, len(s.book)).right(s.book.symbols).mean()
    assert s.accuracy - few < 1e-3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"book": "moby"}, "book"),
        ({"capacity": 1000}, "the book has 1,500 characters, more than 1,000"),
        ({"hidden": 17}, "hidden units come in fours"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(change, words):
    with pytest.raises(ParamError, match=words) as error:
        ATLAS.start(replace(SMALL, **change))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_makes_a_model(name):
    p = replace(AtlasRunParams(characters=500), **PRESETS[name])
    assert ATLAS.start(p).spec.count > 0


def test_foreign_and_damaged_runs_are_refused_in_one_line(tmp_path):
    path = tmp_path / "run.npz"
    s = ATLAS.advance(ATLAS.start(SMALL), updates=2)
    content = run_bytes(s)
    for bad in (b"", b"no archive", content[: len(content) // 2]):
        path.write_bytes(bad)
        with pytest.raises(CheckpointError) as error:
            load_run(path)
        assert "\n" not in str(error.value)
        assert "run.npz" in str(error.value)
    with np.load(io.BytesIO(content)) as members:
        arrays = dict(members)
    arrays["order"] = np.zeros_like(arrays["order"])
    np.savez(path, **arrays)
    with pytest.raises(CheckpointError, match="order of positions"):
        load_run(path)


def test_a_changed_book_is_refused(tmp_path):
    file = tmp_path / "long.txt"
    file.write_bytes(b"All happy families are alike. " * 4000)
    p = replace(SMALL, book=DataRef.of_file(file), characters=0)
    ATLAS.save(ATLAS.start(p), tmp_path / "run.npz")
    assert len(load_run(tmp_path / "run.npz").book) == 120_000
    file.write_bytes(b"Every unhappy family. " * 4000)
    atlas_book._book.cache_clear()
    with pytest.raises(ParamError, match="has changed"):
        load_run(tmp_path / "run.npz")


def test_a_run_that_is_over_goes_on_when_more_epochs_are_asked_for():
    done = ATLAS.advance(ATLAS.start(SMALL))
    more = with_epochs(done, 4)
    assert more.stopped == ""
    assert ATLAS.advance(more).epoch == 4
    assert with_epochs(done, 3).stopped == "all 3 epochs are done"
    assert with_epochs(done, 2).stopped == "3 epochs are done, 2 were asked for"
    assert with_epochs(done, 1).stopped == "3 epochs are done, 1 was asked for"
    assert with_epochs(done, 0).stopped == ""


def test_the_book_of_a_run_is_cut_to_its_characters():
    book = book_for(SMALL)
    assert len(book) == 1500
    assert "public domain" in book.licence
