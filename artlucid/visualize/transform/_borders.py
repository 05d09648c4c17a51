"""A border around images, and a size for those that must have one."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize import _draws
from artlucid.visualize.objectives._checks import SIZE, with_map_of_at_least
from artlucid.visualize.transform._checks import checked_amount, checked_image

Tensor = Any


@dataclass(frozen=True)
class Pad:
    """Put a border around; made by `pad`."""

    w: int
    mode: str = "REFLECT"
    constant_value: float | str = 0.5

    def __call__(self, t_image: Tensor) -> Tensor:
        t_image, mode = checked_image(t_image), self.mode.upper()
        if mode != "CONSTANT":
            t_image = self._large_enough(t_image, self.w + (mode == "REFLECT"))
        value = _draws.current().uniform([]) if self.constant_value == "uniform" else self.constant_value
        around = [self.w, self.w]
        return tf.pad(t_image, [[0, 0], around, around, [0, 0]], mode, value)

    def _large_enough(self, t_image: Tensor, side: int) -> Tensor:
        return with_map_of_at_least(
            t_image,
            (side, side),
            f"`pad` must reflect less than the image has. Received pad({self.w}) for an image of {SIZE} pixels. "
            "Use `mode='constant'`, or a larger image.",
        )


@dataclass(frozen=True)
class CropOrPadTo:
    """Cut or fill up to a size, about the centre; made by `crop_or_pad_to`."""

    height: int
    width: int

    def __call__(self, t_image: Tensor) -> Tensor:
        return tf.image.resize_with_crop_or_pad(checked_image(t_image), self.height, self.width)


def pad(w: int, mode: str = "REFLECT", constant_value: float | str = 0.5) -> Pad:
    """Put a border of `w` pixels around the image.

    Parameters
    ----------
    w : int
        In pixels.
    mode : {"REFLECT", "SYMMETRIC", "CONSTANT"}
        In any case.
    constant_value : float or "uniform"
        Of a constant border; "uniform" draws a grey from 0 … 1 at each step.

    Returns
    -------
    callable

    Raises
    ------
    VisualizationError
        If a value is none of these; when called, if the image is smaller than what is to be reflected.

    Examples
    --------
    >>> pad(12, mode="constant")(tf.zeros([1, 64, 48, 3])).shape.as_list()
    [1, 88, 72, 3]
    """
    if not isinstance(mode, str) or mode.upper() not in ("REFLECT", "SYMMETRIC", "CONSTANT"):
        raise VisualizationError(
            f"`mode` must be REFLECT, SYMMETRIC or CONSTANT. Received {mode!r}. Choose one of these."
        )
    number = isinstance(constant_value, numbers.Real) and math.isfinite(constant_value)
    if not number and constant_value != "uniform":
        raise VisualizationError(
            f"`constant_value` must be a number or 'uniform'. Received {constant_value!r}. Use 0.5 for grey."
        )
    return Pad(checked_amount("w", w), mode, constant_value if constant_value == "uniform" else float(constant_value))


def crop_or_pad_to(height: int, width: int) -> CropOrPadTo:
    """Cut the image, or put black around it, until it has a size: for networks that take one size only.

    Parameters
    ----------
    height, width : int
        In pixels.

    Returns
    -------
    callable

    Raises
    ------
    VisualizationError
        If a side is no whole number of at least 1.

    Examples
    --------
    >>> crop_or_pad_to(224, 224)(tf.zeros([1, 240, 200, 3])).shape.as_list()
    [1, 224, 224, 3]
    """
    return CropOrPadTo(checked_amount("height", height, least=1), checked_amount("width", width, least=1))
