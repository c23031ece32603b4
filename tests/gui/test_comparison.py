"""Probes beside each other: which curves share a plot, which rows differ, what is copied."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deepfractals_gui.core import Curve, Probe, Status
from deepfractals_gui.gui.comparison import (
    HERE,
    Compared,
    columns_of,
    compared_rows,
    plots_of,
    probes_text,
)
from deepfractals_gui.gui.pins import MOST_PINS, Pin, Pins
from deepfractals_gui.gui.readout import Row


def run(x: float, steps: int = 5, status: Status = Status.CONVERGED) -> Probe:
    """A training run as the trainability map tells it, its numbers made up from x."""
    n, targets = np.arange(steps, dtype=float), np.array([-1.0, 0.5])
    return Probe(
        x,
        2.0,
        status,
        {"status": int(status), "value": -x},
        (
            Curve("loss", n, np.exp(-x * n), log=True),
            Curve("|W0|", n, x + n, log=True, group="weight norms"),
            Curve("|W1|", n, x + 2 * n, log=True, group="weight norms"),
            Curve("output", targets, targets * x, "", False, "learned function", "target", False),
            Curve("target", targets, targets, "", False, "learned function", "target"),
        ),
        None,
        (("status", status.label), ("lr input", repr(x)), ("steps", str(steps))),
    )


def pinned(*xs: float) -> tuple[Pin, ...]:
    return tuple(Pin(number, x, 2.0, run(x)) for number, x in enumerate(xs, start=1))


# Which points.


def test_the_point_clicked_comes_last_and_not_twice() -> None:
    pins = pinned(0.1, 0.2)
    assert [c.name for c in columns_of(pins, run(0.3))] == ["1", "2", HERE]
    assert [c.name for c in columns_of(pins, run(0.2))] == ["1", "2"]
    assert [c.name for c in columns_of((), run(0.2))] == [HERE]
    assert columns_of((Pin(1, 0.1, 2.0, None),), None) == ()


def test_a_pin_takes_the_lowest_free_number(qapp) -> None:
    pins = Pins()
    for x in range(1, MOST_PINS + 1):
        assert pins.add(run(x / 10)).number == x
    with pytest.raises(ValueError, match=f"{MOST_PINS} points are pinned"):
        pins.add(run(0.9))
    pins.remove(3)
    assert pins.add(run(0.9)).number == 3
    assert [pin.number for pin in pins.all] == list(range(1, MOST_PINS + 1))


# Plots.


def test_a_group_shares_one_plot_and_tells_its_curves_twice() -> None:
    loss, norms, learned = plots_of(columns_of((), run(0.1)))
    assert (loss.title, norms.title, learned.title) == ("loss", "weight norms", "learned function")
    assert loss.legend == ()
    assert [key.text for key in norms.legend] == ["|W0|", "|W1|"]
    first, second = norms.legend
    assert first.series != second.series
    assert first.pattern != second.pattern


def test_of_several_points_the_colour_tells_the_point_and_the_dash_the_curve() -> None:
    loss, norms, learned = plots_of(columns_of(pinned(0.1, 0.2), run(0.3)))
    assert [line.key.series for line in loss.lines] == [0, 1, None]
    assert [line.mark for line in loss.lines] == ["1", "2", ""]
    assert len(norms.lines) == 6
    for line in norms.lines:
        assert line.key.pattern == ("|W0|", "|W1|").index(line.curve.name)
        assert line.curve.name in line.key.text
    assert [key.series for key in norms.legend] == [None, None]
    # The targets are the same for every point: one line in nobody's colour.
    targets = [line for line in learned.lines if line.curve.name == "target"]
    assert [line.key.series for line in targets] == [None]
    assert len(learned.lines) == 4


# Tables.


def test_rows_that_differ_come_first_and_a_missing_one_is_empty() -> None:
    one = [Row("status", "converged"), Row("lr", "0.1"), Row("loss", "1")]
    two = [Row("status", "converged"), Row("lr", "0.2"), Row("shown", "some")]
    rows = compared_rows([one, two])
    assert [(row.name, row.values) for row in rows] == [
        ("lr", ("0.1", "0.2")),
        ("loss", ("1", "")),
        ("shown", ("", "some")),
        ("status", ("converged", "converged")),
    ]


@pytest.mark.parametrize(
    ("values", "short"),
    [
        (("0.26739883547195707", "1.5"), ("0.267399", "1.5")),
        (("0.123456781", "0.123456789"), ("0.12345678", "0.12345679")),
        (("–", "0.123456789"), ("–", "0.123457")),
        (("converged", "7 steps"), ("converged", "7 steps")),
        (("500", "500"), ("500", "500")),
    ],
)
def test_values_are_as_short_as_tells_them_apart(values, short) -> None:
    assert Compared("rate", values).short == short


def test_neighbouring_floats_are_told_apart() -> None:
    near = (0.26739883547195707, math.nextafter(0.26739883547195707, 1.0))
    one, other = Compared("rate", tuple(map(repr, near))).short
    assert one != other
    assert (float(one), float(other)) == near


# Text.


def test_several_points_are_copied_in_columns() -> None:
    lines = probes_text(columns_of(pinned(0.1), run(0.2, steps=3))).splitlines()
    assert lines[0] == f"\tpin 1\t{HERE}"
    assert "x\t0.1\t0.2" in lines
    assert "steps\t5\t3" in lines
    begin = lines.index(f"n\tloss (pin 1)\tloss ({HERE})")
    assert lines[begin + 1] == "0\t1.0\t1.0"
    # The shorter run leaves its cells empty.
    assert lines[begin + 5] == f"4\t{float(np.exp(-0.4))!r}\t"
    assert f"target\toutput (pin 1)\toutput ({HERE})" in lines


def test_curves_over_different_places_are_copied_below_each_other() -> None:
    status, values = Status.BOUNDED, {"status": 1}
    probes = [
        Probe(x, 0.0, status, values, (Curve("|z|", np.array([x, 7.0]), np.array([x, 1.0])),))
        for x in (1.0, 2.0)
    ]
    pins = [Pin(number, p.x, p.y, p) for number, p in enumerate(probes, start=1)]
    lines = probes_text(columns_of(pins, None)).splitlines()
    begin = lines.index("n\t|z| (pin 1)\t|z| (pin 2)")
    assert lines[begin + 1 :] == ["1\t1.0\t", "7\t1.0\t", "2\t\t2.0", "7\t\t1.0"]
