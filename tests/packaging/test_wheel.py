"""The wheel holds all that the program needs, the resources included."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel; built from a copy, because the build leaves files in its tree."""
    if tuple(map(int, version("setuptools").split(".")[:1])) < (77,):
        pytest.skip("building needs setuptools 77 or later")
    source = tmp_path_factory.mktemp("source")
    for name in ("deepfractals_gui", "resources"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    target = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*pip, "--quiet", "-w", str(target), str(source)], check=True, capture_output=True
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    return folder


def test_every_package_is_listed_for_the_build():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"]) - {"deepfractals_gui.resources"}
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "deepfractals_gui").rglob("__init__.py")
    }
    assert listed == found


def test_wheel_holds_the_code_and_the_resources(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {
        f"deepfractals_gui/resources/{path.relative_to(ROOT / 'resources').as_posix()}"
        for path in (ROOT / "resources").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "deepfractals_gui").rglob("*.py")}
    assert shipped <= names
    assert code <= names


def test_installed_wheel_renders_from_another_folder(installed, tmp_path):
    # -S skips the .pth files through which the clone itself would be found.
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(installed), sysconfig.get_path("purelib")]),
        # Its kernels are files of their own, which nothing will ask for again.
        "DEEPFRACTALS_KERNEL_CACHE": str(tmp_path / "kernels"),
    }
    program = (
        "import sys, deepfractals_gui\n"
        "from deepfractals_gui.core.resources import resource\n"
        "from deepfractals_gui.__main__ import main\n"
        "print(deepfractals_gui.__file__)\n"
        "print(resource('icons/deepfractals.svg').read_text()[:4])\n"
        # Networks come from the resources; few kernels are needed, and compiled.
        "sys.exit(main(['render', 'loss_landscape', '--size', '32x32', '-o', 'a.png',"
        " '--mode', 'status', '--color', 'glow=0']))\n"
    )
    result = subprocess.run(
        [sys.executable, "-S", "-P", "-c", program],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    where, icon = result.stdout.split()
    assert Path(where).is_relative_to(installed)
    assert icon == "<svg"
    assert (tmp_path / "a.png").is_file()
