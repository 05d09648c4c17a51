"""The mean over space of a channel of its own for each image of a batch, with channels that can be exchanged.

Two ways give the same values: through the whole network, whatever it is, or along the layers of an architecture
that this library knows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import keras
import tensorflow as tf

from artlucid.models import Network
from artlucid.models._network import variables
from artlucid.visualize import _side_by_side
from artlucid.visualize._activations import Look, Objective, sight_of
from artlucid.visualize._fast import ChannelMeans, Kernels, Path, path_to
from artlucid.visualize._own_mean import own_mean
from artlucid.visualize._settings import Settings

Tensor = Any


class OwnChannels(Protocol):
    """What the images of a batch are held against."""

    def sight(self, objectives: Sequence[Objective], shape: tf.TensorShape) -> Look:
        """As of an `Ascent`, for images side by side."""

    def objective(self, T: Callable[[str], Any]) -> Tensor:
        """The mean of each image's channel, float32 (batch,)."""

    def load(self, network: Network, channels: Sequence[int]) -> None:
        """Take a network, and a channel for each image."""


def own_channels(
    network: Network, layer: str, batch: int, settings: Settings
) -> tuple[Hashable, Callable[[], OwnChannels]]:
    """The faster way that there is to a layer's channels for so many images.

    Returns
    -------
    hashable, and callable
        What is made under equal keys can be loaded with another network, or other channels.
    """
    path = None if settings.options.penalty is not None else path_to(network, layer)
    if path is None:
        return (network.identity, layer, batch), lambda: ThroughTheNetwork(network, layer, batch)
    precision = settings.precision.used
    arrays = _variables(network)
    names = [f"{layer}/{part}" for layer in path.weights for part in ("kernel", "bias")]
    shapes = {name: tuple(arrays[name].shape) for name in names}
    return (path, tuple(shapes.items()), batch, precision), lambda: AlongPath(path, shapes, batch, precision)


def _variables(network: Network) -> dict[str, keras.Variable]:
    assert network.architecture is not None
    return variables(network.keras_model, network.architecture)


class AlongPath:
    """By the layers that lie below, in a precision.

    Parameters
    ----------
    path : Path
    shapes : mapping of str to tuple of int
        Of the network's arrays.
    batch : int
    precision : str
    """

    def __init__(self, path: Path, shapes: dict[str, tuple[int, ...]], batch: int, precision: str) -> None:
        self._kernels = Kernels(path, shapes, batch, precision)
        self._means = ChannelMeans(path, self._kernels, precision)

    def sight(self, objectives: Sequence[Objective], shape: tf.TensorShape) -> Look:
        """The means, by whatever name."""
        return lambda seen, _image, redirected: lambda _name: self._means(seen, redirected=redirected)

    def objective(self, T: Callable[[str], Any]) -> Tensor:
        """The means."""
        return T("means")

    def load(self, network: Network, channels: Sequence[int]) -> None:
        """Take the kernels of the network unless they are there, and those of the channels."""
        self._kernels.load(_variables(network), network.identity, channels)


class ThroughTheNetwork:
    """By the network itself, in float32.

    Parameters
    ----------
    network : Network
    layer : str
    batch : int
    """

    def __init__(self, network: Network, layer: str, batch: int) -> None:
        self._prepared = sight_of(network)
        self._layer = layer
        self._channels = tf.Variable(tf.zeros([batch], tf.int32), trainable=False)

    def sight(self, objectives: Sequence[Objective], shape: tf.TensorShape) -> Look:
        """The network's layers."""
        batch = self._channels.shape[0]
        look = self._prepared(objectives, tf.TensorShape([batch, *shape[1:3], 3]))
        return lambda seen, image, redirected: look(seen, _side_by_side.apart(image), redirected)

    def objective(self, T: Callable[[str], Any]) -> Tensor:
        """The mean of the layer's channels, one chosen for each image."""
        return own_mean(T(self._layer), self._channels)

    def load(self, network: Network, channels: Sequence[int]) -> None:
        """Take the channels; the network is what it is."""
        self._channels.assign(list(channels))
