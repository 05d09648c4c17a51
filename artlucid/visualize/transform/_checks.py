"""What transformations take, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from artlucid.errors import VisualizationError

Tensor = Any


def checked_amount(name: str, value: Any, *, least: int = 0) -> int:
    """A whole number of pixels."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise VisualizationError(
            f"`{name}` must be a whole number of pixels, at least {least}. Received {value!r}. Give another."
        )
    return int(value)


def checked_values(name: str, values: Any, *, above_zero: bool = False) -> tuple[float, ...]:
    """Numbers to draw from."""
    try:
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        found = ()
    if not found or not all(math.isfinite(value) and (value > 0 or not above_zero) for value in found):
        raise VisualizationError(
            f"`{name}` must be a sequence of numbers{' above 0' if above_zero else ''}, at least one. Received "
            f"{values!r}. Give those to draw from, such as [{'0.9, 1, 1.1' if above_zero else '-5, 0, 5'}]."
        )
    return found


def checked_image(t_image: Tensor) -> Tensor:
    """A batch of images as float32."""
    image = tf.convert_to_tensor(t_image, dtype_hint=tf.float32)
    if len(image.shape) != 4:
        raise VisualizationError(
            "Transformations must be given images of shape (batch, height, width, channels). Received shape "
            f"{tuple(image.shape)}. Add the batch's axis: `image[None]`."
        )
    return image


def checked_transforms(transforms: Sequence[Any]) -> tuple[Any, ...]:
    """A sequence of callables."""
    if callable(transforms) or not all(map(callable, found := tuple(transforms))):
        raise VisualizationError(
            f"Transformations must be a sequence of callables. Received {transforms!r}. "
            "Use [transform.jitter(8)], for example."
        )
    return found
