"""What objectives take of activations, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.errors import VisualizationError

Tensor = Any


def one_channel(values: Tensor, layer: str, number: Any) -> Tensor:
    """The values of one channel, without the last axis."""
    depth = values.shape[-1]
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or not -depth <= number < depth:
        raise VisualizationError(
            f"A channel must be one of its layer. Received {number!r} for {layer}, which has {depth}. "
            f"Use 0 to {depth - 1}; numbers below 0 count from the end."
        )
    return values[..., int(number)]


def checked_vector(name: str, vec: Any) -> npt.NDArray[np.float32]:
    """An array of finite numbers."""
    try:
        vector = np.asarray(vec, np.float32)
    except (TypeError, ValueError):
        vector = np.full(1, np.nan, np.float32)
    if not np.isfinite(vector).all():
        raise VisualizationError(
            f"`{name}` must be an array of finite numbers. Received {type(vec).__name__}. Give a NumPy array."
        )
    return vector


def check_length(vector: npt.NDArray[np.float32], values: Tensor, layer: str) -> None:
    """A direction must have as many numbers as the layer channels."""
    if vector.shape[-1] != values.shape[-1]:
        raise VisualizationError(
            f"`vec` must have a number for each channel of its layer. Received {vector.shape[-1]} for {layer}, which "
            f"has {values.shape[-1]}. Take it from the activations of this layer."
        )


def known_batch(values: Tensor, objective: str) -> int:
    """The number of images, where an objective compares them."""
    number = values.shape[0]
    if number is None or number < 2:
        raise VisualizationError(
            f"`{objective}` must be given a batch of at least two images, of known number. Received "
            f"{'an unknown number' if number is None else number}. Make them with `param.image(…, batch=4)`."
        )
    return int(number)
