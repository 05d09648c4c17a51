"""From any numbers to RGB in 0 … 1, by way of decorrelated colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize._colours import IMAGENET, ColourStatistics
from artlucid.visualize.param.unit_balls import constrain_L_inf

Tensor = Any

color_correlation_svd_sqrt = IMAGENET.matrix.astype(np.float32)
max_norm_svd_sqrt = np.max(np.linalg.norm(color_correlation_svd_sqrt, axis=0))
color_mean = IMAGENET.mean.tolist()


def to_valid_rgb(t: Tensor, decorrelate: bool | ColourStatistics = False, sigmoid: bool = True) -> Tensor:
    """Turn the last axis of a tensor into colours in 0 … 1.

    Parameters
    ----------
    t : float32 tensor of shape (…, 3)
        Any number of channels where `decorrelate` is off.
    decorrelate : bool or ColourStatistics
        Whether the channels stand for decorrelated colours, which a matrix turns into RGB: ImageNet's, or the one that
        `visualize.colour_statistics` measured. Without `sigmoid` the mean colour is added.
    sigmoid : bool
        Whether a sigmoid brings them to 0 … 1, or a cut, whose gradient is left out where it would lead out.

    Returns
    -------
    float32 tensor of the shape of `t`

    Raises
    ------
    VisualizationError
        If `decorrelate` is something else, or there are other than three channels to decorrelate.

    Examples
    --------
    >>> to_valid_rgb(tf.zeros([1, 1, 3]), decorrelate=True).numpy().tolist()
    [[[0.5, 0.5, 0.5]]]
    """
    t = tf.convert_to_tensor(t)
    statistics = statistics_of(decorrelate)
    if statistics is not None:
        t = _correlated(t, statistics)
        if not sigmoid:
            t += statistics.mean.astype(np.float32)
    return tf.nn.sigmoid(t) if sigmoid else constrain_L_inf(2 * t - 1) / 2 + 0.5


def statistics_of(decorrelate: Any) -> ColourStatistics | None:
    """The statistics that are meant: ImageNet's for True, None for False."""
    if isinstance(decorrelate, ColourStatistics):
        return decorrelate
    if decorrelate is None or isinstance(decorrelate, bool | int | np.bool_):
        return IMAGENET if decorrelate else None
    raise VisualizationError(
        f"`decorrelate` must be True, False or colour statistics. Received {decorrelate!r}. Measure them with "
        "`visualize.colour_statistics(dataset)`, or read a file of them with `visualize.ColourStatistics.load(path)`."
    )


def mixing_matrix(statistics: ColourStatistics) -> npt.NDArray[np.float32]:
    """What decorrelated colours, as columns, are multiplied by: the longest column has length 1; float32 (3, 3)."""
    matrix = statistics.matrix.astype(np.float32)
    return matrix / np.max(np.linalg.norm(matrix, axis=0))


def _correlated(t: Tensor, statistics: ColourStatistics) -> Tensor:
    # Lucid takes the numbers three by three whatever they are, and mixes up pixels.
    if t.shape.rank is not None and t.shape[-1:] not in ([3], [None]):
        raise VisualizationError(
            f"`t` must have three channels, (…, 3), to be decorrelated. Received shape {t.shape.as_list()}. "
            "Give the colours alone, `t[..., :3]`, or `decorrelate=False`."
        )
    return tf.reshape(tf.matmul(tf.reshape(t, [-1, 3]), mixing_matrix(statistics).T), tf.shape(t))
