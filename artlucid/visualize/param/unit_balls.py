"""Variables that stay inside a ball, for images that may differ only so much from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from artlucid.visualize.param._checks import checked_shape

Tensor = Any


def dot(a: Tensor, b: Tensor) -> Tensor:
    """The sum of the products of two tensors' entries."""
    return tf.reduce_sum(a * b)


@tf.custom_gradient
def constrain_L2(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Scale a tensor down to length 1 if it is longer; all its entries together are one vector.

    The gradient is passed on as it is, but for its part along `x` where `x` is longer than 1 and that part is
    positive.
    """
    length = tf.norm(x)

    def gradient(upstream: Tensor) -> Tensor:
        direction = x / length
        along = dot(direction, upstream)
        # At the centre there is no direction, and nothing is taken away.
        is_bounded = tf.logical_and(length > 1, along >= 0)
        return tf.where(is_bounded, upstream - direction * along, upstream)

    return x / tf.maximum(1.0, length), gradient


def _inside_cube(x: Tensor) -> Tensor:
    return x / tf.maximum(1.0, tf.abs(x))


def _without_outward(x: Tensor, upstream: Tensor, passed: Tensor) -> Tensor:
    at_edge = tf.abs(x) >= 1.0
    return tf.where(tf.logical_and(at_edge, x * upstream > 0.0), tf.zeros_like(passed), passed)


@tf.custom_gradient
def constrain_L_inf(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Cut each entry to -1 … 1.

    The gradient is passed on as it is, but for entries at or beyond the edge where it has the sign of `x`.
    """
    return _inside_cube(x), lambda upstream: _without_outward(x, upstream, upstream)


@tf.custom_gradient
def constrain_L_inf_precondition(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Like `constrain_L_inf`, with the sign of the gradient in its place: the steepest way in this norm."""
    return _inside_cube(x), lambda upstream: _without_outward(x, upstream, tf.sign(upstream))


def unit_ball_L2(shape: Sequence[int]) -> Tensor:
    """Make a variable of zeros whose length, over all its entries, stays at most 1.

    Parameters
    ----------
    shape : sequence of int

    Returns
    -------
    float32 tensor of `shape`

    Raises
    ------
    VisualizationError
        If a side is not a whole number of at least 1.

    Notes
    -----
    As in Lucid, an experiment: no measure of how strong an adversarial example could be.

    Examples
    --------
    >>> unit_ball_L2([1, 8, 8, 3]).shape.as_list()
    [1, 8, 8, 3]
    """
    return constrain_L2(_zeros(shape))


def unit_ball_L_inf(shape: Sequence[int], precondition: bool = True) -> Tensor:
    """Make a variable of zeros whose entries stay in -1 … 1.

    Parameters
    ----------
    shape : sequence of int
    precondition : bool
        Whether the gradient's sign stands in its place.

    Returns
    -------
    float32 tensor of `shape`

    Raises
    ------
    VisualizationError
        If a side is not a whole number of at least 1.

    Examples
    --------
    >>> unit_ball_L_inf([1, 8, 8, 3]).shape.as_list()
    [1, 8, 8, 3]
    """
    constrain = constrain_L_inf_precondition if precondition else constrain_L_inf
    return constrain(_zeros(shape))


def _zeros(shape: Sequence[int]) -> Tensor:
    return tf.convert_to_tensor(tf.Variable(tf.zeros(checked_shape("shape", shape))))
