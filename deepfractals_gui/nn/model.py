"""A model: layers in a row, a loss and an optimiser; it computes, learns and predicts.

    model = Model()
    model.add(DenseLayer(784, 128))
    model.add(Activation_ReLU())
    model.add(DenseLayer(128, 10))
    model.add(Activation_Softmax())
    model.loss = Loss_CategoricalCrossentropy()
    model.optimizer = Optimizer_SGD(learning_rate=0.1)
    history = model.fit(X, y, epochs=10, batch_size=32)

`fit` repeats what can as well be written out, batch by batch: `forward`, `loss.calculate`,
`backward`, and `optimizer.update_params` for each layer.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from deepfractals_gui.core.archives import check_finite
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.activations import Activation_Sigmoid, Activation_Softmax
from deepfractals_gui.nn.batches import batches, samples
from deepfractals_gui.nn.layers import Layer, ShapeError, expect_layer, numbers
from deepfractals_gui.nn.losses import Loss, Loss_BinaryCrossentropy, Loss_CategoricalCrossentropy
from deepfractals_gui.nn.optimizers import Optimizer
from deepfractals_gui.nn.scores import Evaluation, History, accuracy, non_finite

_ROWS = 4096
"""Samples that are evaluated at once: their activations stay in the processor's cache."""


class Model:
    """Layers in a row.

    Attributes
    ----------
    layers : from the input to the output
    loss, optimizer : what is minimised, and how; to be set before they are needed
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
        """Append a layer; the model itself, so that calls can be chained.

        Raises
        ------
        TypeError    it is no layer
        ValueError   it is in the model already: a layer remembers one batch, so it has one place
        """
        expect_layer(layer)
        inside = [*self.walk(), *layer.walk()]
        if len(set(inside)) < len(inside):
            raise ValueError(
                f"{layer.describe()} is in the model already; each place needs a layer of its own"
            )
        self.layers.append(layer)
        _name(layer, f"layer {len(self.layers)}")
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

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        """Evaluation mode for a while; the mode is as before afterwards, whatever happens."""
        training = self.training
        self.eval()
        try:
            yield
        finally:
            self._set(training)

    def _expect(self, *parts: str) -> None:
        """Raise ValueError unless the model has these: a loss, an optimizer."""
        for part in parts:
            if getattr(self, part, None) is None:
                raise ValueError(f"the model has no {part} yet; set model.{part} first")

    def _expect_last(self, output: Array) -> None:
        """Raise ValueError unless this is what the model gave last."""
        last = self.layers[-1].__dict__.get("output") if self.layers else output
        if last is None:
            raise ValueError("the forward pass comes first: its batch is needed")
        if output is not last and not np.array_equal(output, last, equal_nan=True):
            raise ValueError("this isn't the output of the batch that went forward last")

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
        values = numbers(X, "X")
        for layer in self.layers:
            values = layer.forward(values)
        return values

    def backward(self, output: Array, y: Array) -> Array:
        """Put the gradients of loss and penalties into every layer; return that by the input.

        A softmax under the cross-entropy, and a sigmoid under the binary one, are passed in one
        step: (p - t) / N, or (p - t) / (N K), needs no division by a probability. Penalties add
        l1 sign(W) + 2 l2 W to the gradients of the weights.

        Parameters
        ----------
        output : (N, K), what the batch that went forward last gave
        y : its targets, as the loss takes them

        Raises
        ------
        ShapeError   the targets don't fit
        ValueError   there is no loss, or another batch went forward last
        """
        self._expect("loss")
        self._expect_last(output)
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
        """The loss of the batch that went forward last and gave ``output``, without penalties.

        Raises as `backward` does.
        """
        self._expect("loss")
        self._expect_last(output)
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
        """One update from one batch, in training mode; its loss and its accuracy before it.

        The loss is with penalties. If it isn't finite no weight is changed.

        Raises
        ------
        ShapeError   the batch doesn't fit the layers or the loss
        ValueError   loss or optimizer aren't set
        """
        self._expect("loss", "optimizer")
        if not self.training:
            self.train()
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
        """Train on shuffled batches; afterwards the model is in evaluation mode.

        Parameters
        ----------
        X, y : (N, n), and N targets as the loss takes them
        epochs : how often every sample is used; fitting again goes on from the weights as they are
        batch_size : samples of an update, of which an epoch's last batch has the rest; 0: all
        test : the pair of X and y to evaluate after every epoch
        seed : of the order, which is another one in every epoch
        after_epoch : called with the epoch, from 0 on, and the history; True stops training

        Returns
        -------
        History; a loss that stops being finite ends training with ``stopped`` saying so

        Raises
        ------
        ShapeError   the data don't fit the layers or the loss, or X and y don't fit together
        ValueError   a number of them isn't finite; loss or optimizer aren't set
        """
        self._expect("loss", "optimizer")
        for name, number in (("epochs", epochs), ("batch_size", batch_size)):
            if not isinstance(number, (int, np.integer)) or number < 0:
                raise ValueError(f"{name} must be a whole number from 0 on, not {number!r}")
        X, y = self._checked(X, y)
        if test is not None:
            if not isinstance(test, (tuple, list)) or len(test) != 2:
                raise ShapeError("test is a pair, (X, y)")
            test = self._checked(*test)
            if test[0].shape[1:] != X.shape[1:]:
                raise ShapeError(f"X is {X.shape} to train with, but {test[0].shape} to test with")
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
                    history.stopped = f"training was asked to end after epoch {epoch + 1}"
                    break
        self.eval()
        return history

    def _checked(self, X: Array, y: Array) -> tuple[Array, Array]:
        """Data as arrays, looked through before any of them is learned. Raises as `fit` does."""
        X, y = samples(X, y)
        check_finite(X, "the data", "X")
        if y.dtype.kind == "f":
            check_finite(y, "the data", "y")
        weighty = [p.value for layer in self.walk() for p in layer.parameters()]
        if weighty:
            self.loss.targets(y, (len(X), weighty[-1].shape[-1]))
        return X, y

    # Using what was learned

    def predict(self, X: Array) -> Array:
        """The output (N, K) for (N, n) in evaluation mode; the mode is as before afterwards.

        Raises
        ------
        ShapeError   X doesn't fit the layers
        """
        X = np.atleast_1d(numbers(X, "X"))
        with self._evaluating(), np.errstate(all="ignore"):
            parts = [self.forward(X[at : at + _ROWS]) for at in range(0, max(len(X), 1), _ROWS)]
        return np.concatenate(parts)

    def evaluate(self, X: Array, y: Array) -> Evaluation:
        """Mean loss, without penalties, and accuracy over data, in evaluation mode.

        Raises
        ------
        ShapeError   the data don't fit the layers or the loss, or X and y don't fit together
        ValueError   there is no loss
        """
        self._expect("loss")
        X, y = samples(X, y)
        loss = right = 0.0
        with self._evaluating(), np.errstate(all="ignore"):
            for at in range(0, len(X), _ROWS):
                part = slice(at, at + _ROWS)
                output = self.forward(X[part])
                loss += self.data_loss(output, y[part]) * len(output)
                right += accuracy(output, y[part], self.loss) * len(output)
        return Evaluation(loss / len(X), right / len(X))

    # Files

    def save(self, path: Path | str) -> None:
        """Write the model to an .npz file; training goes on from it. See `model_files`.

        Raises
        ------
        SpecError   its layers, its loss or its optimiser have no description
        OSError     the file can't be written
        """
        from deepfractals_gui.nn.model_files import save_model

        save_model(Path(path), self)

    @classmethod
    def load(cls, path: Path | str) -> Model:
        """The model of a file that `save` or `save_model` wrote, in training mode.

        Raises
        ------
        ModelFileError   the file holds no model; one line says what is wrong
        OSError          it can't be read
        """
        from deepfractals_gui.nn.model_files import load_model

        return load_model(Path(path)).model


def _name(layer: Layer, name: str) -> None:
    """Name a layer, and those inside it: layer 3.1, layer 3.2, ..."""
    layer.name = name
    for number, inner in enumerate(layer.inner(), start=1):
        _name(inner, f"{name}.{number}")
