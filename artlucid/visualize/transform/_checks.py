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


def checked_seed(seed: Any) -> int | None:
    """A seed of a transformation's own, or none."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer)):
        raise VisualizationError(f"`seed` must be a whole number, or None. Received {seed!r}. Give 0, 1, 2, ….")
    return None if seed is None else int(seed)


def checked_values(name: str, values: Any, *, above_zero: bool = False) -> tuple[float, ...]:
    """Numbers to draw from."""
    try:
        found = () if isinstance(values, str) else tuple(float(value) for value in values)
    except (TypeError, ValueError):
        found = ()
    if not found or not all(math.isfinite(value) and (value > 0 or not above_zero) for value in found):
        raise VisualizationError(
            f"`{name}` must be a sequence of numbers{' above 0' if above_zero else ''}, at least one. Received "
            f"{values!r}. Give those to draw from, such as [{'0.9, 1, 1.1' if above_zero else '-5, 0, 5'}]."
        )
    return found


def checked_image(t_image: Tensor) -> Tensor:
    """A batch of images."""
    image = tf.convert_to_tensor(t_image, dtype_hint=tf.float32)
    if image.shape.rank != 4 or not image.dtype.is_floating:
        raise VisualizationError(
            "Transformations must be given floating-point images of shape (batch, height, width, channels). Received "
            f"{image.dtype.name} of shape {image.shape}. Convert whole numbers by `tf.cast(image, tf.float32) / 255`; "
            "add the batch's axis to a single image: `image[None]`."
        )
    return image


def checked_transforms(transforms: Sequence[Any]) -> tuple[Any, ...]:
    """A sequence of callables."""
    try:
        found = tuple(transforms)
    except TypeError:
        found = (None,)
    if not all(map(callable, found)):
        raise VisualizationError(
            f"Transformations must be a sequence of callables. Received {transforms!r}. "
            "Use [transform.jitter(8)], for example."
        )
    return found


def checked_size(size: Any) -> tuple[int, int] | None:
    """Height and width, or none."""
    if size is None:
        return None
    if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 2:
        raise VisualizationError(
            f"`size` must be a height and a width. Received {size!r}. Give (224, 224), for example."
        )
    return checked_amount("size", size[0], least=1), checked_amount("size", size[1], least=1)
