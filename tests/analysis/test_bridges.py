"""From the lab to a map, and from a pixel back to its run: the same training either way.

And from a field to a map, each of whose pixels is a solve of that field.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui import nn
from deepfractals_gui.analysis.bridges import convergence_of, landscape_of, map_of, run_of
from deepfractals_gui.core import CancelFlag, ParamError, Points, Status
from deepfractals_gui.equilibrium.field import FieldSpec, initial_params
from deepfractals_gui.equilibrium.images import pictures
from deepfractals_gui.equilibrium.iteration import solve
from deepfractals_gui.equilibrium.solvers import Naive
from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.lab import Lab
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.nn.datasets import dataset
from deepfractals_gui.systems import system
from deepfractals_gui.systems.trainability_params import TrainabilityParams
from deepfractals_gui.systems.training_plan import training_plan
from deepfractals_gui.systems.training_rates import rate_plane, rates_of
from deepfractals_gui.systems.training_run import record

LAB = Lab()
TRAINABILITY = system("trainability")


def map_losses(p, x, y):
    """Losses of a pixel's run, by the kernel."""
    plane = rate_plane(p)
    rates = rates_of(np.array([x]), np.array([y]), plane)
    results, history = record(rates, plane, TRAINABILITY.prepare(p, CancelFlag()), CancelFlag())
    return history.losses, results


def lab_losses(p):
    state = LAB.start(p)
    while not state.stopped:
        state = LAB.epoch(state)
    return state.trace.column("train_loss")[1:], state


CASES = {
    "tanh": TrainabilityParams(data="matching", width=4, steps=60),
    "paper, one datapoint": TrainabilityParams(data="paper:single", steps=60),
    "paper, minibatch": TrainabilityParams(data="paper:matching", batch=16, steps=500),
    "minibatch, adam": TrainabilityParams(
        data="matching", width=4, steps=60, batch=7, optimizer="adam", depth=2, residual=True
    ),
    "classes, biases": TrainabilityParams(
        data="matching", width=4, steps=60, loss="cross_entropy", bias=True, optimizer="nesterov",
        momentum=0.5,
    ),
    "scales, once": TrainabilityParams(
        data="matching", width=4, steps=60, weight_scale=0.5, output_scale=1.5, offset=0.25,
        offset_mode="once", weight_decay=0.001,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_run_behind_a_pixel_reproduces_it(name, tmp_path):
    p = CASES[name]
    x, y = (-1.5, -1.5) if p.optimizer == "adam" else (-0.5, 0.25)
    expected, results = map_losses(p, x, y)
    losses, state = lab_losses(run_of(p, x, y, tmp_path))
    assert results.status[0] == Status.CONVERGED
    assert len(losses) == p.steps
    assert np.allclose(losses[:50], expected[:50], rtol=1e-10, atol=0)
    assert losses[-1] == pytest.approx(results.final_loss[0], rel=1e-6)
    assert not state.exploded


def test_the_run_behind_a_pixel_that_explodes_explodes(tmp_path):
    p = CASES["tanh"].__class__(data="matching", width=4, steps=60, activation="relu")
    _, results = map_losses(p, 4.0, 4.0)
    assert results.status[0] == Status.NON_FINITE
    _, state = lab_losses(run_of(p, 4.0, 4.0, tmp_path))
    assert state.exploded


def test_what_the_lab_does_not_do_is_told(tmp_path):
    offset = TrainabilityParams(x_axis="offset", y_axis="lr")
    with pytest.raises(ParamError, match="offset at every step"):
        run_of(offset, -1.0, 0.0, tmp_path)
    biased = TrainabilityParams(data="matching", width=4, bias=True, output_scale=2.0)
    with pytest.raises(ParamError, match="scales no biases"):
        run_of(biased, 0.0, 0.0, tmp_path)


RUN = LabParams(
    data="moons", count=40,
    spec=nn.NetSpec(
        2,
        (nn.DenseSpec(5, "tanh", init="glorot"), nn.DenseSpec(6), nn.ActivationSpec("relu"),
         nn.DenseSpec(2)),
        "cross_entropy", nn.OptimizerSpec("adam", 0.01, lr_output=0.03), batch=0, steps=40, seed=3,
    ),
)  # fmt: skip


def test_a_map_trains_the_runs_own_network_on_its_own_data(tmp_path):
    document = map_of(RUN, tmp_path)
    assert (document.viewport.x, document.viewport.y) == (-2, round_of(np.log10(0.03)))
    plan = training_plan(document.params)
    state = LAB.start(RUN)
    assert np.array_equal(plan.data.inputs, state.data.x)
    assert np.array_equal(plan.data.targets.argmax(axis=1), state.data.y)
    first = nn.arrays_of(state.model)
    for number, array in enumerate(plan.weights):
        assert np.array_equal(array, list(first.values())[number])
    expected, _ = map_losses(document.params, -2.0, float(np.log10(0.03)))
    for _ in range(40):
        state = LAB.epoch(state)
    assert np.allclose(state.trace.column("train_loss")[1:41], expected, rtol=1e-9)
    assert map_of(RUN, tmp_path) == document


def round_of(value):
    from decimal import Decimal

    return Decimal(f"{value:.6g}")


def test_any_two_rates_may_be_the_axes(tmp_path):
    document = map_of(RUN, tmp_path, "beta1", "lr")
    assert (document.params.x_axis, document.params.y_axis) == ("beta1", "lr")
    assert float(document.viewport.x) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layers": (nn.DenseSpec(4), nn.DropoutSpec(0.1), nn.DenseSpec(2))}, "2.*dropout"),
        ({"layers": (nn.DenseSpec(4), nn.BatchNormSpec(), nn.DenseSpec(2))}, "normalisation"),
        ({"l2": 0.1}, "without l2"),
        ({"optimizer": nn.OptimizerSpec("sgd", lr_decay=0.1)}, "without lr_decay"),
        ({"optimizer": nn.OptimizerSpec("adagrad")}, "adagrad"),
        ({"layers": (nn.DenseSpec(200), nn.DenseSpec(2))}, "200 units"),
    ],
)
def test_what_a_map_does_not_train_is_told(changes, said, tmp_path):
    p = replace(RUN, spec=replace(RUN.spec, **changes))
    with pytest.raises(ValueError, match=said):
        map_of(p, tmp_path)


LAYERS = {
    "classes": (nn.DenseSpec(6, "tanh"), nn.DenseSpec(6, "relu", residual=True)),
    "norm, dropout, penalty": (
        nn.DenseSpec(8), nn.BatchNormSpec(), nn.ActivationSpec("gelu"), nn.DropoutSpec(0.2),
        nn.DenseSpec(5, "softplus", bias=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("loss", nn.LOSSES)
@pytest.mark.parametrize("name", LAYERS)
def test_the_middle_of_a_runs_landscape_is_the_run(name, loss, tmp_path):
    spec = nn.NetSpec(
        2, (*LAYERS[name], nn.DenseSpec(1 if loss.startswith("b") else 2)), loss,
        nn.OptimizerSpec("adam", 0.02), batch=16, l2=0.001 if "penalty" in name else 0.0,
    )  # fmt: skip
    state = LAB.start(replace(LabParams(data="moons", count=60, epochs=5), spec=spec))
    for _ in range(4):
        state = LAB.epoch(state)
    document = landscape_of(state, tmp_path)
    landscape, p = system(document.key), document.params
    assert p.directions == "pca"
    middle = Points.absolute(np.zeros(1), np.zeros(1))
    out = landscape.allocate(1, p)
    landscape.sample(middle, p, landscape.prepare(p, CancelFlag()), out, CancelFlag())
    found = state.model.evaluate(state.data.x, state.data.y)
    assert out["loss"][0] == pytest.approx(found.loss + state.model.penalty(), rel=1e-12)
    if loss != "mse":
        assert out["accuracy"][0] == np.float32(found.accuracy)
    assert landscape_of(state, tmp_path).params == p
    assert len(list(tmp_path.iterdir())) == 1


def test_a_run_that_has_not_begun_is_seen_in_random_directions(tmp_path):
    spec = nn.NetSpec(2, (nn.DenseSpec(4, "tanh"), nn.DenseSpec(2)), "cross_entropy")
    state = LAB.start(replace(LabParams(data="moons", count=40), spec=spec))
    assert landscape_of(state, tmp_path).params.directions == "random"


@pytest.mark.parametrize(("side", "mapped"), [(6, 6), (28, 8)])
def test_a_pixel_of_a_fields_map_is_a_solve_of_that_field(side, mapped, tmp_path):
    spec = FieldSpec(channels=3, height=side, width=side, pooled=2, activation="cardioid")
    model = FieldModel(spec, initial_params(spec, 4))
    document = convergence_of(model, tmp_path)
    p = document.params
    assert p.side == mapped
    chosen = system(document.key)
    points = Points.absolute(np.array([0.6]), np.array([spec.gamma]))
    out = chosen.allocate(1, p)
    chosen.sample(points, p, chosen.prepare(p, CancelFlag()), out, CancelFlag())
    there = replace(spec, height=mapped, width=mapped)
    image = pictures(dataset("digits"), there).batch(np.array([p.digit]))
    f = FieldModel(there, model.params).map(image)
    found = solve(Naive(p.tolerance, p.steps, 0.6), f)
    assert out["evaluations"][0] == found.evaluations[0]
    assert out["residual"][0] == pytest.approx(np.log10(found.residual[0]), abs=1e-5)
    assert convergence_of(model, tmp_path) == document
    assert len(list(tmp_path.iterdir())) == 1


def test_a_field_that_cannot_be_mapped_is_refused(tmp_path):
    spec = FieldSpec(channels=3, height=8, width=8, inputs=2, pooled=2)
    with pytest.raises(ParamError, match="grey images don't drive 2 channels"):
        convergence_of(FieldModel(spec, initial_params(spec, 4)), tmp_path)
