"""Batches of a split as `tf.data`, in an order fixed by seed and epoch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.datasets import Split
from artlucid.datasets._processors import usable_processors
from artlucid.errors import DataError
from artlucid.inputs import _augmentation
from artlucid.inputs._cache import ImageCache
from artlucid.inputs._targets import targets_of
from artlucid.inputs._views import Images, View

Indices = npt.NDArray[np.int64]


def epoch_order(n_images: int, *, seed: int, epoch: int) -> Indices:
    """The order of the images in an epoch of training.

    Parameters
    ----------
    n_images : int
    seed : int
        Of the run.
    epoch : int
        Counted from 0.

    Returns
    -------
    int64 array of shape (n_images,)
        A permutation that depends on these three numbers only.

    Examples
    --------
    >>> sorted(epoch_order(4, seed=0, epoch=1).tolist())
    [0, 1, 2, 3]
    """
    return np.random.default_rng([seed, epoch]).permutation(n_images).astype(np.int64)


def draws(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The random numbers of one image in one epoch, the same in whatever order images are read."""
    # The last number keeps them apart from those of `epoch_order`: missing ones count as 0.
    return np.random.default_rng([seed, epoch, index, 1])


class Batches:
    """Batches of a split as `tf.data`, with readable errors for files that cannot be read.

    Parameters
    ----------
    split : Split
    size : int
        Side of the square that the network sees, in pixels; the shorter side of an image is resized to it and
        the middle is cut out.
    batch_size : int
        Images a batch; the last one of an epoch may be smaller.
    n_classes : int
        Width of the one-hot labels of a split with one label an image.
    cache : ImageCache, optional
        Where decoded images are kept for the next epoch; the batches are the same with and without.

    Notes
    -----
    Images are float32 of shape (n_images, size, size, 3), RGB in 0 … 255; labels, where the split has them, float32
    of shape (n_images, n_classes).
    """

    def __init__(
        self, split: Split, *, size: int, batch_size: int, n_classes: int = 0, cache: ImageCache | None = None
    ) -> None:
        if len(split) == 0:
            raise DataError(
                f"A split must hold at least one image. Received an empty {split.name!r} of {split.root}. "
                "Look at what was left out, or choose another split."
            )
        self.split = split
        self.size = size
        self.batch_size = batch_size
        self.n_classes = n_classes if split.labels is None or split.labels.ndim == 1 else split.labels.shape[1]
        self.cache = cache
        self._decoders = ThreadPoolExecutor(usable_processors(), thread_name_prefix="decode")
        self._failure: DataError | None = None

    def __len__(self) -> int:
        return -(-len(self.split) // self.batch_size)

    def in_order(self) -> tf.data.Dataset:
        """All images once, never augmented, in the order of the split: batches of images, or of (images, labels)."""
        everything = np.arange(len(self.split))
        view = View(self.size)

        def batch(number: int) -> Any:
            indices = self._part(everything, number)
            return self._with_labels(self._images(indices, view), indices)

        return self._batches(len(self), batch)

    def shuffled(self, *, seed: int, epochs: range, augmentation: str = "none") -> tf.data.Dataset:
        """Epoch after epoch, each in its own order.

        Parameters
        ----------
        seed : int
            Of the run.
        epochs : range
            Counted from 0.
        augmentation : str
            A key of `AUGMENTATIONS`. What is drawn for an image depends on seed, epoch and its place in the split.

        Returns
        -------
        tf.data.Dataset
            ``len(self)`` batches an epoch, like those of `in_order`.

        Raises
        ------
        RecipeError
            If there is no such augmentation.
        """
        chosen = _augmentation.get(augmentation)
        view = chosen.view(self.size)

        # Two, because the first batches of an epoch are read during the last ones of the epoch before.
        @functools.lru_cache(maxsize=2)
        def order(epoch: int) -> Indices:
            return epoch_order(len(self.split), seed=seed, epoch=epoch)

        def batch(number: int) -> Any:
            epoch = epochs[number // len(self)]
            indices = self._part(order(epoch), number % len(self))
            images = self._images(indices, view)
            if chosen.cut is not None:
                generators = (draws(seed, epoch, index) for index in indices.tolist())
                images = [chosen.cut(image, self.size, draw) for image, draw in zip(images, generators, strict=True)]
            return self._with_labels(images, indices)

        return self._batches(len(epochs) * len(self), batch)

    @contextmanager
    def readable_errors(self) -> Iterator[None]:
        """Raise what went wrong in reading a file, rather than TensorFlow's account of it."""
        try:
            yield
        except tf.errors.OpError as error:
            if self._failure is not None:
                raise self._failure from error
            raise

    def _batches(self, n_batches: int, batch: Callable[[int], Any]) -> tf.data.Dataset:
        """A whole batch is one call of Python: a call an image costs more than reading it from the cache."""

        def examples(number: tf.Tensor) -> Any:
            if self.split.labels is None:
                return self._as_float(tf.numpy_function(batch, [number], tf.uint8))
            images, labels = tf.numpy_function(batch, [number], [tf.uint8, tf.float32])
            return self._as_float(images), tf.ensure_shape(labels, [None, self.n_classes])

        numbers = tf.data.Dataset.range(n_batches)
        # A second one, so that the processors decode while the first is put together.
        return numbers.map(examples, num_parallel_calls=2, deterministic=True).prefetch(2).with_options(_untuned())

    def _as_float(self, images: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.ensure_shape(images, [None, self.size, self.size, 3]), tf.float32)

    def _part(self, indices: Indices, number: int) -> Indices:
        return indices[number * self.batch_size : (number + 1) * self.batch_size]

    def _images(self, indices: Indices, view: View) -> list[Images]:
        paths = [self.split.path(index) for index in indices]
        images = {}
        if self.cache is not None:
            found = ((place, self.cache.find(path, view)) for place, path in enumerate(paths))
            images = {place: image for place, image in found if image is not None}
        missing = [place for place in range(len(paths)) if place not in images]
        images |= zip(missing, self._decoded([paths[place] for place in missing], view), strict=True)
        return [images[place] for place in range(len(paths))]

    def _decoded(self, paths: list[Path], view: View) -> list[Images]:
        decode = view.read if self.cache is None else functools.partial(self.cache.add, view=view)
        try:
            return list(self._decoders.map(decode, paths))
        except DataError as error:
            self._failure = error
            raise

    def _with_labels(self, images: list[Images], indices: Indices) -> Any:
        stacked = np.stack(images)
        labels = self.split.labels
        return stacked if labels is None else (stacked, targets_of(labels[indices], self.n_classes))


def _untuned() -> tf.data.Options:
    """A tuned iterator ends only when its tuner next wakes up, after 0.01, 0.02, 0.04, … 5.12, 10.24 s."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
