"""Images that are empty of numbers, flat, huge, tiny or not computed yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deepfractals_gui import coloring as look
from deepfractals_gui.coloring import NEUTRAL, Scene
from deepfractals_gui.core import Channel, ChannelKind, Coloring, LimitRays, Status
from tests.coloring.conftest import BANDS, CHANNELS, RAYS, REGIMES, samples

SCENES = (
    Scene(CHANNELS, {"classic": BANDS, "regime": REGIMES}),
    Scene(CHANNELS, {"classic": RAYS}),
)
EVERY = [
    pytest.param(scene, look.suited(Coloring(), mode), id=f"{mode}-{number}")
    for number, scene in enumerate(SCENES)
    for mode in look.MODES
    if look.MODES[mode].channels_for(scene.channels, scene.recipes)
]


def glowing(coloring: Coloring) -> Coloring:
    return replace(coloring, glow=0.3, vignette=0.45)


def filled(shape: tuple[int, int], number: float, status: Status) -> dict[str, np.ndarray]:
    channels = {c.name: np.full(shape, 0, c.numpy_dtype()) for c in CHANNELS}
    for c in CHANNELS:
        if np.dtype(c.dtype).kind in "fc":
            channels[c.name] = np.full(shape, number, c.numpy_dtype())
    channels["status"][:] = status
    return channels


@pytest.mark.parametrize(("scene", "coloring"), EVERY)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 0.0, -7.25, 1e-40, 3.2e38])
def test_a_flat_image_of_any_number_is_painted_opaque(scene, coloring, number):
    channels = filled((9, 13), number, Status.ESCAPED)
    for glow in (coloring, glowing(coloring)):
        image = look.apply(channels, scene, glow)
        assert image.shape == (9, 13, 4)
        assert (image[..., 3] == 255).all()
        fixed = look.locked(channels, scene, glow)
        assert np.array_equal(look.apply(channels, scene, fixed), image)
        assert look.histogram(channels, scene, glow).counts.sum() <= 9 * 13
        assert look.legend(scene, glow, channels)


@pytest.mark.parametrize(("scene", "coloring"), EVERY)
@pytest.mark.parametrize("s", [1, 2])
def test_pending_points_are_transparent_black(scene, coloring, s):
    channels = samples((12, 16))
    channels["status"][:6] = Status.PENDING
    image = look.apply(channels, scene, glowing(coloring), supersampling=s)
    assert not image[: 6 // s].any()
    channels["status"][:] = Status.PENDING
    assert not look.apply(channels, scene, glowing(coloring), supersampling=s).any()
    assert look.histogram(channels, scene, coloring).counts.sum() == 0 or coloring.mode == "status"


@pytest.mark.parametrize(("scene", "coloring"), EVERY)
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 2)])
def test_small_images_are_painted(scene, coloring, shape):
    image = look.apply(samples(shape, troubled=False), scene, glowing(coloring))
    assert image.shape == (*shape, 4)
    assert (image[..., 3] == 255).all()


def test_what_has_no_number_is_neutral_whatever_the_palette():
    channels = filled((4, 4), np.nan, Status.ESCAPED)
    for mode in ("classic", "channel", "smooth", "equalized", "signed", "trap", "angle", "slope"):
        for palette in ("fire", "ice", "wheel"):
            coloring = Coloring(mode, palette, glow=0.0, vignette=0.0)
            image = look.apply(channels, SCENES[0], coloring)
            assert (image[..., :3] == NEUTRAL).all(), mode


def test_points_without_the_channel_s_status_are_neutral():
    channels = samples((8, 8), troubled=False)
    channels["status"][:, :4] = Status.BOUNDED
    channels["status"][:, 4:] = Status.ESCAPED
    image = look.apply(channels, SCENES[0], Coloring("smooth", glow=0.0, vignette=0.0))
    assert (image[:, :4, :3] == NEUTRAL).all()
    assert not (image[:, 4:, :3] == NEUTRAL).all(axis=-1).any()


def test_reversing_a_palette_mirrors_its_values():
    channels = samples((20, 20), troubled=False)
    plain = Coloring("channel", "dusk", "gain", levels=(-0.5, 0.5), glow=0.0, vignette=0.0)
    mirrored = dict(channels, gain=-channels["gain"])
    image = look.apply(channels, SCENES[0], plain)
    other = look.apply(mirrored, SCENES[0], replace(plain, reverse=True))
    assert np.abs(image.astype(int) - other).max() <= 1


def test_with_knots_a_pixel_s_colour_depends_on_its_value_alone():
    channels = samples((30, 40), troubled=False)
    coloring = Coloring("equalized", channel="gain", glow=0.0, vignette=0.0)
    fixed = look.locked(channels, SCENES[0], coloring)
    image = look.apply(channels, SCENES[0], fixed)
    part = {name: array[7:12, 3:9] for name, array in channels.items()}
    assert np.array_equal(look.apply(part, SCENES[0], fixed), image[7:12, 3:9])
    assert not np.array_equal(look.apply(part, SCENES[0], coloring), image[7:12, 3:9])


def test_a_label_has_the_same_colour_in_every_view():
    channels = samples((30, 40), troubled=False)
    channels["steps"][:] = 10.0
    coloring = Coloring("basin", "distinct", glow=0.0, vignette=0.0)
    image = look.apply(channels, SCENES[0], coloring)[..., :3]
    seen = {}
    for label, rgb in zip(channels["basin"].ravel(), image.reshape(-1, 3), strict=True):
        assert seen.setdefault(int(label), tuple(rgb)) == tuple(rgb)
    assert len(set(seen.values())) == len(seen) == 30


def test_labels_of_any_integer_type_are_shown():
    channels = samples((10, 10), troubled=False)
    expected = look.apply(channels, SCENES[0], Coloring("basin", "distinct"))
    for dtype in (np.int32, np.uint8, np.int64, np.float32):
        wide = dict(channels, basin=channels["basin"].astype(dtype))
        assert np.array_equal(look.apply(wide, SCENES[0], Coloring("basin", "distinct")), expected)


def test_extreme_levels_are_painted():
    channels = samples((8, 8))
    for levels in ((-1e300, 1e300), (0.0, 1e-300), (1e37, 1.0000001e37), (-1e-45, 1e-45)):
        for mode in ("classic", "channel", "smooth", "trap", "slope"):
            image = look.apply(channels, SCENES[0], Coloring(mode, levels=levels))
            assert image.shape == (8, 8, 4)


def test_extreme_knots_are_painted():
    channels = samples((8, 8))
    for knots in ((-1e300, 1e300), (0.0, 0.0), (-1e-45, 0.0, 1e-45), (1e307, 1e307, 1e307)):
        for mode in ("equalized", "signed"):
            coloring = Coloring(mode, channel="gain", knots=knots)
            assert (look.apply(channels, SCENES[0], coloring)[3:, 3:, 3] == 255).mean() > 0.7


NUMBERS = arrays.arrays(
    np.float32, (6, 7), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)
)


@given(smooth=NUMBERS, other=NUMBERS, mode=st.sampled_from(sorted(look.MODES)))
def test_any_numbers_are_painted_opaque(smooth, other, mode):
    channels = filled((6, 7), 0.0, Status.ESCAPED)
    for name in ("smooth", "gain", "steps"):
        channels[name] = smooth
    for name in ("angle", "trap", "lyapunov"):
        channels[name] = other
    with np.errstate(all="ignore"):
        channels["limit"] = smooth + 1j * other.astype(np.complex128)
    for scene in SCENES:
        if look.MODES[mode].channels_for(scene.channels, scene.recipes):
            image = look.apply(channels, scene, glowing(Coloring(mode)))
            assert (image[..., 3] == 255).all()


def test_the_same_scene_serves_a_picture_without_a_system():
    channels = (
        Channel("status", "Status", "uint8", ChannelKind.STATUS),
        Channel("field", "Field", "complex128", ChannelKind.COMPLEX),
    )
    arrays_ = {
        "status": np.ones((5, 5), np.uint8),
        "field": np.ones((5, 5), np.complex64) * (1 + 1j),
    }
    image = look.apply(arrays_, Scene(channels), Coloring("domain", "wheel"))
    assert image.shape == (5, 5, 4)
    assert look.MODES["classic"].channels_for(channels, {"classic": LimitRays(1, 0, 1)}) == ()
