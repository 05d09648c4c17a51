"""Compositional pattern-producing networks: an image as a small network from a place to a colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from artlucid.visualize import _noise
from artlucid.visualize.param._checks import checked_number

Tensor = Any

BIAS_SD = 0.1
EPSILON = 1e-6
"""Of the instance normalization."""

# The root mean square of an arctangent, and of its square, of a standard normal number; Lucid's figures.
_ROOT_MEAN_SQUARES = (0.67, 0.6)
# Mean and standard deviation of a ReLU of a standard normal number; Lucid's figures.
_RELU_MEAN, _RELU_SD = 0.40, 0.58


def composite_activation(x: Tensor) -> Tensor:
    """The arctangent and its square, each of about the size 1, side by side: twice as many channels."""
    x = tf.atan(x)
    return tf.concat([x / _ROOT_MEAN_SQUARES[0], x * x / _ROOT_MEAN_SQUARES[1]], -1)


def relu_normalized_activation(x: Tensor) -> Tensor:
    """A ReLU, brought to mean 0 and standard deviation 1."""
    return (tf.nn.relu(x) - _RELU_MEAN) / _RELU_SD


def cppn(
    width: int,
    batch: int = 1,
    num_output_channels: int = 3,
    num_hidden_channels: int = 24,
    num_layers: int = 8,
    activation_func: Callable[[Tensor], Tensor] = composite_activation,
    normalize: bool = False,
) -> Tensor:
    """Make an image of a network whose weights are the variables.

    Parameters
    ----------
    width : int
        Side of the image in pixels.
    batch : int
        How many images; all come from the same weights.
    num_output_channels, num_hidden_channels, num_layers : int
        Of the network; at the start its last layer is zero, and the image grey.
    activation_func : callable
        After each hidden layer.
    normalize : bool
        Bring each channel of an image to mean 0 and variance 1 before the activation.

    Returns
    -------
    float32 tensor of shape (batch, width, width, num_output_channels)
        Values 0 … 1.

    Raises
    ------
    VisualizationError
        If one of the numbers is no whole number of at least 1.

    Notes
    -----
    A rate of 0.05 is too high for it; Mordvintsev et al. use 0.001 to 0.005.

    Examples
    --------
    >>> cppn(16).shape.as_list()
    [1, 16, 16, 3]
    """
    width, batch = checked_number("width", width), checked_number("batch", batch)
    hidden = checked_number("num_hidden_channels", num_hidden_channels)
    net = _places(width, batch)
    for _ in range(checked_number("num_layers", num_layers)):
        net = _layer(net, _weights(net.shape[-1], hidden))
        net = activation_func(_normalized(net) if normalize else net)
    outputs = checked_number("num_output_channels", num_output_channels)
    return tf.nn.sigmoid(_layer(net, np.zeros((net.shape[-1], outputs), np.float32)))


def _places(width: int, batch: int) -> Tensor:
    """X and y of every pixel, each with a standard deviation of 1 over a wide image."""
    along = tf.linspace(-(3.0**0.5), 3.0**0.5, width)
    y, x = tf.meshgrid(along, along, indexing="ij")
    return tf.tile(tf.stack([x, y], -1)[None], (batch, 1, 1, 1))


def _weights(n_inputs: int, n_outputs: int) -> Any:
    """Normal, cut at two standard deviations, of variance ``1 / n_inputs``, as Lucid's initializer draws them."""
    drawn = _noise.normal((n_inputs, n_outputs), 1.0)
    while (outside := np.abs(drawn) > 2).any():
        drawn = np.where(outside, _noise.normal((n_inputs, n_outputs), 1.0), drawn)
    # The standard deviation of a standard normal number that is cut at 2.
    return (drawn / (0.87962566103423978 * n_inputs**0.5)).astype(np.float32)


def _layer(net: Tensor, weights: Any) -> Tensor:
    kernel = tf.Variable(weights)
    bias = tf.Variable(_noise.normal((weights.shape[1],), BIAS_SD))
    return tf.tensordot(net, kernel, 1) + bias


def _normalized(net: Tensor) -> Tensor:
    mean, variance = tf.nn.moments(net, [1, 2], keepdims=True)
    return (net - mean) * tf.math.rsqrt(variance + EPSILON)
