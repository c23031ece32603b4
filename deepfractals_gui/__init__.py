"""deepfractals: the place where learning dynamics and fractals meet."""

__version__ = "0.1.0"
