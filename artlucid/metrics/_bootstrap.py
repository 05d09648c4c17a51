"""How far a score may be off, because the images are a sample: bootstrap intervals over images."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.stats

from artlucid.errors import MetricError
from artlucid.metrics._average_precision import mean_average_precision
from artlucid.metrics._intervals import Interval, PairedIntervals, Resampling
from artlucid.metrics._resampled_precision import OfResamples, resampled_mean_average_precision

Metric = Callable[[Any, Any], float]
Positions: TypeAlias = npt.NDArray[np.intp]
OfPositions: TypeAlias = Callable[[Positions], npt.NDArray[np.float64]]

PREPARED: Mapping[Metric, Callable[[Any, Any], OfResamples]] = MappingProxyType(
    {mean_average_precision: resampled_mean_average_precision}
)
"""Metrics whose value on a resample follows from how often it has each image, at less cost than on the images."""

# Resamples whose positions are drawn at once: 14 MB for the 17,000 test images of RASTA.
BATCH = 100


def bootstrap(
    metric: Metric, y_true: npt.ArrayLike, y_score: npt.ArrayLike, *, resampling: Resampling = Resampling()
) -> Interval:
    """Interval of a score, by resampling the images.

    Parameters
    ----------
    metric : callable
        From labels and scores, each with the images along the first axis, to a number; as those of this module.
    y_true : array-like of shape (n_images, ...)
    y_score : array-like of shape (n_images, ...)
    resampling : Resampling

    Returns
    -------
    Interval
        A point where every resample gives the same value.

    Raises
    ------
    MetricError
        If the arrays do not fit each other, or the metric or the interval is undefined on a resample.

    Notes
    -----
    Each resample is scored by the metric as it is. `mean_average_precision` averages over the classes with positives,
    so that a resample without the only positives of a rare class is a mean over the other classes: the interval is
    that of the procedure, class left out or not. A class with p positives is absent from a resample with a probability
    of about exp(-p): 5 % for three, 0.7 % for five.

    References
    ----------
    `scipy.stats.bootstrap`.

    Examples
    --------
    >>> from artlucid import metrics
    >>> labels, scores = [0, 1, 1, 0] * 25, [[0.8, 0.2], [0.3, 0.7], [0.6, 0.4], [0.9, 0.1]] * 25
    >>> interval = bootstrap(metrics.top_k_accuracy, labels, scores)
    >>> interval.low < 0.75 < interval.high
    True
    """
    return paired_bootstrap(metric, y_true, [y_score], resampling=resampling).scores[0]


def paired_bootstrap(
    metric: Metric, y_true: npt.ArrayLike, y_scores: Sequence[npt.ArrayLike], *, resampling: Resampling = Resampling()
) -> PairedIntervals:
    """Intervals of the scores of several networks and of their differences, on the same resamples of the images.

    Networks tend to fail on the same images, so that a difference is known better than the two scores are.

    Parameters
    ----------
    metric : callable
        As `bootstrap` takes it.
    y_true : array-like of shape (n_images, ...)
    y_scores : sequence of array-like of shape (n_images, ...)
        Of each network, for the same images in the same order.
    resampling : Resampling

    Returns
    -------
    PairedIntervals

    Raises
    ------
    MetricError
        As `bootstrap`.

    Examples
    --------
    >>> from artlucid import metrics
    >>> labels, good = [0, 1] * 50, [[0.8, 0.2], [0.3, 0.7]] * 50
    >>> found = paired_bootstrap(metrics.top_k_accuracy, labels, [good, [[0.8, 0.2]] * 100])
    >>> found.differences[0].high < 0
    True
    """
    labels, scores = np.asarray(y_true), [np.asarray(array) for array in y_scores]
    _check_images(labels, scores)
    of_networks = [_of_resamples(metric, labels, array) for array in scores]

    def values(resamples: Positions) -> npt.NDArray[np.float64]:
        found = np.array([of_resamples(resamples) for of_resamples in of_networks])
        return np.concatenate([found, found[1:] - found[0]])

    found = intervals_of(values, len(labels), resampling)
    return PairedIntervals(found[: len(scores)], found[len(scores) :])


def _of_resamples(metric: Metric, labels: npt.NDArray[Any], scores: npt.NDArray[Any]) -> OfPositions:
    """From the positions of the images of each resample, shape (n_resamples, n_drawn), to the metric's values."""
    if metric in PREPARED:
        prepared = _defined(PREPARED[metric](labels, scores))
        return lambda resamples: prepared(_counts(resamples, len(labels)))
    value = _defined(metric)
    return lambda resamples: np.array([value(labels[images], scores[images]) for images in resamples], np.float64)


def _counts(resamples: Positions, n_images: int) -> npt.NDArray[np.intp]:
    """How often each resample has each image."""
    offsets = n_images * np.arange(len(resamples))[:, None]
    counts = np.bincount((resamples + offsets).ravel(), minlength=n_images * len(resamples))
    return counts.reshape(len(resamples), n_images)


def intervals_of(
    values: Callable[[Positions], npt.NDArray[np.float64]], n_images: int, resampling: Resampling
) -> tuple[Interval, ...]:
    """Of each of the values, shape (n_values, n_resamples), that come from the positions of some images."""

    def statistic(images: Positions, axis: int = -1) -> npt.NDArray[np.float64]:
        found = values(images.reshape(-1, images.shape[axis]))
        return found.reshape(len(found), *images.shape[:-1])

    # Where all resamples agree, BCa divides by zero; that is looked at below.
    with (
        warnings.catch_warnings(action="ignore", category=scipy.stats.DegenerateDataWarning),
        np.errstate(all="ignore"),
    ):
        result = scipy.stats.bootstrap(
            (np.arange(n_images),),
            statistic,
            vectorized=True,
            n_resamples=resampling.resamples,
            batch=BATCH,
            confidence_level=resampling.level,
            method=resampling.method,
            rng=resampling.seed,
        )
    distributions = result.bootstrap_distribution
    lows, highs = (
        np.where(np.ptp(distributions, axis=-1) == 0, distributions[:, 0], end) for end in result.confidence_interval
    )
    _check_defined(lows, highs, resampling)
    ends = zip(lows.tolist(), highs.tolist(), strict=True)
    return tuple(Interval(low, high, **asdict(resampling)) for low, high in ends)


def _defined(metric: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which refuses images that it is undefined on."""

    def defined(*arguments: Any) -> Any:
        try:
            values, reason = metric(*arguments), "its value is not finite."
        except MetricError as error:
            values, reason = math.nan, str(error)
        if not np.isfinite(values).all():
            raise MetricError(
                "`metric` must be defined on the images and on every resample of them. Received one on which it is "
                f"not: {reason} Give more images, or go without an interval."
            )
        return values

    return defined


def _check_images(labels: npt.NDArray[Any], scores: Sequence[npt.NDArray[Any]]) -> None:
    lengths = [len(array) if array.ndim else 0 for array in (labels, *scores)]
    if len(lengths) < 2 or min(lengths) < 2 or len(set(lengths)) > 1:
        raise MetricError(
            "Labels and scores must be of the same images, two or more, along the first axis. Received lengths "
            f"{', '.join(map(str, lengths))}. Give a label and a row of scores an image."
        )


def _check_defined(lows: npt.NDArray[Any], highs: npt.NDArray[Any], resampling: Resampling) -> None:
    if not np.isfinite([lows, highs]).all():
        raise MetricError(
            "A BCa interval must have resamples on both sides of the score, and a score that depends on more than one "
            f"image. Received {resampling}, with all of them on one side. Draw more resamples, or use "
            '`method="percentile"`.'
        )
