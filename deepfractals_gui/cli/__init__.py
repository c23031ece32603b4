"""The command line. It loads no Qt."""

from deepfractals_gui.cli.command import main

__all__ = ["main"]
