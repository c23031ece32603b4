"""The description of a network: round trips, and one line for each thing that doesn't fit."""

from __future__ import annotations

import json

import pytest

from deepfractals_gui.nn import (
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    NetSpec,
    OptimizerSpec,
    SpecError,
)

WHOLE = NetSpec(
    inputs=8,
    layers=(
        DenseSpec(8, "tanh", bias=False, residual=True, scale=0.5, init="normal"),
        BatchNormSpec(),
        ActivationSpec("gelu"),
        DropoutSpec(0.25),
        DenseSpec(3),
    ),
    loss="cross_entropy",
    optimizer=OptimizerSpec("adam", lr=0.01, lr_output=0.1, beta2=0.99),
    batch=16,
    seed=7,
)


def test_json_gives_the_equal_description_back():
    assert NetSpec.from_json(WHOLE.to_json()) == WHOLE
    assert hash(NetSpec.from_json(WHOLE.to_json())) == hash(WHOLE)


def test_what_is_missing_takes_its_default():
    spec = NetSpec.from_json('{"inputs": 2, "layers": [{"kind": "dense", "units": 4}]}')
    assert spec == NetSpec(2, (DenseSpec(4),))
    assert spec.outputs == 4


def changed(**changes) -> str:
    return json.dumps(json.loads(WHOLE.to_json()) | changes)


DENSE = {"kind": "dense", "units": 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "not an object"),
        ("{}", "no inputs"),
        ('{"inputs": 3}', "no layers"),
        (changed(colour=1), "'colour'"),
        (changed(inputs=0), "inputs must be a whole number"),
        (changed(inputs=True), "inputs must be a whole number"),
        (changed(layers={}), "not a list"),
        (changed(layers=[]), "1 to 64 layers"),
        (changed(layers=[{"kind": "conv"}]), "layer 1: its kind"),
        (changed(layers=[{"kind": "dense"}]), "layer 1: a dense layer needs its units"),
        (changed(layers=[DENSE, DENSE | {"activation": "cube"}]), "layer 2: activation"),
        (changed(layers=[DENSE | {"residual": True}]), "8 units go in and 4 come out"),
        (changed(layers=[DENSE | {"bias": 1}]), "layer 1: bias must be true or false"),
        (changed(layers=[DENSE | {"scale": "1"}]), "layer 1: scale must be a number"),
        (changed(layers=[{"kind": "dropout", "rate": 1.5}]), "layer 1: rate"),
        (changed(layers=[{"kind": "dropout", "rate": 0.5}]), "needs a dense layer"),
        (changed(loss="hinge"), "loss must be one of mse"),
        (changed(optimizer=3), "the optimizer is not an object"),
        (changed(optimizer={"kind": "lion"}), "optimizer: kind must be one of sgd"),
        (changed(optimizer={"lr": -1}), "optimizer: lr must be within"),
        (changed(optimizer={"speed": 1}), "the optimizer: there is no 'speed'"),
        (changed(steps=0), "steps must be"),
        (changed(batch=1.5), "batch must be"),
        (changed(l2=float("nan")), "l2 must be within"),
        (changed(l2=float("inf")), "l2 must be within"),
        (changed(clip=10**400), "clip must be within [0, 1e+300], not 10000"),
        (changed(optimizer={"lr": 10**400}), "optimizer: lr must be within"),
        (changed(optimizer={"kind": ["adam"]}), "optimizer: kind must be one of sgd"),
        (changed(layers=[{"kind": ["dense"]}]), "layer 1: its kind"),
        (changed(layers=[{"kind": {}}]), "layer 1: its kind"),
        (changed(layers=[None]), "layer 1: its kind"),
        (changed(inputs=65536, layers=[{"kind": "dense", "units": 65536}]), "4294967296 weights"),
        (changed(layers=[{"kind": "dense", "units": 4096}] * 3), "are too many"),
    ],
)
def test_a_description_that_does_not_fit_is_refused_in_one_line(text, said):
    with pytest.raises(SpecError) as refused:
        NetSpec.from_json(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: NetSpec(2, None), "the layers are a tuple"),
        (lambda: NetSpec(2, (DenseSpec(2), "relu")), "layer 2 is no description of a layer"),
        (lambda: NetSpec(2, (DenseSpec(2),), optimizer="adam"), "no OptimizerSpec: 'adam'"),
    ],
)
def test_what_is_no_description_is_named(made, said):
    with pytest.raises(SpecError, match=said):
        made()


def test_a_list_of_layers_is_as_good_as_a_tuple():
    assert hash(NetSpec(2, [DenseSpec(2)])) == hash(NetSpec(2, (DenseSpec(2),)))
