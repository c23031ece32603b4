"""Loss, optimiser, rates, batch and seed of a network, each with its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.core import ParamSpec
from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.fields import Field, field_for
from deepfractals_gui.gui.lab.disclosure import Disclosure
from deepfractals_gui.gui.lab.words import title
from deepfractals_gui.nn import LOSSES, OPTIMIZERS, NetSpec, OptimizerSpec

Span = tuple[float, float]
_OWN = "own_lr_output"


def _float(
    name: str, default: float, heading: str, help: str, high: float | None, slider: Span,
    log: bool = False,
) -> ParamSpec:  # fmt: skip
    return ParamSpec(name, "float", default, heading, help, 0.0, high, slider, log)


def _choice(name: str, default: str, heading: str, help: str, choices: Sequence[str]) -> ParamSpec:
    return ParamSpec(name, "choice", default, heading, help, choices=tuple(choices))


MAIN = (
    _choice("loss", "cross_entropy", "Loss", "What training makes small.", LOSSES),
    _choice("kind", "adam", "Optimiser", "How weights follow gradients.", OPTIMIZERS),
    _float(
        "lr", 0.01, "Learning rate", "How far a step goes along the gradient.", 1e300,
        (1e-5, 10.0), True,
    ),
    _float(
        "momentum", 0.0, "Momentum", "Share of the last step that is taken again.", 1.0, (0.0, 1.0)
    ),
    ParamSpec(
        "batch", "int", 32, "Batch size",
        "Data points a step, drawn anew each time; 0 takes all of them.",
        0, 1 << 24, (0, 256),
    ),
)  # fmt: skip
MORE = (
    ParamSpec("seed", "int", 0, "Seed", "Of the initial weights and of everything else that is "
              "drawn: the same seed gives the same run.", 0, (1 << 62) - 1, (0, 100)),
    _float("beta1", 0.9, "Beta 1", "How long Adam remembers gradients.", 1.0, (0.0, 1.0)),
    _float("beta2", 0.999, "Beta 2", "How long squared gradients are remembered.", 1.0, (0.9, 1.0)),
    ParamSpec(_OWN, "bool", False, "Own rate of the last layer",
              "Give the last dense layer a learning rate of its own."),
    _float("lr_output", 0.01, "Rate of the last layer",
           "Learning rate of the last dense layer.", 1e300, (1e-5, 10.0), True),
    _float("lr_decay", 0.0, "Decay of the rate", "The rate is divided by 1 + decay × step.", 1e300,
           (0.0, 0.01)),
    _float("weight_decay", 0.0, "Weight decay",
           "Share of the weights that is added to their gradient; taken off them by AdamW.", 1e300,
           (0.0, 0.1)),
    _float("l1", 0.0, "L1 penalty", "Times the sum of |w|, added to the loss.", None, (0.0, 0.01)),
    _float("l2", 0.0, "L2 penalty", "Times the sum of w², added to the loss.", None, (0.0, 0.01)),
    _float("clip", 0.0, "Gradient clipping", "Largest norm of a layer's gradient; 0: none.", None,
           (0.0, 10.0)),
)  # fmt: skip
_OF_OPTIMIZER = {field.name for field in fields(OptimizerSpec)}
_APPLIES = {
    "momentum": ("sgd", "nesterov"),
    "beta1": ("adam", "adamw"),
    "beta2": ("adam", "adamw", "rmsprop"),
}
"""Optimisers for which a setting matters; those not named matter to all."""


class TrainingFields(QWidget):
    """Edits everything of a NetSpec but its layers.

    ``edited()`` is emitted for changes made by a person; `apply` puts all of them into a NetSpec.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        self._spec: NetSpec | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        self._add(column, MAIN)
        self.more = QWidget()
        self.more_button = Disclosure("Seed, decay, penalties, clipping", self.more)
        column.addWidget(self.more_button)
        inner = QVBoxLayout(self.more)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(SPACE)
        self._add(inner, MORE)
        column.addWidget(self.more)

    def _add(self, column: QVBoxLayout, declared: Sequence[ParamSpec]) -> None:
        for spec in declared:
            field = field_for(spec)
            box = getattr(field, "box", None)
            if box is not None:
                for index, choice in enumerate(spec.choices):
                    box.setItemText(index, title(choice))
            field.edited.connect(self._edited)
            self.fields[spec.name] = field
            column.addWidget(field)

    def set_spec(self, spec: NetSpec) -> None:
        """Show the settings of a network; emits nothing."""
        self._spec = spec
        for name, field in self.fields.items():
            field.set_value(_value(spec, name))
        self._show_what_matters(spec)

    def apply(self, spec: NetSpec) -> NetSpec:
        """The network with the settings shown here. Raises SpecError."""
        if self._spec is None:
            return spec
        own = self._spec
        return replace(
            spec, loss=own.loss, optimizer=own.optimizer, batch=own.batch, seed=own.seed,
            l1=own.l1, l2=own.l2, clip=own.clip,
        )  # fmt: skip

    def _show_what_matters(self, spec: NetSpec) -> None:
        for name, kinds in _APPLIES.items():
            self.fields[name].setVisible(spec.optimizer.kind in kinds)
        self.fields["lr_output"].setVisible(spec.optimizer.lr_output is not None)

    @Slot(str, object, bool)
    def _edited(self, name: str, value: Any, scrubbing: bool) -> None:
        spec = self._spec
        if spec is None:
            return
        changed = _with(spec, name, value)
        field = self.fields[name]
        self._spec = changed
        field.set_value(value)
        self._show_what_matters(changed)
        if changed.optimizer.lr_output is not None:
            self.fields["lr_output"].set_value(changed.optimizer.lr_output)
        self.edited.emit()


def _value(spec: NetSpec, name: str) -> Any:
    if name == _OWN:
        return spec.optimizer.lr_output is not None
    if name == "lr_output":
        return spec.optimizer.lr if spec.optimizer.lr_output is None else spec.optimizer.lr_output
    return getattr(spec.optimizer if name in _OF_OPTIMIZER else spec, name)


def _with(spec: NetSpec, name: str, value: Any) -> NetSpec:
    if name == _OWN:
        name, value = "lr_output", spec.optimizer.lr if value else None
    if name in _OF_OPTIMIZER:
        return replace(spec, optimizer=replace(spec.optimizer, **{name: value}))
    return replace(spec, **{name: value})
