"""Images as Lucid's notebooks make them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize._colours import ColourStatistics
from artlucid.visualize.param._checks import checked_initial, checked_number, checked_sd
from artlucid.visualize.param.color import mixing_matrix, statistics_of, to_valid_rgb
from artlucid.visualize.param.spatial import fft_image, pixel_image

Tensor = Any

DARKEST = 1e-3
"""What 0 of an image to begin with becomes, and 1 minus it what 1 becomes: a sigmoid reaches neither."""


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
    """Make an image to optimize.

    Parameters
    ----------
    w, h : int
        Width and height in pixels; the height is the width where it is left out.
    batch : int, optional
        How many images. Left out, it is 1, or as many as `init` has.
    sd : float, optional
        Standard deviation of the initial noise of the parameters; 0.01 where it is left out.
    decorrelate : bool or ColourStatistics
        Whether the parameters are decorrelated colours: those of ImageNet, or of a collection that
        `visualize.colour_statistics` measured. With `channels`, True means nothing, as in Lucid.
    fft : bool
        Whether the parameters are frequencies, or pixels.
    alpha : bool
        Whether there is a fourth channel, for opacity.
    channels : int, optional
        Any number of channels instead of RGB, each on its own.
    init : array-like of shape (h, w, 3) or (batch, h, w, 3), optional
        Images to begin with, RGB in 0 … 1 (4 channels with `alpha`, `channels` of them where these are given). They
        come out to within 1e-4; beforehand, values below 0.001 and above 0.999 are cut to these, about a quarter of one
        of 255 grey levels.

    Returns
    -------
    float32 tensor of shape (batch, h, w, channels), in 0 … 1

    Raises
    ------
    VisualizationError
        If a size or `sd` is not positive, if the options do not go together, or if `init` has another size or values
        outside 0 … 1.

    Examples
    --------
    >>> image(64, 48, batch=2).shape.as_list()
    [2, 48, 64, 3]
    >>> photograph = np.full((48, 64, 3), 0.25)
    >>> round(float(image(64, 48, init=photograph)[0, 0, 0, 0]), 4)
    0.25
    """
    _check_options(decorrelate, alpha, channels, sd, init)
    w, h = checked_number("w", w), checked_number("h", w if h is None else h)
    ch = (4 if alpha else 3) if channels is None else checked_number("channels", channels)
    shape = (_batch_of(batch, init), h, w, ch)
    statistics = statistics_of(decorrelate) if channels is None else None
    parameters = None if init is None else parameters_of(init, shape, statistics)
    t = (fft_image if fft else pixel_image)(shape, sd=checked_sd(sd) if init is None else None, init_val=parameters)
    if channels is not None:
        return tf.nn.sigmoid(t)
    rgb = to_valid_rgb(t[..., :3], decorrelate=decorrelate)
    return tf.concat([rgb, tf.nn.sigmoid(t[..., 3:])], -1) if alpha else rgb


def grayscale_image_rgb(*args: Any, **kwargs: Any) -> Tensor:
    """Make a grey image of three equal channels.

    Parameters
    ----------
    *args, **kwargs
        Those of `image`, without `alpha` and `channels`. `init` has one channel.

    Returns
    -------
    float32 tensor of shape (batch, h, w, 3), in 0 … 1

    Raises
    ------
    VisualizationError
        As `image` does.

    Examples
    --------
    >>> grayscale_image_rgb(64, batch=2).shape.as_list()
    [2, 64, 64, 3]
    """
    return tf.tile(image(*args, channels=1, **kwargs), (1, 1, 1, 3))


def _check_options(decorrelate: Any, alpha: bool, channels: Any, sd: Any, init: Any) -> None:
    if channels is not None and alpha:
        raise VisualizationError(
            f"`alpha` must be left out where `channels` is given. Received alpha={alpha!r}, channels={channels!r}. "
            "Use `channels=4` for four channels on their own, `alpha=True` for RGB and opacity."
        )
    if channels is not None and isinstance(decorrelate, ColourStatistics):
        raise VisualizationError(
            "`decorrelate` must be no colour statistics where `channels` is given: these channels are no colours. "
            f"Received channels={channels!r}. Leave one of them out."
        )
    if init is not None and sd is not None:
        raise VisualizationError(
            f"`sd` must be left out where `init` is given. Received sd={sd!r}. Add noise to the image yourself."
        )


def _batch_of(batch: Any, init: Any) -> int:
    if batch is None:
        return np.shape(init)[0] if init is not None and np.ndim(init) == 4 and len(init) else 1
    return checked_number("batch", batch)


def parameters_of(
    init: npt.ArrayLike, shape: tuple[int, ...], statistics: ColourStatistics | None
) -> npt.NDArray[np.float64]:
    """What the sigmoid and the mixing of colours turn into the images; checked."""
    images = checked_initial("init", init, shape)
    if images.min() < 0 or images.max() > 1:
        raise VisualizationError(
            f"`init` must hold values in 0 … 1. Received {images.min():.6g} … {images.max():.6g}. "
            "Divide by 255 what is in 0 … 255."
        )
    inside = np.clip(images, DARKEST, 1 - DARKEST)
    parameters = np.log(inside / (1 - inside))
    if statistics is not None:
        parameters[..., :3] = np.linalg.solve(
            mixing_matrix(statistics).astype(np.float64), parameters[..., :3, None]
        ).squeeze(-1)
    return parameters
