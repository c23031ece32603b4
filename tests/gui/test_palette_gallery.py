"""Palettes to hover, to search and to choose."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from deepfractals_gui.coloring import PALETTES
from deepfractals_gui.gui.palette_gallery import FAMILIES, PaletteGallery


@pytest.fixture
def gallery(qtbot):
    gallery = PaletteGallery()
    qtbot.addWidget(gallery)
    gallery.resize(300, 400)
    gallery.show()
    gallery.hovers, gallery.choices = [], []
    gallery.hovered.connect(gallery.hovers.append)
    gallery.chosen.connect(gallery.choices.append)
    return gallery


def test_every_palette_is_there_in_its_family(gallery) -> None:
    assert {swatch.key for swatch in gallery.shown} == set(PALETTES)
    order = [swatch.family for swatch in gallery.shown]
    families = [family for family, _ in FAMILIES if family in order]
    assert order == sorted(order, key=families.index)


def test_a_click_chooses(gallery) -> None:
    swatch = gallery.swatch("error_flow")
    QTest.mouseClick(swatch, Qt.MouseButton.LeftButton)
    assert gallery.choices == ["error_flow"]
    assert [s.key for s in gallery.swatches if s.isChecked()] == ["error_flow"]


def test_the_pointer_previews_and_its_leaving_ends_it(gallery) -> None:
    swatch = gallery.swatch("error_flow")
    here = QPointF(5, 5)
    gallery.hovers.clear()
    QApplication.sendEvent(swatch, QEnterEvent(here, here, swatch.mapToGlobal(here)))
    QApplication.sendEvent(swatch, QEvent(QEvent.Type.Leave))
    assert gallery.hovers == ["error_flow", ""]


@pytest.mark.parametrize(
    ("words", "family"),
    [("perceptual", "perceptual"), ("cyclic", "cyclic"), ("CLASSIC", "classic")],
)
def test_a_family_is_found_by_its_name(gallery, words: str, family: str) -> None:
    gallery.search.setText(words)
    assert gallery.shown
    assert {swatch.family for swatch in gallery.shown} == {family}


def test_a_search_for_nothing_says_so_and_comes_back(gallery) -> None:
    QTest.keyClicks(gallery.search, "no such palette")
    assert gallery.shown == []
    assert gallery.nothing.isVisibleTo(gallery)
    gallery.search.clear()
    assert len(gallery.shown) == len(PALETTES)


def test_arrow_keys_move_and_enter_chooses(gallery, qtbot) -> None:
    gallery.activateWindow()
    qtbot.waitUntil(gallery.isActiveWindow)
    gallery.set_key(gallery.shown[0].key)
    gallery.shown[0].setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(gallery.shown[0], Qt.Key.Key_Right)
    assert gallery.focusWidget() is gallery.shown[1]
    QTest.keyClick(gallery.shown[1], Qt.Key.Key_Return)
    assert gallery.choices == [gallery.shown[1].key]
    assert gallery.hovers[-1] == gallery.shown[1].key


def test_one_swatch_takes_part_in_the_tab_order(gallery) -> None:
    for key in ("error_flow", "forward_pass"):
        gallery.set_key(key)
        tabbed = [s.key for s in gallery.swatches if s.focusPolicy() & Qt.FocusPolicy.TabFocus]
        assert tabbed == [key]
