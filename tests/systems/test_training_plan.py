"""The data, weights and networks behind the trainability map, and what is said of bad files."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from deepfractals_gui.core import DataRef, ParamError
from deepfractals_gui.core.params import replace
from deepfractals_gui.nn import DenseSpec, NetSpec, OptimizerSpec
from deepfractals_gui.systems.trainability import Trainability
from deepfractals_gui.systems.trainability_params import TrainabilityParams
from deepfractals_gui.systems.training_data import MAX_ROWS, paper
from deepfractals_gui.systems.training_plan import training_plan


def params(**values) -> TrainabilityParams:
    return replace(TrainabilityParams(), **values)


def test_the_papers_conditions_are_the_papers_arrays():
    arrays = paper()
    for name, rows in (("matching", 272), ("identity", 16), ("single", 1)):
        plan = training_plan(params(data=f"paper:{name}"))
        assert plan.data.inputs.shape == (rows, 16)
        assert np.array_equal(plan.data.targets, arrays[f"Y_{name}"])
        assert np.array_equal(plan.weights[0], arrays["W0"])
        assert np.array_equal(plan.weights[1], arrays["W1"])
        assert [layer.scale for layer in plan.layers] == [np.sqrt(2 / 16), 1 / 16]
    linear = training_plan(params(data="paper:identity", activation="identity"))
    assert linear.layers[0].scale == 0.25


@pytest.mark.parametrize("steps", [500, 1000])
def test_the_papers_minibatches_are_used_where_there_are_some(steps):
    plan = training_plan(params(data="paper:matching", batch=16, steps=steps))
    assert np.array_equal(plan.batches, paper()[f"minibatch_{steps}"])
    other = training_plan(params(data="paper:matching", batch=16, steps=steps + 1))
    assert other.batches.shape == (steps + 1, 16)
    assert 0 <= other.batches.min() < other.batches.max() < 272


def test_what_is_drawn_depends_on_the_seed_alone():
    one = training_plan(params(data="matching", seed=3))
    again = training_plan(params(data="matching", seed=3, lr_input=2.0))
    other = training_plan(params(data="matching", seed=4))
    generator = np.random.Generator(np.random.PCG64([3, 0]))
    assert np.array_equal(one.weights[0], generator.standard_normal((16, 16)))
    assert np.array_equal(one.weights[1], generator.standard_normal((16, 1)))
    assert np.array_equal(one.data.inputs, generator.standard_normal((272, 16)))
    assert np.array_equal(one.data.inputs, again.data.inputs)
    assert not np.array_equal(one.data.inputs, other.data.inputs)


def test_depth_residuals_biases_and_classes_shape_the_network():
    plan = training_plan(
        params(data="single", width=8, depth=3, residual=True, bias=True, loss="cross_entropy")
    )
    assert [layer.units for layer in plan.layers] == [8, 8, 8, 2]
    assert [layer.residual for layer in plan.layers] == [True, True, True, False]
    assert [array.shape for array in plan.weights] == [
        (8, 8), (8,), (8, 8), (8,), (8, 8), (8,), (8, 2), (2,)
    ]  # fmt: skip
    assert sorted(plan.data.targets[0]) == [0.0, 1.0]


def test_other_widths_need_other_weights_than_the_papers():
    with pytest.raises(ParamError, match=r"weights=drawn or data=matching"):
        training_plan(params(data="paper:matching", width=8))
    plan = training_plan(params(data="paper:matching", width=8, weights="drawn"))
    assert [array.shape for array in plan.weights] == [(16, 8), (8, 1)]


def stored(tmp_path, **arrays) -> DataRef:
    path = tmp_path / "file.npz"
    np.savez(path, **arrays)
    return DataRef.of_file(path)


def written(tmp_path, content, name="file.csv") -> DataRef:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return DataRef.of_file(path)


def test_own_data_comes_from_csv_and_npz(tmp_path):
    table = training_plan(params(data=written(tmp_path, "a,b,y\n1,2,3\n4,5,6\n")))
    assert np.array_equal(table.data.inputs, [[1, 2], [4, 5]])
    assert np.array_equal(table.data.targets, [[3], [6]])
    assert table.weights[0].shape == (2, 16)
    x, y = np.arange(6.0).reshape(3, 2), np.array([0, 2, 1])
    classes = training_plan(params(data=stored(tmp_path, X=x, Y=y), loss="cross_entropy"))
    assert np.array_equal(classes.data.targets, np.eye(3)[y])
    assert classes.layers[-1].units == 3


def test_own_weights_come_from_npz(tmp_path):
    w0, w1 = np.full((16, 16), 0.5), np.full((16, 1), 0.25)
    plan = training_plan(params(weights=stored(tmp_path, W0=w0, W1=w1)))
    assert np.array_equal(plan.weights[0], w0)
    assert np.array_equal(plan.weights[1], w1)


def test_a_network_from_a_file_is_taken_as_it_is(tmp_path):
    spec = NetSpec(
        16, (DenseSpec(5, "gelu"), DenseSpec(1)), optimizer=OptimizerSpec("adam"), steps=30
    )
    plan = training_plan(params(spec=written(tmp_path, spec.to_json(), "net.json")))
    assert plan.spec == spec
    assert [array.shape for array in plan.weights] == [(16, 5), (5,), (5, 1), (1,)]
    assert np.std(plan.weights[0]) == pytest.approx(np.sqrt(2 / 16), rel=0.3)


def huge_npz() -> bytes:
    """An .npz whose header promises a thousand million rows."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 16)}
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("X.npy", header.getvalue())
        archive.writestr("Y.npy", header.getvalue())
    return content.getvalue()


BAD_DATA = {
    "empty": (b"", "there are no numbers"),
    "binary": (b"\xff\xfe\x00\x01", "neither an .npz file nor text"),
    "words": (b"1,2\nthree,4\n", "line 2: 'three' is not a number"),
    "ragged": (b"1,2,3\n1,2\n", "line 2: there are 2 cells where the first row has 3"),
    "one column": (b"1\n2\n", "at least one input and, last, the target"),
    "nan": (b"1,2\n3,nan\n", "Y is nan at row 2"),
    "infinite": (b"1,2\ninf,4\n", "X is inf at row 2, column 1"),
    "many rows": (b"1,2\n" * (MAX_ROWS + 1), f"at most {MAX_ROWS} are allowed"),
    "huge": (huge_npz(), "too large"),
    "cut": (b"PK\x03\x04 and no more", "not a readable .npz file"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_is_refused_in_one_line(tmp_path, case):
    content, said = BAD_DATA[case]
    with pytest.raises(ParamError) as refused:
        Trainability().check(params(data=written(tmp_path, content)))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.name == "data"


BAD_ARRAYS = {
    "no Y": ({"X": np.ones((2, 2))}, "no array Y"),
    "rows differ": ({"X": np.ones((2, 2)), "Y": np.ones(3)}, "X has 2 rows and Y has 3"),
    "texts": ({"X": np.array([["a"]]), "Y": np.ones(1)}, "not numbers"),
    "objects": ({"X": np.array([[None]]), "Y": np.ones(1)}, "not numbers"),
    "flat": ({"X": np.ones(2), "Y": np.ones(2)}, "must have 2 dimensions"),
    "cube": ({"X": np.ones((2, 2, 2)), "Y": np.ones(2)}, "too large"),
    "nan": ({"X": np.array([[np.nan]]), "Y": np.ones(1)}, "X is nan at row 1, column 1"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays_are_refused_in_one_line(tmp_path, case):
    arrays, said = BAD_ARRAYS[case]
    with pytest.raises(ParamError) as refused:
        Trainability().check(params(data=stored(tmp_path, **arrays)))
    assert said in str(refused.value)


BAD_WEIGHTS = {
    "missing": ({"W0": np.ones((16, 16))}, "no array W1"),
    "shape": ({"W0": np.ones((16, 8)), "W1": np.ones((16, 1))}, "the network needs (16, 16)"),
    "nan": ({"W0": np.full((16, 16), np.nan), "W1": np.ones((16, 1))}, "is nan"),
    "biases": (
        {"W0": np.ones((16, 16)), "b0": np.ones(16), "W1": np.ones((16, 1))}, "has no biases"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_weights_are_refused_in_one_line(tmp_path, case):
    arrays, said = BAD_WEIGHTS[case]
    with pytest.raises(ParamError) as refused:
        Trainability().check(params(weights=stored(tmp_path, **arrays)))
    assert said in str(refused.value)
    assert refused.value.name == "weights"


def test_labels_that_are_no_classes_are_named(tmp_path):
    with pytest.raises(ParamError, match=r"row 2 has the label 0\.5"):
        training_plan(params(data=written(tmp_path, "1,0\n2,0.5\n"), loss="cross_entropy"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not valid JSON"),
        (NetSpec(3, (DenseSpec(1),)).to_json(), "3 inputs and 1 outputs"),
        (NetSpec(16, (DenseSpec(1, "softplus"),)).to_json(), "not softplus"),
        (NetSpec(16, (DenseSpec(1),), l2=0.1).to_json(), "neither l1, l2"),
        (NetSpec(16, (DenseSpec(999), DenseSpec(1))).to_json(), "999 units"),
        (NetSpec(16, (DenseSpec(1, "tanh"),)).to_json(), "last layer must be linear"),
        (NetSpec(16, (DenseSpec(1),), steps=19).to_json(), "at least 20 steps, not 19"),
    ],
)
def test_networks_that_no_map_can_train_are_refused(tmp_path, content, said):
    with pytest.raises(ParamError) as refused:
        Trainability().check(params(spec=written(tmp_path, content, "net.json")))
    assert said in str(refused.value)


def test_minibatches_beyond_memory_are_refused():
    with pytest.raises(ParamError, match="too many minibatches"):
        Trainability().check(params(batch=4096, steps=1_000_000))


def test_axes_that_do_not_fit_are_refused():
    with pytest.raises(ParamError, match="both axes show lr_output"):
        Trainability().check(params(x_axis="lr_output"))
    with pytest.raises(ParamError, match="sgd has no beta1"):
        Trainability().check(params(x_axis="beta1"))
    with pytest.raises(ParamError, match="adam has no momentum"):
        Trainability().check(params(x_axis="momentum", optimizer="adam"))


def test_published_windows_are_the_published_rates():
    preset = next(one for one in Trainability.presets if one.key == "paper_identity")
    left = 10.0 ** (float(preset.viewport.x) - preset.viewport.width / 2)
    right = 10.0 ** (float(preset.viewport.x) + preset.viewport.width / 2)
    assert left == pytest.approx(1.90010080e2, rel=1e-13)
    assert right == pytest.approx(1.90011840e2, rel=1e-13)
    bottom = 10.0 ** (float(preset.viewport.y) - preset.viewport.width / 2)
    assert bottom == pytest.approx(4.77745244, abs=2e-8)
