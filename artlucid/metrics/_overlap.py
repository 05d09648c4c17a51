"""How many of a channel's maximal activation images stay the same."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from artlucid.errors import MetricError
from artlucid.metrics._checks import is_integer
from artlucid.metrics._top_images import Indices, TopImages

Doubles = npt.NDArray[np.float64]
Top: TypeAlias = TopImages | npt.ArrayLike


def overlap_ratio(top_a: Top, top_b: Top) -> Doubles:
    """Part of a channel's top images that are among those of another network too.

    Parameters
    ----------
    top_a : TopImages, or array-like of int, shape (n_channels, k)
        Images, -1 where there are no more.
    top_b : TopImages, or array-like of int, shape (n_channels, k)
        Of the same images, channels and k.

    Returns
    -------
    float64 array of shape (n_channels,)
        Common images / k, in [0, 1]; 0 for a dead channel. Symmetric. A channel with fewer than k positive images has
        less than 1 even with itself: its number of top images / k.

    Raises
    ------
    MetricError
        If shapes differ, a row has an image twice, or the two were chosen from different numbers of images.

    References
    ----------
    Section 3 and figure 6a of the paper.

    Examples
    --------
    >>> overlap_ratio([[4, 2, 7, 1], [5, -1, -1, -1]], [[2, 1, 8, 9], [5, 6, -1, -1]]).tolist()
    [0.5, 0.25]
    """
    a, b = _checked(top_a, top_b)
    return np.asarray(_common(a, b) / a.shape[1])


def expected_overlap_ratio(top_a: Top, top_b: Top, *, n_images: int | None = None) -> Doubles:
    """Overlap ratio that two sets of images drawn at random would have.

    Parameters
    ----------
    top_a : TopImages, or array-like of int, shape (n_channels, k)
    top_b : TopImages, or array-like of int, shape (n_channels, k)
        As `overlap_ratio` takes them.
    n_images : int or None
        Of which they were chosen; `TopImages` know it.

    Returns
    -------
    float64 array of shape (n_channels,)
        k / n_images where both have k images; exact where they have fewer.

    Raises
    ------
    MetricError
        As `overlap_ratio`, or if the number of images is not known or below k.

    Examples
    --------
    >>> expected_overlap_ratio([[4, 2], [5, -1]], [[2, 1], [5, 6]], n_images=10).tolist()
    [0.2, 0.1]
    """
    a, b = _checked(top_a, top_b)
    n = _number_of_images(top_a, top_b, n_images, a, b)
    return np.asarray(_kept(a) * _kept(b) / (n * a.shape[1]))


def corrected_overlap_ratio(top_a: Top, top_b: Top, *, n_images: int | None = None) -> Doubles:
    """Overlap ratio corrected for chance: 0 where it is what chance gives, 1 where it is as large as it can be.

    Parameters
    ----------
    top_a : TopImages, or array-like of int, shape (n_channels, k)
    top_b : TopImages, or array-like of int, shape (n_channels, k)
    n_images : int or None
        As `expected_overlap_ratio` takes them.

    Returns
    -------
    float64 array of shape (n_channels,)
        (ratio - expected) / (largest - expected), at most 1 and below 0 for less than chance, where the largest ratio
        is that of the smaller of the two sets within the other. NaN where that is also the expected one: a channel that
        is dead in one network, or has every image in its top set.

    Raises
    ------
    MetricError
        As `expected_overlap_ratio`.

    Examples
    --------
    >>> top_a, top_b = [[4, 2], [5, -1], [-1, -1]], [[2, 1], [5, 6], [2, 3]]
    >>> corrected_overlap_ratio(top_a, top_b, n_images=10).round(4).tolist()
    [0.375, 1.0, nan]
    """
    expected = expected_overlap_ratio(top_a, top_b, n_images=n_images)
    a, b = _checked(top_a, top_b)
    largest = np.minimum(_kept(a), _kept(b)) / a.shape[1]
    room = largest - expected
    # Never below rounding: where there is room, it is at least 1 / (n k).
    possible = room > 1e-12
    return np.where(possible, (_common(a, b) / a.shape[1] - expected) / np.where(possible, room, 1), np.nan)


def checked_indices(top: Top, name: str) -> Indices:
    """Give the images of each channel, or refuse them."""
    indices = np.asarray(top.indices if isinstance(top, TopImages) else top)
    if indices.ndim != 2 or not indices.size or indices.dtype.kind not in "iu":
        raise MetricError(
            f"`{name}` must be top images, or integers of shape (n_channels, k). Received {indices.dtype} of shape "
            f"{indices.shape}. Give what `top_images` gives."
        )
    ordered = np.sort(indices.astype(np.int64), axis=1)
    if ordered.min() < -1:
        raise MetricError(
            f"`{name}` must hold images, or -1 where there are no more. Received {ordered.min()}. "
            "Number the images from 0."
        )
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        channel, position = np.argwhere(twice)[0].tolist()
        raise MetricError(
            f"`{name}` must have an image once a channel. Received image {ordered[channel, position]} twice for "
            f"channel {channel}. Give what `top_images` gives."
        )
    return indices.astype(np.int64)


def _checked(top_a: Top, top_b: Top) -> tuple[Indices, Indices]:
    a, b = checked_indices(top_a, "top_a"), checked_indices(top_b, "top_b")
    if a.shape != b.shape:
        raise MetricError(
            f"`top_a` and `top_b` must have the same channels and the same k. Received shapes {a.shape} and {b.shape}. "
            "Compare the same layer of two networks, with `first(k)` of the larger set."
        )
    totals = {top.n_images for top in (top_a, top_b) if isinstance(top, TopImages)}
    if len(totals) > 1:
        raise MetricError(
            "`top_a` and `top_b` must be chosen from the same images. Received top images of "
            f"{' and '.join(map(str, sorted(totals)))} images. Extract both from the same split."
        )
    return a, b


def _number_of_images(top_a: Any, top_b: Any, n_images: int | None, a: Indices, b: Indices) -> int:
    known = {top.n_images for top in (top_a, top_b) if isinstance(top, TopImages)}
    known |= set() if n_images is None else {n_images}
    fewest = max(a.shape[1], int(a.max()) + 1, int(b.max()) + 1)
    if len(known) != 1 or not all(is_integer(number) and number >= fewest for number in known):
        received = ", ".join(sorted(map(repr, known))) or "none"
        raise MetricError(
            "`n_images` must be the number of images that both were chosen from, at least k and above every index. "
            f"Received {received} where it is at least {fewest}. Give the number of images of the split."
        )
    return int(known.pop())


def _kept(indices: Indices) -> Doubles:
    return np.asarray((indices >= 0).sum(axis=1), np.float64)


def _common(a: Indices, b: Indices) -> Doubles:
    """Count the images that both rows have: in the sorted row of both these are neighbours."""
    both = np.sort(np.concatenate([a, b], axis=1), axis=1)
    common = (both[:, 1:] == both[:, :-1]) & (both[:, 1:] >= 0)
    return np.asarray(common.sum(axis=1), np.float64)
