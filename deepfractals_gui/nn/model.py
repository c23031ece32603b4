"""A model: layers in a row, a loss and an optimiser; it computes, learns and predicts.

    model = Model()
    model.add(DenseLayer(784, 128))
    model.add(Activation_ReLU())
    model.add(DenseLayer(128, 10))
    model.add(Activation_Softmax())
    model.loss = Loss_CategoricalCrossentropy()
    model.optimizer = Optimizer_SGD(learning_rate=0.1)
    history = model.fit(X, y, epochs=10, batch_size=32)

`fit` does no more than the classic loop: `forward`, `loss.calculate`, `backward`, and
`optimizer.update_params` for each layer.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.activations import Activation_Sigmoid, Activation_Softmax
from deepfractals_gui.nn.initial import BATCHES
from deepfractals_gui.nn.layers import Layer
from deepfractals_gui.nn.losses import Loss, Loss_BinaryCrossentropy, Loss_CategoricalCrossentropy
from deepfractals_gui.nn.optimizers import Optimizer

_ROWS = 4096
"""Samples that are evaluated at once: their activations stay in the processor's cache."""


class Evaluation(NamedTuple):
    """The mean loss over some data, and the share of right answers (NaN for regression)."""

    loss: float
    accuracy: float


@dataclass
class History:
    """What `Model.fit` saw, one number an epoch; ``test_`` lists are empty without test data.

    ``loss`` is the mean over the epoch's batches, each before its update, penalties included.
    ``stopped`` says in one line why training ended before its last epoch; "" if it didn't.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    stopped: str = ""


class Model:
    """Layers in a row.

    Attributes
    ----------
    layers : from the input to the output
    loss, optimizer : what is minimised, and how
    l1, l2 : penalties l1 Σ|W| + l2 ΣW² over all weights, added to the loss
    training : whether dropout and batch normalisation behave as during training
    """

    loss: Loss
    optimizer: Optimizer

    def __init__(self, *layers: Layer) -> None:
        self.layers: list[Layer] = []
        self.l1 = self.l2 = 0.0
        self.training = True
        for layer in layers:
            self.add(layer)

    def add(self, layer: Layer) -> Model:
        """Append a layer; the model itself, so that calls can be chained."""
        self.layers.append(layer)
        layer.name = f"layer {len(self.layers)}"
        for number, inner in enumerate(layer.inner(), start=1):
            inner.name = f"{layer.name}.{number}"
        layer.set_training(self.training)
        return self

    def walk(self) -> Iterator[Layer]:
        """All layers, those inside blocks included, in the order in which they are computed."""
        for layer in self.layers:
            yield from layer.walk()

    def train(self) -> Model:
        """Behave as during training."""
        return self._set(True)

    def eval(self) -> Model:
        """Behave as afterwards: no dropout, running statistics."""
        return self._set(False)

    def _set(self, training: bool) -> Model:
        self.training = training
        for layer in self.layers:
            layer.set_training(training)
        return self

    def copy(self) -> Model:
        """An independent model with the same weights, and the same memory of its optimiser."""
        twin = copy.copy(self)
        memo: dict[int, Any] = {}
        twin.layers = [layer.copy(memo) for layer in self.layers]
        if hasattr(self, "optimizer"):
            twin.optimizer = self.optimizer.copy(dict(zip(self.walk(), twin.walk(), strict=True)))
        return twin

    # The two passes

    def forward(self, X: Array) -> Array:
        """The output (N, K) for a batch (N, n). Raises ShapeError, which names the layer."""
        values = np.asarray(X, np.float64)
        for layer in self.layers:
            values = layer.forward(values)
        return values

    def backward(self, output: Array, y: Array) -> Array:
        """Gradients of the loss, penalties included, into every layer; that by the input returned.

        A softmax under the cross-entropy, and a sigmoid under the binary one, are passed in one
        step: (p - t) / N needs no division by a probability.
        """
        layers = list(self.layers)
        fused = self._from_logits()
        if fused is None:
            slope = self.loss.backward(output, y)
        else:
            last = layers.pop()
            slope = last.dinputs = self.loss.dinputs = fused.backward(last.inputs, y)
        for layer in reversed(layers):
            slope = layer.backward(slope)
        if self.l1 or self.l2:
            self._add_penalties()
        return slope

    def _from_logits(self) -> Loss | None:
        """The same loss of the last layer's inputs, where that is the better way."""
        if not self.layers:
            return None
        last, loss = self.layers[-1], self.loss
        if isinstance(loss, Loss_CategoricalCrossentropy) and not loss.from_logits:
            fits = isinstance(last, Activation_Softmax)
        elif isinstance(loss, Loss_BinaryCrossentropy) and not loss.from_logits:
            fits = isinstance(last, Activation_Sigmoid)
        else:
            return None
        return type(loss)(from_logits=True) if fits else None

    def data_loss(self, output: Array, y: Array) -> float:
        """The loss of the batch that went forward last, without penalties."""
        fused = self._from_logits()
        if fused is None:
            return self.loss.calculate(output, y)
        return fused.calculate(self.layers[-1].inputs, y)

    def penalty(self) -> float:
        """l1 Σ|W| + l2 ΣW²."""
        if not (self.l1 or self.l2):
            return 0.0
        weights = [p.value for layer in self.walk() for p in layer.parameters() if p.decays]
        return self.l1 * sum(float(np.abs(w).sum()) for w in weights) + self.l2 * sum(
            float(np.vdot(w, w)) for w in weights
        )

    def _add_penalties(self) -> None:
        for layer in self.walk():
            for parameter in layer.parameters():
                if parameter.decays:
                    gradient, w = parameter.gradient, parameter.value
                    gradient += self.l1 * np.sign(w) + 2.0 * self.l2 * w

    # Learning

    def learn(self, X: Array, y: Array) -> tuple[float, float]:
        """One update from one batch: its loss, penalties included, and its accuracy, both before.

        A loss that isn't finite changes no weight.
        """
        output = self.forward(X)
        loss = self.data_loss(output, y) + self.penalty()
        right = accuracy(output, y, self.loss)
        if np.isfinite(loss):
            self.backward(output, y)
            for layer in self.layers:
                self.optimizer.update_params(layer)
        return loss, right

    def fit(
        self,
        X: Array,
        y: Array,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        test: tuple[Array, Array] | None = None,
        seed: int = 0,
        after_epoch: Callable[[int, History], bool | None] | None = None,
    ) -> History:
        """Train on shuffled batches.

        Parameters
        ----------
        X, y : (N, n) and targets as the loss takes them
        batch_size : samples of an update; 0: all of them
        test : data to evaluate after every epoch
        seed : of the order, which is another one in every epoch
        after_epoch : called with the number of the epoch and the history; True stops training

        Returns
        -------
        History; a loss that stops being finite ends training with ``stopped`` saying so

        Raises
        ------
        ShapeError   the data doesn't fit the layers or the loss
        """
        X, y = np.asarray(X, np.float64), np.asarray(y)
        history = History()
        self.train()
        with np.errstate(all="ignore"):
            for epoch in range(epochs):
                seen = loss = right = 0.0
                for rows in batches(len(X), batch_size, seed, epoch):
                    one, share = self.learn(X[rows], y[rows])
                    if not np.isfinite(one):
                        history.stopped = non_finite(one, epoch)
                        break
                    seen += len(rows)
                    loss += one * len(rows)
                    right += share * len(rows)
                if history.stopped:
                    break
                history.loss.append(loss / seen)
                history.accuracy.append(right / seen)
                if test is not None:
                    found = self.evaluate(*test)
                    history.test_loss.append(found.loss)
                    history.test_accuracy.append(found.accuracy)
                if after_epoch is not None and after_epoch(epoch, history):
                    break
        self.eval()
        return history

    # Using what was learned

    def predict(self, X: Array) -> Array:
        """The output (N, K) in evaluation mode; the mode is as before afterwards."""
        training = self.training
        self.eval()
        X = np.asarray(X, np.float64)
        with np.errstate(all="ignore"):
            parts = [self.forward(X[at : at + _ROWS]) for at in range(0, max(len(X), 1), _ROWS)]
        self._set(training)
        return np.concatenate(parts)

    def evaluate(self, X: Array, y: Array) -> Evaluation:
        """Mean loss, without penalties, and accuracy over data, in evaluation mode."""
        training = self.training
        self.eval()
        X, y = np.asarray(X, np.float64), np.asarray(y)
        loss = right = 0.0
        with np.errstate(all="ignore"):
            for at in range(0, len(X), _ROWS):
                part = slice(at, at + _ROWS)
                output = self.forward(X[part])
                loss += self.data_loss(output, y[part]) * len(output)
                right += accuracy(output, y[part], self.loss) * len(output)
        self._set(training)
        count = max(len(X), 1)
        return Evaluation(loss / count, right / count)


def batches(count: int, size: int, seed: int, epoch: int) -> Iterator[Array]:
    """Rows of the batches of an epoch: each row once, in an order that is the epoch's own."""
    if size <= 0 or size >= count:
        yield np.arange(count)
        return
    order = np.random.Generator(np.random.PCG64([seed, BATCHES, epoch])).permutation(count)
    for at in range(0, count, size):
        yield order[at : at + size]


def accuracy(output: Array, y: Array, loss: Loss) -> float:
    """Share of right answers of a batch; NaN where the loss isn't one of classes."""
    if isinstance(loss, Loss_BinaryCrossentropy):
        border = 0.0 if loss.from_logits else 0.5
        t = loss.targets(y, output.shape)
        return float(np.mean((output > border) == (t > 0.5)))
    if not isinstance(loss, Loss_CategoricalCrossentropy):
        return float("nan")
    y = np.asarray(y)
    labels = y.argmax(axis=1) if y.ndim == 2 and y.shape == output.shape else y.reshape(-1)
    return float(np.mean(output.argmax(axis=1) == labels))


def non_finite(loss: float, epoch: int) -> str:
    """Why training stops at such a loss."""
    what = "is not a number" if np.isnan(loss) else "became infinite"
    return (
        f"the loss {what} in epoch {epoch + 1}; a lower learning rate, smaller weights or gradient "
        "clipping may help"
    )
