"""How well scores rank the images of each class, where an image may have several classes or none."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import sklearn.metrics

from artlucid.errors import MetricError
from artlucid.metrics._checks import extent


def average_precisions(y_true: npt.ArrayLike, y_score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Average precision of each class: the precision at each of its images, going down the scores, averaged.

    Parameters
    ----------
    y_true : array-like of int or bool, shape (n_images, n_classes)
        1 where an image has the class, 0 elsewhere.
    y_score : array-like of float, shape (n_images, n_classes)
        Higher is more likely. Images of equal scores count at one threshold.

    Returns
    -------
    float64 array of shape (n_classes,)
        In [0, 1]; NaN for a class without positives. Scores that say nothing give about the part of the images that
        have the class.

    Raises
    ------
    MetricError
        If shapes or values do not fit.

    References
    ----------
    `sklearn.metrics.average_precision_score`; section 3 of the paper.

    Examples
    --------
    >>> average_precisions([[1, 0], [0, 0], [1, 0]], [[0.9, 0.1], [0.5, 0.2], [0.4, 0.3]]).round(4).tolist()
    [0.8333, nan]
    """
    labels, scores = checked(y_true, y_score)
    found = np.full(labels.shape[1], np.nan)
    for index in np.flatnonzero(labels.any(axis=0)):
        found[index] = sklearn.metrics.average_precision_score(labels[:, index], scores[:, index])
    return found


def mean_average_precision(y_true: npt.ArrayLike, y_score: npt.ArrayLike) -> float:
    """Mean of the average precisions of the classes that have positives.

    Parameters
    ----------
    y_true : array-like of int or bool, shape (n_images, n_classes)
    y_score : array-like of float, shape (n_images, n_classes)

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    MetricError
        If shapes or values do not fit, or no class has a positive.

    References
    ----------
    Table 3 of the paper.

    Examples
    --------
    >>> round(mean_average_precision([[1, 0], [0, 1], [1, 0]], [[0.9, 0.1], [0.5, 0.2], [0.4, 0.3]]), 4)
    0.6667
    """
    found = average_precisions(y_true, y_score)
    if np.isnan(found).all():
        refuse_no_positives(np.asarray(y_true))
    return float(np.nanmean(found))


def refuse_no_positives(y_true: npt.NDArray[Any]) -> NoReturn:
    """Refuse images that no class has."""
    n_images, n_classes = y_true.shape
    raise MetricError(
        f"`y_true` must have a positive in at least one class. Received {n_images} images without any in {n_classes} "
        "classes. The mean of no average precisions is undefined: give more images."
    )


def checked(y_true: npt.ArrayLike, y_score: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Give labels and scores as arrays, or refuse them."""
    labels, scores = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    if scores.ndim != 2 or labels.shape != scores.shape or not scores.size:
        raise MetricError(
            "`y_true` and `y_score` must both have shape (n_images, n_classes). "
            f"Received {labels.shape} and {scores.shape}. Give a row an image and a column a class."
        )
    if not np.isfinite(scores).all():
        raise MetricError(
            f"`y_score` must be finite. Received {int((~np.isfinite(scores)).sum())} values that are not. "
            "Look at the network that gave them."
        )
    if labels.dtype.kind not in "iub" or labels.min() < 0 or labels.max() > 1:
        raise MetricError(
            f"`y_true` must hold the integers 0 and 1. Received {extent(labels)}. "
            "Give 1 where an image has the class and 0 elsewhere."
        )
    return labels.astype(np.bool_), scores
