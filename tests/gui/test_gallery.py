"""Systems, places and bookmarks to click."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from deepfractals_gui.gui.bookmark_list import BookmarkList
from deepfractals_gui.gui.gallery import Gallery, preset_view
from deepfractals_gui.gui.thumbnails import SHAPE, Thumbnails, content_key
from deepfractals_gui.gui.tile import Tile
from deepfractals_gui.systems import SYSTEMS

PATIENCE = 30_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bookmarks(model, tmp_path):
    return BookmarkList(tmp_path / "bookmarks.json", parent=model)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "thumbnails"


@pytest.fixture
def gallery(qtbot, model, controller, bookmarks, folder):
    Thumbnails(controller, folder, parent=controller)
    gallery = Gallery(model, controller)
    qtbot.addWidget(gallery)
    gallery.resize(240, 700)
    gallery.show()
    return gallery


def test_every_system_has_a_tile_with_its_title_and_summary(gallery, model) -> None:
    assert list(gallery.systems) == [system.key for system in SYSTEMS]
    for system in SYSTEMS:
        tile = gallery.systems[system.key]
        assert tile.text() == system.title
        assert tile.accessibleDescription() == system.summary
        assert tile.isChecked() == (system.key == model.view.key)


def test_a_click_turns_to_a_system_and_shows_its_places(gallery, model) -> None:
    for system in reversed(SYSTEMS):
        QTest.mouseClick(gallery.systems[system.key], LEFT)
        assert model.view.key == system.key
        assert list(gallery.presets) == [preset.key for preset in system.presets]
        checked = [key for key, tile in gallery.systems.items() if tile.isChecked()]
        assert checked == [system.key]


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_a_click_on_a_place_goes_there(gallery, model, system) -> None:
    model.choose_system(system.key)
    for preset in system.presets:
        QTest.mouseClick(gallery.presets[preset.key], LEFT)
        assert model.viewport == model.fitted(preset.viewport)
        assert model.view.params == preset_view(system.key, preset).params
        assert gallery.presets[preset.key].isChecked()


def test_enter_opens_the_tile_that_has_the_focus(gallery, model) -> None:
    tile = gallery.systems["gradient_basins"]
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_Return)
    assert model.view.key == "gradient_basins"


# Bookmarks


def test_without_bookmarks_it_says_how_to_make_one(gallery) -> None:
    assert gallery.no_bookmarks.isVisibleTo(gallery)
    assert "D" in gallery.no_bookmarks.text()


def test_bookmarks_come_and_are_opened(gallery, model, bookmarks) -> None:
    there = model.viewport.moved(0.5, 0.5, 0.1)
    model.replace(viewport=there)
    bookmarks.add("A bay", model.view)
    assert list(gallery.bookmarks) == ["A bay"]
    assert not gallery.no_bookmarks.isVisibleTo(gallery)
    assert gallery.bookmarks["A bay"].isChecked()
    model.choose_system("error_flow")
    QTest.mouseClick(gallery.bookmarks["A bay"], LEFT)
    assert (model.view.key, model.viewport) == ("forward_pass", there)


def test_bookmarks_are_renamed_and_deleted_from_their_menu(
    gallery, model, bookmarks, qtbot
) -> None:
    bookmarks.add("One", model.view)
    bookmarks.add("Two", model.view)
    gallery.bookmarks["One"].actions()[0].trigger()
    [dialog] = gallery.findChildren(QInputDialog)
    assert dialog.textValue() == "One"
    dialog.setTextValue("First")
    dialog.accept()
    assert list(gallery.bookmarks) == ["First", "Two"]
    qtbot.waitUntil(lambda: gallery.bookmarks["First"] is gallery.focusWidget())
    gallery.bookmarks["Two"].actions()[1].trigger()
    assert [bookmark.name for bookmark in bookmarks.entries] == ["First"]


def test_a_bookmark_that_is_gone_is_said_so_in_one_line(gallery, model, bookmarks) -> None:
    bookmarks.add("One", model.view)
    gallery.rename("Nothing", "Else")
    assert "Nothing can't be renamed" in gallery.error_line.text()
    gallery.rename("One", "   ")
    assert gallery.error_line.text() == "One can't be renamed: a bookmark needs a name"
    gallery.delete("Nothing")
    assert "Nothing can't be deleted" in gallery.error_line.text()


# Thumbnails


def test_tiles_get_thumbnails_once_the_canvas_is_done(
    gallery, controller, folder, qtbot, monkeypatch
) -> None:
    # So little that those of dear systems are rendered with fewer pixels.
    monkeypatch.setattr("deepfractals_gui.gui.thumbnails._SECONDS", 0.5)
    controller.set_canvas_shape(40, 60)
    controller.start()
    # Systems come first in the queue; some of the places take seconds.
    tiles = list(gallery.systems.values())
    qtbot.waitUntil(lambda: all(tile.image is not None for tile in tiles), timeout=PATIENCE)
    for tile in tiles:
        image = tile.image
        assert (image.height(), image.width()) == SHAPE
        colours = {image.pixel(x, y) for x in range(0, 168, 7) for y in range(0, 108, 7)}
        assert len(colours) > 20
    assert len(list(folder.glob("*.png"))) >= len(SYSTEMS)


@pytest.fixture
def kept(model, controller, folder, qtbot):
    """A view whose thumbnail is on the disk."""
    view = model.first_view("error_flow")
    first = Thumbnails(controller, folder, parent=model)
    controller.set_canvas_shape(40, 60)
    controller.start()
    with qtbot.waitSignal(first.ready, timeout=PATIENCE):
        first.request(view)
    assert (folder / f"{content_key(view)}.png").is_file()
    return view


def test_thumbnails_are_read_from_disk_the_next_time(
    kept, model, controller, folder, qtbot, monkeypatch
) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("it was rendered again")

    monkeypatch.setattr("deepfractals_gui.gui.thumbnails.render_picture", never)
    again = Thumbnails(controller, folder, parent=model)
    assert again.request(kept) is None
    with qtbot.waitSignal(again.ready, timeout=PATIENCE) as ready:
        pass
    assert ready.args[0] == kept
    assert again.request(kept) is not None


def test_a_damaged_thumbnail_is_made_anew(kept, model, controller, folder, qtbot) -> None:
    path = folder / f"{content_key(kept)}.png"
    path.write_bytes(b"\x89PNG nothing of the sort")
    again = Thumbnails(controller, folder, parent=model)
    again.request(kept)
    with qtbot.waitSignal(again.ready, timeout=PATIENCE):
        pass
    assert not QImage(str(path)).isNull()


def test_thumbnails_that_cannot_be_kept_are_still_shown(model, controller, tmp_path, qtbot) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    thumbnails = Thumbnails(controller, blocked, parent=model)
    controller.set_canvas_shape(40, 60)
    controller.start()
    thumbnails.request(model.view)
    with qtbot.waitSignal(thumbnails.ready, timeout=PATIENCE) as ready:
        pass
    assert not ready.args[1].isNull()


def test_no_thumbnail_is_made_before_the_canvas_is_done(gallery, controller, qtbot) -> None:
    thumbnails = Thumbnails.of(controller)
    thumbnails._next()
    assert thumbnails._running == ""
    assert all(tile.image is None for tile in gallery.systems.values())


def test_other_content_has_another_key(model) -> None:
    keys = {content_key(model.first_view(system.key)) for system in SYSTEMS}
    assert len(keys) == len(SYSTEMS)


@pytest.mark.parametrize("wide", [True, False])
def test_a_tile_paints_with_and_without_a_picture(qtbot, model, wide: bool) -> None:
    tile = Tile(model.view, "A title that is much too long for it", "And a line " * 9, wide=wide)
    qtbot.addWidget(tile)
    tile.resize(160, 100)
    empty = tile.grab().toImage()
    image = QImage(168, 108, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    tile.set_image(image)
    assert tile.grab().toImage() != empty
