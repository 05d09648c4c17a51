"""Activations of a layer, read from the disk as they are sliced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from artlucid.activations._file import readable
from artlucid.errors import ActivationsError

Array = npt.NDArray[Any]

ROWS_AT_ONCE = 1024
"""A selection of scattered rows reads so many adjacent ones at a time."""


class Features:
    """An array of a cache, of shape (n_images, n_channels), of places (n_images, n_channels, 2).

    It is sliced like an array of NumPy: by images, and by images and channels. What a slice gives is an array in
    memory, and nothing else is read. `numpy.asarray` gives all of it.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    def __init__(self, parts: Sequence[h5py.Dataset], path: Path) -> None:
        self._parts = tuple(parts)
        self._path = path
        self._widths = [part.shape[1] for part in self._parts]
        self.shape: tuple[int, ...] = (parts[0].shape[0], sum(self._widths), *parts[0].shape[2:])
        self.dtype: np.dtype[Any] = parts[0].dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<Features of shape {self.shape}, {self.dtype}, in {self._path}>"

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("Features lie on the disk: an array of them is a copy.")
        return np.asarray(self._span(0, len(self)), dtype=dtype)

    def __getitem__(self, key: Any) -> Any:
        rows, *rest = (key if isinstance(key, tuple) else (key,)) or (slice(None),)
        columns, *tail = rest or (slice(None),)
        if _is_list(rows) and _is_list(columns):
            raise ActivationsError(
                "Images and channels must not both be chosen by lists. Received a list of each. Choose the images "
                "first: `features[images][:, channels]`."
            )
        chosen_rows, chosen_columns = np.arange(len(self))[rows], np.arange(self.shape[1])[columns]
        found = self._chosen(np.atleast_1d(chosen_rows), np.atleast_1d(chosen_columns))
        shape = (*np.shape(chosen_rows), *np.shape(chosen_columns), *self.shape[2:])
        leading = (slice(None),) * (np.ndim(chosen_rows) + np.ndim(chosen_columns))
        return found.reshape(shape)[(*leading, *tail)]

    def blocks(self, n_images: int = ROWS_AT_ONCE) -> Iterator[Array]:
        """All images in their order, so many at a time: arrays of shape (n_images, n_channels).

        Parameters
        ----------
        n_images : int
            The last block may have fewer.
        """
        for start in range(0, len(self), n_images):
            yield self._span(start, min(start + n_images, len(self)))

    def _span(self, start: int, stop: int) -> Array:
        found = np.empty((stop - start, *self.shape[1:]), self.dtype)
        at = 0
        with self._reading():
            for part, width in zip(self._parts, self._widths, strict=True):
                if stop > start:
                    part.read_direct(found, np.s_[start:stop], np.s_[:, at : at + width])
                at += width
        return found

    @contextmanager
    def _reading(self) -> Iterator[None]:
        if not all(self._parts):
            raise ActivationsError(
                f"A cache must be open while its features are read. Received one of {self._path} that was closed. "
                "Read inside its `with`, or open it again."
            )
        with readable(self._path):
            yield

    def _chosen(self, rows: Array, columns: Array) -> Array:
        if rows.ndim > 1 or columns.ndim > 1:
            raise ActivationsError(
                "Images and channels must be chosen by numbers, slices or one-dimensional lists. Received an array of "
                f"{max(rows.ndim, columns.ndim)} dimensions. Flatten it first."
            )
        every = len(columns) == self.shape[1] and (columns == np.arange(self.shape[1])).all()
        if every and len(rows) and (rows == np.arange(rows[0], rows[0] + len(rows))).all():
            return self._span(int(rows[0]), int(rows[-1]) + 1)
        found = np.empty((len(rows), len(columns), *self.shape[2:]), self.dtype)
        for start in range(int(rows.min(initial=len(self))), int(rows.max(initial=-1)) + 1, ROWS_AT_ONCE):
            wanted = np.flatnonzero((rows >= start) & (rows < start + ROWS_AT_ONCE))
            if len(wanted):
                self._copy(found, wanted, rows[wanted], columns)
        return found

    def _copy(self, found: Array, wanted: Array, rows: Array, columns: Array) -> None:
        """Fill rows of what is found from rows that lie close together."""
        first, stop, at = int(rows.min()), int(rows.max()) + 1, 0
        for part, width in zip(self._parts, self._widths, strict=True):
            inside = np.flatnonzero((columns >= at) & (columns < at + width))
            if len(inside):
                with self._reading():
                    read = part[first:stop]
                found[np.ix_(wanted, inside)] = read[np.ix_(rows - first, columns[inside] - at)]
            at += width


def _is_list(key: Any) -> bool:
    return not isinstance(key, slice) and np.ndim(key) > 0
