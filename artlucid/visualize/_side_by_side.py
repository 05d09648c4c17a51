"""Images of a batch side by side along the channels: (1, height, width, 3 * batch).

Moving, resizing and turning take a batch for one image of many channels. Row by row of all images at once they take
half the time, and give the same bits as image by image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.visualize import param, transform
from artlucid.visualize._colours import ColourStatistics
from artlucid.visualize.param.color import to_valid_rgb
from artlucid.visualize.param.images import parameters_of
from artlucid.visualize.param.spatial import planes_of_spectrum, spectrum_variable
from artlucid.visualize.transform._borders import CropOrPadTo, Pad
from artlucid.visualize.transform._geometry import Jitter, RandomRotate, RandomScale

Tensor = Any
Transform = Callable[[Tensor], Tensor]

WHATEVER_THE_CHANNELS = (Pad, Jitter, RandomScale, RandomRotate, CropOrPadTo)
"""Transformations that do the same to every channel."""

WHOLE_BLOCKS = 64
"""Rows of a matrix product. What is left over is rounded otherwise, and would depend on its image's place."""


def image(
    size: tuple[int, int],
    batch: int,
    *,
    colours: ColourStatistics | None = None,
    start: npt.NDArray[np.float32] | None = None,
) -> Tensor:
    """Make images to optimize: those of `param.image`, and their variable.

    Parameters
    ----------
    size : (int, int)
        Width and height in pixels.
    batch : int
        How many images.
    colours : ColourStatistics, optional
        By default ImageNet's.
    start : array of shape (height, width, 3), optional
        The image that all begin with, values 0 … 1, rather than noise.

    Returns
    -------
    float32 tensor of shape (1, height, width, 3 * batch), in 0 … 1
    """
    width, height = size
    shape = (batch, height, width, 3)
    statistics = colours or param.color.IMAGENET
    initial = None if start is None else parameters_of(start, shape, statistics)
    planes = planes_of_spectrum(spectrum_variable(shape, None, 1, initial), height, width, 1)
    rows = height * width * batch
    spare = [[0, -rows % WHOLE_BLOCKS], [0, 0]]
    parameters = tf.pad(tf.reshape(tf.transpose(planes, (2, 3, 0, 1)), [rows, 3]), spare)
    colour = to_valid_rgb(parameters, decorrelate=statistics)[:rows]
    return tf.reshape(colour, [1, height, width, 3 * batch])


def apart(images: Tensor) -> Tensor:
    """One after the other: (batch, height, width, 3)."""
    _, height, width, _ = tf.unstack(tf.shape(images))
    batch = images.shape[-1] // 3
    pixels = tf.reshape(images, [height * width, batch, 3])
    one_after_the_other = tf.reshape(tf.transpose(pixels, (1, 0, 2)), [batch, height, width, 3])
    return tf.ensure_shape(one_after_the_other, [batch, *images.shape[1:3], 3])


def transformed(transforms: Sequence[Transform] | None, *, per_image: bool = False) -> Transform:
    """Compose transformations, the standard ones for None, into one that sets images apart.

    Returns
    -------
    callable
        From images side by side to what the network sees, (batch, height, width, 3).
    """
    chosen = transform.standard_transforms if transforms is None else transforms
    if per_image:
        after = transform.per_image(chosen)
        return lambda images: after(apart(images))
    together = transform.compose(chosen)
    if all(isinstance(one, WHATEVER_THE_CHANNELS) for one in chosen):
        return lambda images: apart(together(images))
    return lambda images: together(apart(images))
