"""Whatever a document or a PNG holds, there is a document or one clear line."""

from __future__ import annotations

import json
import random
import struct
import tracemalloc
import zlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deepfractals_gui.core import Document
from deepfractals_gui.session.documents import DocumentError, document_from_json, read_document
from deepfractals_gui.systems import SYSTEMS

NAN, INF, HUGE = "NaN", "Infinity", "1e999"


def message_of(path: Path) -> str:
    """The one line with which a file is refused."""
    before = path.read_bytes()
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    assert message.startswith(path.name)
    assert len(message) < 500
    assert message.isprintable()
    message.encode("utf-8")
    assert path.read_bytes() == before
    return message


# Values that don't fit, by field. Each is one JSON text in the place of the field's value.
ODD = ["null", "true", '"text"', "[]", "{}", "-1", "0", "1.5", NAN, INF, "-Infinity", HUGE]
ODD += ["9" * 400, '"' + "9" * 5000 + '"', '"NaN"', '"Infinity"', '"1e999999999"', '"\\ud800"']
ODD += ['"\\u0000"', "[[[[1]]]]", '"' + "x" * 100_000 + '"']

ALLOWED = {
    ("key",): set(),
    ("deepfractals",): set(),
    ("kind",): set(),
    ("params",): {"{}"},
    ("viewport",): set(),
    ("viewport", "x"): {"-1", "0", "1.5"},
    ("viewport", "y"): {"-1", "0", "1.5"},
    ("viewport", "width"): {"1.5"},
    ("shape",): set(),
    ("supersampling",): set(),
    ("coloring",): {"null", "{}"},
    ("coloring", "mode"): set(),
    ("coloring", "palette"): set(),
    ("coloring", "gamma"): {"1.5"},
    ("coloring", "levels"): {"null"},
    ("coloring", "knots"): {"[]"},
    ("coloring", "glow"): {"0"},
    ("coloring", "channel"): set(),
    ("params", "max_iterations"): set(),
    ("params", "escape_radius"): {"1.5"},
    ("params", "start"): {"-1", "0", "1.5"},
    ("params", "activation"): set(),
    ("params", "plane"): set(),
}


def _cases() -> list[Any]:
    found = []
    for place, allowed in ALLOWED.items():
        for number, text in enumerate(ODD):
            if text not in allowed:
                found.append(pytest.param(place, text, id=f"{'.'.join(place)}-{number}"))
    return found


@pytest.mark.parametrize(("place", "text"), _cases())
def test_value_that_does_not_fit_is_refused_in_one_line(
    tmp_path: Path, document: Document, place: tuple[str, ...], text: str
) -> None:
    data = json.loads(document.to_json())
    inner = data
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = "@@@"
    path = tmp_path / "bad.deepfractals"
    path.write_text(json.dumps(data).replace('"@@@"', text))
    message_of(path)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
@pytest.mark.parametrize("text", [NAN, INF, "-Infinity", HUGE, "null", '"x"', "1e301", "[1, NaN]"])
def test_no_parameter_takes_what_is_not_finite(tmp_path: Path, system: Any, text: str) -> None:
    document = Document(system.key, system.Params())
    for name in json.loads(document.to_json())["params"]:
        data = json.loads(document.to_json())
        data["params"][name] = "@@@"
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(data).replace('"@@@"', text))
        message_of(path)


TEXTS: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "no object": b"[1, 2, 3]",
    "a number": b"7",
    "another object": b'{"name": "deepfractals"}',
    "cut short": b'{"deepfractals": 1, "key": "forward_pass", "para',
    "twice the same key": b'{"deepfractals": 1, "key": "forward_pass", "key": "error_flow"}',
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "closed deep arrays": b"[" * 900 + b"]" * 900,
    "17 levels": b'{"deepfractals": 1, "a": ' + b"[" * 16 + b"]" * 16 + b"}",
    "UTF-16": '{"deepfractals": 1}'.encode("utf-16"),
    "Latin-1": b'{"deepfractals": 1, "key": "\xe9"}',
    "zero bytes": b"\0" * 1000,
    "random bytes": random.Random(1).randbytes(5000),
    "too long": b'{"deepfractals": 1, "key": "' + b"x" * (4 << 20) + b'"}',
    "newer": b'{"deepfractals": 2, "key": "forward_pass"}',
    "version true": b'{"deepfractals": true, "key": "forward_pass"}',
    "unknown field": b'{"deepfractals": 1, "key": "forward_pass", "run": "rm"}',
    "unknown parameter": b'{"deepfractals": 1, "key": "forward_pass", "params": {"\\ud800": 1}}',
    "no system": b'{"deepfractals": 1, "params": {}}',
    "experiment": b'{"deepfractals": 1, "kind": "experiment", "key": "forward_pass"}',
    "mode of another": b'{"deepfractals": 1, "key": "forward_pass", '
    b'"coloring": {"mode": "regime"}}',
    "channel of another": b'{"deepfractals": 1, "key": "forward_pass", '
    b'"coloring": {"channel": "gain"}}',
    "levels reversed": b'{"deepfractals": 1, "key": "error_flow", "coloring": {"levels": [2, 1]}}',
    "levels equal": b'{"deepfractals": 1, "key": "forward_pass", "coloring": {"levels": [1, 1]}}',
    "knots falling": b'{"deepfractals": 1, "key": "forward_pass", "coloring": {"knots": [2, 1]}}',
    "negative width": b'{"deepfractals": 1, "key": "forward_pass", '
    b'"viewport": {"x": 0, "y": 0, "width": -1}}',
    "half a viewport": b'{"deepfractals": 1, "key": "forward_pass", "viewport": {"x": 0}}',
    "huge picture": b'{"deepfractals": 1, "key": "forward_pass", "shape": [16385, 1]}',
    "millions of lists": b"[" + b"[]," * 600_000 + b"[]]",
}


@pytest.mark.parametrize("name", list(TEXTS))
def test_text_that_is_no_document_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(TEXTS[name])
    message_of(path)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_text_gives_a_document_or_one_line(document: Document, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(document.to_json().encode())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        what = chance.choice(("flip", "drop", "repeat", "cut", "insert"))
        if what == "flip":
            data[at] ^= 1 << chance.randrange(8)
        elif what == "drop":
            del data[at : at + chance.randint(1, 30)]
        elif what == "repeat":
            data[at:at] = data[at : at + chance.randint(1, 200)]
        elif what == "cut" and len(data) > 50:
            del data[-chance.randint(1, 40) :]
        else:
            data[at:at] = chance.choice([b"NaN", b"1e400", b"\xff", b"{", b'"', b"\\ud800", b"-"])
    found: Document | None = None
    message = ""
    try:
        found = document_from_json(bytes(data))
    except DocumentError as error:
        message = str(error)
    if found is not None:
        assert document_from_json(found.to_json()) == found
    else:
        assert message
        assert message.isprintable()
        assert len(message) < 400


@cache
def _spaces(size: int) -> bytes:
    return zlib.compress(b" " * size, 9)


def _bomb(kind: bytes, size: int) -> bytes:
    body = _spaces(size)
    head = b"deepfractals\0"
    head += b"\0" if kind == b"zTXt" else b"\1\0\0\0"
    content = head + body
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _damage(name: str, good: bytes, text: bytes, maker: ModuleType) -> bytes:
    whole = maker.international(text)
    head = maker.SIGNATURE + maker.chunk(b"IHDR", maker.HEADER)
    if name.startswith("cut at "):
        return good[: len(good) * int(name.split()[-1]) // 100]
    if name.startswith("bomb"):
        return bytes(maker.png(_bomb(name.split()[-1].encode(), 200 << 20)))
    table: dict[str, bytes] = {
        "no document": maker.png(),
        "another's text": maker.png(maker.international(b"{}", keyword=b"Comment")),
        "no JSON": maker.png(maker.international(b"hello")),
        "wrong checksum": maker.png(maker.chunk(b"iTXt", b"deepfractals\0\0\0\0\0{}", 1)),
        "huge length": head + struct.pack(">I", 0x7FFFFFFF) + b"iTXtdeepfractals\0",
        "length over 2^31": head + struct.pack(">I", 0xFFFFFFFF) + b"iTXtdeepfractals\0",
        "chunk without name": head + struct.pack(">I", 3) + b"\0\1\2\3abc",
        "no header": maker.SIGNATURE + whole,
        "signature only": maker.SIGNATURE,
        "no end": good[:-12],
        "half a signature": maker.SIGNATURE[:5],
        "transferred as text": good.replace(b"\r\n", b"\n"),
        "no PNG at all": b"GIF89a" + bytes(100),
        "short iTXt": maker.png(maker.chunk(b"iTXt", b"deepfractals\0")),
        "iTXt method": maker.png(maker.chunk(b"iTXt", b"deepfractals\0\1\7\0\0{}")),
        "zTXt method": maker.png(maker.chunk(b"zTXt", b"deepfractals\0\7{}")),
        "zTXt no zlib": maker.png(maker.chunk(b"zTXt", b"deepfractals\0\0nonsense")),
        "zTXt cut": maker.png(
            maker.chunk(b"zTXt", b"deepfractals\0\0" + zlib.compress(text)[:-20])
        ),
        "text too long": maker.png(maker.international(text + b" " * (4 << 20))),
        "chunk too long": maker.png(maker.latin(b" " * (5 << 20))),
        "a million chunks": head + maker.chunk(b"teSt", b"") * 1_000_001,
    }
    return table[name]


DAMAGES = [
    *(f"cut at {percent}" for percent in range(0, 100, 4)),
    "bomb zTXt",
    "bomb iTXt",
    "no document",
    "another's text",
    "no JSON",
    "wrong checksum",
    "huge length",
    "length over 2^31",
    "chunk without name",
    "no header",
    "signature only",
    "no end",
    "half a signature",
    "transferred as text",
    "no PNG at all",
    "short iTXt",
    "iTXt method",
    "zTXt method",
    "zTXt no zlib",
    "zTXt cut",
    "text too long",
    "chunk too long",
    "a million chunks",
]


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_png_is_refused_in_one_line(
    tmp_path: Path, document: Document, maker: ModuleType, name: str
) -> None:
    text = document.to_json().encode()
    good = maker.png(maker.international(text))
    path = tmp_path / "bad.png"
    path.write_bytes(_damage(name, good, text, maker))
    message_of(path)


@pytest.mark.parametrize("seed", range(60))
def test_no_flipped_bit_of_a_png_goes_unnoticed(
    tmp_path: Path, document: Document, maker: ModuleType, seed: int
) -> None:
    chance = random.Random(seed)
    data = bytearray(maker.png(maker.international(document.to_json().encode())))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path = tmp_path / "bad.png"
    path.write_bytes(data)
    message_of(path)


@pytest.mark.parametrize("name", ["bomb zTXt", "bomb iTXt", "text too long", "chunk too long"])
def test_hostile_png_takes_little_memory(
    tmp_path: Path, document: Document, maker: ModuleType, name: str
) -> None:
    path = tmp_path / "bad.png"
    text = document.to_json().encode()
    path.write_bytes(_damage(name, maker.png(), text, maker))
    tracemalloc.start()
    try:
        message_of(path)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
