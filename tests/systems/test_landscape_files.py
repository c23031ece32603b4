"""Trained networks from files: how they are taken, and what is said of bad ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from deepfractals_gui.core import DataRef, ParamError
from deepfractals_gui.nn import BatchNormSpec, DenseSpec, NetSpec
from deepfractals_gui.systems.landscape_file import MOST_POINTS
from deepfractals_gui.systems.landscape_plan import landscape_plan
from tests.systems.test_landscape import PLANES, SYSTEM, expected, params, sampled

SPEC = NetSpec(2, (DenseSpec(3, "tanh"), BatchNormSpec(), DenseSpec(2, bias=False)), "mse")


def arrays(**changes):
    """What a file of `SPEC` holds, with some arrays changed, or left out where None."""
    rng = np.random.default_rng(4)
    found = {
        "spec": np.array(SPEC.to_json()),
        "W0": rng.standard_normal((2, 3)),
        "b0": rng.standard_normal(3),
        "W1": rng.standard_normal((3, 2)),
        "gamma0": np.ones(3),
        "beta0": np.zeros(3),
        "mean0": rng.standard_normal(3),
        "var0": np.ones(3),
        "trajectory": rng.standard_normal((5, 15)),
        "X": rng.standard_normal((10, 2)),
        "Y": rng.standard_normal((10, 2)),
    }
    return {name: array for name, array in (found | changes).items() if array is not None}


def stored(tmp_path, **changes) -> DataRef:
    path = tmp_path / "net.npz"
    np.savez(path, **arrays(**changes))
    return DataRef.of_file(path)


def written(tmp_path, content, name) -> DataRef:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return DataRef.of_file(path)


@PLANES
def test_a_network_from_a_file_is_taken_as_it_is(tmp_path, directions):
    p = params(network=stored(tmp_path), directions=directions)
    SYSTEM.check(p)
    out = sampled(p, [0.0, 0.5], [0.0, 0.25])
    for k, place in enumerate([(0.0, 0.0), (0.5, 0.25)]):
        assert out["loss"][k] == pytest.approx(expected(p, *place)[0], rel=1e-12)
    assert np.isnan(out["accuracy"]).all()
    assert np.array_equal(landscape_plan(p).network.dense[0][0], arrays()["W0"])


def test_a_spec_may_be_a_string_or_bytes(tmp_path):
    text = SPEC.to_json()
    for spec in (np.array(text), np.frombuffer(text.encode(), np.uint8)):
        p = params(network=stored(tmp_path, spec=spec))
        assert landscape_plan(p).spec == SPEC


def test_rows_of_a_trajectory_are_matrices_and_biases_in_order(tmp_path):
    found = arrays()
    flat = [found["W0"].ravel(), found["b0"], found["W1"].ravel()]
    p = params(network=stored(tmp_path))
    assert np.array_equal(landscape_plan(p).network.flat, np.concatenate(flat))


def test_of_a_long_trajectory_evenly_spread_points_are_kept(tmp_path):
    rows = np.random.default_rng(5).standard_normal((3000, 15)).cumsum(axis=0)
    plan = landscape_plan(params(network=stored(tmp_path, trajectory=rows), directions="pca"))
    kept = plan.network.trajectory
    places = [int(np.flatnonzero((rows == row).all(axis=1))[0]) for row in kept]
    assert (len(kept), places[0], places[-1]) == (MOST_POINTS, 0, 2999)
    assert set(np.diff(places)) <= {5, 6}
    assert len(plan.path) == MOST_POINTS


BAD_NETWORKS = {
    "no spec": ({"spec": None}, "no array spec"),
    "numbers as spec": ({"spec": np.ones(3)}, "neither a single string nor bytes"),
    "broken spec": ({"spec": np.array("{")}, "the spec can't be used: it is not valid JSON"),
    "binary spec": ({"spec": np.array([255, 254], np.uint8)}, "spec is not a text"),
    "unknown field": ({"spec": np.array('{"inputs": 2, "layers": [], "x": 1}')}, "'x'"),
    "no W1": ({"W1": None}, "no array W1"),
    "no bias": ({"b0": None}, "no array b0"),
    "bias too many": ({"b1": np.ones(2)}, "has b1, but by the spec that layer has no bias"),
    "no norm": ({"var0": None}, "no array var0"),
    "negative variance": ({"var0": np.array([1.0, -1, 1])}, "var0 is negative at row 2"),
    "shape": ({"W1": np.ones((2, 3))}, "W1 has the shape (2, 3), the spec asks for (3, 2)"),
    "bias shape": ({"b0": np.ones((3, 1))}, "b0 has the shape (3, 1)"),
    "nan": ({"W0": np.full((2, 3), np.nan)}, "W0 is nan at row 1, column 1"),
    "texts": ({"W0": np.full((2, 3), "a")}, "W0 holds <U1, not numbers"),
    "objects": ({"W0": np.full((2, 3), None)}, "not numbers"),
    "short trajectory": ({"trajectory": np.ones((4, 14))}, "its rows must be the network's 15"),
    "nan on the way": ({"trajectory": np.full((4, 15), np.inf)}, "trajectory is inf"),
    "X alone": ({"Y": None}, "has X, but no array Y"),
    "rows differ": ({"Y": np.ones((9, 2))}, "X has 10 rows and Y has 9"),
    "width": ({"X": np.ones((10, 3))}, "the network has 2 inputs, but the data has 3"),
    "targets": ({"Y": np.ones(10)}, "the network has 2 outputs, but the data has 1 targets"),
}


@pytest.mark.parametrize("case", BAD_NETWORKS)
def test_bad_networks_are_refused_in_one_line(tmp_path, case):
    changes, said = BAD_NETWORKS[case]
    with pytest.raises(ParamError) as refused:
        SYSTEM.check(params(network=stored(tmp_path, **changes)))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.name == "network"


def test_damaged_files_are_refused_in_one_line(tmp_path):
    whole = (tmp_path / "whole.npz", tmp_path / "packed.npz")
    np.savez(whole[0], **arrays())
    np.savez_compressed(whole[1], **arrays())
    damaged = [b"", b"not a network", whole[0].read_bytes()[:900]]
    for path in whole:
        content = bytearray(path.read_bytes())
        for place in range(200, len(content) - 200, 97):
            content[place] ^= 0x55
        damaged.append(bytes(content))
    for number, content in enumerate(damaged):
        with pytest.raises(ParamError) as refused:
            SYSTEM.check(params(network=written(tmp_path, content, f"{number}.npz")))
        assert "\n" not in str(refused.value)


def test_without_data_or_trajectory_there_is_one_line_that_says_so(tmp_path):
    p = params(network=stored(tmp_path, X=None, Y=None))
    with pytest.raises(ParamError, match=r"data: net\.npz holds no data; choose a CSV"):
        SYSTEM.check(p)
    p = params(network=stored(tmp_path, trajectory=None), directions="pca")
    with pytest.raises(ParamError, match=r"directions: net\.npz holds no trajectory"):
        SYSTEM.check(p)
    assert SYSTEM.home(p).width > 0
    rows = np.outer(np.arange(5.0), np.ones(15))
    found = arrays()
    ends = np.concatenate([found["W0"].ravel(), found["b0"], found["W1"].ravel()])
    for trajectory in (rows + ends, ends[np.newaxis], np.zeros((0, 15))):
        p = params(network=stored(tmp_path, trajectory=trajectory), directions="pca")
        with pytest.raises(ParamError, match="lies on a line"):
            SYSTEM.check(p)


def test_too_large_networks_are_refused_before_they_are_read(tmp_path):
    spec = NetSpec(3000, (DenseSpec(3000), DenseSpec(2)), "mse")
    with pytest.raises(ParamError, match="at most 4194304 are allowed"):
        SYSTEM.check(params(network=stored(tmp_path, spec=np.array(spec.to_json()))))


def test_other_data_may_be_given(tmp_path):
    table = "a,b,class\n0.5,1,0\n-1,2,1\n0.25,-0.5,1\n"
    p = params(network="moons", data=written(tmp_path, table, "data.csv"))
    plan = landscape_plan(p)
    assert np.array_equal(plan.data.targets, [[1, 0], [0, 1], [0, 1]])
    out = sampled(p, [0.3], [0.1])
    assert out["loss"][0] == pytest.approx(expected(p, 0.3, 0.1)[0], rel=1e-12)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("1,2,3,0\n", "the network has 2 inputs, but the data has 3"),
        ("1,2,0\n1,2,2\n", "row 2 has the label 2; the network knows the classes 0 to 1"),
        ("1,2,0\n1,2,0.5\n", r"row 2 has the label 0\.5"),
        ("1,2,-1\n", "row 1 has the label -1"),
        ("1,nan,0\n", "X is nan at row 1, column 2"),
        ("1,2\n", "the network has 2 inputs, but the data has 1"),
        ("", "there are no numbers"),
    ],
)
def test_data_that_does_not_fit_is_refused_in_one_line(tmp_path, table, said):
    with pytest.raises(ParamError, match=said) as refused:
        SYSTEM.check(params(network="moons", data=written(tmp_path, table, "data.csv")))
    assert refused.value.name == "data"


def test_targets_must_suit_the_loss(tmp_path):
    def refusal(loss, y):
        spec = NetSpec(2, SPEC.layers, loss)
        with pytest.raises(ParamError) as refused:
            SYSTEM.check(params(network=stored(tmp_path, spec=np.array(spec.to_json()), Y=y)))
        return str(refused.value)

    half = np.full((10, 2), 0.5)
    wrong = half.copy()
    wrong[3] = [0.5, 1.5]
    assert "row 4 has a target that is not within [0, 1]" in refusal("binary_cross_entropy", wrong)
    wrong[3] = [0.5, 0.6]
    assert "the targets of row 4 don't add up to 1" in refusal("cross_entropy", wrong)
    assert "2 outputs, but the data has 1" in refusal("binary_cross_entropy", np.ones(10))


def test_too_much_data_is_refused(tmp_path):
    spec = NetSpec(2, (DenseSpec(4000), DenseSpec(2, bias=False)), "mse")
    widths = (2, 4000, 2)
    weights = {f"W{k}": np.ones(pair) for k, pair in enumerate(pairwise(widths))}
    file = stored(
        tmp_path, spec=np.array(spec.to_json()), **weights, b0=np.ones(4000), trajectory=None,
        X=np.ones((5000, 2)), Y=np.ones((5000, 2)),
    )  # fmt: skip
    with pytest.raises(ParamError, match="5000 data points times 4000 units are too many"):
        SYSTEM.check(params(network=file))
