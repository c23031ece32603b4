"""What is stepped rather than sampled. `EXPERIMENTS` lists them."""

from deepfractals_gui.experiments.catalogue import EXPERIMENTS, experiment

__all__ = ["EXPERIMENTS", "experiment"]
