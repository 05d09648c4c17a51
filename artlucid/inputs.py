"""From the files of a split to batches: decode, resize, crop, in an order fixed by seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.datasets import Split, read_image
from artlucid.datasets._processors import usable_processors
from artlucid.errors import DataError

__all__ = ["Batches", "centre_crop", "epoch_order"]

Images = npt.NDArray[np.uint8]


def epoch_order(n_images: int, *, seed: int, epoch: int) -> npt.NDArray[np.int64]:
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


def centre_crop(image: Images, size: int) -> Images:
    """Cut the square of that side from the middle of an image whose sides are at least as long.

    Parameters
    ----------
    image : uint8 array of shape (height, width, 3)
    size : int
        In pixels.

    Returns
    -------
    uint8 array of shape (size, size, 3)

    Examples
    --------
    >>> centre_crop(np.zeros((4, 6, 3), np.uint8), 4).shape
    (4, 4, 3)
    """
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return image[top : top + size, left : left + size]


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
    """

    def __init__(self, split: Split, *, size: int, batch_size: int, n_classes: int = 0) -> None:
        if len(split) == 0:
            raise DataError(
                f"A split must hold at least one image. Received an empty {split.name!r} of {split.root}. "
                "Look at what was left out, or choose another split."
            )
        self.split = split
        self.size = size
        self.batch_size = batch_size
        self._labels = _targets(split, n_classes)
        self._failure: DataError | None = None

    def __len__(self) -> int:
        return -(-len(self.split) // self.batch_size)

    def in_order(self) -> tf.data.Dataset:
        """All images once, in the order of the split: batches of images, or of (images, labels)."""
        return self._batches(tf.data.Dataset.range(len(self.split)))

    def shuffled(self, *, seed: int, epochs: range, augmentation: str = "none") -> tf.data.Dataset:
        """Epoch after epoch, each in its own order."""

        def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
            order = tf.numpy_function(
                lambda index: epoch_order(len(self.split), seed=seed, epoch=int(index)), [epoch], tf.int64
            )
            indices = tf.data.Dataset.from_tensor_slices(tf.ensure_shape(order, [len(self.split)]))
            if augmentation == "none":
                return self._batches(indices)
            images = indices.map(lambda index: self._flipped(index, seed, epoch))
            return images.batch(self.batch_size).prefetch(2)

        return tf.data.Dataset.from_tensor_slices(list(epochs)).flat_map(one_epoch)

    @contextmanager
    def readable_errors(self) -> Iterator[None]:
        """Raise what went wrong in reading a file, rather than TensorFlow's account of it."""
        try:
            yield
        except tf.errors.OpError as error:
            if self._failure is not None:
                raise self._failure from error
            raise

    def _batches(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        images = indices.map(self._example, num_parallel_calls=usable_processors(), deterministic=True)
        return images.batch(self.batch_size).prefetch(2)

    def _flipped(self, index: tf.Tensor, seed: int, epoch: tf.Tensor) -> Any:
        """Stands for every augmentation until they are written: flips by seed, epoch and index."""
        image, labels = self._example(index)
        draw = tf.random.stateless_uniform([], [seed, tf.cast(epoch * 100003 + tf.cast(index, epoch.dtype), tf.int32)])
        return tf.where(draw < 0.5, image, tf.reverse(image, [1])), labels

    def _example(self, index: tf.Tensor) -> Any:
        image = tf.numpy_function(self._read, [index], tf.uint8)
        image = tf.cast(tf.ensure_shape(image, [self.size, self.size, 3]), tf.float32)
        if self._labels is None:
            return image
        return image, tf.gather(tf.constant(self._labels), index)

    def _read(self, index: int) -> Images:
        try:
            image = read_image(self.split.path(index), shorter_side=self.size)
        except DataError as error:
            self._failure = error
            raise
        return np.ascontiguousarray(centre_crop(image, self.size))


def _targets(split: Split, n_classes: int) -> npt.NDArray[np.float32] | None:
    if split.labels is None:
        return None
    if split.labels.ndim == 2:
        return split.labels.astype(np.float32)
    return np.eye(n_classes, dtype=np.float32)[split.labels]
