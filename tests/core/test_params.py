"""Parameters are declared once; checks, texts and JSON follow."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import ParamError, Table, param, specs
from deepfractals_gui.core.params import (
    MAX_FLOAT,
    checked,
    params_from_json,
    params_to_json,
    replace,
    spec,
)


@dataclass(frozen=True)
class Params:
    steps: int = param(200, "Steps.", low=1, high=1_000_000, log=True, slider=(10, 1000))
    rate: float = param(0.04, "Rate.", low=1e-9, high=10.0, unit="1/s")
    start: complex = param(0.3 + 0j, "Start.", high=100.0)
    plane: str = param("weight", "Plane.", choices=("weight", "input"))
    fast: bool = param(False, "Fast.", group="How")
    note: str = param("", "A note.")
    pairs: Table = param(
        ((0.5, 0.8),), "Pairs.", columns=("x", "y"), max_rows=3, shown_when={"plane": ("input",)}
    )


BY_NAME = {found.name: found for found in specs(Params)}

values = st.fixed_dictionaries(
    {
        "steps": st.integers(1, 1_000_000),
        "rate": st.floats(1e-9, 10.0),
        "start": st.complex_numbers(max_magnitude=99.0, allow_nan=False, allow_infinity=False),
        "plane": st.sampled_from(["weight", "input"]),
        "fast": st.booleans(),
        "note": st.text(max_size=20),
        "pairs": st.lists(
            st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)), min_size=1, max_size=3
        ).map(tuple),
    }
)


def test_the_declarations_come_in_order_with_kinds_from_annotations():
    assert [(found.name, found.kind) for found in specs(Params)] == [
        ("steps", "int"),
        ("rate", "float"),
        ("start", "complex"),
        ("plane", "choice"),
        ("fast", "bool"),
        ("note", "text"),
        ("pairs", "table"),
    ]


def test_titles_come_from_names():
    assert BY_NAME["steps"].title == "Steps"


@given(values)
def test_values_survive_json(chosen):
    import json

    params = Params(**chosen)
    text = json.dumps(params_to_json(params), allow_nan=False)
    assert params_from_json(Params, json.loads(text)) == params


@given(values)
def test_values_survive_their_text(chosen):
    params = Params(**chosen)
    for found in specs(Params):
        value = getattr(params, found.name)
        if found.kind == "text":
            continue
        assert found.parse(found.format(value)) == value


@given(values)
def test_good_values_are_good(chosen):
    params = Params(**chosen)
    assert checked(params) == params
    assert hash(params) == hash(checked(params))


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("steps", 0),
        ("steps", 1.5),
        ("steps", True),
        ("steps", "7"),
        ("steps", None),
        ("steps", math.nan),
        ("steps", math.inf),
        ("steps", 10**400),
        ("steps", 2_000_000),
        ("steps", 10**5000),
        ("rate", math.nan),
        ("rate", math.inf),
        ("rate", -1.0),
        ("rate", 11.0),
        ("rate", True),
        ("rate", "0.1"),
        ("rate", [0.1]),
        ("rate", 10**400),
        ("start", complex(math.nan, 0)),
        ("start", complex(0, math.inf)),
        ("start", 101j),
        ("start", 10**400),
        ("start", "1"),
        ("start", True),
        ("plane", "nowhere"),
        ("plane", None),
        ("plane", ["weight"]),
        ("fast", 1),
        ("fast", "true"),
        ("fast", 10**5000),
        ("note", 5),
        ("note", "x" * 4097),
        ("pairs", ()),
        ("pairs", "0 1"),
        ("pairs", ((1.0,),)),
        ("pairs", ((1.0, math.nan),)),
        ("pairs", ((1.0, True),)),
        ("pairs", ((1.0, 1e301),)),
        ("pairs", ((1.0, 10**400),)),
        ("pairs", tuple((float(n), 0.0) for n in range(4))),
        ("pairs", (5,)),
    ],
    ids=lambda value: f"{value!r:.12}" if isinstance(value, str) else type(value).__name__,
)
def test_a_bad_value_is_refused_in_one_line_that_names_it(name, bad):
    with pytest.raises(ParamError) as caught:
        BY_NAME[name].check(bad)
    assert caught.value.name == name
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    with pytest.raises(ParamError):
        replace(Params(), **{name: bad})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("steps", "x"),
        ("steps", ""),
        ("steps", "1.5"),
        ("steps", "nan"),
        ("steps", "inf"),
        ("steps", "9" * 5000),
        ("rate", "nan"),
        ("rate", "1e999"),
        ("rate", "0,1"),
        ("start", "nan"),
        ("start", "1+"),
        ("start", "1e999i"),
        ("start", "__import__('os')"),
        ("fast", "maybe"),
        ("plane", "Weight"),
        ("pairs", "1"),
        ("pairs", "a b"),
        ("pairs", ""),
        ("pairs", "1 2; 3"),
    ],
)
def test_a_text_that_can_not_be_read_is_refused(name, text):
    with pytest.raises(ParamError) as caught:
        BY_NAME[name].parse(text)
    assert caught.value.name == name
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", " 1e3 ", 1000),
        ("rate", "1e-3", 1e-3),
        ("start", "-1 + 2i", -1 + 2j),
        ("start", "0.3i", 0.3j),
        ("fast", "Yes", True),
        ("fast", "0", False),
        ("pairs", "0.5, 0.8; -1 2e-3\n3 4", ((0.5, 0.8), (-1.0, 0.002), (3.0, 4.0))),
    ],
)
def test_texts_are_read_as_people_write_them(name, text, value):
    assert BY_NAME[name].parse(text) == value


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ([], "params"),
        (None, "params"),
        ({"speed": 1}, "speed"),
        ({"steps": "many"}, "steps"),
        ({"start": [1]}, "start"),
        ({"start": [1, "x"]}, "start"),
        ({"start": [1, True]}, "start"),
        ({"start": [1, 10**400]}, "start"),
        ({"x" * 10_000: 1}, "x" * 40),
    ],
)
def test_bad_json_is_refused(data, name):
    with pytest.raises(ParamError) as caught:
        params_from_json(Params, data)
    assert caught.value.name == name


def test_missing_parameters_take_their_defaults():
    assert params_from_json(Params, {"steps": 7}) == Params(steps=7)


@pytest.mark.parametrize("junk", [{}, [], "x", -1, 1e400, None, {"a": 1}, [[]], float("nan")])
def test_junk_never_gets_through(junk):
    for found in specs(Params):
        try:
            value = found.from_json(junk)
        except ParamError:
            continue
        assert found.check(value) == value


def test_a_parameter_that_does_not_exist_is_named():
    with pytest.raises(ParamError, match="there are steps, rate"):
        spec(Params, "speed")


def test_parameters_can_not_be_changed():
    with pytest.raises(FrozenInstanceError):
        Params().steps = 5


def test_a_parameter_applies_when_the_others_say_so():
    assert not BY_NAME["pairs"].applies(Params())
    assert BY_NAME["pairs"].applies(Params(plane="input"))


def test_the_description_says_what_a_form_needs():
    described = BY_NAME["rate"].describe()
    assert described["type"] == "float"
    assert described["range"] == [1e-9, 10.0]
    assert described["unit"] == "1/s"
    assert BY_NAME["note"].describe()["range"] is None
    assert BY_NAME["start"].describe()["default"] == [0.3, 0.0]


def test_a_field_of_an_unknown_type_is_a_programming_error():
    @dataclass(frozen=True)
    class Odd:
        thing: bytes = param(b"", "Bytes.")

    with pytest.raises(TypeError, match="no parameter can be of type"):
        specs(Odd)


def test_the_largest_float_is_bounded():
    assert BY_NAME["pairs"].check(((MAX_FLOAT, -MAX_FLOAT),)) == ((MAX_FLOAT, -MAX_FLOAT),)
