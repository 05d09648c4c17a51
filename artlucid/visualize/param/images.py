"""Images in 0 … 1, of Fourier coefficients or pixels: what most visualizations begin with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize._colours import ColourStatistics
from artlucid.visualize.param._checks import checked_initial, checked_number
from artlucid.visualize.param.color import mixing_matrix, statistics_of, to_valid_rgb
from artlucid.visualize.param.spatial import fft_image, pixel_image

Tensor = Any

DARKEST = 1 / 510
"""Half a step of 256. What is nearer to 0 or 1 in an image to start from is put there: a sigmoid reaches neither."""


def image(
    w: int,
    h: int | None = None,
    batch: int | None = None,
    sd: float | None = None,
    decorrelate: bool | ColourStatistics = True,
    fft: bool = True,
    alpha: bool = False,
    channels: int | None = None,
    *,
    init: npt.ArrayLike | None = None,
) -> Tensor:
    """Make an image to be optimized.

    Parameters
    ----------
    w, h : int
        Width and height in pixels; the height is the width where it is left out.
    batch : int, optional
        How many images; one where it is left out.
    sd : float, optional
        Standard deviation of the initial noise; 0.01 where it is left out.
    decorrelate : bool or ColourStatistics
        Whether the variables stand for decorrelated colours: ImageNet's, or those of a collection.
    fft : bool
        Whether the variables are Fourier coefficients, or pixels.
    alpha : bool
        Add a channel of opacity.
    channels : int, optional
        So many channels, in the place of colours; then `decorrelate` has no effect.
    init : array-like of shape (h, w, channels) or (batch, h, w, channels), optional
        An image of values 0 … 1 to start from, in the place of noise. It comes out again to 1e-3, but for values below
        1/510 or above 509/510, which a sigmoid does not reach.

    Returns
    -------
    float32 tensor of shape (batch, h, w, channels)
        Values 0 … 1.

    Raises
    ------
    VisualizationError
        If a size is no whole number of at least 1, if both `alpha` and `channels` are given, or if `init` has another
        shape or values outside 0 … 1.

    References
    ----------
    The paper's pictures begin with ``param.image(224)``.

    Examples
    --------
    >>> image(32, 24, batch=2).shape.as_list()
    [2, 24, 32, 3]
    """
    w = checked_number("w", w)
    shape = [
        checked_number("batch", 1 if batch is None else batch),
        w if h is None else checked_number("h", h),
        w,
        _number_of_channels(alpha, channels),
    ]
    initial = None if init is None else _before_colours(init, shape, decorrelate if channels is None else False)
    t = fft_image(shape, sd=sd, init_val=initial) if fft else pixel_image(shape, sd=sd, init_val=initial)
    if channels is not None:
        return tf.nn.sigmoid(t)
    colours = to_valid_rgb(t[..., :3], decorrelate=decorrelate, sigmoid=True)
    return tf.concat([colours, tf.nn.sigmoid(t[..., 3:])], -1) if alpha else colours


def grayscale_image_rgb(*args: Any, **kwargs: Any) -> Tensor:
    """Make a grey image: one channel that stands for red, green and blue.

    Parameters
    ----------
    args, kwargs
        As of `image`, but `channels`.

    Returns
    -------
    float32 tensor of shape (batch, h, w, 3)

    Examples
    --------
    >>> grayscale_image_rgb(32).shape.as_list()
    [1, 32, 32, 3]
    """
    return tf.tile(image(*args, channels=1, **kwargs), (1, 1, 1, 3))


def _number_of_channels(alpha: bool, channels: int | None) -> int:
    if channels is None:
        return 4 if alpha else 3
    if alpha:
        raise VisualizationError(
            f"One of `alpha` and `channels` may be given. Received alpha=True and channels={channels}. "
            "`alpha` makes red, green, blue and opacity; leave `channels` out."
        )
    return checked_number("channels", channels)


def _before_colours(
    init: npt.ArrayLike, shape: list[int], decorrelate: bool | ColourStatistics
) -> npt.NDArray[np.float64]:
    """What the sigmoid, and the mixing of colours, make this image of."""
    given = checked_initial("init", init, shape)
    if given.min() < 0 or given.max() > 1:
        raise VisualizationError(
            f"`init` must have values 0 … 1. Received {given.min():.4g} … {given.max():.4g}. Divide by 255 what is in "
            "0 … 255."
        )
    reachable = np.clip(given, DARKEST, 1 - DARKEST)
    before = np.log(reachable) - np.log1p(-reachable)
    statistics = statistics_of(decorrelate)
    if statistics is not None:
        before[..., :3] = before[..., :3] @ np.linalg.inv(mixing_matrix(statistics).astype(np.float64).T)
    return before
