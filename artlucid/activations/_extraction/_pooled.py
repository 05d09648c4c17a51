"""A network that gives, of each channel of many layers, its mean, its maximum and where that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

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

    Attributes
    ----------
    layers : tuple of StoredLayer
    """

    def __init__(self, network: Network, names: Sequence[str], size: int) -> None:
        self._model = keras.Model(network.keras_model.input, layer_outputs(network, names))
        # Layers of a known architecture are named after their ReLUs.
        self._rectified = network.architecture is not None
        self._names = tuple(names)
        self.layers: tuple[StoredLayer, ...] = ()
        signature = [tf.TensorSpec([None, size, size, 3], tf.float32)]
        self._run = tf.function(self._pooled, input_signature=signature, autograph=False)
        self._run.get_concrete_function()

    def __call__(self, images: Tensor) -> Rows:
        """Run the network on float32 images of shape (n_images, size, size, 3), RGB in 0 … 255."""
        return Rows(*(found.numpy() for found in self._run(images)))

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
    flat = tf.reshape(maps, [-1, height * width, n_channels])
    by_row = tf.reduce_max(maps, axis=2)
    row = tf.argmax(by_row, axis=1, output_type=tf.int32)
    # Only the values of that row are searched for the column: a search of the whole map takes as long as a layer.
    image = tf.range(tf.shape(maps)[0])[:, None]
    first = (image * height + row) * (width * n_channels) + tf.range(n_channels)
    of_row = tf.gather(tf.reshape(maps, [-1]), first[:, None, :] + (tf.range(width) * n_channels)[:, None])
    column = tf.argmax(of_row, axis=1, output_type=tf.int32)
    return tf.reduce_mean(flat, axis=1), tf.reduce_max(by_row, axis=1), row * width + column


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
