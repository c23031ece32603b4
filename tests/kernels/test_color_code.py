"""The loops over pixels are vector code: a helper that isn't inlined makes them scalar silently."""

from __future__ import annotations

import platform
import re
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.kernels import (
    color_glow,
    color_light,
    color_pixels,
    color_ranks,
    color_values,
    color_wide,
    warm,
)

MODULES = (color_values, color_wide, color_ranks, color_glow, color_pixels, color_light)

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="instructions are named for x86-64"
)


def instructions(kernel) -> str:
    """Machine code, compiled anew: what comes from the cache has no text."""
    fresh = type(kernel)(kernel.py_func, targetoptions=dict(kernel.targetoptions))
    fresh.compile(kernel.signatures[0])
    return "\n".join(fresh.inspect_asm().values())


@pytest.mark.parametrize(
    ("kernel", "vector"),
    [
        (color_values.escape_bands, "sqrtps"),
        (color_values.limit_rays, "divps"),
        (color_values.log_levels, "(fmadd...|mul)ps"),
        (color_wide.wide_levels, "mulpd"),
        (color_wide.wide_logs, "(fmadd...|mul)ps"),
        (color_glow.blur_rows, "(fmadd...|mul)ps"),
        (color_glow.blur_columns, "(fmadd...|mul)ps"),
        (color_glow.blur_halved_rows, "(fmadd...|mul)ps"),
        (color_glow.blur_halved_columns, "(fmadd...|mul)ps"),
        (color_glow.widen_rows, "(fmadd...|mul)ps"),
        (color_pixels.paint_values, "(fmadd...|mul)ps"),
        (color_light.light_the_relief, "sqrtps"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_hot_loop_is_vector_code(kernel, vector):
    for module in MODULES:
        for name, compile_it in module.WARM:
            assert name
            compile_it()
    assert re.search(rf"\bv?{vector}\b", instructions(kernel))


def test_every_colour_kernel_is_compiled_beforehand():
    for module in MODULES:
        assert module.__name__ in warm.MODULES
        for _, compile_it in module.WARM:
            compile_it()
        for name, kernel in vars(module).items():
            if getattr(getattr(kernel, "py_func", None), "__module__", "") != module.__name__:
                continue
            if not kernel.targetoptions.get("forceinline"):
                assert len(kernel.signatures) == 1, name


def test_painting_compiles_nothing_more():
    from deepfractals_gui import coloring as look
    from tests.coloring.conftest import BANDS, CHANNELS, RAYS, REGIMES, TRAINED, samples, trained

    for module in MODULES:
        for _, compile_it in module.WARM:
            compile_it()
    frozen = {name: np.asarray(array) for name, array in samples((8, 8)).items()}
    for array in frozen.values():
        array.flags.writeable = False
    for recipe in (BANDS, RAYS):
        scene = look.Scene(CHANNELS, {"classic": recipe, "regime": REGIMES})
        for key in look.MODES:
            coloring = look.suited(look.Coloring(gamma=2.0), key)
            for glow in (0.0, 0.3):
                for s in (1, 2):
                    shown = look.Coloring.from_json(coloring.to_json() | {"glow": glow})
                    look.apply(frozen, scene, shown, supersampling=s)
    shown = {name: np.asarray(array) for name, array in trained((8, 8)).items()}
    for key, mode in look.MODES.items():
        for channel in mode.channels_for(TRAINED, {}):
            coloring = look.suited(look.Coloring(), key)
            look.apply(shown, look.Scene(TRAINED), replace(coloring, channel=channel))
    for module in MODULES:
        for name, kernel in vars(module).items():
            if hasattr(kernel, "signatures") and not kernel.targetoptions.get("forceinline"):
                assert len(kernel.signatures) == 1, name
