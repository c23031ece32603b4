"""Sums over any stretch of a text agree with counting its characters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from deepfractals_gui.gui.atlas.read_text import RIGHT, UNREAD, ReadText


def read(count: int, seed: int = 0) -> ReadText:
    """A text of which all but the last third has been read, in three pieces."""
    generator = np.random.default_rng(seed)
    text = ReadText(count)
    ends = np.linspace(0, 2 * count // 3, 4).astype(int)
    for start, stop in pairwise(ends):
        right = generator.random(stop - start) < 0.7
        text.patch(start, generator.integers(0, 80, stop - start), right)
    return text


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000, 4097])
def test_sums_before_any_place_are_those_of_counting(count) -> None:
    text = read(count)
    places = np.arange(count + 1)
    right, unread = text.before(places)
    assert (right == [(text.codes[:one] == RIGHT).sum() for one in places]).all()
    assert (unread == [(text.codes[:one] == UNREAD).sum() for one in places]).all()


def test_shares_are_of_what_has_been_read() -> None:
    text = read(900)
    edges = np.array([0, 1, 130, 599, 650, 650, 900])
    accuracy, unread = text.shares(edges)
    for number, (a, b) in enumerate(pairwise(edges)):
        codes = text.codes[a:b]
        known = codes[codes != UNREAD]
        if len(known):
            assert accuracy[number] == pytest.approx((known == RIGHT).mean())
        else:
            assert np.isnan(accuracy[number])
        if len(codes):
            assert unread[number] == pytest.approx((codes == UNREAD).mean())
    assert text.accuracy == pytest.approx((text.codes[:600] == RIGHT).mean())
    assert text.unread == 300


def test_a_later_stretch_takes_the_place_of_an_earlier_one() -> None:
    text = read(300)
    text.patch(50, np.full(100, 9), np.zeros(100, bool), np.full(100, 0.25))
    assert (text.symbols[50:150] == 9).all()
    assert (text.codes[50:150] == 0).all()
    assert (text.sureness[50:150] == 0.25).all()
    right, _ = text.before(np.array([50, 150]))
    assert right[0] == right[1] == (text.codes[:50] == RIGHT).sum()


@pytest.mark.parametrize(("start", "count"), [(-1, 5), (296, 5), (301, 0)])
def test_a_stretch_beyond_the_text_is_refused(start, count) -> None:
    with pytest.raises(ValueError, match="stretch"):
        read(300).patch(start, np.zeros(count), np.zeros(count, bool))
