"""Bilinear resizing along any number of axes, as TensorFlow 1 does it along two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize.param._checks import checked_shape

Tensor = Any


def collapse_shape(shape: Sequence[int], a: int, b: int) -> list[int]:
    """Multiply together what lies before axis `a`, and what lies from axis `b` on; beyond the ends axes count 1.

    >>> collapse_shape([1, 2, 3, 4, 5], 1, 3)
    [1, 2, 3, 20]
    """
    padded = [1] * max(-a, 0) + list(shape) + [1] * max(b - len(shape), 0)
    start, stop = max(a, 0), b + max(-a, 0)
    return [math.prod(padded[:start]), *padded[start:stop], math.prod(padded[stop:])]


def resize_bilinear_nd(t: Tensor, target_shape: Sequence[int]) -> Tensor:
    """Resize a tensor along all its axes by bilinear interpolation.

    Parameters
    ----------
    t : float32 tensor
        Of known shape.
    target_shape : sequence of int
        As many axes.

    Returns
    -------
    float32 tensor of `target_shape`
        Entry i of an axis comes from place ``i * old / new``: without half-pixel centres, unlike `tf.image.resize`.

    Raises
    ------
    VisualizationError
        If the number of axes is another.

    Examples
    --------
    >>> resize_bilinear_nd(tf.constant([0.0, 1.0]), [4]).numpy().tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    t = tf.convert_to_tensor(t)
    shape, target = t.shape.as_list(), list(checked_shape("target_shape", target_shape))
    if len(shape) != len(target):
        raise VisualizationError(
            f"`target_shape` must have an entry for each axis of the tensor. Received {target} for {shape}. "
            "Give axes that stay the length that they have."
        )
    axis = 0
    while axis < len(shape):
        if shape[axis] == target[axis]:
            axis += 1
            continue
        # Two axes a time, the way Lucid goes, so that rounding is the same.
        resized = [*shape[:axis], *target[axis : axis + 2], *shape[axis + 2 :]]
        t = _resized(t, collapse_shape(shape, axis, axis + 2), collapse_shape(resized, axis, axis + 2)[1:3])
        t, shape, axis = tf.reshape(t, resized), resized, axis + 2
    return t


def _resized(t: Tensor, shape: list[int], size: list[int]) -> Tensor:
    return tf.raw_ops.ResizeBilinear(
        images=tf.reshape(t, shape), size=size, align_corners=False, half_pixel_centers=False
    )
