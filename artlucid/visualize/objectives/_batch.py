"""Objectives that compare the images of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from artlucid.visualize.objectives._checks import known_batch, one_channel
from artlucid.visualize.objectives._objective import wrap_objective

Tensor = Any

FARTHEST_NEIGHBOUR = 4
"""Images of a batch that `alignment` compares: Lucid's."""


@wrap_objective()
def channel_interpolate(layer1: str, n_channel1: int, layer2: str, n_channel2: int) -> Any:
    """One channel for the first image of a batch, another for the last, and mixtures of both between.

    Parameters
    ----------
    layer1, n_channel1 : str, int
        The first image's.
    layer2, n_channel2 : str, int
        The last image's.

    Returns
    -------
    Objective
        For batches of at least two images.
    """

    def inner(T):
        first, last = T(layer1), T(layer2)
        number = known_batch(first, "channel_interpolate")
        share = np.linspace(0, 1, number, dtype=np.float32)
        means = [_means(one_channel(first, layer1, n_channel1)), _means(one_channel(last, layer2, n_channel2))]
        return tf.reduce_sum((1 - share) * means[0] + share * means[1])

    return inner


@wrap_objective()
def alignment(layer: str, decay_ratio: float = 2) -> Any:
    """How alike neighbouring images of a batch are, as minus the mean square of their difference.

    Parameters
    ----------
    layer : str
        Where they are compared.
    decay_ratio : float
        By how much less each further neighbour counts, up to the fourth.

    Returns
    -------
    Objective
        For batches of at least two images.
    """

    def inner(T):
        values = T(layer)
        number = known_batch(values, "alignment")
        distances = [
            tf.reduce_sum(_means((values[apart:] - values[:-apart]) ** 2)) / float(decay_ratio) ** apart
            for apart in range(1, min(FARTHEST_NEIGHBOUR, number - 1) + 1)
        ]
        return -tf.add_n(distances)

    return inner


@wrap_objective()
def diversity(layer: str) -> Any:
    """How alike the images of a batch are in style: the cosine between their Gram matrices; to be subtracted.

    Parameters
    ----------
    layer : str

    Returns
    -------
    Objective
        For batches of at least two images: the sum over all others, in the mean over images.
    """

    def inner(T):
        values = T(layer)
        number = known_batch(values, "diversity")
        places = tf.reshape(values, [number, -1, values.shape[-1]])
        grams = tf.reshape(tf.matmul(places, places, transpose_a=True), [number, -1])
        grams = tf.nn.l2_normalize(grams, axis=1, epsilon=1e-10)
        cosines = tf.matmul(grams, grams, transpose_b=True)
        others = 1 - np.eye(number, dtype=np.float32)
        return tf.reduce_sum(cosines * others) / number

    return inner


def _means(values: Tensor) -> Tensor:
    """Of each image."""
    return tf.reduce_mean(values, axis=list(range(1, len(values.shape))))
