"""The export dialogs: what they ask, what they refuse, and that files come out right."""

from __future__ import annotations

import math

import av
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.core import Viewport
from deepfractals_gui.gui.bookmark_list import BookmarkList
from deepfractals_gui.gui.export_dialogs import ExportImageDialog, memory_of
from deepfractals_gui.gui.export_movie_dialog import ExportMovieDialog, way_text
from deepfractals_gui.gui.export_rows import FileRow, Size, SizeRow, bytes_text, count_text
from deepfractals_gui.gui.number_box import NumberBox
from deepfractals_gui.gui.tasks import Tasks
from deepfractals_gui.session.documents import read_document

PATIENCE = 60_000
THERE = Viewport.at("0.9", "1.2", 0.5)


@pytest.fixture
def bookmarks(model, tmp_path):
    return BookmarkList(tmp_path / "bookmarks.json", parent=model)


@pytest.fixture
def image(qtbot, model, controller, bookmarks):
    controller.set_canvas_shape(300, 400)
    dialog = ExportImageDialog(model, controller)
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    Tasks.of(controller).shut_down()


@pytest.fixture
def movie(qtbot, model, controller, bookmarks):
    model.replace(viewport=THERE)
    bookmarks.add("A bay", model.view)
    model.replace(viewport=Viewport.at("0.9", "1.2", 0.05))
    dialog = ExportMovieDialog(model, controller)
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    Tasks.of(controller).shut_down()


def finish(qtbot, controller, dialog):
    """Press Export and wait for the task; returns its outcome."""
    with qtbot.waitSignal(Tasks.of(controller).ended, timeout=PATIENCE) as ended:
        QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
        assert dialog.isHidden()
    return ended.args[1]


# Pictures


def test_it_begins_with_the_size_on_screen(image) -> None:
    assert image.size_row.shape == (300, 400)
    assert image.size_row.preset.currentText() == "As on screen   400 × 300"


def test_a_picture_is_written_with_its_document(image, model, controller, qtbot, tmp_path) -> None:
    path = tmp_path / "picture.png"
    image.size_row.set_size(64, 48)
    QTest.mouseClick(
        image.supersampling,
        Qt.MouseButton.LeftButton,
        pos=image.supersampling.box_of("2").center().toPoint(),
    )
    image.file.edit.setText(str(path))
    outcome = finish(qtbot, controller, image)
    assert outcome.state == "done", outcome
    assert outcome.path == path
    with Image.open(path) as written:
        assert written.size == (64, 48)
        assert len(written.getcolors(64 * 48)) > 10
    document = read_document(path)
    assert (document.key, document.viewport) == (model.view.key, model.viewport)
    assert (document.shape, document.supersampling) == ((48, 64), 2)


@pytest.mark.parametrize("name", ["", "missing/picture.png", "folder.png"])
def test_a_file_that_cannot_be_written_is_refused_beforehand(image, tmp_path, name: str) -> None:
    (tmp_path / "folder.png").mkdir()
    image.file.edit.setText(str(tmp_path / name) if name else "")
    image.accept()
    assert image.isVisible()
    assert image.error_line.text()
    assert "\n" not in image.error_line.text()
    image.file.edit.setText(str(tmp_path / "good.png"))
    assert not image.error_line.text()


def test_the_estimate_grows_with_size_and_samples(image, qtbot) -> None:
    qtbot.waitUntil(lambda: "about" in image.estimate.text(), timeout=PATIENCE)
    image.size_row.set_size(1000, 1000)
    assert image.estimate.text().startswith("1 million points, about ")
    image.supersampling.set_key("4")
    image.supersampling.chosen.emit("4")
    assert image.estimate.text().startswith("16 million points, about ")


def test_the_largest_picture_stays_within_the_memory_promised(image) -> None:
    image.size_row.set_size(16384, 16384)
    image.supersampling.set_key("4")
    assert image.document().shape == (16384, 16384)
    assert memory_of(image.document()) <= 1.5e9


def test_it_warns_where_samples_lie_too_close(image, model) -> None:
    assert not image.warning.text()
    model.replace(viewport=Viewport.at("0.9", "1.2", 1e-12))
    image.size_row.set_size(2000, 2000)
    assert "closer than float64" in image.warning.text()


# Movies


def test_the_zoom_begins_at_home_or_a_bookmark_or_a_factor(movie, model) -> None:
    assert [movie.start.itemText(i) for i in range(3)] == [
        "Home",
        "Zoom out of this view by a factor",
        "A bay",
    ]
    movie.size_row.set_size(320, 160)
    assert movie.start_viewport().width == 2 * model.system.home(model.view.params).width
    movie.start.setCurrentIndex(1)
    movie.factor.set_value(8.0)
    assert movie.start_viewport().width == pytest.approx(0.4)
    movie.start.setCurrentIndex(2)
    assert movie.start_viewport() == THERE


def test_a_movie_is_written_and_its_frames_are_there(movie, controller, qtbot, tmp_path) -> None:
    path = tmp_path / "zoom.mp4"
    movie.start.setCurrentIndex(2)
    movie.size_row.set_size(64, 48)
    movie.seconds.set_value(0.5)
    movie.fps.set_value(12)
    movie.quality.setCurrentIndex(movie.quality.findData("draft"))
    assert movie.movie().levels == "fixed"
    movie.levels.setCurrentIndex(movie.levels.findData("keyframes"))
    assert movie.movie().levels == "keyframes"
    movie.file.edit.setText(str(path))
    outcome = finish(qtbot, controller, movie)
    assert outcome.state == "done", outcome
    assert "6 frames" in outcome.message
    assert " N)" in outcome.message
    with av.open(str(path)) as video:
        sizes = [(frame.width, frame.height) for frame in video.decode(video=0)]
    assert sizes == [(64, 48)] * 6


def test_numbered_pictures_go_to_a_folder(movie, controller, qtbot, tmp_path) -> None:
    movie.start.setCurrentIndex(2)
    movie.size_row.set_size(32, 32)
    movie.seconds.set_value(0.3)
    movie.fps.set_value(10)
    movie.kind.set_key("frames")
    movie.kind.chosen.emit("frames")
    assert movie.file.folder_wanted
    movie.file.edit.setText(str(tmp_path / "frames"))
    outcome = finish(qtbot, controller, movie)
    assert outcome.state == "done", outcome
    assert len(list((tmp_path / "frames").glob("*.png"))) == 3


def test_the_estimate_tells_frames_zoom_and_points(movie, qtbot) -> None:
    movie.start.setCurrentIndex(2)
    movie.start.activated.emit(2)
    assert "300 frames" in movie.estimate.text()
    assert "zoom ×10" in movie.estimate.text()
    assert " N)" in movie.estimate.text()
    movie.seconds.set_value(2.0)
    assert "60 frames" in movie.estimate.text()


def test_a_zoom_to_where_one_is_says_to_zoom_in_first(movie, model, controller, qtbot) -> None:
    model.home()
    dialog = ExportMovieDialog(model, controller)
    qtbot.addWidget(dialog)
    dialog.size_row.set_size(400, 400)
    assert "begin at another view" in dialog.error_line.text()
    dialog.accept()
    assert Tasks.of(controller).unfinished == []


def test_the_slider_runs_through_the_clip(movie, qtbot) -> None:
    movie.start.setCurrentIndex(2)
    movie.start.activated.emit(2)
    widths = []
    for moment in (0.0, 0.5, 1.0):
        movie.moment.set_number(moment)
        movie.moment.scrubbed.emit(moment)
        widths.append(movie._wanted.width)
    assert widths == [pytest.approx(0.5), pytest.approx(0.158, rel=0.02), pytest.approx(0.05)]
    qtbot.waitUntil(
        lambda: movie.preview.image is not None and not movie._rendering, timeout=PATIENCE
    )


# Rows


@pytest.fixture
def sizes(qtbot):
    row = SizeRow([Size("Screen", 400, 300), Size("HD", 1280, 720)], 2, 1000, 2)
    qtbot.addWidget(row)
    return row


def test_the_aspect_is_kept_while_one_side_changes(sizes) -> None:
    sizes.width_box.set_value(200)
    assert sizes.shape == (150, 200)
    sizes.height_box.set_value(300)
    assert sizes.shape == (300, 400)
    assert sizes.preset.currentText() == "Screen   400 × 300"
    sizes.keep.click()
    sizes.width_box.set_value(100)
    assert sizes.shape == (300, 100)
    assert sizes.preset.currentText() == "Custom"


def test_a_size_beyond_the_bounds_is_brought_inside(sizes) -> None:
    sizes.set_size(5000, 1)
    assert sizes.shape == (2, 1000)


@pytest.fixture
def number(qtbot):
    box = NumberBox("Length", 0.5, 100.0, 10.0, decimals=1, unit="s")
    qtbot.addWidget(box)
    box.show()
    return box


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3.0), ("2.26 s", 2.3), ("1e9", 100.0), ("-4", 0.5), ("words", 10.0), ("nan", 10.0)],
)
def test_a_number_is_taken_within_its_range_or_dropped(number, text: str, value: float) -> None:
    number.selectAll()
    QTest.keyClicks(number, text)
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert number.value == value
    assert number.text() == f"{value:g} s"


def test_keys_step_a_number(number) -> None:
    QTest.keyClick(number, Qt.Key.Key_Up)
    QTest.keyClick(number, Qt.Key.Key_Up)
    QTest.keyClick(number, Qt.Key.Key_Down)
    assert number.value == 11.0


def test_a_file_gets_its_suffix_and_a_free_name(qtbot, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("deepfractals_gui.gui.export_rows.export_folder", lambda: tmp_path)
    (tmp_path / "view.png").touch()
    row = FileRow("view", ".png")
    qtbot.addWidget(row)
    assert row.edit.text() == str(tmp_path / "view-2.png")
    row.edit.setText("other")
    assert row.path() == tmp_path / "other.png"
    row.edit.setText(str(tmp_path / "a.b"))
    assert row.path() == tmp_path / "a.b.png"


def test_large_numbers_are_read_by_people() -> None:
    assert [count_text(n) for n in (999, 1.25e6, 4.3e9)] == ["999", "1.25 million", "4.3 billion"]
    assert bytes_text(1.31e5) == "131 kB"
    assert bytes_text(3.4e8) == "340 MB"
    assert bytes_text(1.5e9) == "1.5 GB"
    assert way_text(math.log(1000)) == "×1,000"
    assert way_text(40 * math.log(2)) == "2^40.0"


@pytest.mark.parametrize("kind", ["image", "movie"])
def test_a_file_that_is_there_is_replaced_only_when_export_is_pressed_again(
    kind, request, controller, tmp_path
) -> None:
    dialog = request.getfixturevalue(kind)
    kept = tmp_path / ("kept.png" if kind == "image" else "kept.mp4")
    kept.write_bytes(b"precious")
    dialog.file.edit.setText(str(kept))
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert "is there already" in dialog.error_line.text()
    # Another name and back again: it must be asked anew.
    dialog.file.edit.setText(str(tmp_path / "other"))
    dialog.file.edit.setText(str(kept))
    assert dialog.error_line.text() == ""
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert kept.read_bytes() == b"precious"
    assert Tasks.of(controller).unfinished == []
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert dialog.isHidden()
