"""Documents are read back as they were written, from JSON and from PNGs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deepfractals_gui.core import Document
from deepfractals_gui.session.documents import (
    DocumentError,
    complete,
    document_from_json,
    read_document,
    write_document,
)
from deepfractals_gui.systems import SYSTEMS


def test_written_document_is_read_back_equal(tmp_path: Path, document: Document) -> None:
    path = tmp_path / "a.deepfractals"
    write_document(path, document)
    assert read_document(path) == document


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
def test_defaults_of_every_system_are_read_back_equal(system: Any) -> None:
    bare = Document(system.key, system.Params())
    assert document_from_json(bare.to_json()) == bare
    whole = complete(bare)
    assert whole.viewport == system.home(bare.params)
    assert whole.coloring == system.default_coloring(bare.params)
    assert document_from_json(whole.to_json().encode()) == whole


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
def test_presets_of_every_system_are_read_back_equal(system: Any) -> None:
    for preset in system.presets:
        params = system.Params(**preset.params)
        view = Document(system.key, params, preset.viewport, preset.coloring)
        assert document_from_json(view.to_json()) == view


@pytest.mark.parametrize("form", ["international", "compressed", "latin", "compressed_latin"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_document_is_found_in_every_kind_of_text_chunk(
    tmp_path: Path, document: Document, maker: ModuleType, form: str, place: str
) -> None:
    text = document.to_json().encode()
    if form == "compressed":
        chunk = maker.international(text, compressed=True)
    else:
        chunk = getattr(maker, form)(text)
    other = maker.international(b"not ours", keyword=b"Comment")
    data = maker.png(other, chunk) if place == "before" else maker.png(other, after=chunk)
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    assert read_document(path) == document


def test_png_is_known_by_its_content_not_its_name(
    tmp_path: Path, document: Document, maker: ModuleType
) -> None:
    path = tmp_path / "picture.bin"
    path.write_bytes(maker.png(maker.international(document.to_json().encode())))
    assert read_document(path) == document


def test_missing_parameters_take_their_defaults(document: Document) -> None:
    data = json.loads(document.to_json())
    data["params"] = {}
    assert document_from_json(json.dumps(data)) == replace(document, params=type(document.params)())


def test_byte_order_mark_is_no_obstacle(document: Document) -> None:
    assert document_from_json(b"\xef\xbb\xbf" + document.to_json().encode()) == document


def test_newer_version_is_named(document: Document) -> None:
    data = json.loads(document.to_json())
    data["deepfractals"] = 2
    with pytest.raises(DocumentError, match="made by a newer version of deepfractals"):
        document_from_json(json.dumps(data))


def test_exact_centre_survives_with_a_thousand_digits(document: Document) -> None:
    data = json.loads(document.to_json())
    data["viewport"]["x"] = "0." + "7" * 1000
    again = document_from_json(json.dumps(data))
    assert str(again.viewport.x) == "0." + "7" * 1000  # type: ignore[union-attr]
    data["viewport"]["x"] = "0." + "7" * 1001
    with pytest.raises(DocumentError, match="more than 1000 digits"):
        document_from_json(json.dumps(data))


def test_message_names_file_and_cause(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(DocumentError, match=r"^notes\.txt: it is not JSON"):
        read_document(path)
    with pytest.raises(DocumentError, match=r"^gone\.json: there is no such file$"):
        read_document(tmp_path / "gone.json")
    with pytest.raises(DocumentError, match=r"it is a folder$"):
        read_document(tmp_path)
