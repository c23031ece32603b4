"""Two independent implementations of the same training: this library, and the compiled kernels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from deepfractals_gui import nn
from deepfractals_gui.core import CancelFlag
from deepfractals_gui.kernels import training
from deepfractals_gui.systems.training_data import TrainingData
from deepfractals_gui.systems.training_plan import (
    MAPPED_ACTIVATIONS,
    MAPPED_LOSSES,
    MAPPED_OPTIMIZERS,
    TrainingPlan,
)
from deepfractals_gui.systems.training_run import History, Results, Way, prepare

STEPS, POINTS, WIDTH, OUTPUTS = 50, 12, 6, 3
RATES = {"sgd": (0.1, 0.05), "nesterov": (0.05, 0.02), "adam": (0.02, 0.01), "adamw": (0.02, 0.01)}
CASES = [
    (activation, optimizer, loss, depth, residual, bias)
    for activation, optimizer, (loss, depth, residual, bias) in itertools.product(
        MAPPED_ACTIVATIONS,
        MAPPED_OPTIMIZERS,
        [("mse", 1, False, False), ("cross_entropy", 3, True, True)],
    )
]


def _kernel_losses(plan, lr_input, lr_output, momentum, decay):
    prepared = prepare(plan, every_step=False)
    rates = np.array([[lr_input, lr_output, momentum, 0.9, 0.999, decay, 1.0, 1.0, 0.0]])
    results, history = Results.of(1), History.of(plan, Way.GENERAL, STEPS)
    losses, norms, gradients, weights, _ = history
    training.sample(
        rates, prepared.network, *results, CancelFlag().array, losses, norms, gradients, weights
    )
    return losses, weights


def _library_losses(spec, data, batches):
    model = nn.model_of(spec)
    losses = []
    for step in range(STEPS):
        losses.append(model.data_loss(model.forward(data.inputs), data.targets))
        rows = batches[step] if len(batches) else slice(None)
        output = model.forward(data.inputs[rows])
        model.backward(output, data.targets[rows])
        for layer in model.layers:
            model.optimizer.update_params(layer)
    return np.array(losses), np.concatenate([w.ravel() for w in nn.arrays_of(model).values()])


def test_all_that_a_map_knows_is_compared():
    assert {case[0] for case in CASES} == set(MAPPED_ACTIVATIONS) <= set(nn.ACTIVATIONS)
    assert {case[1] for case in CASES} == set(MAPPED_OPTIMIZERS) <= set(nn.OPTIMIZERS)
    assert {case[2] for case in CASES} == set(MAPPED_LOSSES) <= set(nn.LOSSES)


@pytest.mark.parametrize("batch", [0, 5])
@pytest.mark.parametrize(("activation", "optimizer", "loss", "depth", "residual", "bias"), CASES)
def test_loss_curves_of_fifty_steps_agree(
    activation, optimizer, loss, depth, residual, bias, batch
):
    lr, lr_output = RATES[optimizer]
    momentum = 0.9 if optimizer in ("sgd", "nesterov") else 0.0
    rng = np.random.default_rng(17)
    hidden = [
        nn.DenseSpec(WIDTH, activation, bias, residual, 1.0 / np.sqrt(WIDTH), "normal", 1.2)
        for _ in range(depth)
    ]
    spec = nn.NetSpec(
        WIDTH,
        (*hidden, nn.DenseSpec(OUTPUTS, "identity", bias, scale=0.4, init="normal")),
        loss,
        nn.OptimizerSpec(optimizer, lr, lr_output, momentum, weight_decay=0.01),
        batch=batch,
        steps=STEPS,
        seed=4,
    )
    targets = rng.standard_normal((POINTS, OUTPUTS))
    if loss == "cross_entropy":
        targets = np.eye(OUTPUTS)[rng.integers(0, OUTPUTS, POINTS)]
    data = TrainingData(rng.standard_normal((POINTS, WIDTH)), targets)
    batches = rng.integers(0, POINTS, (STEPS, batch)) if batch else np.zeros((0, 0), np.int64)
    first = tuple(nn.arrays_of(nn.model_of(spec)).values())
    plan = TrainingPlan(spec, data, first, batches)
    mapped, mapped_weights = _kernel_losses(plan, lr, lr_output, momentum, 0.01)
    learned, weights = _library_losses(spec, data, batches)
    assert learned.min() < learned[0]
    assert np.allclose(mapped, learned, rtol=1e-10, atol=0)
    assert np.allclose(mapped_weights, weights, rtol=1e-8, atol=1e-10)
