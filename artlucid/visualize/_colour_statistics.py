"""Measure how the colours of a collection of paintings vary, so that optimized images have its colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.datasets import Dataset, Split
from artlucid.errors import VisualizationError
from artlucid.inputs import Batches
from artlucid.visualize._colours import ColourStatistics

BATCH_SIZE = 32


def colour_statistics(dataset_or_split: Dataset | Split, *, split: str = "all", size: int = 224) -> ColourStatistics:
    """Measure the mean colour of a collection, and the matrix that decorrelates its colours.

    Lucid's matrix is that of ImageNet; this one stands wherever that one does: ``param.image(224, decorrelate=…)``,
    ``param.to_valid_rgb(t, decorrelate=…)``.

    Parameters
    ----------
    dataset_or_split : Dataset or Split
        Its labels are not used. Images are read as networks see them: resized, and the square in the middle cut out.
    split : str
        Which part of a dataset: "train", "val", "test", or "all" for all that there are. A split is taken whole.
    size : int
        Side of that square in pixels. Every pixel counts, so every image counts the same.

    Returns
    -------
    ColourStatistics
        The matrix's columns are eigenvectors of the covariance times the roots of their eigenvalues, as ImageNet's
        are, the first entry of a column that is not 0 being positive.

    Raises
    ------
    DataError
        If there is no such split, if it has no images, or if a file cannot be read.
    VisualizationError
        If `dataset_or_split` or `size` is none, or if the collection has no colours: grey pictures only, or one colour.

    Notes
    -----
    Sums are of whole numbers, and exact up to 10^11 pixels. One batch is in memory at a time.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import datasets
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = datasets.synthetic(folder=f"{parent}/styles", images_per_class=(2, 1, 1), size=32)
    ...     statistics = colour_statistics(drawn, split="train", size=32)
    >>> statistics.n_images, statistics.n_pixels, bool((statistics.matrix[0] > 0).all())
    (12, 12288, True)
    """
    images, source = _images_of(dataset_or_split, split)
    if not isinstance(size, int) or size < 1:
        raise VisualizationError(f"`size` must be a number of pixels, at least 1. Received {size!r}. Use 224.")
    number, total, products = _sums(Batches(images, size=size, batch_size=BATCH_SIZE))
    covariance = _covariance(number, total, products)
    return ColourStatistics(
        _square_root(covariance / 255**2), total / number / 255, f"{source}, {size} px", len(images), number
    )


def _images_of(dataset_or_split: Any, split: str) -> tuple[Split, str]:
    if isinstance(dataset_or_split, Dataset):
        return dataset_or_split.split(split), f"{dataset_or_split.specification} ({split})"
    if isinstance(dataset_or_split, Split):
        return dataset_or_split, f"{dataset_or_split.root} ({dataset_or_split.name})"
    raise VisualizationError(
        f"`dataset_or_split` must be a Dataset or one of its splits. Received {dataset_or_split!r}. "
        "Load one with `datasets.load('folder:PATH')`."
    )


def _sums(batches: Batches) -> tuple[int, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The number of pixels, the sum of their colours (3,), and of the products of two of them (3, 3), in 0 … 255."""
    number, total, products = 0, np.zeros(3), np.zeros((3, 3))
    for pixels in _pixels(batches):
        number += len(pixels)
        total += pixels.sum(axis=0)
        products += pixels.T @ pixels
    return number, total, products


def _pixels(batches: Batches) -> Iterator[npt.NDArray[np.float64]]:
    """(pixels, 3) of a batch. They are whole numbers, so that float64 holds their sums and products exactly."""
    with batches.readable_errors():
        for batch in batches.in_order().as_numpy_iterator():
            images = batch if batches.split.labels is None else batch[0]
            yield images.reshape(-1, 3).astype(np.float64)


def _covariance(number: int, total: npt.ArrayLike, products: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Python's integers take the difference exactly: two large numbers may be nearly the same."""
    sums = np.asarray(total).astype(np.int64).astype(object)
    scatter = number * np.asarray(products).astype(np.int64).astype(object) - np.outer(sums, sums)
    return (scatter / (number * max(number - 1, 1))).astype(np.float64)


def _square_root(covariance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Eigenvectors times roots of eigenvalues, as columns; their signs are free, and chosen here."""
    vectors, values, _ = np.linalg.svd(covariance)
    columns = vectors * np.sqrt(values)
    # What rounding leaves of a 0 must not decide.
    entries = np.where(np.abs(columns) > 1e-9 * np.abs(columns).max(axis=0), columns, 0)
    first = entries[(entries != 0).argmax(axis=0), range(3)]
    return columns * np.where(first < 0, -1, 1)
