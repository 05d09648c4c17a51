"""Random images with the spectrum of natural ones, other ones at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from artlucid.visualize import _draws
from artlucid.visualize._colours import ColourStatistics
from artlucid.visualize.param._checks import checked_sd, checked_shape
from artlucid.visualize.param.color import to_valid_rgb
from artlucid.visualize.param.spatial import check_width, image_of_spectrum, rfft2d_freqs

Tensor = Any


def image_sample(
    shape: Sequence[int],
    decorrelate: bool | ColourStatistics = True,
    sd: float | None = None,
    decay_power: float = 1,
) -> Tensor:
    """Draw random images in 0 … 1, with nothing to optimize.

    Parameters
    ----------
    shape : sequence of int
        (batch, height, width, 3).
    decorrelate : bool or ColourStatistics
        As in `to_valid_rgb`.
    sd : float, optional
        Standard deviation of the coefficients; 0.01 where it is left out. 0 is grey.
    decay_power : float
        How fast the coefficients fall with the frequency.

    Returns
    -------
    float32 tensor of `shape`

    Raises
    ------
    VisualizationError
        If the shape is no shape of images, or `sd` is negative.

    Examples
    --------
    >>> image_sample([2, 16, 24, 3], sd=0.2).shape.as_list()
    [2, 16, 24, 3]
    """
    return to_valid_rgb(rand_fft_image(shape, sd=sd, decay_power=decay_power), decorrelate=decorrelate)


def rand_fft_image(shape: Sequence[int], sd: float | None = None, decay_power: float = 1) -> Tensor:
    """Draw what `image_sample` turns into colours: float32 of `shape`, around 0.

    >>> rand_fft_image([1, 5, 7, 3]).shape.as_list()
    [1, 5, 7, 3]
    """
    batch, h, w, ch = checked_shape("shape", shape, at_least=4, at_most=4)
    check_width(w)
    sd = checked_sd(sd, zero=True)
    draws, one = _draws.current(), (2, ch, *rfft2d_freqs(h, w).shape)
    spectrum = tf.stack([sd * draws.normal(one) for _ in range(batch)], axis=1)
    return image_of_spectrum(spectrum, h, w, decay_power)
