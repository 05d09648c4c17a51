"""How many classes a channel's maximal activation images come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from artlucid.errors import MetricError
from artlucid.metrics._checks import extent, is_integer, is_part
from artlucid.metrics._overlap import Top, checked_indices
from artlucid.metrics._top_images import Indices, TopImages

Doubles = npt.NDArray[np.float64]


def class_entropy(top: Top, labels: npt.ArrayLike, n_classes: int, *, literal: bool = False) -> Doubles:
    """Entropy of the classes of each channel's top images, as a part of the largest that so many classes can have.

    Parameters
    ----------
    top : TopImages, or array-like of int, shape (n_channels, k)
        Images, -1 where there are no more.
    labels : array-like of shape (n_images,) or (n_images, n_classes)
        The class of each image, 0 … n_classes - 1, or -1 for an image without; or zeros and ones where an image may
        have several classes.
    n_classes : int
        Of the dataset, at least 2, whether or not they are in a top set.
    literal : bool
        How to read the paper where an image has several classes. By default the proportions of the classes are those
        among the labels, which add up to 1. Literally they are fractions of the images that have a label: these add up
        to more than 1, and so may the entropy. For one class an image both are the same.

    Returns
    -------
    float64 array of shape (n_channels,)
        In [0, 1] unless literal; 0 for a single class, 1 for equal proportions of all. With fewer images than classes
        it cannot reach 1: compare `expected_class_entropy`. Images without a label do not count; NaN for a channel of
        which no top image has one, dead channels among them.

    Raises
    ------
    MetricError
        If shapes or values do not fit, or there are fewer than two classes.

    References
    ----------
    Section 3 and figure 6b of the paper.

    Examples
    --------
    >>> class_entropy([[0, 1], [0, 2], [-1, -1]], [1, 1, 3, 0], 4).tolist()
    [0.0, 0.5, nan]
    """
    indices, classes = _checked(top, labels, n_classes)
    # The last row stands for no image, where -1 leads.
    members = np.vstack([classes, np.zeros((1, n_classes), bool)])
    counts = np.stack([member[indices].sum(axis=1) for member in members.T], axis=1)
    labelled = np.asarray(members.any(axis=1))[indices].sum(axis=1)
    return _entropy(counts, labelled) if literal else _entropy_of_labels(counts)


@dataclass(frozen=True, eq=False)
class ExpectedEntropy:
    """Class entropy of random samples of images.

    Attributes
    ----------
    mean, low, high : float64 arrays of shape (n_channels,)
        Over the samples that hold a label, for each channel's number of top images; NaN where there is none. `low` and
        `high` enclose the middle ones.
    draws, level, seed
        Number of samples, the part of them that is enclosed, and the seed they were drawn with.
    """

    mean: Doubles
    low: Doubles
    high: Doubles
    draws: int
    level: float
    seed: int


def expected_class_entropy(
    top: Top,
    labels: npt.ArrayLike,
    n_classes: int,
    *,
    literal: bool = False,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> ExpectedEntropy:
    """Class entropy of as many images as each channel's top images, drawn at random from all, without replacement.

    Parameters
    ----------
    top, labels, n_classes, literal
        As `class_entropy` takes them.
    draws : int
        Samples, at least 100.
    level : float
        Of the interval, above 0 and below 1.
    seed : int
        Of the samples. A channel's values depend on its number of top images and on nothing else of the channels.

    Returns
    -------
    ExpectedEntropy
        A channel below `low` is choosier about classes than chance makes it.

    Raises
    ------
    MetricError
        As `class_entropy`, or if draws, level or seed are out of range.

    Examples
    --------
    >>> labels = [0] * 50 + [1] * 50
    >>> found = expected_class_entropy([[3, 4, 5, 6, 7, 8], [1, -1, -1, -1, -1, -1]], labels, 2)
    >>> found.mean.round(1).tolist(), found.high.round(1).tolist()
    ([0.9, 0.0], [1.0, 0.0])
    """
    indices, classes = _checked(top, labels, n_classes)
    _check_draws(draws, level, seed)
    kept = (indices >= 0).sum(axis=1)
    sizes, of_channels = np.unique(kept, return_inverse=True)
    kinds, frequencies = np.unique(classes, axis=0, return_counts=True)
    found = np.full((len(sizes), 3), np.nan)
    for row, size in enumerate(sizes.tolist()):
        generator = np.random.default_rng([seed, size])
        drawn = generator.multivariate_hypergeometric(frequencies, size, size=draws, method="marginals")
        counts, labelled = drawn @ kinds.astype(np.int64), drawn[:, kinds.any(axis=1)].sum(axis=1)
        values = _entropy(counts, labelled) if literal else _entropy_of_labels(counts)
        if (values := values[~np.isnan(values)]).size:
            found[row] = values.mean(), *np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    mean, low, high = found[of_channels].T
    return ExpectedEntropy(mean, low, high, draws, level, seed)


def _entropy_of_labels(counts: npt.NDArray[np.integer]) -> Doubles:
    # Rounding alone can take it beyond 1.
    return np.minimum(_entropy(counts, counts.sum(axis=1)), 1)


def _entropy(counts: npt.NDArray[np.integer], totals: npt.NDArray[np.integer]) -> Doubles:
    proportions = counts / np.maximum(totals, 1)[:, None]
    entropy = scipy.special.entr(proportions).sum(axis=1) / np.log(counts.shape[1])
    return np.where(totals > 0, entropy, np.nan)


def _checked(top: Top, labels: npt.ArrayLike, n_classes: int) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """Give the images of each channel, and the classes of each image as truth values."""
    if not is_integer(n_classes) or n_classes < 2:
        raise MetricError(
            f"`n_classes` must be an integer of at least 2. Received {n_classes!r}. "
            "The entropy of a single class is always 0: take labels that differ."
        )
    indices, classes = checked_indices(top, "top"), _classes(np.asarray(labels), int(n_classes))
    n_images = top.n_images if isinstance(top, TopImages) else int(indices.max()) + 1
    if len(classes) < n_images or (isinstance(top, TopImages) and len(classes) > n_images):
        raise MetricError(
            f"`labels` must have a row for each image. Received {len(classes)} for top images of {n_images}. "
            "Give the labels of the split that the scores are of."
        )
    return indices, classes


def _classes(labels: npt.NDArray[np.generic], n_classes: int) -> npt.NDArray[np.bool_]:
    several = labels.ndim == 2
    if labels.ndim not in (1, 2) or not len(labels) or (several and labels.shape[1] != n_classes):
        raise MetricError(
            f"`labels` must have shape (n_images,) or (n_images, {n_classes}). Received {labels.shape}. "
            "Give the class of each image, or a column a class."
        )
    least, most = (0, 1) if several else (-1, n_classes - 1)
    if labels.dtype.kind not in "iub" or labels.min() < least or labels.max() > most:
        raise MetricError(
            f"`labels` must hold integers in {least} … {most}. Received {extent(labels)}. "
            "Number the classes from 0, or give 1 where an image has a class."
        )
    return labels.astype(bool) if several else labels[:, None] == np.arange(n_classes)


def _check_draws(draws: int, level: float, seed: int) -> None:
    for name, value, least in (("draws", draws, 100), ("seed", seed, 0)):
        if not is_integer(value) or value < least:
            raise MetricError(
                f"`{name}` must be an integer of at least {least}. Received {value!r}. "
                f"Give {max(least, 1000)}, for example."
            )
    if not is_part(level):
        raise MetricError(f"`level` must be above 0 and below 1. Received {level!r}. Give 0.95, for example, for 95 %.")
