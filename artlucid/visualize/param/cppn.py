"""Images as a small network paints them, pixel by pixel, from the place of each (CPPN)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy.special import ndtr, ndtri

from artlucid.visualize import _noise
from artlucid.visualize.param._checks import checked_number

Tensor = Any

CUT = 2.0
"""Weights are drawn within so many standard deviations, …"""

STANDARD_DEVIATION_OF_CUT = 0.87962566103423978
"""… which makes the standard deviation of what is drawn so much smaller (TensorFlow's variance_scaling)."""

BIAS_DEVIATION = 0.1


def _composite_activation(x: Tensor, biased: bool = True) -> Tensor:
    """Arc tangent and its square, each of size 1 for a normal input, side by side; unbiased: of mean 0 too."""
    x = tf.atan(x)
    square = x * x / 0.6 if biased else (x * x - 0.45) / 0.396
    return tf.concat([x / 0.67, square], -1)


def _relu_normalized_activation(x: Tensor) -> Tensor:
    """ReLU, of mean 0 and size 1 for a normal input."""
    return (tf.nn.relu(x) - 0.40) / 0.58


def cppn(
    width: int,
    batch: int = 1,
    num_output_channels: int = 3,
    num_hidden_channels: int = 24,
    num_layers: int = 8,
    activation_func: Callable[[Tensor], Tensor] = _composite_activation,
    normalize: bool = False,
) -> Tensor:
    """Make an image from the weights of a network that takes the place of a pixel and gives its colour.

    Parameters
    ----------
    width : int
        And height, in pixels.
    batch : int
        How many images; all are the same.
    num_output_channels : int
        3 for RGB.
    num_hidden_channels, num_layers : int
        Of the network's layers, each a 1x1 convolution.
    activation_func : callable
        What follows each layer.
    normalize : bool
        Whether each channel is brought to mean 0 and variance 1 over the image before that, then scaled and moved by
        variables.

    Returns
    -------
    float32 tensor of shape (batch, width, width, num_output_channels), in 0 … 1
        Of one colour at first, since the last layer's weights are 0.

    Raises
    ------
    VisualizationError
        If a number is not at least 1.

    References
    ----------
    Stanley, Genetic Programming and Evolvable Machines, 2007.

    Examples
    --------
    >>> cppn(32, num_layers=2).shape.as_list()
    [1, 32, 32, 3]
    """
    net = tf.stack([_places(checked_number("width", width))] * checked_number("batch", batch))
    hidden = checked_number("num_hidden_channels", num_hidden_channels)
    outputs = checked_number("num_output_channels", num_output_channels)
    for _ in range(checked_number("num_layers", num_layers)):
        x = _convolution(net, _scaled(net.shape[-1], hidden))
        net = activation_func(_normalized(x) if normalize else x)
    return tf.nn.sigmoid(_convolution(net, np.zeros((1, 1, net.shape[-1], outputs), np.float32)))


def _places(width: int) -> Tensor:
    """(width, width, 2): x and y, each of variance 1 over the image."""
    side = tf.linspace(-(3.0**0.5), 3.0**0.5, width)
    y, x = tf.meshgrid(side, side, indexing="ij")
    return tf.stack([x, y], -1)


def _scaled(inputs: int, outputs: int) -> npt.NDArray[np.float32]:
    """Weights of variance 1 / inputs, none beyond two standard deviations of the distribution before the cut."""
    noise = _noise.normal((1, 1, inputs, outputs), 1.0).astype(np.float64)
    outside = ndtr(-CUT)
    cut = ndtri(outside + ndtr(noise) * (1 - 2 * outside))
    return (cut / STANDARD_DEVIATION_OF_CUT / np.sqrt(inputs)).astype(np.float32)


def _convolution(x: Tensor, weights: npt.NDArray[np.float32]) -> Tensor:
    kernel = tf.Variable(weights)
    # With an axis of 1 in front, so that the number of channels is not taken for that of images.
    bias = tf.Variable(_noise.normal((1, weights.shape[-1]), BIAS_DEVIATION)[0])
    return tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias)


def _normalized(x: Tensor) -> Tensor:
    offset, scale = tf.Variable(tf.zeros(x.shape[-1:])), tf.Variable(tf.ones(x.shape[-1:]))
    mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-6)
