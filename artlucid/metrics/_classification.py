"""How well predictions fit labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import sklearn.metrics

from artlucid.errors import MetricError
from artlucid.metrics._checks import extent, is_integer


def top_k_accuracy(y_true: npt.ArrayLike, y_score: npt.ArrayLike, *, k: int = 1) -> float:
    """Part of the images whose class is among the k with the highest scores.

    Parameters
    ----------
    y_true : array-like of int, shape (n_images,)
        The class of each image, 0 … n_classes - 1.
    y_score : array-like of float, shape (n_images, n_classes)
        Higher is more likely.
    k : int
        At least 1 and below the number of classes, from which on the answer is always 1.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    MetricError
        If shapes or values do not fit, or k is out of range.

    References
    ----------
    Table 1 of the paper, for k = 1, 3, 5.

    Examples
    --------
    >>> top_k_accuracy([0, 2], [[0.1, 0.7, 0.2], [0.1, 0.3, 0.6]], k=2)
    0.5
    """
    return float(np.mean(top_k_hits(y_true, y_score, k=k)))


def top_k_hits(y_true: npt.ArrayLike, y_score: npt.ArrayLike, *, k: int = 1) -> npt.NDArray[np.bool_]:
    """Whether the class of each image is among the k with the highest scores: what `top_k_accuracy` is the mean of.

    Parameters
    ----------
    y_true : array-like of int, shape (n_images,)
    y_score : array-like of float, shape (n_images, n_classes)
        Of equal scores the first counts as the higher, as in `confusion_matrix`.
    k : int
        At least 1 and below the number of classes.

    Returns
    -------
    bool array of shape (n_images,)

    Raises
    ------
    MetricError
        If shapes or values do not fit, or k is out of range.

    Examples
    --------
    >>> top_k_hits([0, 2], [[0.1, 0.7, 0.2], [0.1, 0.3, 0.6]], k=2).tolist()
    [False, True]
    """
    labels, scores = _checked(y_true, y_score)
    classes = scores.shape[1]
    if not is_integer(k) or not 1 <= k < classes:
        raise MetricError(
            "`k` must be an integer of at least 1 and below the number of classes. "
            f"Received {k!r} for {classes} classes. With k classes or fewer the accuracy is 1 whatever the scores."
        )
    # scikit-learn gives the mean only, and of equal scores it takes the last.
    highest = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.asarray((highest == labels[:, None]).any(axis=1))


def confusion_matrix(y_true: npt.ArrayLike, y_score: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """How often each class (row) was taken for each class (column).

    Parameters
    ----------
    y_true : array-like of int, shape (n_images,)
    y_score : array-like of float, shape (n_images, n_classes)
        The highest score is the prediction; of equal ones the first.

    Returns
    -------
    int64 array of shape (n_classes, n_classes)
        Rows are true classes, columns predicted ones.

    Raises
    ------
    MetricError
        If shapes or values do not fit.

    Examples
    --------
    >>> confusion_matrix([0, 1], [[0.9, 0.1], [0.8, 0.2]]).tolist()
    [[1, 0], [1, 0]]
    """
    labels, scores = _checked(y_true, y_score)
    matrix = sklearn.metrics.confusion_matrix(labels, scores.argmax(axis=1), labels=np.arange(scores.shape[1]))
    return np.asarray(matrix, dtype=np.int64)


def class_accuracies(y_true: npt.ArrayLike, y_score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Part of each class's images that are predicted as that class.

    Parameters
    ----------
    y_true : array-like of int, shape (n_images,)
    y_score : array-like of float, shape (n_images, n_classes)

    Returns
    -------
    float64 array of shape (n_classes,)
        In [0, 1]; NaN for a class without images.

    Raises
    ------
    MetricError
        If shapes or values do not fit.

    Examples
    --------
    >>> class_accuracies([0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]).tolist()
    [1.0, 0.5]
    """
    matrix = confusion_matrix(y_true, y_score)
    images = matrix.sum(axis=1)
    return np.where(images > 0, np.diag(matrix) / np.maximum(images, 1), np.nan)


def _checked(y_true: npt.ArrayLike, y_score: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    labels, scores = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or scores.shape[1] < 2 or not len(labels):
        raise MetricError(
            "`y_score` must have shape (n_images, n_classes) with two classes or more, and `y_true` shape (n_images,). "
            f"Received {scores.shape} and {labels.shape}. Give one label and one row of scores an image."
        )
    if not np.isfinite(scores).all():
        raise MetricError(
            f"`y_score` must be finite. Received {int((~np.isfinite(scores)).sum())} values that are not. "
            "Look at the network that gave them."
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise MetricError(
            f"`y_true` must hold integers in 0 … {scores.shape[1] - 1}. Received {extent(labels)}. "
            "Number the classes in the order of the columns of `y_score`."
        )
    return labels.astype(np.int64), scores
