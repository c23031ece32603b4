"""What every test needs: no display, a home of its own, and warm kernels."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

# Without a platform Qt aborts the process where there is no display; it must know this before
# anything imports it.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# As in the application. NumPy's libraries read it when they are loaded, too.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from deepfractals_gui.kernels import cache

# Compiled kernels stay where the application keeps them: only the first run has to compile.
os.environ.setdefault("DEEPFRACTALS_KERNEL_CACHE", str(cache.root()))

# Programs that tests start write through buffers, as a person's do.
os.environ.pop("PYTHONUNBUFFERED", None)

# Everything else that the application keeps for its user goes to a folder that is thrown away;
# the tests' subprocesses inherit this.
HOME = Path(tempfile.mkdtemp(prefix="deepfractals-tests-"))
for name in ("DATA", "CONFIG", "CACHE", "STATE"):
    os.environ[f"XDG_{name}_HOME"] = str(HOME / name.lower())
for name in ("APPDATA", "LOCAL_APPDATA"):
    os.environ[f"WIN_PD_OVERRIDE_{name}"] = str(HOME / name.lower())

settings.register_profile("quick", deadline=None, derandomize=True, database=None, max_examples=60)
settings.register_profile("long", deadline=None, database=None, max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that take minutes, too")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.getoption("--long") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="takes minutes; run with --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
