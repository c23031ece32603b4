"""Colouring, documents, data, status, cancelling: what travels and what is refused."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import (
    CancelFlag,
    Cancelled,
    Channel,
    Coloring,
    DataRef,
    Document,
    Status,
    Viewport,
    param,
)
from deepfractals_gui.core.coloring import COLORING_RANGES
from deepfractals_gui.core.dataref import INLINE_LIMIT


@dataclass(frozen=True)
class Params:
    steps: int = param(10, "Steps.", low=1, high=100)
    start: complex = param(0.3j, "Start.")


ranged = {name: st.floats(low, high) for name, (low, high) in COLORING_RANGES.items()}
colorings = st.builds(
    Coloring,
    mode=st.sampled_from(["classic", "smooth", "equalized"]),
    palette=st.sampled_from(["forward_pass", "#000000,#ffffff"]),
    channel=st.sampled_from(["", "trap"]),
    reverse=st.booleans(),
    levels=st.none()
    | st.tuples(st.floats(-1e9, 0, exclude_max=True), st.floats(0, 1e9)).filter(
        lambda pair: pair[0] < pair[1]
    ),
    knots=st.just(()) | st.lists(st.floats(-9, 9), min_size=2, max_size=9).map(sorted).map(tuple),
    **ranged,
)


@given(colorings)
def test_a_colouring_survives_json(coloring):
    text = json.dumps(coloring.to_json(), allow_nan=False)
    assert Coloring.from_json(json.loads(text)) == coloring


def test_the_json_of_a_colouring_holds_what_differs():
    assert Coloring().to_json() == {"mode": "classic", "palette": "forward_pass"}
    assert Coloring(gamma=2.0).to_json()["gamma"] == 2.0


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "classic",
        {"mood": "dark"},
        {"mode": 5},
        {"mode": "No Key"},
        {"mode": ""},
        {"mode": "a" * 65},
        {"palette": "x" * 1001},
        {"palette": None},
        {"channel": "not a name"},
        {"reverse": 1},
        {"gamma": "2"},
        {"gamma": True},
        {"gamma": 0.0},
        {"gamma": 1e400},
        {"gamma": None},
        {"cycles": -1},
        {"shift": 2},
        {"glow": 1.01},
        {"vignette": math.nan},
        {"levels": [1]},
        {"levels": [2, 1]},
        {"levels": [1, 1]},
        {"levels": [1, "2"]},
        {"levels": [1, math.inf]},
        {"levels": "12"},
        {"knots": [1]},
        {"knots": [2, 1]},
        {"knots": [0.0] * 4098},
        {"knots": [1, None]},
        {"knots": None},
        {"x" * 5000: 1},
    ],
)
def test_a_bad_colouring_is_refused_in_one_line(data):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - any one line will do
        Coloring.from_json(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_colouring_with_fixed_ranges_is_locked():
    assert not Coloring().locked
    assert Coloring(levels=(0.0, 1.0)).locked
    assert Coloring(knots=(0.0, 1.0)).locked


def test_a_document_holds_every_digit():
    view = Viewport.at("0.12345678901234567890123456789", "-1e-40", 1e-30)
    document = Document("any", Params(), view, Coloring(), (700, 1000), 2)
    data = json.loads(document.to_json())
    assert data == {
        "deepfractals": 1,
        "kind": "system",
        "key": "any",
        "params": {"steps": 10, "start": [0.0, 0.3]},
        "viewport": {"x": "0.12345678901234567890123456789", "y": "-1E-40", "width": 1e-30},
        "shape": [700, 1000],
        "supersampling": 2,
        "coloring": {"mode": "classic", "palette": "forward_pass"},
    }


def test_a_document_leaves_out_what_it_has_not():
    assert set(json.loads(Document("any", Params()).to_json())) == {
        "deepfractals",
        "kind",
        "key",
        "params",
        "supersampling",
    }


def test_documents_are_values():
    assert Document("any", Params()) == Document("any", Params())
    assert hash(Document("any", Params(), Viewport.at(0, 0, 1), Coloring()))


def test_small_data_travels_along(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"1,2\n")
    reference = DataRef.of_file(path)
    path.unlink()
    assert reference.read() == b"1,2\n"


def test_large_data_is_read_again_and_checked(tmp_path):
    path = tmp_path / "data.bin"
    content = b"x" * (INLINE_LIMIT + 1)
    path.write_bytes(content)
    reference = DataRef.of_file(path)
    assert reference.inline == b""
    assert reference.read() == content
    path.write_bytes(content[:-1] + b"y")
    with pytest.raises(ValueError, match=r"data\.bin has changed"):
        reference.read()
    path.unlink()
    with pytest.raises(ValueError, match=r"data\.bin can't be read"):
        reference.read()


def test_data_is_equal_by_its_contents(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"same")
    second.write_bytes(b"same")
    assert DataRef.of_file(first) == DataRef.of_file(second)
    second.write_bytes(b"other")
    assert DataRef.of_file(first) != DataRef.of_file(second)


def test_every_status_says_what_it_means():
    assert {int(status) for status in Status} == set(range(11))
    for status in Status:
        assert status.label == status.label.lower()
        assert status.message.endswith(".")
    assert Status.NON_FINITE.label == "non-finite"
    assert Status.MAX_STEPS.label == "max steps"


def test_a_flag_is_raised_once_for_every_thread():
    flag = CancelFlag()
    flag.check()
    assert not flag.is_set
    other = threading.Thread(target=flag.set)
    other.start()
    other.join()
    assert flag.is_set
    assert flag.array.dtype == np.uint8
    assert flag.array.tolist() == [1]
    with pytest.raises(Cancelled):
        flag.check()


def test_a_channel_knows_its_storage_type():
    channel = Channel("trap", "Trap", "float32")
    assert channel.numpy_dtype() == np.float32
    assert math.isnan(channel.elsewhere)
    assert replace(channel, elsewhere=0.0).elsewhere == 0.0
