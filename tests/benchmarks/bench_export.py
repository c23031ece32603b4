"""What exports take: seconds and memory of stills, points and frames per second of a movie.

Run it with ``python tests/benchmarks/bench_export.py [still] [poster] [movie]``; a poster is
16384 x 16384. Each runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deepfractals_gui.core import Document, Viewport
from deepfractals_gui.core.params import replace
from deepfractals_gui.export.movies import Movie, export_movie
from deepfractals_gui.export.stills import export_png
from deepfractals_gui.render import Renderer
from deepfractals_gui.systems import system

MEMORY_LIMIT = 1536 << 20
"""Bytes that a poster may take, interpreter included."""
PLACES = {
    "forward_pass": Viewport.at("0.6461379529", "-1.2947323585", 1e-3),
    "error_flow": Viewport.at("-0.8661034398", "-1.3557675186", 1e-3),
    "gradient_basins": Viewport.at("-0.2553417856", "-1.4222667442", 1e-3),
}


def peak_bytes() -> int:
    """Peak resident memory of this process."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


def still(key: str, shape: tuple[int, int], supersampling: int, iterations: int | None) -> str:
    chosen = system(key)
    p = chosen.Params()
    if iterations is not None:
        name = "max_steps" if key == "gradient_basins" else "max_iterations"
        p = replace(p, **{name: iterations})
    document = Document(key, p, shape=shape, supersampling=supersampling)
    with tempfile.TemporaryDirectory() as folder, Renderer() as renderer:
        warm = Document(key, p, shape=(64, 64), supersampling=supersampling)
        path = Path(folder) / "still.png"
        export_png(warm, path, renderer=renderer)
        began = time.perf_counter()
        export_png(document, path, renderer=renderer)
        seconds = time.perf_counter() - began
        size = path.stat().st_size
    height, width = shape
    return (
        f"{key} {width} x {height}, {supersampling} x {supersampling} samples a pixel: "
        f"{seconds:.1f} s, {size / 1e6:.0f} MB, peak memory {peak_bytes() / 2**20:.0f} MiB"
    )


def movie(key: str, shape: tuple[int, int], seconds: float, fps: int) -> str:
    chosen = system(key)
    p = chosen.Params()
    clip = Movie(
        Document(key, p, PLACES[key]), chosen.home(p), seconds=seconds, fps=fps, shape=shape
    )
    with tempfile.TemporaryDirectory() as folder, Renderer() as renderer:
        report = export_movie(clip, Path(folder) / "movie.mp4", renderer=renderer)
    height, width = shape
    return (
        f"{key} {width} x {height}, {report.frames} frames: {report.points:,} points = "
        f"{report.points / report.bound:.2f} N (N = {report.bound:,.0f}) in {report.keyframes} "
        f"keyframes; {report.seconds:.1f} s, {report.frames / report.seconds:.1f} frames/s, "
        f"peak memory {peak_bytes() / 2**20:.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["still", "movie"])
    parser.add_argument("--key", default="forward_pass")
    parser.add_argument("--side", type=int, default=16384)
    parser.add_argument("--supersample", type=int, default=2)
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.here:
        for what in options.what:
            rest = [word for word in sys.argv[1:] if word not in options.what]
            subprocess.run([sys.executable, __file__, what, "--here", *rest], check=True)
        return
    (what,) = options.what
    if what == "movie":
        print(movie(options.key, (720, 1280), 10.0, 30))
        return
    shape = (2160, 3840) if what == "still" else (options.side, options.side)
    print(still(options.key, shape, options.supersample, options.iterations))
    if what == "poster" and peak_bytes() > MEMORY_LIMIT:
        raise SystemExit(f"a poster took more than {MEMORY_LIMIT >> 20} MiB")


if __name__ == "__main__":
    main()
