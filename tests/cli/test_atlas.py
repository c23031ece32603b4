"""``deepfractals atlas``."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.atlas.keys import KeySpec
from deepfractals_gui.atlas.texts import book_of
from deepfractals_gui.experiments import atlas, atlas_book
from deepfractals_gui.experiments.atlas import Atlas
from deepfractals_gui.experiments.atlas_files import with_epochs

SMALL = (
    "--set", "characters=1500", "--set", "hidden=16", "--set", "table=8", "--set", "levels=6",
)  # fmt: skip


def contents(folder):
    """All files of a folder, with their bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(command, in_folder):
    """A run of two epochs on the beginning of a book."""
    outcome = command("atlas", "train", "run", *SMALL, "--epochs", 2)
    assert outcome.status == 0, outcome.err
    return outcome


def test_training_keeps_a_run_and_a_log_and_goes_on(run, command, in_folder):
    assert {path.name for path in (in_folder / "run").iterdir()} == {"last.npz", "log.jsonl"}
    assert run.out.splitlines()[0].startswith("epoch 1: loss ")
    assert "all 2 epochs are done" in run.out
    outcome = command("atlas", "train", "run", "--epochs", 3)
    assert outcome.status == 0, outcome.err
    lines = [json.loads(line) for line in (in_folder / "run/log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    state = Atlas().load(in_folder / "run/last.npz")
    assert lines[-1]["read_accuracy"] == state.accuracy
    whole = command("atlas", "train", "whole", *SMALL, "--epochs", 3, "--json")
    assert json.loads(whole.out)["accuracy"] == state.accuracy
    other = Atlas().load(in_folder / "whole/last.npz")
    for (name, one), (_, more) in zip(state.training.params, other.training.params, strict=True):
        assert one.tobytes() == more.tobytes(), name


def test_another_setting_of_a_run_is_refused(run, command):
    outcome = command("atlas", "train", "run", "--set", "hidden=32")
    assert outcome.status == 2
    assert "run holds a run with another hidden" in outcome.err


def test_fewer_epochs_than_are_done_are_told_of(run, command, in_folder):
    before = contents(in_folder)
    outcome = command("atlas", "train", "run", "--epochs", 1)
    assert outcome.status == 0
    assert outcome.out.strip().endswith("; 2 epochs are done, 1 was asked for")
    assert contents(in_folder) == before


def test_a_preset_is_compared_with_the_run_and_its_epochs_are_of_a_new_one(command, in_folder):
    line = ("--preset", "compact", "--set", "characters=500")
    assert command("atlas", "train", "small", *line, "--epochs", 14).status == 0
    again = command("atlas", "train", "small", *line)
    assert "; all 14 epochs are done" in again.out
    before = contents(in_folder)
    for preset, name in (("memory", "alphabet"), ("shared", "alphabet")):
        other = command("atlas", "train", "small", "--preset", preset)
        assert other.status == 2
        assert f"small holds a run with another {name}" in other.line
    assert contents(in_folder) == before
    assert command("atlas", "train", "plain", "--set", "characters=500", "--epochs", 1).status == 0
    assert command("atlas", "train", "plain", "--preset", "memory").status == 0
    other = command("atlas", "train", "plain", "--preset", "shared")
    assert "plain holds a run with another table" in other.line


def test_an_export_gives_the_exact_bytes_back(run, command, in_folder):
    for extra in ((), ("--bits", 4), ("--coordinate-only",)):
        outcome = command("atlas", "export", "run", "-o", "book.atlas", *extra)
        assert outcome.status == 0, outcome.err
        assert "gzip -9" in outcome.out
        outcome = command("atlas", "decode", "book.atlas", "-o", "book.txt")
        assert outcome.status == 0, outcome.err
        book = Atlas().load(in_folder / "run/last.npz").book
        assert (in_folder / "book.txt").read_bytes() == book.content
    costs = json.loads(command("atlas", "export", "run", "-o", "book.atlas", "--json").out)
    rows = {row["name"]: row["bytes"] for row in costs["rows"]}
    assert rows["UTF-8"] == 1500
    assert (in_folder / "book.atlas").stat().st_size == next(
        size for name, size in rows.items() if name.startswith("atlas")
    )
    told = json.loads(command("atlas", "info", "book.atlas", "--json").out)
    assert told["characters"] == 1500
    assert told["sha256"] == book.sha256
    assert told["rows"] == costs["rows"]
    shown = command("atlas", "info", "book.atlas").out
    assert shown.endswith(command("atlas", "export", "run", "-o", "book.atlas").out)


def test_a_run_is_read_as_the_model_has_it(run, command, in_folder):
    outcome = command("atlas", "decode", "run", "--from", 100, "--to", 160, "-o", "some.txt")
    assert outcome.status == 0, outcome.err
    state = Atlas().load(in_folder / "run/last.npz")
    text = (in_folder / "some.txt").read_bytes().decode()
    right = np.mean([a == b for a, b in zip(text, state.book.text[100:160], strict=True)])
    assert outcome.err.strip() == f"deepfractals: {right:.2%} of 60 characters are right"


def test_keys_are_kept_in_the_run(run, command, in_folder):
    (in_folder / "more.txt").write_text("The quick brown fox jumps over the lazy dog.\n" * 3)
    outcome = command(
        "atlas", "key", "run", "more.txt", "--page", 40, "--steps", 20, "--pages", 2, "--curve",
        "--json",
    )  # fmt: skip
    assert outcome.status == 0, outcome.err
    told = json.loads(outcome.out)
    assert told["pages"] == 2
    assert told["bytes"] == 2 * 64 * 4
    assert told["curve"]["sizes"] == [16, 32, 64, 128]
    (kept,) = Atlas().load(in_folder / "run/last.npz").library
    assert kept.keys.accuracy == told["accuracy"]
    outcome = command("atlas", "decode", "run", "--text", "more.txt", "-o", "back.txt")
    assert outcome.status == 0, outcome.err
    back = (in_folder / "back.txt").read_text()
    assert sum(a == b for a, b in zip(back, kept.book.text, strict=True)) == kept.keys.right.sum()
    assert "text more.txt" in command("atlas", "info", "run").out
    plain = command("atlas", "key", "run", "more.txt", "--page", 40, "--steps", 2)
    assert "a key holds at most 2,048 bits" in plain.out


def test_a_changed_text_of_the_same_name_is_found_beside_the_old_one(run, command, in_folder):
    for words in ("the first page", "another, the second page"):
        (in_folder / "page.txt").write_text(words)
        outcome = command("atlas", "key", "run", "page.txt", "--steps", 2, "--json")
        assert outcome.status == 0, outcome.err
    assert json.loads(outcome.out)["text"] == "page.txt (2)"
    library = Atlas().load(in_folder / "run/last.npz").library
    told = json.loads(command("atlas", "info", "run", "--json").out)["library"]
    assert [(one["name"], one["characters"]) for one in told] == [
        ("page.txt", 14), ("page.txt (2)", 24)
    ]  # fmt: skip
    shown = command("atlas", "info", "run").out
    for one, kept in zip(told, library, strict=True):
        assert f"text {one['name']} " in shown
        back = command("atlas", "decode", "run", "--text", one["name"])
        assert len(back.out) == one["characters"]
        right = sum(a == b for a, b in zip(back.out, kept.book.text, strict=True))
        assert right == kept.keys.right.sum() == round(one["accuracy"] * one["characters"])
        assert one["fits"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("train", "new", "--book", "nowhere.txt"), "there is no file 'nowhere.txt'; the books"),
        (("train", "new", "--book", "empty.txt"), "empty.txt is empty"),
        (("train", "new", "--book", "binary.txt"), "binary.txt is a binary file"),
        (("train", "new", "--book", "latin.txt"), "latin.txt is not UTF-8: byte 2"),
        (("train", "new", "--preset", "huge"), "a preset is one of memory, compact, shared"),
        (("train", "new", "--set", "hidden=17"), "hidden units come in fours"),
        (("export", "new", "-o", "book.txt"), "the name must end in .atlas"),
        (("info", "latin.txt"), "latin.txt is neither a run nor an export of the text atlas"),
        (("decode", "empty.txt"), "empty.txt is neither a run nor an export of the text atlas"),
        (("info", "cut.npz"), "cut.npz is not a readable .npz file"),
        (("key", "whole.atlas", "alice29"), "whole.atlas is an export; this needs a run"),
        (("export", "whole.atlas", "-o", "x.atlas"), "whole.atlas is an export; this needs a run"),
        (("decode", "whole.atlas", "--text", "a"), "an export holds one text"),
        (("decode", "cut.atlas"), "cut.atlas is damaged: its checksum doesn't fit"),
        (("decode", "run", "--to", "9999"), "the text has characters 0 to 1,500, not 0 to 9999"),
        (("decode", "run", "--text", "none"), "the library has no text 'none'; it is empty"),
        (("key", "run", "greek.txt"), "greek.txt: line 1, column 4: 'λ' (U+03BB) is not in"),
        (("key", "run", "nowhere.txt"), "there is no file 'nowhere.txt'; the books"),
        (("key", "run", "asyoulik", "--page", "2000"), "a page of 2,000 characters is longer"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(request, command, in_folder, line, words):
    if {"run", "cut.atlas", "whole.atlas"} & set(line):
        request.getfixturevalue("run")
    (in_folder / "empty.txt").write_bytes(b"")
    (in_folder / "binary.txt").write_bytes(b"text\0")
    (in_folder / "latin.txt").write_bytes("fü".encode("latin-1") + b"r")
    (in_folder / "greek.txt").write_text("abcλ", encoding="utf-8")
    (in_folder / "cut.npz").write_bytes(b"PK\3\4" + bytes(40))
    if {"cut.atlas", "whole.atlas"} & set(line):
        command("atlas", "export", "run", "-o", "whole.atlas", "--coordinate-only")
        whole = (in_folder / "whole.atlas").read_bytes()
        (in_folder / "cut.atlas").write_bytes(whole[:-7])
    before = contents(in_folder)
    outcome = command("atlas", *line)
    assert contents(in_folder) == before
    assert outcome.status == 2
    assert outcome.out == ""
    assert len(outcome.err.splitlines()) == 1
    assert words in outcome.err


def test_ctrl_c_keeps_what_is_done_and_goes_on_to_the_same_bytes(
    run, command, in_folder, monkeypatch
):
    plain = Atlas.advance

    def interrupted(self, s, **options):
        s = plain(self, s, updates=3)
        os.kill(os.getpid(), signal.SIGINT)
        return plain(self, s, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Atlas, "advance", interrupted)
        outcome = command("atlas", "train", "other", *SMALL, "--epochs", 2)
    assert outcome.status == 1
    assert "interrupted" in outcome.line
    assert [path.name for path in (in_folder / "other").iterdir()] == ["last.npz"]
    assert Atlas().load(in_folder / "other/last.npz").step == 3
    # On to the end of the run that was begun, not of another one.
    assert command("atlas", "train", "other").status == 0
    assert (in_folder / "other/last.npz").read_bytes() == (in_folder / "run/last.npz").read_bytes()


def meanwhile(monkeypatch, owner, name, work):
    """Let something be done, once, just after this function of an experiment's."""
    plain, rest = getattr(owner, name), [work]

    def both(*arguments, **options):
        found = plain(*arguments, **options)
        if rest:
            rest.pop()()
        return found

    monkeypatch.setattr(owner, name, both)


def test_keys_trained_while_the_master_learns_on_are_kept_beside_it(
    run, command, in_folder, monkeypatch
):
    path = in_folder / "run/last.npz"
    before = Atlas().load(path)
    later = Atlas().advance(with_epochs(before, 3))
    meanwhile(monkeypatch, atlas, "train_keys", lambda: Atlas().save(later, path))
    outcome = command("atlas", "key", "run", "asyoulik", "--pages", 1, "--steps", 2)
    assert outcome.status == 0, outcome.err
    assert "trained on meanwhile; the keys are older than its master" in outcome.line
    found = Atlas().load(path)
    assert (found.step, found.epoch) == (later.step, 3)
    assert [(one.book.name, one.step) for one in found.library] == [("asyoulik", before.step)]


def test_keys_trained_at_one_time_are_all_kept(run, command, in_folder, monkeypatch):
    path, pages = in_folder / "run/last.npz", ("one page", "and another")
    s = Atlas().load(path)
    other = book_of(pages[0].encode(), "page.txt", alphabet=s.book.alphabet)
    more = atlas.keyed(s, other, KeySpec(size=16, steps=1))
    meanwhile(monkeypatch, atlas, "train_keys", lambda: Atlas().save(more, path))
    (in_folder / "page.txt").write_text(pages[1])
    outcome = command("atlas", "key", "run", "page.txt", "--steps", 2, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert json.loads(outcome.out)["text"] == "page.txt (2)"
    assert tuple(one.book.text for one in Atlas().load(path).library) == pages


def test_keys_for_a_run_that_was_begun_anew_are_not_put_into_it(
    run, command, in_folder, monkeypatch
):
    path = in_folder / "run/last.npz"
    other = Atlas().start(replace(Atlas().load(path).params, seed=1))
    meanwhile(monkeypatch, atlas, "train_keys", lambda: Atlas().save(other, path))
    outcome = command("atlas", "key", "run", "asyoulik", "--pages", 1, "--steps", 2)
    assert outcome.status == 1
    assert "holds another run by now, which stays as it is" in outcome.line
    assert (Atlas().load(path).step, Atlas().load(path).library) == (0, ())


def test_training_keeps_keys_that_were_trained_meanwhile(run, command, in_folder, monkeypatch):
    path = in_folder / "run/last.npz"
    s = Atlas().load(path)
    text = book_of(b"a page", "page.txt", alphabet=s.book.alphabet)
    with_text = atlas.keyed(s, text, KeySpec(size=16, steps=1))
    meanwhile(monkeypatch, Atlas, "advance", lambda: Atlas().save(with_text, path))
    assert command("atlas", "train", "run", "--epochs", 4).status == 0
    found = Atlas().load(path)
    assert found.epoch == 4
    assert [(one.book.text, one.step) for one in found.library] == [("a page", s.step)]


def test_training_leaves_a_run_that_is_further_on(run, command, in_folder, monkeypatch):
    path = in_folder / "run/last.npz"
    later = Atlas().advance(with_epochs(Atlas().load(path), 5))
    meanwhile(monkeypatch, Atlas, "advance", lambda: Atlas().save(later, path))
    outcome = command("atlas", "train", "run", "--epochs", 4)
    assert outcome.status == 1
    assert f"trained on meanwhile, to {later.step} updates, and stays as it is" in outcome.line
    assert Atlas().load(path).epoch == 5


def test_a_result_does_not_take_the_place_of_what_it_is_made_of(command, in_folder):
    (in_folder / "book.txt").write_text("A line of a book that is learned. " * 40)
    assert command(
        "atlas", "train", "run", "--book", "book.txt", *SMALL[2:], "--epochs", 1
    ).status == 0  # fmt: skip
    assert command("atlas", "export", "run", "-o", "some.atlas").status == 0
    (in_folder / "link.txt").symlink_to("run/last.npz")
    os.link(in_folder / "run/last.npz", in_folder / "run.atlas")
    before = contents(in_folder)
    for line, target in (
        (("decode", "run"), "run/last.npz"), (("decode", "run"), "link.txt"),
        (("decode", "run"), "book.txt"), (("decode", "some.atlas"), "some.atlas"),
        (("export", "run"), "run.atlas"), (("export", "run.atlas"), "run.atlas"),
    ):  # fmt: skip
        outcome = command("atlas", *line, "-o", target)
        assert outcome.status == 2
        assert f"{target} is what this reads; its result needs a name of its own" in outcome.line
        assert contents(in_folder) == before
    assert command("atlas", "decode", "some.atlas", "-o", "book.txt").status == 0


def test_names_from_a_file_do_not_steer_the_terminal(run, command, in_folder):
    path, odd = in_folder / "run/last.npz", "a\x1b]0;b\nc\u202ed"
    s = Atlas().load(path)
    keyed = atlas.keyed(s, replace(s.book, name=odd), KeySpec(size=16, page=400, steps=1))
    Atlas().save(keyed, path)
    shown = command("atlas", "info", "run").out
    assert "text a?]0;b?c?d  1,500 characters" in shown
    assert command("atlas", "decode", "run", "--text", "a?]0;b?c?d").status == 0
    export, _ = atlas.exported(replace(s, book=replace(s.book, name=odd)))
    (in_folder / "odd.atlas").write_bytes(export)
    outcome = command("atlas", "info", "odd.atlas")
    assert outcome.status == 0
    for said in (shown, outcome.out):
        assert all(line.isprintable() for line in said.splitlines())


def test_an_interrupted_export_leaves_the_old_file(run, command, in_folder, monkeypatch):
    plain = atlas.export_bytes

    def interrupted(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return plain(*arguments, **options)

    (in_folder / "book.atlas").write_bytes(b"older")
    before = contents(in_folder)
    monkeypatch.setattr(atlas, "export_bytes", interrupted)
    outcome = command("atlas", "export", "run", "-o", "book.atlas")
    assert outcome.status == 1
    assert "interrupted" in outcome.line
    assert contents(in_folder) == before


def test_a_log_that_was_cut_off_is_mended(run, command, in_folder):
    log = in_folder / "run/log.jsonl"
    before = log.read_text().splitlines()
    log.write_text(before[0] + "\n" + before[1][:30])
    assert command("atlas", "train", "run", "--epochs", 3).status == 0
    after = [json.loads(one) for one in log.read_text().splitlines()]
    assert [one["epoch"] for one in after] == [1, 2, 3]
    assert after[0] == json.loads(before[0])
    assert after[1] == {**json.loads(before[1]), "seconds": None}


@pytest.mark.parametrize(
    "line", ['{"epoch": 1e999}', '{"epoch": NaN}', '{"epoch": []}', "[1]", "3"]
)
def test_lines_of_a_log_that_are_no_epochs_are_left_out(run, command, in_folder, line):
    log = in_folder / "run/log.jsonl"
    before = log.read_text()
    log.write_text(line + "\n" + before)
    outcome = command("atlas", "train", "run", "--epochs", 3)
    assert outcome.status == 0, outcome.err
    assert log.read_text().startswith(before)
    assert len(log.read_text().splitlines()) == 3


def test_a_book_that_was_moved_is_found_again(command, in_folder):
    words = "Alle glücklichen Familien gleichen einander. " * 2000
    (in_folder / "long.txt").write_text(words, encoding="utf-8")
    start = command("atlas", "train", "run", "--book", "long.txt", *SMALL, "--epochs", 1)
    assert start.status == 0, start.err
    (in_folder / "there").mkdir()
    (in_folder / "long.txt").rename(in_folder / "there/long.txt")
    atlas_book._book.cache_clear()
    lost = command("atlas", "train", "run", "--epochs", 2)
    assert lost.status == 2
    assert "long.txt can't be read" in lost.line
    found = command("atlas", "train", "run", "--epochs", 2, "--book", "there/long.txt")
    assert found.status == 0, found.err
    state = Atlas().load(in_folder / "run/last.npz")
    assert (state.epoch, state.book.text) == (2, words[:1500])
    (in_folder / "there/long.txt").write_text(words + "!", encoding="utf-8")
    atlas_book._book.cache_clear()
    other = command("atlas", "train", "run", "--epochs", 3, "--book", "there/long.txt")
    assert other.status == 2
    assert "has changed since" in other.line


def test_keys_from_before_the_master_learned_on_are_told_of(run, command, in_folder):
    assert command("atlas", "key", "run", "asyoulik", "--pages", 1, "--steps", 2).status == 0
    fresh = command("atlas", "decode", "run", "--text", "asyoulik")
    assert "older than the master" not in fresh.err
    assert "the master has learned on since" not in command("atlas", "info", "run").out
    assert command("atlas", "train", "run", "--epochs", 3).status == 0
    stale = command("atlas", "decode", "run", "--text", "asyoulik")
    assert stale.status == 0
    assert "the keys of asyoulik are older than the master and don't fit it any more" in stale.err
    assert "the master has learned on since" in command("atlas", "info", "run").out
    told = json.loads(command("atlas", "info", "run", "--json").out)
    assert [one["fits"] for one in told["library"]] == [False]


def test_decoded_bytes_reach_the_standard_output_as_they_are(command, in_folder):
    text = "\ufeffEin Satz,\r\nzwei Zeilen;\tüber €\n\r𝔄" * 30
    (in_folder / "odd.txt").write_bytes(text.encode())
    line = ("atlas", "train", "odd", "--book", "odd.txt", *SMALL[2:], "--epochs", 1)
    assert command(*line).status == 0
    assert command("atlas", "export", "odd", "-o", "odd.atlas").status == 0
    outcome = command("atlas", "decode", "odd.atlas")
    assert outcome.out.encode() == text.encode()
    assert outcome.err == ""
    part = command("atlas", "decode", "odd.atlas", "--from", 1, "--to", 20)
    assert part.out == text[1:20]
