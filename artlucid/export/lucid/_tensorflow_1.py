"""What the original Lucid sees as ``tensorflow``: version 1's interface, and the parts of its contrib that it uses."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import tensorflow as tf

Tensor = Any


class TensorFlow1(ModuleType):
    """TensorFlow 2's own interface of version 1, with a `contrib`."""

    def __init__(self) -> None:
        super().__init__("tensorflow")
        self.contrib = _module("tensorflow.contrib", image=_module("tensorflow.contrib.image", rotate=rotate))
        # Imported by `param.cppn`, which cannot be called without its content.
        self.contrib.slim = _module("tensorflow.contrib.slim")

    def __getattr__(self, name: str) -> Any:
        return getattr(tf.compat.v1, name)


def _module(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


def rotate(images: Tensor, angles: Tensor) -> Tensor:
    """Turn images about their centre as `tf.contrib.image.rotate` does: nearest neighbour, zero outside.

    Parameters
    ----------
    images : tensor of shape (batch, height, width, channels)
    angles : scalar or tensor of shape (batch,)
        Radians, counterclockwise.

    Returns
    -------
    tensor of the shape of `images`
    """
    images = tf.convert_to_tensor(images)
    size = tf.shape(images)[1:3]
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=_rotations(tf.reshape(angles, [-1]), tf.cast(size[0], tf.float32), tf.cast(size[1], tf.float32)),
        output_shape=size,
        fill_value=0.0,
        interpolation="NEAREST",
        fill_mode="CONSTANT",
    )
    turned.set_shape(images.shape)
    return turned


def _rotations(angles: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """A row (a, b, x, c, d, y, 0, 0) for each angle, which takes places in the output to places in the input."""
    cosine, sine, zero = tf.cos(angles), tf.sin(angles), tf.zeros_like(angles)
    x, y = (width - 1) / 2, (height - 1) / 2
    left = x - (cosine * x - sine * y)
    top = y - (sine * x + cosine * y)
    return tf.stack([cosine, -sine, left, sine, cosine, top, zero, zero], axis=1)
