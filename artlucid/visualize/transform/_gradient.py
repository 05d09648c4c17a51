"""Gradients of one length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize.transform._checks import checked_image, checked_values

Tensor = Any


@dataclass(frozen=True)
class NormalizeGradient:
    """Pass images on, and their gradients with the length 1; made by `normalize_gradient`."""

    grad_scales: tuple[float, ...] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        x = checked_image(x)
        scales = self.grad_scales
        if scales is not None and x.shape[0] not in (None, len(scales)):
            raise VisualizationError(
                f"`grad_scales` must have a number for each image of the batch. Received {len(scales)} for a batch of "
                f"{x.shape[0]}. Give as many."
            )

        @tf.custom_gradient
        def passed_on(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
            return tf.identity(x), lambda upstream: _normalized(upstream, scales)

        return passed_on(x)


def normalize_gradient(grad_scales: Sequence[float] | None = None) -> NormalizeGradient:
    """Give the gradient of each image the length 1, or one of its own.

    Parameters
    ----------
    grad_scales : sequence of float, optional
        The length for each image of the batch.

    Returns
    -------
    callable
        Images pass unchanged. A gradient that is zero stays zero, where Lucid's becomes NaN.

    Raises
    ------
    VisualizationError
        If the lengths are no numbers; when called, if there are not as many as images.

    Examples
    --------
    >>> normalize_gradient()(tf.zeros([1, 32, 32, 3])).shape.as_list()
    [1, 32, 32, 3]
    """
    return NormalizeGradient(None if grad_scales is None else checked_values("grad_scales", grad_scales))


def _normalized(upstream: Tensor, scales: tuple[float, ...] | None) -> Tensor:
    length = tf.sqrt(tf.reduce_sum(upstream**2, [1, 2, 3], keepdims=True))
    scaled = upstream if scales is None else upstream * tf.reshape(tf.constant(scales), [-1, 1, 1, 1])
    return tf.math.divide_no_nan(scaled, length)
