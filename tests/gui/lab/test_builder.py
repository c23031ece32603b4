"""Building a network: rows, their order, what can't be built, settings, presets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from deepfractals_gui.experiments.lab_examples import EXAMPLES
from deepfractals_gui.experiments.lab_params import FIRST
from deepfractals_gui.gui.lab.builder import Builder
from deepfractals_gui.gui.lab.network_view import NetworkView, stops_of
from deepfractals_gui.gui.lab.words import network_words, parameter_count
from deepfractals_gui.nn import (
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    NetSpec,
    OptimizerSpec,
)

SPEC = NetSpec(
    2,
    (DenseSpec(8, "tanh"), DropoutSpec(0.25), DenseSpec(5, "relu"), DenseSpec(3)),
    "cross_entropy",
    OptimizerSpec("sgd", 0.1),
    batch=16,
)


@pytest.fixture
def builder(qtbot):
    made = Builder(SPEC)
    qtbot.addWidget(made)
    made.resize(320, 1200)
    made.show()
    qtbot.waitExposed(made)
    made.seen = []
    made.changed.connect(made.seen.append)
    return made


def kinds(spec: NetSpec) -> list[str]:
    return [layer.kind for layer in spec.layers]


def focus(qtbot, widget) -> None:
    widget.window().activateWindow()
    widget.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is widget)


def test_a_network_is_shown_and_given_back_unchanged(builder) -> None:
    assert builder.spec == SPEC
    assert builder.layers.layers == SPEC.layers
    assert builder.seen == []
    exact = replace(SPEC, layers=(DenseSpec(16, scale=(2 / 16) ** 0.5, bias=False), DenseSpec(3)))
    builder.set_spec(exact)
    builder.layers.rows[0].units.set_value(17)
    # The box shows six digits of the scale; all of them are kept.
    assert builder.spec.layers[0] == DenseSpec(17, scale=(2 / 16) ** 0.5, bias=False)


def test_each_control_of_a_layer_changes_the_network(builder) -> None:
    row = builder.layers.rows[0]
    row.units.set_value(12)
    row.activation.setCurrentIndex(row.activation.findData("gelu"))
    row.activation.activated.emit(row.activation.currentIndex())
    row.more_button.click()
    row.bias.click()
    row.init.setCurrentIndex(row.init.findData("normal"))
    row.init.activated.emit(row.init.currentIndex())
    row.gain.set_value(0.5)
    row.scale.set_value(0.25)
    builder.layers.rows[1].rate.set_value(0.4)
    assert builder.spec.layers[:2] == (
        DenseSpec(12, "gelu", bias=False, scale=0.25, init="normal", gain=0.5),
        DropoutSpec(0.4),
    )
    assert builder.seen[-1] == builder.spec
    assert len(builder.seen) == 7


@pytest.mark.parametrize(
    "layer", [DenseSpec(16), ActivationSpec("sin"), DropoutSpec(), BatchNormSpec()]
)
def test_a_layer_is_added_before_the_output_and_removed_again(builder, layer) -> None:
    builder.layers.add(layer)
    assert kinds(builder.spec) == ["dense", "dropout", "dense", layer.kind, "dense"]
    builder.layers.rows[3].remove_button.click()
    assert builder.spec == SPEC
    assert len(builder.seen) == 2


def test_a_layer_is_added_below_the_one_with_the_focus(builder, qtbot) -> None:
    focus(qtbot, builder.layers.rows[0].units)
    builder.layers.add(BatchNormSpec())
    assert kinds(builder.spec) == ["dense", "batch_norm", "dropout", "dense", "dense"]


def test_keys_move_the_layer_with_the_focus(builder, qtbot) -> None:
    units = builder.layers.rows[0].units
    focus(qtbot, units)
    QTest.keyClick(units, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert kinds(builder.spec) == ["dropout", "dense", "dense", "dense"]
    assert builder.layers.rows[1].units is units
    assert builder.layers.current == 1
    QTest.keyClick(units, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert builder.spec == SPEC
    assert not builder.layers.move_layer(0, -1)


def test_the_last_dense_layer_has_the_width_of_the_data(builder) -> None:
    output = builder.layers.rows[3]
    assert not output.units.isEnabled()
    assert not output.remove_button.isEnabled()
    assert output.kind_label.text() == "Output"
    builder.layers.move_layer(3, 2)
    # Widths belong to places: 8, 5 and three outputs, whichever layer stands where.
    assert [x.units for x in builder.spec.layers if isinstance(x, DenseSpec)] == [8, 5, 3]
    assert builder.spec.layers[3].activation == "relu"
    builder.layers.move_layer(2, 3)
    assert builder.spec == SPEC


def test_a_row_is_dragged_to_its_place(builder, qtbot) -> None:
    first, third = builder.layers.rows[0], builder.layers.rows[2]
    start = first.grip.mapToGlobal(QPoint(6, 12))
    end = third.mapToGlobal(QPoint(6, third.height() - 2))
    button = Qt.MouseButton.LeftButton
    QTest.mousePress(first.grip, button, pos=QPoint(6, 12))
    for step in range(1, 13):
        at = QPointF(start) + (QPointF(end) - QPointF(start)) * (step / 12)
        move = QMouseEvent(
            QMouseEvent.Type.MouseMove, QPointF(6, 12), at, Qt.MouseButton.NoButton, button,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(first.grip, move)
    QTest.mouseRelease(first.grip, button, pos=QPoint(6, 12))
    assert builder.layers.rows[2] is first
    assert kinds(builder.spec) == ["dropout", "dense", "dense", "dense"]
    assert builder.spec.layers[2].activation == "tanh"


def test_what_cannot_be_built_is_said_beside_its_row_and_the_last_good_one_kept(builder) -> None:
    row = builder.layers.rows[2]
    row.residual.click()
    assert "residual" in row.error_line.text()
    assert "8 units go in and 5 come out" in row.error_line.text()
    assert builder.message == row.error_line.text()
    assert builder.spec == SPEC
    assert builder.seen == []
    row.units.set_value(8)
    assert builder.message == ""
    assert builder.spec.layers[2] == DenseSpec(8, "relu", residual=True)
    assert len(builder.seen) == 1


def test_new_data_gives_the_first_and_the_last_width(builder) -> None:
    builder.set_shape(64, 10)
    assert builder.spec.inputs == 64
    assert builder.spec.outputs == 10
    assert builder.seen == []
    builder.layers.rows[2].residual.click()
    assert builder.message
    builder.set_shape(4, 2)
    assert (builder.spec.inputs, builder.spec.outputs) == (4, 2)
    assert builder.message


def test_settings_of_the_training_change_the_network(builder) -> None:
    fields = builder.training.fields
    fields["lr"].edited.emit("lr", 0.5, False)
    fields["kind"].edited.emit("kind", "adamw", False)
    fields["own_lr_output"].edited.emit("own_lr_output", True, False)
    fields["lr_output"].edited.emit("lr_output", 0.25, False)
    fields["batch"].edited.emit("batch", 0, False)
    fields["l2"].edited.emit("l2", 0.001, False)
    assert builder.spec.optimizer == OptimizerSpec("adamw", 0.5, lr_output=0.25)
    assert (builder.spec.batch, builder.spec.l2) == (0, 0.001)
    assert builder.spec.layers == SPEC.layers
    fields["own_lr_output"].edited.emit("own_lr_output", False, False)
    assert builder.spec.optimizer.lr_output is None


def test_only_settings_that_matter_to_the_optimiser_are_shown(builder) -> None:
    fields = builder.training.fields
    builder.training.more_button.click()
    assert fields["momentum"].isVisible()
    assert not fields["beta1"].isVisible()
    fields["kind"].edited.emit("kind", "adam", False)
    assert not fields["momentum"].isVisible()
    assert fields["beta1"].isVisible()
    fields["kind"].edited.emit("kind", "rmsprop", False)
    assert fields["beta2"].isVisible()
    assert not fields["beta1"].isVisible()


def test_an_example_is_asked_for_with_its_data(builder, qtbot) -> None:
    for example, action in zip(EXAMPLES, builder.example_button.menu().actions(), strict=True):
        with qtbot.waitSignal(builder.exampleChosen) as chosen:
            action.trigger()
        assert chosen.args == [example]
        builder.set_spec(example.params.spec)
        assert builder.message == ""
        assert builder.spec == example.params.spec


def test_every_control_of_the_builder_has_a_name(builder) -> None:
    for row in builder.layers.rows:
        assert row.accessibleName().startswith("Layer ")
        for name in ("more_button", "remove_button", "grip"):
            assert getattr(row, name).accessibleName()
    for field in builder.training.fields.values():
        for part in ("edit", "slider", "box", "switch"):
            widget = getattr(field, part, None)
            assert widget is None or widget.accessibleName()


def test_the_drawing_has_a_bar_for_each_width(qtbot) -> None:
    view = NetworkView()
    qtbot.addWidget(view)
    view.set_spec(SPEC)
    assert [stop.width for stop in stops_of(SPEC)] == [2, 8, 5, 3]
    assert stops_of(SPEC)[1].signs == ("drop",)
    view.resize(300, 92)
    places = [view.bar_of(index).center().x() for index in range(4)]
    assert places == sorted(places)
    assert [view.index_at(x) for x in places] == [0, 1, 2, 3]
    heights = [view.bar_of(index).height() for index in range(4)]
    assert heights[1] > heights[2] > heights[3] > heights[0]
    assert "2 to 8 to 5 to 3" in view.accessibleDescription()
    view.grab()


def test_networks_are_named_by_what_they_are(qapp) -> None:
    assert network_words(SPEC) == "2-8-5-3 tanh/ReLU, dropout, SGD"
    assert network_words(FIRST) == "2-16-16-2 tanh, Adam"
    # 2*8+8, 8*5+5, 5*3+3
    assert parameter_count(SPEC) == 24 + 45 + 18
    bare = NetSpec(4, (DenseSpec(3, bias=False), BatchNormSpec(), DenseSpec(1, bias=False)))
    assert parameter_count(bare) == 12 + 6 + 3
