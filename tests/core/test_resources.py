import subprocess
import sys
from pathlib import Path

import pytest

import deepfractals_gui
from deepfractals_gui.core.resources import resource


def test_the_root_is_a_folder_that_can_be_listed():
    assert "__init__.py" in {entry.name for entry in resource().iterdir()}


def test_a_file_is_read():
    assert "ships" in resource("__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["../pyproject.toml", "/etc/passwd", "help/../../x", "a\\b"])
def test_a_path_outside_is_refused(path):
    with pytest.raises(ValueError, match="inside the resources"):
        resource(path)


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match="no-such-thing"):
        resource("no-such-thing.txt")


def test_a_source_tree_that_was_never_installed_finds_its_resources(tmp_path):
    root = Path(deepfractals_gui.__file__).parents[1]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from deepfractals_gui.core.resources import resource;"
        "print(resource('__init__.py').is_file())"
    )
    # -S leaves out site-packages, and with it the editable install's finder.
    answer = subprocess.run(
        [sys.executable, "-S", "-c", code, str(root)],
        cwd=tmp_path,
        env={"PYTHONPATH": _numpy_folder()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.strip() == "True", answer.stderr


def _numpy_folder() -> str:
    import numpy

    return str(Path(numpy.__file__).parents[1])
