"""Arrays of features of any length, read in blocks of rows: arrays in memory, memory maps, HDF5 datasets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.errors import MetricError

# Of a block in double precision: large enough for a matrix product at full speed, small beside the data.
BLOCK_BYTES = 2**24

# Of two: differences up to it need no scale. Their fourth powers, summed over any number of images, stay in range.
PLAIN_EXPONENT = 100

Doubles = npt.NDArray[np.float64]


class ConstantFeaturesError(MetricError):
    """Features do not vary over the images, or over one of them alone: a similarity would be 0 / 0."""


@dataclass(frozen=True, eq=False)
class Rows:
    """An array of shape (n_images, n_channels), of which only slices of rows are asked for."""

    array: Any
    name: str

    def __post_init__(self) -> None:
        if len(self.array.shape) != 2 or 0 in self.array.shape:
            raise MetricError(
                f"`{self.name}` must have shape (n_images, n_channels), neither of them 0. Received shape "
                f"{tuple(self.array.shape)}. Average over height and width first: `x.mean(axis=(1, 2))`."
            )
        dtype = np.dtype(self.array.dtype)
        if dtype.kind not in "fiub":
            raise MetricError(
                f"`{self.name}` must hold real numbers. Received {dtype}. Give an array of floats, an image a row."
            )

    @property
    def n_images(self) -> int:
        """The number of rows."""
        return int(self.array.shape[0])

    @property
    def n_channels(self) -> int:
        """The number of columns."""
        return int(self.array.shape[1])

    def blocks(self, size: int) -> Iterator[tuple[slice, npt.NDArray[Any]]]:
        """Give the rows in blocks of at most so many, each with its place, or refuse values that are not finite."""
        for start in range(0, self.n_images, size):
            rows = slice(start, min(start + size, self.n_images))
            block = np.asarray(self.array[rows])
            if not np.isfinite(block).all():
                self._refuse_not_finite(block, start)
            yield rows, block

    def _refuse_not_finite(self, block: npt.NDArray[Any], start: int) -> None:
        image, channel = np.argwhere(~np.isfinite(block))[0].tolist()
        raise MetricError(
            f"`{self.name}` must be finite. Received {block[image, channel]} for image {start + image}, channel "
            f"{channel}. Look at the network that gave it, and at its precision."
        )


def rows_of(array: Any, name: str) -> Rows:
    """Take what can be sliced as it is, and make an array of everything else."""
    sliced = all(hasattr(array, attribute) for attribute in ("shape", "dtype", "__getitem__"))
    return Rows(array if sliced else np.asarray(array), name)


@dataclass(frozen=True, eq=False)
class Features:
    """Rows with what they have to be centred and scaled by.

    The mean is relative to the first row: of a common offset a sum of both would lose the digits behind it. The
    similarities do not depend on scale. Values that are very large or very small are brought to about 1, which keeps
    fourth powers away from the ends of the doubles; a power of two leaves every digit as it is.
    """

    rows: Rows
    first: Doubles
    mean: Doubles
    scale: float

    @property
    def n_images(self) -> int:
        """The number of rows."""
        return self.rows.n_images

    @property
    def n_channels(self) -> int:
        """The number of columns."""
        return self.rows.n_channels

    def centred(self, block: npt.NDArray[Any], out: Doubles | None = None) -> Doubles:
        """Give some of the rows in double precision, centred and scaled."""
        centred: Doubles = np.subtract(block, self.first, out=out, dtype=np.float64)
        centred -= self.mean
        if self.scale != 1:
            centred *= self.scale
        return centred

    def whole(self) -> Doubles:
        """Give all rows, centred and scaled: in memory."""
        found = np.empty((self.n_images, self.n_channels))
        for rows, block in self.rows.blocks(block_size(self.n_channels)):
            self.centred(block, out=found[rows])
        return found


def block_size(n_channels: int) -> int:
    """Give the number of rows of a block in double precision."""
    return max(1, BLOCK_BYTES // (8 * n_channels))


def paired_features(
    features_a: Any, features_b: Any, names: tuple[str, str], fewest: int = 2
) -> tuple[Features, Features]:
    """Open the features of two networks, or refuse them."""
    rows_a, rows_b = rows_of(features_a, names[0]), rows_of(features_b, names[1])
    if rows_a.n_images != rows_b.n_images:
        raise MetricError(
            f"`{names[0]}` and `{names[1]}` must be of the same images in the same order. Received {rows_a.n_images} "
            f"and {rows_b.n_images} rows. Extract both from the same split."
        )
    if rows_a.n_images < fewest:
        raise MetricError(
            f"`{names[0]}` and `{names[1]}` must have at least {fewest} images. Received {rows_a.n_images}. "
            "Give more images: with a few of them a similarity says nothing."
        )
    return _described(rows_a), _described(rows_b)


def _described(rows: Rows) -> Features:
    """Read all rows once, for their mean and extent.

    All is relative to the first row, so that a constant channel is exactly constant, and a common offset costs no
    digits.
    """
    first = np.asarray(rows.array[0:1], dtype=np.float64)[0]
    total, largest = np.zeros(rows.n_channels), 0.0
    for _, block in rows.blocks(block_size(rows.n_channels)):
        with np.errstate(over="ignore"):
            shifted = np.subtract(block, first, dtype=np.float64)
            total += shifted.sum(axis=0)
        largest = max(largest, float(shifted.max()), -float(shifted.min()))
    if largest == 0:
        raise ConstantFeaturesError(
            f"`{rows.name}` must vary over the images. Received {rows.n_images} equal rows. "
            "Leave this layer out: every channel of it is dead or constant."
        )
    if not math.isfinite(largest) or not np.isfinite(total).all():
        raise MetricError(
            f"`{rows.name}` must hold values whose sums are finite. Received differences beyond the range of doubles. "
            "Divide all of it by one number: similarities do not depend on scale."
        )
    exponent = math.frexp(largest)[1]
    scale = 1.0 if abs(exponent) <= PLAIN_EXPONENT else math.ldexp(1.0, min(-exponent, 1000))
    return Features(rows, first, total / rows.n_images, scale)
