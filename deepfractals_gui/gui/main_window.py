"""The window: it puts the canvas, the panels and the actions together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QToolBar, QVBoxLayout, QWidget

from deepfractals_gui.gui.actions import SEPARATOR, TOOLBAR, TOOLBAR_END, Actions
from deepfractals_gui.gui.autosave import Autosave
from deepfractals_gui.gui.banner import Banner
from deepfractals_gui.gui.bookmark_list import BookmarkList
from deepfractals_gui.gui.canvas import Canvas
from deepfractals_gui.gui.docks import Docks
from deepfractals_gui.gui.file_commands import FileCommands
from deepfractals_gui.gui.floating import Floating
from deepfractals_gui.gui.inspector import Inspector
from deepfractals_gui.gui.lab_bridges import LabBridges
from deepfractals_gui.gui.linked_view import LinkedView
from deepfractals_gui.gui.menus import Menus
from deepfractals_gui.gui.pages import Pages
from deepfractals_gui.gui.preparing import Preparing
from deepfractals_gui.gui.rail.pages import PAGES
from deepfractals_gui.gui.rail.rail import Rail
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.status_line import StatusLine
from deepfractals_gui.gui.supersampling import SupersamplingControl
from deepfractals_gui.gui.tasks import TaskPanel
from deepfractals_gui.gui.view_commands import ViewCommands
from deepfractals_gui.session import store
from deepfractals_gui.session.history import View
from deepfractals_gui.session.journal import Recovered


class MainWindow(QMainWindow):
    """One window with one session.

    Parameters
    ----------
    settings : where the window's geometry is kept; None keeps it nowhere
    data_folder : where bookmarks, recent files and journals are; None stands for the user's own
    """

    def __init__(
        self,
        model: SessionModel,
        controller: RenderController,
        settings: QSettings | None = None,
        data_folder: Path | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.controller = controller
        self.data_folder = data_folder or store.data_folder()
        self._settings = settings
        self._closed = False
        self.setObjectName("main")
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.canvas = Canvas(model.viewport)
        self.banner = Banner()
        self.tasks = TaskPanel(model, controller)
        self.bookmarks = BookmarkList(self.data_folder / "bookmarks.json", parent=model)
        self.status = StatusLine(model)
        self.preparing = Preparing(self.canvas)
        self.pages = Pages(
            self,
            {
                "explore": self._explore_page,
                "lab": self._lab_page,
                "field": self._field_page,
                "atlas": self._atlas_page,
            },
        )
        self.setCentralWidget(self.pages)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self.status, 1)
        self.autosave = Autosave(model, controller.renderer, self.data_folder / "journals")
        self.docks = Docks(self, model, controller)
        self.file = FileCommands(self)
        self.view = ViewCommands(self)
        self.bridges = LabBridges(self)
        self.actions_by_key = Actions(
            {
                "window": self,
                "model": model,
                "controller": controller,
                "file": self.file,
                "view": self.view,
            },
            self,
        )
        self.addActions(self.actions_by_key.all)
        self.rail = Rail(PAGES)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.rail)
        self.toolbar = self._toolbar()
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.toolbar)
        self.menus = Menus(self)
        self._connect()
        self.resize(self._first_size())
        self.docks.arrange()
        self._default_layout = self.saveState()
        self._restore_geometry()
        self._on_changed(model.view, model.view)
        self.enable_history()

    # Building.

    def _first_size(self) -> QSize:
        """Roomy, but within the screen with its window frame."""
        room = self.screen().availableGeometry().size()
        return QSize(min(1600, room.width() - 40), min(1000, room.height() - 60))

    def _explore_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        Floating(self.banner, self.canvas, "top", 680)
        Floating(self.tasks, self.canvas, "bottom", 560)
        return page

    def _lab_page(self) -> QWidget:
        # Loaded when it is first looked at: the window opens without it.
        from deepfractals_gui.gui.lab.lab_page import LabPage

        page = LabPage(folder=self.data_folder / "lab")
        page.mapWished.connect(self.bridges.map_run)
        page.sliceWished.connect(self.bridges.slice_run)
        return page

    def _field_page(self) -> QWidget:
        from deepfractals_gui.gui.field.field_page import FieldPage

        page = FieldPage()
        page.mapWished.connect(self.bridges.map_field)
        return page

    def _atlas_page(self) -> QWidget:
        from deepfractals_gui.gui.atlas.atlas_page import AtlasPage

        return AtlasPage()

    def _toolbar(self) -> QToolBar:
        bar = QToolBar("Tools", self)
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        for key in TOOLBAR:
            if key == SEPARATOR:
                bar.addSeparator()
            else:
                bar.addAction(self.actions_by_key[key])
        bar.addSeparator()
        self.supersampling = SupersamplingControl(self.model)
        bar.addWidget(self.supersampling)
        space = QWidget()
        space.setSizePolicy(space.sizePolicy().Policy.Expanding, space.sizePolicy().Policy.Minimum)
        bar.addWidget(space)
        for key in TOOLBAR_END:
            bar.addAction(self.actions_by_key[key])
        return bar

    def _connect(self) -> None:
        canvas, controller, model = self.canvas, self.controller, self.model
        queued = Qt.ConnectionType.QueuedConnection
        canvas.viewWished.connect(self.view.look)
        canvas.homeWished.connect(model.home)
        canvas.menuWished.connect(self.view.show_menu)
        canvas.hovered.connect(self.status.show_point)
        canvas.shapeChanged.connect(controller.set_canvas_shape)
        canvas.shapeChanged.connect(self.status.set_shape)
        controller.frameReady.connect(canvas.show_frame)
        controller.progressChanged.connect(self.status.show_progress)
        controller.drafted.connect(self.status.show_draft)
        controller.failed.connect(self.show_error)
        controller.probeReady.connect(self.view.show_probe)
        self.preparing.ready.connect(controller.start)
        self.status.cancelWished.connect(controller.cancel)
        self.status.pauseWished.connect(controller.toggle_pause)
        self.status.fullWished.connect(controller.render_fully)
        inspector = self.docks.panels["inspector"]
        assert isinstance(inspector, Inspector)
        linked = self.docks.panels["linked"]
        assert isinstance(linked, LinkedView)
        canvas.hovered.connect(linked.point_hovered)
        canvas.hovered.connect(inspector.point_hovered)
        canvas.clicked.connect(inspector.point_clicked)
        inspector.pinsChanged.connect(canvas.show_pins)
        self.autosave.failed.connect(self.show_error, queued)
        self.rail.turned.connect(self.pages.turn)
        self.pages.turned.connect(self.rail.show_page)
        model.changed.connect(self._on_changed)
        # What was asked for from another page is to be seen.
        model.changed.connect(self.pages.explore)
        model.historyChanged.connect(self.enable_history)

    # Messages.

    @Slot(str)
    def show_error(self, message: str) -> None:
        """Say in one line what went wrong."""
        self.banner.say(message, "error")

    @Slot(str)
    def show_info(self, message: str) -> None:
        self.banner.say(message, "info")

    def offer_recovery(self) -> None:
        """Offer what a killed window left behind."""
        self._recovered: Recovered | None = self.autosave.abandoned()
        if self._recovered is not None:
            self.banner.say(
                "The last session ended unexpectedly. Its views are still there.",
                "warning",
                action="Restore",
                callback=self._restore,
                dismissed=self._forget,
            )

    def _restore(self) -> None:
        recovered, self._recovered = self._recovered, None
        if recovered is not None:
            self.model.restore(recovered.history())
            self.autosave.write()
            recovered.discard()

    def _forget(self) -> None:
        recovered, self._recovered = self._recovered, None
        if recovered is not None:
            recovered.discard()

    # The model.

    @Slot(object, object)
    def _on_changed(self, old: View, new: View) -> None:
        self.canvas.set_axes(self.model.system.axes(new.params))
        same_plane = (old.key, old.params) == (new.key, new.params)
        self.canvas.set_viewport(self.model.viewport, glide=same_plane and self.canvas.glides)
        self.canvas.glides = True
        self.view.on_changed(old, new)
        self.file.update_title()

    @Slot()
    def enable_history(self) -> None:
        """Enable the actions of the history that lead somewhere."""
        model = self.model
        if not self.pages.explores:
            return
        for key in ("undo", "redo", "back", "forward"):
            self.actions_by_key[key].setEnabled(getattr(model, f"can_{key}"))

    # The window's own life.

    @property
    def default_layout(self) -> QByteArray:
        """The panels as they are at the first start."""
        return self._default_layout

    def _restore_geometry(self) -> None:
        if self._settings is None:
            return
        geometry = self._settings.value("geometry")
        state = self._settings.value("state")
        # Settings are only ever geometry: whatever else is in there is left alone.
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self.restoreState(state)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.pages.explores:
            self.canvas.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._closed:
            event.accept()
            return
        if not self.file.may_close():
            event.ignore()
            return
        self._closed = True
        if self._settings is not None:
            self._settings.setValue("geometry", self.saveGeometry())
            self._settings.setValue("state", self.pages.explore_state)
        self.hide()
        self.preparing.close()
        self.docks.close()
        self.bridges.close()
        self.pages.shut_down()
        self.tasks.shut_down()
        self.autosave.close()
        self.controller.close()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if not self.view.stop_probing():
                self.view.leave_special_modes()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.file.take(event.mimeData())
