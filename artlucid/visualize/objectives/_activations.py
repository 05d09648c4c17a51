"""Objectives on what single images activate."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize.objectives._checks import (
    SIZE,
    check_length,
    checked_array,
    checked_vector,
    is_integer,
    one_channel,
    with_map_of_at_least,
)
from artlucid.visualize.objectives._objective import handle_batch, wrap_objective

Tensor = Any

LEAST_LENGTH = 1e-4
LEAST_SIMILARITY = 0.1
"""Of the cosine, so that a power of it has a gradient everywhere; both are Lucid's."""


@wrap_objective(require_format="NHWC")
def neuron(
    layer_name: str, channel_n: int, x: int | None = None, y: int | None = None, batch: int | None = None
) -> Any:
    """One place of a channel.

    Parameters
    ----------
    layer_name : str
    channel_n : int
    x, y : int, optional
        The place in the map, first along its height and then along its width: Lucid's `x` is the row. By default the
        middle, below and on the right of it where there are two.
    batch : int, optional
        One image of the batch; by default the mean over all.

    Returns
    -------
    Objective
    """

    @handle_batch(batch)
    def inner(T):
        return tf.reduce_mean(one_channel(_at(T(layer_name), layer_name, x, y), layer_name, channel_n))

    return inner


@wrap_objective(require_format="NHWC")
def channel(layer: str, n_channel: int, batch: int | None = None) -> Any:
    """The mean of a channel over space, and over the batch or of one of its images.

    Parameters
    ----------
    layer : str
    n_channel : int
        Numbers below 0 count from the end.
    batch : int, optional

    Returns
    -------
    Objective

    References
    ----------
    What the paper optimizes.
    """

    @handle_batch(batch)
    def inner(T):
        return tf.reduce_mean(one_channel(T(layer), layer, n_channel))

    return inner


@wrap_objective(require_format="NHWC")
def direction(layer: str, vec: npt.ArrayLike, cossim_pow: float = 0, batch: int | None = None) -> Any:
    """The mean over space of the product of activations and a direction.

    Parameters
    ----------
    layer : str
    vec : array-like of shape (channels,)
    cossim_pow : float
        Multiply by this power of the cosine between both, which is held above 0.1.
    batch : int, optional
        One image of the batch.

    Returns
    -------
    Objective
    """
    vector = checked_vector("vec", vec)

    @handle_batch(batch)
    def inner(T):
        values = T(layer)
        check_length(vector, values, layer)
        return _along(values, vector[None, None, None], cossim_pow)

    return inner


direction_cossim = direction


@wrap_objective(require_format="NHWC")
def direction_neuron(
    layer_name: str,
    vec: npt.ArrayLike,
    x: int | None = None,
    y: int | None = None,
    cossim_pow: float = 0,
    batch: int | None = None,
) -> Any:
    """`direction` at one place, which is given as that of `neuron`.

    Parameters
    ----------
    layer_name : str
    vec : array-like of shape (channels,)
    x, y, cossim_pow, batch
        As of `neuron` and `direction`.

    Returns
    -------
    Objective
    """
    vector = checked_vector("vec", vec)

    @handle_batch(batch)
    def inner(T):
        values = T(layer_name)
        check_length(vector, values, layer_name)
        return _along(_at(values, layer_name, x, y), vector[None, None, None], cossim_pow)

    return inner


@wrap_objective(require_format="NHWC")
def tensor_direction(layer: str, vec: npt.ArrayLike, cossim_pow: float = 0, batch: int | None = None) -> Any:
    """`direction` with a direction of its own for each place about the middle of the map.

    Parameters
    ----------
    layer : str
    vec : array-like of shape (height, width, channels) or (batch, height, width, channels)
        No larger than the map.
    cossim_pow, batch
        As of `direction`.

    Returns
    -------
    Objective
    """
    vector = checked_array("vec", vec)
    if vector.ndim not in (3, 4):
        raise VisualizationError(
            "`vec` must have the shape (height, width, channels), or one more axis for the batch. Received shape "
            f"{vector.shape}. Use `objectives.direction` for a single direction."
        )
    vector = vector if vector.ndim == 4 else vector[None]

    @handle_batch(batch)
    def inner(T):
        values = T(layer)
        check_length(vector, values, layer)
        _check_batch(vector, values)
        return _along(_middle(values, vector.shape[1:3], layer), vector, cossim_pow)

    return inner


@wrap_objective(handle_batch=True)
def deepdream(layer: str) -> Any:
    """The mean square of a layer's activations: whatever is there already, more of it.

    Parameters
    ----------
    layer : str

    Returns
    -------
    Objective

    References
    ----------
    Mordvintsev et al., "Inceptionism", 2015.
    """
    return lambda T: tf.reduce_mean(T(layer) ** 2)


@wrap_objective()
def class_logit(layer: str, label: str | int, batch: int | None = None) -> Any:
    """One class of a layer of logits, summed over the batch.

    Parameters
    ----------
    layer : str
        With a value for each class, such as ``softmax2_pre_activation``.
    label : str or int
        The name of the class, or its number.
    batch : int, optional
        One image of the batch.

    Returns
    -------
    Objective
    """

    @handle_batch(batch)
    def inner(T):
        number = label if is_integer(label) else _number_of(label, T("labels"))
        return tf.reduce_sum(one_channel(T(layer), layer, number))

    return inner


def _number_of(label: str, labels: Any) -> int:
    if not labels:
        raise VisualizationError(
            f"`label` must be a number where the network does not name its classes. Received {label!r}. "
            "Give the position of the class among the outputs."
        )
    if label not in labels:
        near = ", ".join(difflib.get_close_matches(str(label), labels, n=3, cutoff=0.3)) or "none"
        raise VisualizationError(
            f"`label` must be a class of the network. Received {label!r}. The nearest names are {near}; there are "
            f"{len(labels)}."
        )
    return int(labels.index(label))


def _along(values: Tensor, vector: Any, power: float) -> Tensor:
    """The mean product, times a power of the cosine."""
    products = tf.reduce_sum(values * vector, -1)
    if power == 0:
        return tf.reduce_mean(products)
    lengths = (LEAST_LENGTH + _length(values)) * (LEAST_LENGTH + _length(tf.constant(vector)))
    return tf.reduce_mean(products * tf.maximum(LEAST_SIMILARITY, products / lengths) ** power)


def _length(values: Tensor) -> Tensor:
    return tf.sqrt(tf.reduce_sum(values * values, -1))


def _at(values: Tensor, layer: str, x: int | None, y: int | None) -> Tensor:
    """One place of a map, with its axes."""
    places = {name: place for name, place in (("x", x), ("y", y)) if place is not None}
    shown = ", ".join(f"{name}={place!r}" for name, place in places.items())
    if any(not is_integer(place) or place < 0 for place in places.values()):
        raise VisualizationError(
            f"`x` and `y` must be integers from 0 on. Received {shown}. Count the rows and columns of the map from 0."
        )
    if places:
        refusal = (
            f"A neuron must lie in the map of its layer. Received {shown} for {layer}, which has {SIZE} places (height "
            "x width). Choose another, or a larger image."
        )
        values = with_map_of_at_least(values, [places.get(name, 0) + 1 for name in ("x", "y")], refusal)
    sides = tf.shape(values)
    row, column = (sides[axis] // 2 if place is None else int(place) for axis, place in ((1, x), (2, y)))
    return values[:, row : row + 1, column : column + 1]


def _middle(values: Tensor, window: tuple[int, ...], layer: str) -> Tensor:
    refusal = (
        f"`vec` must be no larger than the map of its layer. Received {window[0]} x {window[1]} for {layer}, which "
        f"has {SIZE} places. Make a larger image, or cut the direction."
    )
    values = with_map_of_at_least(values, window, refusal)
    sides = tf.shape(values)
    above, left = (sides[1] - window[0]) // 2, (sides[2] - window[1]) // 2
    return values[:, above : above + window[0], left : left + window[1]]


def _check_batch(vector: npt.NDArray[np.float32], values: Tensor) -> None:
    number = values.shape[0]
    if number is not None and vector.shape[0] not in (1, number):
        raise VisualizationError(
            "`vec` must be one direction, or one for each image of the batch. Received "
            f"{vector.shape[0]} for {number}. Make the image with `param.image(…, batch={vector.shape[0]})`."
        )
