"""What of an image fires a channel: the gradient of its maximum, for a batch of images at once."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from artlucid._forgotten import gradients_forgotten
from artlucid.models import Network
from artlucid.models._network import layer_outputs

Tensor = Any


class Gradients:
    """The energy of the input gradient of a layer's channels, each at the place of its maximum.

    Parameters
    ----------
    network : Network
    layer : str
    size : int
        Side of the images in pixels.
    """

    def __init__(self, network: Network, layer: str, size: int) -> None:
        # What comes behind the layer is not part of it.
        self._model = keras.Model(network.keras_model.input, layer_outputs(network, [layer])[0])
        signature = [tf.TensorSpec([None, size, size, 3], tf.float32), tf.TensorSpec([None], tf.int32)]
        # As a concrete function: TensorFlow warns of many traces, which here are of as many layers.
        with gradients_forgotten():
            self._run = tf.function(self._energies, input_signature=signature, autograph=False).get_concrete_function()

    def __call__(self, images: Tensor, channels: Tensor) -> Any:
        """Give the energy: the squared gradient, summed over colours.

        Parameters
        ----------
        images : float32 of shape (n, size, size, 3)
            RGB in 0 … 255.
        channels : int of shape (n,)
            One an image.

        Returns
        -------
        float32 array of shape (n, size, size)
            All 0 where the channel is not above 0 anywhere.
        """
        return self._run(images, tf.cast(channels, tf.int32)).numpy()

    def _energies(self, images: Tensor, channels: Tensor) -> Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            maxima = _maxima(self._model(images, training=False), channels)
        # An image changes nothing but its own maximum, so that the gradient of the sum has that of each.
        gradient = tape.gradient(maxima, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return tf.reduce_sum(tf.square(gradient), axis=-1)


def _maxima(output: Tensor, channels: Tensor) -> Tensor:
    """Each image's channel after ReLU at the first place of its maximum.

    At one place, because the gradient of a maximum would be shared out between equal ones.
    """
    values = tf.cast(output, tf.float32)
    maps = values[:, None, None, :] if values.shape.rank == 2 else values
    own = tf.gather(maps, channels, axis=3, batch_dims=1)
    flat = tf.reshape(tf.nn.relu(own), [tf.shape(own)[0], -1])
    return tf.gather(flat, tf.argmax(flat, axis=1), axis=1, batch_dims=1)
