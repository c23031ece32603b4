"""How samples become colours: mode, palette, levels, light."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepfractals_gui.coloring import MODES, legend, palette, suited
from deepfractals_gui.core import Array, Coloring, ParamSpec
from deepfractals_gui.core.coloring import COLORING_RANGES
from deepfractals_gui.gui.controls import (
    SPACE,
    ChoiceBox,
    ErrorLine,
    MutedLabel,
    Scroll,
    SectionTitle,
    Segmented,
)
from deepfractals_gui.gui.fields import Field, field_for
from deepfractals_gui.gui.legend_view import LegendView
from deepfractals_gui.gui.levels_section import LevelsSection
from deepfractals_gui.gui.palette_gallery import PaletteGallery
from deepfractals_gui.gui.pictures import scene_of
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.value_edit import ValueEdit

_FEW = 40_000
_NAMING = ("status", "regime", "basin")
"""Modes whose colours name things instead of measuring them."""
_OWN_COLOURS = ("status", "regime")
"""Modes that take no colour from the palette."""


def _number(
    name: str, help: str, title: str, slider: tuple[float, float], log: bool = False, unit: str = ""
) -> ParamSpec:
    low, high = COLORING_RANGES[name]
    default = getattr(Coloring(), name)
    return ParamSpec(name, "float", default, title, help, low, high, slider, log, (), unit)


SPECS = (
    ParamSpec("reverse", "bool", False, "Reverse", "Run the palette backwards."),
    _number("gamma", "Exponent of the value before the palette.", "Gamma", (0.2, 5.0), True),
    _number("cycles", "How often the palette repeats.", "Cycles", (0.25, 16.0), True),
    _number("shift", "Where the palette starts.", "Shift", (-1.0, 1.0), unit="turns"),
    _number("light", "Where the light comes from.", "Light from", (0.0, 360.0), unit="°"),
    _number("relief", "How strong the slopes are.", "Relief", (0.0, 3.0)),
    _number("glow", "Share of the blurred picture that is added.", "Glow", (0.0, 1.0)),
    _number(
        "glow_sigma", "Radius of the blur, in pixels of a picture 1200 high.", "Glow radius",
        (0.5, 40.0), True, "px",
    ),
    _number("vignette", "How much the edges are darkened.", "Vignette", (0.0, 1.0)),
)  # fmt: skip
_MAPPING = ("reverse", "gamma", "cycles", "shift")
_SLOPE = ("light", "relief")


class ColourPanel(QWidget):
    """Shows and changes the colouring of the view at hand."""

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._gesture = 0
        self._offered: Any = None
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        self._column.setSpacing(SPACE)
        self._add_mode()
        self._add_palette()
        self.levels = LevelsSection(model, controller)
        self._column.addWidget(self.levels)
        self._add_fields()
        self._add_foot()
        self._column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scroll(content))
        model.changed.connect(self._changed)
        controller.samplesChanged.connect(self._show_legend)
        self._show()

    # Building

    def _add_mode(self) -> None:
        self.mode_box = ChoiceBox()
        self.mode_box.setAccessibleName("Colouring mode")
        self.mode_box.activated.connect(self._mode_chosen)
        self.mode_help = MutedLabel()
        self.channel_label = QLabel("Channel")
        self.channel_box = ChoiceBox()
        self.channel_box.setAccessibleName("Channel that is shown")
        self.channel_box.activated.connect(self._channel_chosen)
        self.legend = LegendView()
        self._column.addWidget(QLabel("Mode"))
        self._column.addWidget(self.mode_box)
        self._column.addWidget(self.mode_help)
        self._column.addWidget(self.channel_label)
        self._column.addWidget(self.channel_box)
        self._column.addWidget(self.legend)

    def _add_palette(self) -> None:
        self.palette_title = SectionTitle("Palette")
        self.gallery = PaletteGallery()
        self.gallery.setFixedHeight(232)
        self.gallery.hovered.connect(self._palette_hovered)
        self.gallery.chosen.connect(self._palette_chosen)
        self.stops_edit = ValueEdit()
        self.stops_edit.setAccessibleName("Own palette, as colours separated by commas")
        self.stops_edit.setToolTip("Colours at even distances, such as #000000,#ff8800,#ffffff")
        self.stops_edit.submitted.connect(self._stops_typed)
        self.stops_edit.reverted.connect(self._stops_reverted)
        self.stops_error = ErrorLine()
        for widget in (self.palette_title, self.gallery, self.stops_edit, self.stops_error):
            self._column.addWidget(widget)

    def _add_fields(self) -> None:
        self.fields: dict[str, Field] = {}
        self._mapping_title = SectionTitle("Mapping")
        self._light_title = SectionTitle("Light")
        self._column.addWidget(self._mapping_title)
        for spec in SPECS:
            if spec.name == "light":
                self._column.addWidget(self._light_title)
            field = field_for(spec)
            field.edited.connect(self._field_edited)
            field.rested.connect(self._rested)
            self.fields[spec.name] = field
            self._column.addWidget(field)

    def _add_foot(self) -> None:
        self._column.addWidget(SectionTitle("Sharpness"))
        label = QLabel("Samples per pixel and axis")
        label.setToolTip("More samples smooth the finest detail and take longer, as their square.")
        self.supersampling = Segmented([(str(n), str(n)) for n in range(1, 5)])
        self.supersampling.setAccessibleName("Samples per pixel and axis")
        self.supersampling.setToolTip(label.toolTip())
        self.supersampling.chosen.connect(self._supersampling_chosen)
        self._column.addWidget(label)
        self._column.addWidget(self.supersampling)
        self.reset_button = QPushButton("Reset colours")
        self.reset_button.setToolTip("Go back to the colours this System comes with")
        self.reset_button.clicked.connect(self.reset)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.reset_button)
        self._column.addLayout(foot)

    # Showing

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        if (old.key, old.coloring, old.supersampling) != (new.key, new.coloring, new.supersampling):
            self._show()
        elif old.params != new.params:
            self._show_legend()
            self._show_modes(self._model.coloring, self._controller.scene)
            self.reset_button.setEnabled(self._model.coloring != self._default())

    def _show(self) -> None:
        view, coloring, scene = self._model.view, self._model.coloring, self._controller.scene
        self._show_modes(coloring, scene)
        self._show_legend()
        self.gallery.set_key(coloring.palette)
        self.stops_edit.set_good(",".join(palette(coloring.palette).stops))
        self.stops_error.set_text("")
        named = coloring.mode in _NAMING
        for name, field in self.fields.items():
            value = getattr(coloring, name)
            if value != field.value:
                field.set_value(value)
            field.setVisible(
                coloring.mode == "slope" if name in _SLOPE else not (named and name in _MAPPING)
            )
        self._mapping_title.setVisible(not named)
        own = coloring.mode in _OWN_COLOURS
        for widget in (self.palette_title, self.gallery, self.stops_edit):
            widget.setVisible(not own)
        self.supersampling.set_key(str(view.supersampling))
        self.reset_button.setEnabled(coloring != self._default())

    @Slot()
    def _show_legend(self) -> None:
        """Explain colours that name things; those that measure have the histogram."""
        view, coloring = self._model.view, self._model.coloring
        if coloring.mode not in (*_NAMING, "angle", "domain"):
            self.legend.set_entries(())
            return
        scene = scene_of(view.key, view.params)
        few = self._few() if coloring.mode == "basin" else None
        self.legend.set_entries(legend(scene, coloring, few))

    def _few(self) -> dict[str, Array] | None:
        """Evenly spread samples, few enough to be counted while the window waits."""
        samples = self._controller.samples
        if samples is None:
            return None
        stride = max(1, round((samples.channels["status"].size / _FEW) ** 0.5))
        return {name: array[::stride, ::stride] for name, array in samples.channels.items()}

    def _show_modes(self, coloring: Coloring, scene: Any) -> None:
        mode = MODES[coloring.mode]
        modes = [
            key for key, one in MODES.items() if one.channels_for(scene.channels, scene.recipes)
        ]
        names = mode.channels_for(scene.channels, scene.recipes)
        titles = {channel.name: channel.title for channel in scene.channels}
        offered = (modes, [(name, titles.get(name, name)) for name in names])
        if offered != self._offered:
            self._offered = offered
            self.mode_box.clear()
            for row, key in enumerate(modes):
                self.mode_box.addItem(MODES[key].title, key)
                self.mode_box.setItemData(row, MODES[key].help, Qt.ItemDataRole.ToolTipRole)
            self.channel_box.clear()
            for name, title in offered[1]:
                self.channel_box.addItem(title, name)
            for widget in (self.channel_label, self.channel_box):
                widget.setVisible(len(names) > 1)
        self.mode_box.setCurrentIndex(self.mode_box.findData(coloring.mode))
        self.mode_help.setText(mode.help)
        chosen = coloring.channel if coloring.channel in names else names[0] if names else ""
        self.channel_box.setCurrentIndex(self.channel_box.findData(chosen))

    # Changing

    def _default(self) -> Coloring:
        return self._model.system.default_coloring(self._model.view.params)

    def _replace(self, coloring: Coloring, merge: str = "") -> None:
        self._model.replace(coloring=coloring, merge=merge)

    @Slot()
    def reset(self) -> None:
        self._replace(self._default())

    @Slot(int)
    def _mode_chosen(self, index: int) -> None:
        mode = self.mode_box.itemData(index)
        if mode != self._model.coloring.mode:
            self._replace(suited(self._model.coloring, mode, self._default()))

    @Slot(int)
    def _channel_chosen(self, index: int) -> None:
        name = self.channel_box.itemData(index)
        if name != self._model.coloring.channel:
            # A range belongs to the channel it was chosen for.
            self._replace(replace(self._model.coloring, channel=name, levels=None, knots=()))

    @Slot(str)
    def _palette_hovered(self, key: str) -> None:
        tried = replace(self._model.coloring, palette=key) if key else None
        self._controller.try_coloring(tried)

    @Slot(str)
    def _palette_chosen(self, key: str) -> None:
        self._replace(replace(self._model.coloring, palette=key))

    @Slot(str)
    def _stops_typed(self, text: str) -> None:
        try:
            stops = palette(text.strip())
            coloring = replace(self._model.coloring, palette=stops.key)
        except ValueError as error:
            self.stops_error.set_text(str(error))
            return
        self._replace(coloring)
        self._stops_reverted()

    @Slot()
    def _stops_reverted(self) -> None:
        self.stops_edit.set_good(",".join(palette(self._model.coloring.palette).stops))
        self.stops_error.set_text("")

    @Slot(str, object, bool)
    def _field_edited(self, name: str, value: Any, scrubbing: bool) -> None:
        merge = f"color:{name}:{self._gesture}" if scrubbing else ""
        self._replace(replace(self._model.coloring, **{name: value}), merge)
        self.fields[name].set_value(value)

    @Slot()
    def _rested(self, name: str = "") -> None:
        self._gesture += 1

    @Slot(str)
    def _supersampling_chosen(self, key: str) -> None:
        self._model.replace(supersampling=int(key))
