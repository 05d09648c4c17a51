"""A network that gives, of each channel of many layers, its mean, its maximum and where that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from artlucid._forgotten import gradients_forgotten
from artlucid.activations._format import LARGEST_SIDE, StoredLayer
from artlucid.activations._writer import Rows
from artlucid.errors import ModelError
from artlucid.models import Network
from artlucid.models._network import layer_outputs

Tensor = Any


class Pooled:
    """The pooling is part of the compiled graph: feature maps never leave it.

    Parameters
    ----------
    network : Network
    names : sequence of str
        Of layers, each once.
    size : int
        Side of the images in pixels.
    batch_size : int
        Images that the network sees at a time.

    Attributes
    ----------
    layers : tuple of StoredLayer
    """

    def __init__(self, network: Network, names: Sequence[str], size: int, batch_size: int) -> None:
        self._model = keras.Model(network.keras_model.input, layer_outputs(network, names))
        # Layers of a known architecture are named after their ReLUs.
        self._rectified = network.architecture is not None
        self._names = tuple(names)
        self.layers: tuple[StoredLayer, ...] = ()
        self._batch_size = batch_size
        signature = [tf.TensorSpec([batch_size, size, size, 3], tf.float32)]
        self._run = tf.function(self._pooled, input_signature=signature, autograph=False)
        with gradients_forgotten():
            self._run.get_concrete_function()

    def __call__(self, images: Tensor) -> Rows:
        """Run the network on at most `batch_size` float32 images of shape (n_images, size, size, 3), RGB in 0 … 255."""
        # A smaller batch is filled up: libraries choose their loops by its size, and with them the last bits.
        n_images = len(images)
        if n_images < self._batch_size:
            images = tf.pad(images, [[0, self._batch_size - n_images], [0, 0], [0, 0], [0, 0]])
        found = self._run(images)
        return Rows(*(values.numpy()[:n_images] for values in found))

    def _pooled(self, images: Tensor) -> list[Tensor]:
        outputs = keras.tree.flatten(self._model(images, training=False))
        # The sizes of the maps are known here alone, where that of the images is.
        self.layers = tuple(_stored(name, output.shape) for name, output in zip(self._names, outputs, strict=True))
        found = [_of_layer(self._maps(output)) for output in outputs]
        return [tf.concat(kind, axis=1) for kind in zip(*found, strict=True)]

    def _maps(self, output: Tensor) -> Tensor:
        """A layer's output after ReLU, float32 of shape (n_images, height, width, n_channels)."""
        # TensorFlow's ReLU turns NaN into 0.
        rectified = output if self._rectified else tf.maximum(output, tf.zeros([], output.dtype))
        values = tf.cast(rectified, tf.float32)
        return values[:, None, None, :] if values.shape.rank == 2 else values


def _of_layer(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, maximum and the first place of the maximum, row by row, as row times width plus column."""
    height, width, n_channels = maps.shape[1:]
    # Pools over rows and columns read a map twice as fast as reductions do, and far faster than a search of all of it.
    by_row = tf.squeeze(tf.nn.max_pool2d(maps, (1, width), 1, "VALID"), 2)
    by_column = tf.squeeze(tf.nn.max_pool2d(maps, (height, 1), 1, "VALID"), 1)
    # In two steps, so that few numbers are added up at a time.
    means = tf.reduce_mean(tf.squeeze(tf.nn.avg_pool2d(maps, (1, width), 1, "VALID"), 2), axis=1)
    maxima = tf.reduce_max(by_row, axis=1)
    row, column = _first(by_row, maxima), _first(by_column, maxima)
    image = tf.range(tf.shape(maps)[0])[:, None]
    start, values = (image * height + row) * (width * n_channels) + tf.range(n_channels), tf.reshape(maps, [-1])
    # The first row and the first column need not meet at one of several equal maxima: then that row is searched.
    apart = tf.where(tf.gather(values, start + column * n_channels) != maxima)
    of_row = tf.gather(values, tf.gather_nd(start, apart)[:, None] + tf.range(width) * n_channels)
    column = tf.tensor_scatter_nd_update(column, apart, _first(of_row, tf.gather_nd(maxima, apart)))
    return means, maxima, row * width + column


def _first(values: Tensor, maxima: Tensor) -> Tensor:
    """Where along axis 1 the maximum stands first: int32."""
    length, rank = values.shape[1], len(values.shape)
    downwards = tf.reshape(tf.range(length, 0, -1, dtype=tf.float32), [length, *[1] * (rank - 2)])
    found = tf.reduce_max(tf.where(values == tf.expand_dims(maxima, 1), downwards, 0.0), axis=1)
    # NaN is found nowhere.
    return tf.minimum(length - tf.cast(found, tf.int32), length - 1)


def _stored(name: str, shape: tuple[int | None, ...]) -> StoredLayer:
    shape = tuple(shape)
    height, width = shape[1:3] if len(shape) == 4 else (1, 1)
    if len(shape) not in (2, 4) or None in (height, width, shape[-1]) or max(height or 0, width or 0) > LARGEST_SIDE:
        raise ModelError(
            "A layer whose activations are kept must give maps (batch, height, width, channels) of one size, or "
            f"vectors (batch, channels). Received {name!r}, which gives {shape}. Name other layers: "
            "`models.wrap(keras_model, layers=[…], value_range=…)`."
        )
    return StoredLayer(name, int(shape[-1] or 0), int(height or 0), int(width or 0))
