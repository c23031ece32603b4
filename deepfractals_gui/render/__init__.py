"""Requests, tiles, the thread pool and the cache of samples."""

from deepfractals_gui.render.disk import DiskCache
from deepfractals_gui.render.job import Job
from deepfractals_gui.render.points import sample_points
from deepfractals_gui.render.renderer import Renderer
from deepfractals_gui.render.request import RenderRequest, Samples, pan_offset

__all__ = [
    "DiskCache",
    "Job",
    "RenderRequest",
    "Renderer",
    "Samples",
    "pan_offset",
    "sample_points",
]
