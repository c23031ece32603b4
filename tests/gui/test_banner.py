"""One message at a time, and never in the way."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPushButton, QWidget

from deepfractals_gui.gui.banner import Banner
from deepfractals_gui.gui.floating import Floating


@pytest.fixture
def banner(qtbot):
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(800, 400)
    banner = Banner()
    Floating(banner, over, "top", 500)
    over.show()
    return banner


def test_a_message_is_shown_and_closed(banner):
    assert banner.text == ""
    banner.say("The disk is full", "error")
    assert banner.text == "The disk is full"
    assert banner.isVisible()
    banner.dismiss()
    assert banner.text == ""


def test_the_last_message_is_the_one_shown(banner):
    banner.say("first", "error")
    banner.say("second", "info")
    assert banner.text == "second"


def test_its_button_does_what_it_says_and_closes_it(banner):
    done = []
    banner.say("Restore?", "warning", action="Restore", callback=lambda: done.append("restored"),
               dismissed=lambda: done.append("dismissed"))  # fmt: skip
    [button] = banner.findChildren(QPushButton)
    button.click()
    assert done == ["restored"]
    assert banner.text == ""


def test_closing_an_offer_declines_it_once(banner):
    done = []
    banner.say("Restore?", action="Restore", dismissed=lambda: done.append("dismissed"))
    banner.dismiss()
    banner.dismiss()
    assert done == ["dismissed"]


def test_an_information_goes_by_itself_but_a_problem_stays(banner):
    banner.say("Saved")
    assert banner.going
    banner.say("The disk is full", "error")
    assert not banner.going


def test_a_long_message_wraps_within_what_it_lies_over(banner):
    banner.say("word " * 80, "error")
    over = banner.parentWidget()
    assert over.rect().contains(banner.geometry())
    assert banner.height() > 2 * banner.fontMetrics().height()


def test_an_offer_comes_back_after_another_message_and_is_not_taken_as_declined(banner):
    done = []
    banner.say("Restore?", action="Restore", dismissed=lambda: done.append("dismissed"))
    banner.say("Saved")
    assert banner.text == "Saved"
    assert done == []
    banner.dismiss()
    assert banner.text == "Restore?"
    assert done == []
    banner.dismiss()
    assert banner.text == ""
    assert done == ["dismissed"]


def test_an_offer_that_waits_outlives_one_that_does_not(banner):
    banner.say("Restore?", action="Restore", dismissed=lambda: None)
    banner.say("Bookmarked", action="Rename")
    banner.say("Saved")
    banner.dismiss()
    assert banner.text == "Restore?"


def test_its_button_is_reached_by_alt_and_its_first_letter(banner):
    banner.say("Restore?", action="Restore")
    [button] = banner.findChildren(QPushButton)
    assert button.shortcut().toString() == "Alt+R"
