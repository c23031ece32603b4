"""A failure while writing leaves the old file or none, and one clear line."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deepfractals_gui.session import files
from deepfractals_gui.session.files import (
    PART_PREFIX,
    FileError,
    atomic_path,
    atomic_write,
    check_target,
    set_aside,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit, MemoryError])
def test_failure_keeps_the_old_file_and_leaves_no_part(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write() -> None:
        with atomic_write(path) as file:
            file.write(b"half")
            raise failure

    with pytest.raises(failure):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_permissions_and_links_of_the_replaced_file_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    with atomic_write(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["new.mp4", "x" * 250 + ".mp4"])
def test_encoders_get_a_part_with_the_target_s_suffix(tmp_path: Path, name: str) -> None:
    with atomic_path(tmp_path / name) as part:
        assert part.suffix == ".mp4"
        assert part.parent == tmp_path
        part.write_bytes(b"film")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "the disk reports an error"),
        (errno.EFBIG, "the disk can't hold a file that large"),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "replace", "open"])
def test_system_error_becomes_one_line_with_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str, call: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*_: object, **__: object) -> int:
        raise OSError(code, os.strerror(code))

    def write() -> None:
        with atomic_write(path) as file:
            if call == "write":
                fail()
            file.write(b"new")

    with monkeypatch.context() as patch:
        if call != "write":
            patch.setattr(files.os, call, fail)
        with pytest.raises(FileError) as caught:
            write()
    message = str(caught.value)
    assert message == f"{path} can't be written: {words}"
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def _missing(folder: Path) -> Path:
    return folder / "gone" / "a.txt"


def _under_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "a.txt"


def _a_folder(folder: Path) -> Path:
    return folder


def _long_name(folder: Path) -> Path:
    return folder / ("x" * 300)


def _zero_byte(folder: Path) -> Path:
    return folder / "a\0b"


def _circle(folder: Path) -> Path:
    (folder / "a").symlink_to(folder / "b")
    (folder / "b").symlink_to(folder / "a")
    return folder / "a"


def _full_device(folder: Path) -> Path:
    return Path("/dev/full")


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def _empty(folder: Path) -> Path:
    return Path("")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_missing, "its folder does not exist"),
        (_under_a_file, "its folder is not a folder"),
        (_a_folder, "it is a folder"),
        (_long_name, "its name is too long"),
        (_zero_byte, "its name can't be used"),
        (_circle, "its links lead in a circle"),
        (_full_device, "it is a device, not a file"),
        (_pipe, "it is a device, not a file"),
        (_empty, "it is a folder"),
    ],
)
def test_target_that_can_t_be_written_is_refused_before_any_work(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    path = make(tmp_path)
    before = names(tmp_path)
    with pytest.raises(FileError, match=words) as caught:
        check_target(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(FileError, match=words), atomic_write(path):
        pytest.fail("the block must not be entered")
    assert names(tmp_path) == before


def test_write_protected_file_and_folder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    # Root may write anywhere, so the system's answer is given here.
    monkeypatch.setattr(files.os, "access", lambda *_: False)
    with pytest.raises(FileError, match="permission denied"):
        check_target(path)


def test_part_of_a_killed_run_is_swept_and_a_living_one_stays(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys\n"
        "from deepfractals_gui.session.files import atomic_write\n"
        "with atomic_write(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    target = tmp_path / "a.txt"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        with atomic_write(tmp_path / "b.txt") as file:
            file.write(b"1")
        living = [name for name in names(tmp_path) if name.startswith(PART_PREFIX)]
        assert len(living) == 1
        child.kill()
        child.wait()
    assert living[0] in names(tmp_path)
    with atomic_write(tmp_path / "b.txt") as file:
        file.write(b"2")
    assert names(tmp_path) == ["b.txt"]


def test_setting_aside_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "marks.json"
    for content in ("one", "two", "three"):
        path.write_text(content)
        set_aside(path)
    assert sorted(p.read_text() for p in tmp_path.iterdir()) == ["one", "three", "two"]
    assert names(tmp_path)[0] == "marks.json.2.damaged"
