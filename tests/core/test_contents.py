"""Files are read where they come to an end, and up to a size."""

from __future__ import annotations

import os

import pytest

from deepfractals_gui.core.contents import content_of


class Refused(ValueError):
    pass


def test_a_file_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(1 << 20))
    assert content_of(path, 1 << 20) == path.read_bytes()
    path.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(Refused, match=r"^some\.bin is larger than 1 MiB$"):
        content_of(path, 1 << 20, Refused)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(Refused, match=f"^{name} is not a regular file$"):
            content_of(tmp_path / name, 100, Refused)


def test_what_is_no_file_is_told_of_by_the_system(tmp_path):
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(OSError, match=str(path.name)):
            content_of(path, 100)
