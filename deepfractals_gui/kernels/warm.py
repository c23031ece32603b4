"""Compile every kernel once, so that nothing compiles while someone waits. Loads no Numba itself.

Each module listed here has ``WARM``: pairs of a name and a function that calls one kernel with
the very types the program uses.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from deepfractals_gui.kernels import cache

MODULES = (
    "deepfractals_gui.kernels.forward",
    "deepfractals_gui.kernels.backward",
    "deepfractals_gui.kernels.critical_points",
    "deepfractals_gui.kernels.basins",
    "deepfractals_gui.kernels.traces",
    "deepfractals_gui.kernels.training",
    "deepfractals_gui.kernels.training_single",
    "deepfractals_gui.kernels.training_identity",
    "deepfractals_gui.kernels.landscape",
    "deepfractals_gui.kernels.color_values",
    "deepfractals_gui.kernels.color_ranks",
    "deepfractals_gui.kernels.color_wide",
    "deepfractals_gui.kernels.color_glow",
    "deepfractals_gui.kernels.color_pixels",
    "deepfractals_gui.kernels.color_light",
    "deepfractals_gui.kernels.resample",
    "deepfractals_gui.kernels.field_step",
    "deepfractals_gui.kernels.field_gradients",
    "deepfractals_gui.kernels.field_images",
    "deepfractals_gui.kernels.field_grids",
    "deepfractals_gui.kernels.field_mixing",
    "deepfractals_gui.kernels.field_courses",
    "deepfractals_gui.kernels.atlas_features",
    "deepfractals_gui.kernels.atlas_model",
    "deepfractals_gui.kernels.atlas_coder",
    "deepfractals_gui.kernels.atlas_contexts",
    "deepfractals_gui.kernels.atlas_calibration",
)
"""Every module that holds kernels."""


def warm(progress: Callable[[str, int, int], None]) -> None:
    """Compile or load every kernel in sequence.

    Parameters
    ----------
    progress : called with (name, done, total) before each kernel and once at the end
    """
    cache.prune()
    jobs = [job for name in MODULES for job in importlib.import_module(name).WARM]
    for done, (name, compile_it) in enumerate(jobs):
        progress(name, done, len(jobs))
        compile_it()
    cache.mark_warm()
    progress("ready", len(jobs), len(jobs))


def _print_step(name: str, done: int, total: int) -> None:
    # Flushed, so that whoever reads a pipe sees each step when it begins.
    print(f"{name} {done}/{total}", flush=True)


if __name__ == "__main__":
    warm(_print_step)
