"""Large pictures are written in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LIMIT = 1536 << 20

PROGRAM = """
import resource, sys
from pathlib import Path
from deepfractals_gui.core import Coloring, Document
from deepfractals_gui.core.params import replace
from deepfractals_gui.export import stills
from deepfractals_gui.render import Renderer
from deepfractals_gui.systems import system
stills._BAND_BYTES = min(stills._BAND_BYTES, int(sys.argv.pop()))
key, mode, height, width, supersampling, sigma, path = sys.argv[1:]
chosen = system(key)
name = "max_steps" if key == "gradient_basins" else "max_iterations"
p = replace(chosen.Params(), **{name: 5})
coloring = Coloring(mode=mode, palette="nebula", glow_sigma=float(sigma))
shape = (int(height), int(width))
with Renderer(threads=2) as renderer:
    stills.export_png(
        Document(key, p, coloring=coloring, shape=shape, supersampling=int(supersampling)),
        Path(path),
        renderer=renderer,
    )
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak if sys.platform == "darwin" else peak * 1024)
"""


def peak_of(tmp_path: Path, *arguments: object, band: int = 1 << 30) -> int:
    """Peak resident bytes of a process that exports one picture."""
    words = [str(argument) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words, str(tmp_path / "large.png"), str(band)],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is asked for as POSIX has it")
def test_memory_does_not_grow_with_the_height(tmp_path: Path) -> None:
    # The blur's radius follows the height: to keep it, its sigma is lowered.
    low = peak_of(tmp_path, "forward_pass", "classic", 256, 1024, 2, 12.0, band=4 << 20)
    high = peak_of(tmp_path, "forward_pass", "classic", 2048, 1024, 2, 1.5, band=4 << 20)
    # The samples of the higher picture alone are 160 MB.
    assert high < low + (40 << 20)


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "mode"), [("forward_pass", "classic"), ("gradient_basins", "basin")]
)
def test_widest_picture_with_the_farthest_glow_stays_below_one_and_a_half_gigabytes(
    tmp_path: Path, key: str, mode: str
) -> None:
    # All rows that are in memory at a time, and some more, of a poster of 16384 x 16384.
    sigma = 3.0 * 16384 / 1024
    assert peak_of(tmp_path, key, mode, 1024, 16384, 4, min(sigma, 40.0)) < LIMIT
