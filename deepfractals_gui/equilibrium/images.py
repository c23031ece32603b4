"""Images for the field: enlarged to its grid, and standardised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.equilibrium.field import FieldSpec
from deepfractals_gui.nn.dataset import Dataset


@dataclass(frozen=True)
class Standard:
    """(pixel - mean) / deviation, one of each for all pixels of the images to train with."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, data: Dataset) -> Standard:
        """Raises ValueError where all pixels are alike."""
        deviation = float(data.inputs.std())
        if not 0.0 < deviation < np.inf:
            raise ValueError(f"{data.name}: pixels that are all alike can't be standardised")
        return cls(float(data.inputs.mean()), deviation)


@dataclass(frozen=True, eq=False)
class Pictures:
    """Labelled images, of which batches are made ready when they are needed.

    Attributes
    ----------
    pixels : float64 (N, h, w), as they are
    labels : int64 (N,)
    standard : how they are scaled
    height, width : the field's grid
    """

    pixels: Array
    labels: Array
    standard: Standard
    height: int
    width: int

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, rows: Array | slice) -> Array:
        """Some images on the field's grid, standardised: float64 (n, 1, H, W)."""
        images = resized(self.pixels[rows], self.height, self.width)
        return (images[:, np.newaxis] - self.standard.mean) / self.standard.deviation


def pictures(data: Dataset, spec: FieldSpec, standard: Standard | None = None) -> Pictures:
    """The images of a data set, scaled as given, or as their own pixels ask for.

    Raises
    ------
    ValueError   they are no grey images with labels of the field's classes
    """
    if data.image_shape is None or not data.is_classification:
        raise ValueError(f"{data.name}: the field learns from images with labels")
    if spec.inputs != 1:
        raise ValueError(f"{data.name}: grey images don't drive {spec.inputs} channels")
    if len(data.classes) > spec.classes:
        raise ValueError(
            f"{data.name} has {len(data.classes)} classes, the field tells {spec.classes} apart"
        )
    pixels = data.inputs.reshape(len(data), *data.image_shape)
    return Pictures(pixels, data.targets, standard or Standard.of(data), spec.height, spec.width)


def resized(images: Array, height: int, width: int) -> Array:
    """Images (N, h, w) on a grid of another size, by linear interpolation along both sides.

    Pixels are squares that fill the image: the centre of pixel j of W is at (j + 1/2) w / W - 1/2.
    Beyond the centres of the outermost pixels their values go on.
    """
    if images.shape[1:] == (height, width):
        return images
    down, across = (
        _weights(old, new) for old, new in zip(images.shape[1:], (height, width), strict=True)
    )
    # One image after the other: the bits don't depend on how many there are.
    return np.stack([down @ image @ across.T for image in images]) if len(images) else images


def _weights(old: int, new: int) -> Array:
    """The matrix (new, old) of linear interpolation."""
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0.0, old - 1.0)
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(place[:, np.newaxis] - np.arange(old))))


def shifted(images: Array, moves: Array) -> Array:
    """Images (n, 1, H, W), each moved around the torus by its own moves along y and x."""
    if not moves.any():
        return images
    return np.stack([
        np.roll(image, tuple(move), (1, 2)) for image, move in zip(images, moves, strict=True)
    ])  # fmt: skip
