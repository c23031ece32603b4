"""The few things that Fusion and a palette don't settle: spacing, hairlines, quiet controls."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepfractals_gui.gui.theme import Theme

_SHEET = Template("""
* { dialogbuttonbox-buttons-have-icons: 0; }
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $window; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: $accent; }

QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $accent; }

QToolBar { background: $window; border: none; padding: 3px 6px; spacing: 2px; }
QToolBar::separator { background: $line; width: 1px; margin: 6px 6px; }
QToolButton { border: none; border-radius: 5px; padding: 4px; background: transparent; }
QToolButton:hover { background: $raised; }
QToolButton:pressed { background: $selection; }
QToolButton:checked { background: $selection; color: $accent; }
QToolButton::menu-indicator { image: none; }
QToolButton:focus { outline: none; }

QMenuBar { background: $window; padding: 1px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $surface; border: 1px solid $line; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 22px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }

QDockWidget { titlebar-close-icon: none; }
QStatusBar { background: $window; color: $muted; }
QStatusBar::item { border: none; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px; }

QTabBar { background: transparent; }
QTabBar::tab { padding: 5px 12px; border: none; color: $muted; background: transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabWidget::pane { border: none; }

QScrollArea { border: none; background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QAbstractItemView { background: $surface; border: none; outline: none;
    selection-background-color: $selection; selection-color: $text; }
QScrollBar:vertical { background: transparent; width: 9px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 9px; margin: 0; }
QScrollBar::handle { background: $raised; border-radius: 4px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox { background: $field; color: $text;
    border: 1px solid $line; border-radius: 5px; padding: 3px 6px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus {
    border-color: $accent; }
QLineEdit:disabled { color: $muted; background: $surface; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"] { border-color: $danger; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0; }
QTableView { background: $field; alternate-background-color: $surface; border: 1px solid $line; }
QTableView[role="plain"] { background: transparent; border: none; }
QTableView[role="plain"] QHeaderView::section { background: transparent; }
QTableView[role="plain"] QTableCornerButton::section { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableView QLineEdit { border: none; border-radius: 0; padding: 0 2px; }
QHeaderView { background: transparent; }
QHeaderView::section { background: $surface; color: $muted; border: none; padding: 2px 6px; }
QTableCornerButton::section { background: $surface; border: none; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line; padding: 4px; }
QPushButton { background: $raised; color: $text; border: 1px solid transparent;
    border-radius: 5px; padding: 5px 14px; }
QPushButton:hover { border-color: $faint; }
QPushButton:focus { border-color: $accent; }
QPushButton:pressed { background: $selection; }
QPushButton:default { background: $accent; color: $on_accent; }
QPushButton:disabled { color: $faint; background: $surface; border-color: $line; }

QSlider::groove:horizontal { height: 3px; background: $line; border-radius: 1px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 1px; }
QSlider::handle:horizontal { background: $text; width: 12px; height: 12px; margin: -5px 0;
    border-radius: 6px; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $accent; }
QSlider::groove:horizontal:disabled, QSlider::sub-page:horizontal:disabled { background: $line; }
QSlider::handle:horizontal:disabled { background: $faint; }
QProgressBar { background: $line; border: none; border-radius: 2px; height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QLabel[role="heading"] { color: $text; font-weight: 600; }
QLabel[role="caption"] { color: $muted; }
QLabel[role="error"] { color: $danger; }
""")


def stylesheet(theme: Theme) -> str:
    """The application's style sheet in a theme's colours."""
    return _SHEET.substitute(
        {name: value for name, value in vars(theme).items() if isinstance(value, str)}
    )
