"""The form of a System's parameters, made from their declarations alone."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from deepfractals_gui.core import ParamError, ParamSpec, System, specs
from deepfractals_gui.core.params import replace
from deepfractals_gui.gui.controls import SPACE, MutedLabel, Scroll, SectionTitle
from deepfractals_gui.gui.fields import Field, field_for
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.systems import SYSTEMS
from deepfractals_gui.systems import system as system_of

_AHEAD_MS = 700


class _Page(QWidget):
    """The fields of one System's parameters, in their groups."""

    def __init__(self, system: System[Any]) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {}
        self._titles: list[tuple[SectionTitle, tuple[str, ...]]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE + SPACE // 2)
        summary = MutedLabel(system.summary)
        column.addWidget(summary)
        groups: dict[str, list[ParamSpec]] = {}
        for spec in specs(system.Params):
            groups.setdefault(spec.group, []).append(spec)
        for group, members in groups.items():
            if group:
                title = SectionTitle(group)
                column.addWidget(title)
                self._titles.append((title, tuple(spec.name for spec in members)))
            for spec in members:
                self.fields[spec.name] = field_for(spec)
                column.addWidget(self.fields[spec.name])
        self.show_params(system.Params())

    def show_params(self, params: Any, afresh: bool = False) -> None:
        """Show values, and hide what doesn't matter with them; ``afresh`` drops what was typed."""
        for name, field in self.fields.items():
            value = getattr(params, name)
            # A field whose value stays keeps the text that is being typed into it.
            if afresh or value != field.value or type(value) is not type(field.value):
                field.set_value(value)
            field.setVisible(field.spec.applies(params))
        for title, names in self._titles:
            title.setVisible(any(self.fields[name].spec.applies(params) for name in names))


class ParameterForm(QWidget):
    """Shows and changes the parameters of the view at hand.

    A value that can't be used is explained beside its field and changes nothing. Every System has
    a page of its own, made when it is first looked at or, before that, when there is time.
    """

    def __init__(
        self, model: SessionModel, controller: Any = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._gesture = 0
        self._pages: dict[str, _Page] = {}
        self.reset_all_button = QPushButton("Reset all")
        self.reset_all_button.setToolTip("Put every parameter back to its default")
        self.reset_all_button.setAccessibleName("Reset all parameters")
        self.reset_all_button.clicked.connect(self.reset_all)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE + SPACE // 2)
        self._column = QVBoxLayout()
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.reset_all_button)
        column.addLayout(self._column)
        column.addLayout(foot)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scroll(content))
        model.changed.connect(self._changed)
        self._show()
        self._ahead = QTimer(self)
        self._ahead.setInterval(_AHEAD_MS)
        self._ahead.timeout.connect(self._make_ahead)
        self._ahead.start()

    @property
    def fields(self) -> dict[str, Field]:
        """The fields of the System at hand, by parameter."""
        return self._page(self._model.view.key).fields

    @Slot()
    def reset_all(self) -> None:
        self._change(self._model.system.Params(), "", None)

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        if (new.key, new.params) != (old.key, old.params):
            self._show()

    def _show(self) -> None:
        view = self._model.view
        page = self._page(view.key)
        page.show_params(view.params, afresh=page.isHidden())
        for other in self._pages.values():
            other.setVisible(other is page)
        self.reset_all_button.setEnabled(view.params != type(view.params)())

    def _page(self, key: str) -> _Page:
        if key not in self._pages:
            page = _Page(system_of(key))
            page.hide()
            for field in page.fields.values():
                field.edited.connect(self._edited)
                field.rested.connect(self._rested)
            self._pages[key] = page
            self._column.addWidget(page)
        return self._pages[key]

    @Slot()
    def _make_ahead(self) -> None:
        """Make one more page: turning to another System then takes no time."""
        missing = [system.key for system in SYSTEMS if system.key not in self._pages]
        if missing:
            self._page(missing[0])
        else:
            self._ahead.stop()

    @Slot(str, object, bool)
    def _edited(self, name: str, value: Any, scrubbing: bool) -> None:
        field = self.fields[name]
        try:
            params = replace(self._model.view.params, **{name: value})
        except ParamError as error:
            field.set_error(error.message)
            return
        if self._change(params, f"param:{name}:{self._gesture}" if scrubbing else "", field):
            # The same value in other words, such as 0.30 for 0.3, is shown as it is written.
            field.set_value(value)

    @Slot(str)
    def _rested(self, name: str) -> None:
        # The next drag of the same control is another step of undo.
        self._gesture += 1

    def _change(self, params: Any, merge: str, field: Field | None) -> bool:
        view, system = self._model.view, self._model.system
        viewport = None
        if system.axes(params) != system.axes(view.params):
            # The plane means something else now: its old place says nothing.
            viewport = self._model.fitted(system.home(params))
        try:
            self._model.replace(params=params, viewport=viewport, merge=merge)
        except ParamError as error:
            at = field or self.fields.get(error.name)
            if at is not None:
                at.set_error(error.message)
            return False
        return True
