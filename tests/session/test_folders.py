"""Folders that belong to one piece of work."""

from __future__ import annotations

import pytest

from deepfractals_gui.session.files import FileError
from deepfractals_gui.session.folders import Series

ONE = Series("note.json", "part_*.bin", "measurement", {"size": 3, "pair": (1, 2.5)})
OTHER = Series("note.json", "part_*.bin", "measurement", {"size": 4, "pair": (1, 2.5)})


def test_checking_makes_nothing_and_claiming_makes_the_folder(tmp_path):
    folder = tmp_path / "parts"
    ONE.check(folder)
    assert not folder.exists()
    ONE.claim(folder)
    assert [path.name for path in folder.iterdir()] == ["note.json"]


def test_the_same_work_goes_on(tmp_path):
    ONE.claim(tmp_path)
    (tmp_path / "part_1.bin").write_bytes(b"")
    before = (tmp_path / "note.json").stat().st_mtime_ns
    ONE.claim(tmp_path)
    assert (tmp_path / "note.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("note", [None, b"", b"{", b"[1]", b"\xff"])
def test_files_of_another_work_are_left_alone(tmp_path, note):
    OTHER.claim(tmp_path)
    (tmp_path / "part_1.bin").write_bytes(b"")
    if note is None:
        (tmp_path / "note.json").unlink()
    elif note:
        (tmp_path / "note.json").write_bytes(note)
    held = sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir())
    for act in (ONE.check, ONE.claim):
        with pytest.raises(FileError, match="holds files of another measurement"):
            act(tmp_path)
    assert sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir()) == held


def test_a_note_without_files_is_replaced(tmp_path):
    OTHER.claim(tmp_path)
    ONE.claim(tmp_path)
    with_files = tmp_path / "part_1.bin"
    with_files.write_bytes(b"")
    ONE.check(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="is not a folder"):
        ONE.check(tmp_path / "file")
    with pytest.raises(FileError, match="its folder does not exist"):
        ONE.check(tmp_path / "gone" / "parts")
