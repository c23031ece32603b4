"""The kernel cache: where it is, and that nothing wrong in it brings the program down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deepfractals_gui.kernels import cache, warm

ROOT = Path(__file__).parents[2]

# A kernel as the package has them, small enough to be compiled again and again.
PROBE = """
import logging, sys
logging.basicConfig(level=logging.WARNING, format="%(message)s")
sys.path.insert(0, {folder!r})
import probe
print(probe.double(21.0), sum(probe.double.stats.cache_hits.values()))
"""
KERNEL = """
from deepfractals_gui.kernels.jit import kernel

@kernel
def double(x):
    return 2.0 * x
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPFRACTALS_KERNEL_CACHE", str(tmp_path / "cache"))
    cache.activate.cache_clear()
    (tmp_path / "probe.py").write_text(KERNEL)
    yield tmp_path
    cache.activate.cache_clear()


def run(place):
    """Call the kernel in a process of its own; returns its words and what it logged."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(folder=str(place))],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


def test_a_second_start_loads_what_the_first_one_compiled(place):
    assert run(place)[0] == ["42.0", "0"]
    words, log = run(place)
    assert words == ["42.0", "1"]
    assert log == ""


def damage(place, suffix, content):
    files = list((place / "cache").rglob(f"*.{suffix}"))
    assert files
    for file in files:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if content is None else content)


def test_a_damaged_cache_is_rebuilt(place):
    run(place)
    for suffix, content in (("nbc", None), ("nbi", b"\x80\x05garbage"), ("nbi", b"")):
        damage(place, suffix, content)
        words, log = run(place)
        assert words[0] == "42.0"
        assert "Traceback" not in log
    words, log = run(place)
    assert words == ["42.0", "1"]
    assert log == ""


def test_where_nothing_can_be_written_kernels_run_uncached(place):
    (place / "cache").write_text("not a folder")
    words, log = run(place)
    assert words == ["42.0", "0"]
    assert "can't be written" in log
    assert len(log.strip().splitlines()) == 1


def test_each_build_has_a_directory_of_its_own(place, monkeypatch):
    here = cache.directory()
    assert here.parent == place / "cache"
    cache.fingerprint.cache_clear()
    monkeypatch.setattr(cache, "__version__", "9.9.9")
    try:
        assert cache.directory() != here
    finally:
        cache.fingerprint.cache_clear()


def test_warmth_is_a_mark_in_the_directory(place):
    assert not cache.is_warm()
    cache.mark_warm()
    assert cache.is_warm()
    cache.wipe()
    assert not cache.is_warm()


def test_old_caches_are_pruned_and_this_one_is_kept(place):
    import os

    cache.mark_warm()
    old, young = (place / "cache" / name for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (0, 0))
    cache.prune()
    assert not old.exists()
    assert young.exists()
    assert cache.is_warm()


def test_looking_at_the_cache_loads_no_numba():
    done = subprocess.run(
        [
            sys.executable, "-c",
            "import sys\n"
            "import deepfractals_gui.kernels.warm, deepfractals_gui.systems\n"
            "from deepfractals_gui.kernels import cache\n"
            "cache.is_warm()\n"
            "sys.exit('numba' in sys.modules)",
        ],
        cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0


def test_every_module_with_kernels_is_warmed():
    folder = ROOT / "deepfractals_gui" / "kernels"
    with_kernels = {
        f"deepfractals_gui.kernels.{path.stem}"
        for path in folder.glob("*.py")
        if "\n@kernel\n" in path.read_text(encoding="utf-8")
    }
    assert with_kernels == set(warm.MODULES)
