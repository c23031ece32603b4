"""From the lab to a map and from a map's pixel to the lab, through the window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QMenu

from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.command_palette import best, commands_of
from deepfractals_gui.nn import DenseSpec, DropoutSpec, NetSpec, OptimizerSpec
from deepfractals_gui.systems import SYSTEMS

FAR = 60_000
SPEC = NetSpec(
    2, (DenseSpec(4, "tanh"), DenseSpec(2)), "cross_entropy", OptimizerSpec("sgd", 0.5), batch=8,
    steps=40,
)  # fmt: skip


@pytest.fixture
def lab(window, qtbot):
    window.pages.turn("lab")
    page = window.pages.page("lab")
    page.open_params(LabParams(data="moons", count=40, epochs=5, spec=SPEC))
    qtbot.waitUntil(
        lambda: page.look is not None and page.look.data.train.name == "moons", timeout=FAR
    )
    return page


def test_a_run_leads_to_the_map_of_its_trainability(window, lab, qtbot) -> None:
    lab.side.map_button.click()
    qtbot.waitUntil(lambda: window.pages.explores, timeout=FAR)
    view = window.model.view
    assert view.key == "trainability"
    assert float(view.viewport.x) == pytest.approx(-0.30103, abs=1e-4)
    assert float(view.viewport.y) == pytest.approx(-0.30103, abs=1e-4)


def test_a_run_leads_to_its_loss_landscape(window, lab, qtbot) -> None:
    for _ in range(3):
        lab.bar.epoch_button.click()
    qtbot.waitUntil(lambda: lab.look.epoch == 3, timeout=FAR)
    lab.side.slice_button.click()
    qtbot.waitUntil(lambda: window.pages.explores, timeout=FAR)
    assert window.model.view.key == "loss_landscape"
    assert window.model.view.params.network.name.startswith("run-")


def test_a_network_that_cannot_be_mapped_is_said_on_the_page(window, lab, qtbot) -> None:
    spec = replace(SPEC, layers=(DenseSpec(4, "tanh"), DropoutSpec(0.5), DenseSpec(2)))
    lab.open_params(replace(lab.params, spec=spec))
    qtbot.waitUntil(lambda: len(lab.look.params.spec.layers) == 3, timeout=FAR)
    lab.side.map_button.click()
    qtbot.waitUntil(lambda: "dropout" in lab.bar.words, timeout=FAR)
    assert window.pages.key == "lab"


def test_a_pixel_of_a_map_leads_to_its_run(window, qtbot) -> None:
    window.model.choose_system("trainability")
    canvas = window.canvas
    place = canvas.geometry_now.area.center()
    point = canvas.point_at(place)
    canvas.menuWished.emit(point, canvas.mapToGlobal(place.toPoint()))
    [menu] = [menu for menu in window.findChildren(QMenu) if menu.isVisible()]
    [action] = [action for action in menu.actions() if "run in the lab" in action.text()]
    action.trigger()
    menu.close()
    qtbot.waitUntil(lambda: window.pages.key == "lab", timeout=FAR)
    page = window.pages.page("lab")
    qtbot.waitUntil(lambda: page.look is not None and page.look.params.sampling == "drawn",
                    timeout=FAR)  # fmt: skip
    rates = page.look.params.spec.optimizer
    assert rates.lr == pytest.approx(10.0**point.x)
    assert rates.lr_output == pytest.approx(10.0**point.y)


def test_an_example_is_found_in_the_palette(window, qtbot) -> None:
    found = best(commands_of(window), "vanishing gradients network")[0]
    found.run()
    page = window.pages.page("lab")
    assert window.pages.key == "lab"
    qtbot.waitUntil(
        lambda: page.look is not None and page.look.data.train.name == "digits", timeout=FAR
    )


def test_pixels_of_other_maps_have_no_run(window) -> None:
    window.model.choose_system(SYSTEMS[0].key)
    assert not window.bridges.leads_to_run()
