"""The mean over space of one channel for each image of a batch."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any


def own_mean(values: Tensor, channels: Tensor) -> Tensor:
    """Choose a channel for each image, and take its mean.

    Parameters
    ----------
    values : float32 tensor of shape (batch, …, channels)
    channels : int32 tensor of shape (batch,)

    Returns
    -------
    float32 tensor of shape (batch,)
    """
    mask = tf.one_hot(channels, values.shape[-1], on_value=True, off_value=False)
    mask = tf.reshape(mask, [mask.shape[0], *[1] * (len(values.shape) - 2), mask.shape[1]])
    # A choice, and not a product: an infinite value of another channel stays where it is.
    own = tf.reduce_sum(tf.where(mask, values, 0.0), axis=-1)
    return tf.reduce_mean(tf.reshape(own, [mask.shape[0], -1]), axis=1)
