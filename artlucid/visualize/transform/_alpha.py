"""Opacity: an image on a background that changes."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any

from artlucid.errors import VisualizationError
from artlucid.visualize.param.random import image_sample
from artlucid.visualize.transform._checks import checked_image

Tensor = Any


@dataclass(frozen=True)
class CollapseAlphaRandom:
    """Lay the image over a random one; made by `collapse_alpha_random`."""

    sd: float = 0.5

    def __call__(self, t_image: Tensor) -> Tensor:
        t_image = checked_image(t_image)
        if t_image.shape[-1] != 4 or None in t_image.shape[:3]:
            raise VisualizationError(
                "`collapse_alpha_random` must be given images with opacity, of known shape (batch, height, width, 4). "
                f"Received shape {t_image.shape}. Make them with `param.image(…, alpha=True)`, and put it first."
            )
        colours, opacity = t_image[..., :3], t_image[..., 3:]
        background = image_sample(colours.shape.as_list(), sd=self.sd)
        return opacity * colours + (1 - opacity) * background


def collapse_alpha_random(sd: float = 0.5) -> CollapseAlphaRandom:
    """Lay an image with opacity over a random background, so that it becomes opaque where the network looks.

    Parameters
    ----------
    sd : float
        Standard deviation of the background's coefficients; 0 is grey.

    Returns
    -------
    callable
        From (batch, height, width, 4) to (batch, height, width, 3).

    Raises
    ------
    VisualizationError
        If `sd` is negative or not finite; when called, if the image has other than four channels.

    Examples
    --------
    >>> import tensorflow as tf
    >>> collapse_alpha_random()(tf.zeros([1, 32, 32, 4])).shape.as_list()
    [1, 32, 32, 3]
    """
    if not (isinstance(sd, numbers.Real) and 0 <= sd < math.inf):
        raise VisualizationError(f"`sd` must be a standard deviation, at least 0. Received {sd!r}. Use 0.5.")
    return CollapseAlphaRandom(float(sd))
