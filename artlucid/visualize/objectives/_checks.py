"""What objectives take of activations, and what they refuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize._refusals import required

Tensor = Any

SIZE = "<size>"
"""Stands for the size of a map in the text of an error."""


def one_channel(values: Tensor, layer: str, number: Any) -> Tensor:
    """The values of one channel, without the last axis."""
    depth = values.shape[-1]
    if not is_integer(number) or not -depth <= number < depth:
        raise VisualizationError(
            f"A channel must be one of its layer. Received {number!r} for {layer}, which has {depth}. "
            f"Use 0 to {depth - 1}; numbers below 0 count from the end."
        )
    return values[..., int(number)]


def is_integer(value: Any) -> bool:
    """Whether it can number something: an integer of Python's or NumPy's."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def checked_array(name: str, values: Any) -> npt.NDArray[np.float32]:
    """An array of finite numbers."""
    try:
        array = np.asarray(values, np.float32)
    except (TypeError, ValueError):
        array = np.full(1, np.nan, np.float32)
    if not np.isfinite(array).all():
        raise VisualizationError(
            f"`{name}` must be an array of finite numbers. Received {type(values).__name__}. Give a NumPy array."
        )
    return array


def checked_vector(name: str, vec: Any) -> npt.NDArray[np.float32]:
    """One finite number for each channel."""
    vector = checked_array(name, vec)
    if vector.ndim != 1:
        raise VisualizationError(
            f"`{name}` must have the shape (channels,). Received shape {vector.shape}. "
            "Use `objectives.tensor_direction` for a direction at each place."
        )
    return vector


def check_length(vector: npt.NDArray[np.float32], values: Tensor, layer: str) -> None:
    """A direction must have as many numbers as the layer channels."""
    if vector.shape[-1] != values.shape[-1]:
        raise VisualizationError(
            f"`vec` must have a number for each channel of its layer. Received {vector.shape[-1]} for {layer}, which "
            f"has {values.shape[-1]}. Take it from the activations of this layer."
        )


def with_map_of_at_least(values: Tensor, sides: Sequence[int], refusal: str) -> Tensor:
    """Activations whose map must be so large, as soon as its size is known: at the latest when the step runs.

    Parameters
    ----------
    values : tensor of shape (batch, height, width, channels)
    sides : sequence of 2 int
        The least height and width.
    refusal : str
        Text of the error; `SIZE` in it becomes the size of the map.
    """
    if None in values.shape[1:3]:
        size = tf.shape(values)[1:3]
        before, _, after = refusal.partition(SIZE)
        shown = tf.strings.reduce_join(tf.strings.as_string(size), separator=" x ")
        fits = tf.reduce_all(size >= tf.constant(sides, tf.int32))
        return required(values, fits, tf.strings.join([before, shown, after]))
    if any(side < least for side, least in zip(values.shape[1:3], sides, strict=True)):
        raise VisualizationError(refusal.replace(SIZE, " x ".join(map(str, values.shape[1:3]))))
    return values


def known_batch(values: Tensor, objective: str) -> int:
    """The number of images, where an objective compares them."""
    number = values.shape[0]
    if number is None or number < 2:
        raise VisualizationError(
            f"`{objective}` must be given a batch of at least two images, of known number. Received "
            f"{'an unknown number' if number is None else number}. Make them with `param.image(…, batch=4)`."
        )
    return int(number)
