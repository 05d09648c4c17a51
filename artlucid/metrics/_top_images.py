"""The images that fire each channel most, found in one pass over scores of any length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.errors import MetricError
from artlucid.metrics._checks import is_integer
from artlucid.metrics._features import Rows, rows_of

# What is read at once, and the channels of it that are sorted at once: this, and the result, is what is in memory.
READ_BYTES = 2**26
CHANNELS = 512

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TopImages:
    """The maximal activation images of each channel.

    Attributes
    ----------
    indices : int64 array of shape (n_channels, k)
        Images by falling score, of equal ones the earlier first; -1 where there are no more with a score above 0.
    scores : array of shape (n_channels, k)
        Of these images; 0 where there is none.
    n_positive : int64 array of shape (n_channels,)
        Images with a score above 0; 0 for a dead channel.
    ties : int64 array of shape (n_channels,)
        Images that are left out though their score is that of the last one of the k: where this is not 0, the order of
        the images decided.
    n_images : int
        Of which these were chosen.
    """

    indices: Indices
    scores: npt.NDArray[Any]
    n_positive: Indices
    ties: Indices
    n_images: int

    @property
    def k(self) -> int:
        """How many images were asked for."""
        return int(self.indices.shape[1])

    def first(self, k: int) -> TopImages:
        """Give the top images for a smaller k, as another pass would.

        Raises
        ------
        MetricError
            If k is below 1 or larger than this one.
        """
        if not is_integer(k) or not 1 <= k <= self.k:
            raise MetricError(
                "`k` must be an integer of at least 1 and at most that of these top images. "
                f"Received {k!r} for {self.k}. Call `top_images` with the largest k that is wanted."
            )
        last = self.scores[:, k - 1]
        more = (self.scores[:, k:] == last[:, None]).sum(axis=1) + np.where(self.scores[:, -1] == last, self.ties, 0)
        ties = np.where(last > 0, more, 0)
        return TopImages(self.indices[:, :k], self.scores[:, :k], self.n_positive, ties, self.n_images)


def top_images(scores: npt.ArrayLike, k: int = 100, *, name: str = "scores") -> TopImages:
    """Find the k images with the highest scores for each channel; for several k, take the largest and `first`.

    Parameters
    ----------
    scores : array-like of shape (n_images, n_channels)
        The spatial mean after ReLU, as the cache of activations holds it. Whatever has a shape, a dtype and slices of
        rows is read in blocks, once.
    k : int
        At least 1 and at most the number of images.
    name : str
        What errors call the scores: the name of the layer, for example.

    Returns
    -------
    TopImages
        An image with a score of 0 or less is in no top set. Of equal scores the image that comes first is taken.

    Raises
    ------
    MetricError
        If the scores are not two-dimensional or not finite, or k is out of range.

    References
    ----------
    Section 3 of the paper, with k = 100; figure 6 also with 1,000.

    Examples
    --------
    >>> found = top_images([[0.5, 0.0], [0.9, 0.0], [0.5, 0.2], [0.1, 0.0]], k=2)
    >>> found.indices.tolist()
    [[1, 0], [2, -1]]
    >>> found.n_positive.tolist(), found.ties.tolist(), found.first(1).indices.tolist()
    ([4, 1], [1, 0], [[1], [2]])
    """
    rows = rows_of(scores, name)
    if not is_integer(k) or not 1 <= k <= rows.n_images:
        raise MetricError(
            "`k` must be an integer of at least 1 and at most the number of images. "
            f"Received {k!r} for {rows.n_images} images. "
            "Of fewer images than k every channel has the same top set: take a smaller k."
        )
    best = _Best(rows, int(k))
    for place, block in rows.blocks(max(1, READ_BYTES // (rows.n_channels * np.dtype(rows.array.dtype).itemsize))):
        for start in range(0, rows.n_channels, CHANNELS):
            best.take(slice(start, start + CHANNELS), block[:, start : start + CHANNELS].T, place.start)
    return TopImages(best.indices, best.scores, best.n_positive, best.ties, rows.n_images)


class _Best:
    """The best images so far, sorted."""

    def __init__(self, rows: Rows, k: int) -> None:
        dtype = np.result_type(rows.array.dtype, np.float32)
        self.indices = np.full((rows.n_channels, k), -1, np.int64)
        self.scores = np.zeros((rows.n_channels, k), dtype)
        self.n_positive = np.zeros(rows.n_channels, np.int64)
        self.ties = np.zeros(rows.n_channels, np.int64)

    def take(self, channels: slice, block: npt.NDArray[Any], start: int) -> None:
        """Take further images, scores of shape (n_channels, n_images), the first of which is `start`."""
        block = np.ascontiguousarray(block, dtype=self.scores.dtype)
        self.n_positive[channels] += (block > 0).sum(axis=1)
        last = self.scores[channels, -1]
        # An image that ties with the last one comes later, so that it is left out, and counted.
        self.ties[channels] += np.where(last > 0, (block == last[:, None]).sum(axis=1), 0)
        channel, image = np.nonzero(block > last[:, None])
        if not len(channel):
            return
        self._merge(channels, *_packed(channel, block[channel, image], image + start, len(block)))

    def _merge(self, channels: slice, scores: npt.NDArray[Any], images: Indices) -> None:
        """Sort better images, in their order, into those that were there."""
        k, last = self.scores.shape[1], self.scores[channels, -1].copy()
        scores = np.concatenate([self.scores[channels], scores], axis=1)
        images = np.concatenate([self.indices[channels], images], axis=1)
        # Stable: of equal scores the earlier image stays in front.
        order = np.argsort(-scores, axis=1, kind="stable")
        scores, images = (np.take_along_axis(array, order, axis=1) for array in (scores, images))
        border = scores[:, k - 1]
        dropped = (scores[:, k:] == border[:, None]).sum(axis=1)
        self.ties[channels] = np.where(border > 0, dropped + np.where(border == last, self.ties[channels], 0), 0)
        self.scores[channels], self.indices[channels] = scores[:, :k], images[:, :k]


def _packed(
    channel: npt.NDArray[np.intp], scores: npt.NDArray[Any], images: npt.NDArray[np.intp], n_channels: int
) -> tuple[npt.NDArray[Any], Indices]:
    """Give each channel's images a row, filled with zeros and -1 behind the last."""
    counts = np.bincount(channel, minlength=n_channels)
    position = np.arange(len(channel)) - np.repeat(np.cumsum(counts) - counts, counts)
    packed_scores = np.zeros((n_channels, counts.max()), scores.dtype)
    packed_images = np.full(packed_scores.shape, -1, np.int64)
    packed_scores[channel, position], packed_images[channel, position] = scores, images
    return packed_scores, packed_images
