"""Operations of which only the gradient with respect to the input is ever wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.architectures import LocalResponse
from artlucid.visualize import overrides

Tensor = Any
Gradient = Callable[[Tensor], Tensor]

redirected_relu = overrides.use_gradient(overrides.redirected_relu_grad)(tf.nn.relu)
"""A ReLU during the first updates."""


def convolution(inputs: Tensor, kernel: Tensor, bias: Tensor, *, relu: bool) -> Tensor:
    """Convolve at stride 1, zeros around; with a ReLU that is one operation, and its gradient needs no other tensor.

    Parameters
    ----------
    inputs : tensor of shape (batch, height, width, inputs)
    kernel : tensor of shape (side, side, inputs, outputs)
        Of the same type.
    bias : tensor of shape (outputs,)
    relu : bool
    """

    @tf.custom_gradient
    def convolved(inputs: Tensor) -> tuple[Tensor, Gradient]:
        outputs = tf.nn.bias_add(tf.nn.conv2d(inputs, kernel, 1, "SAME"), bias)
        outputs = tf.nn.relu(outputs) if relu else outputs

        def gradient(upstream: Tensor) -> Tensor:
            return tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(inputs),
                filter=kernel,
                out_backprop=_passed(upstream, outputs) if relu else upstream,
                strides=[1, 1, 1, 1],
                padding="SAME",
            )

        return outputs, gradient

    return convolved(inputs)


def first_convolution(
    inputs: Tensor, kernel: Tensor, bias: Tensor, spread: Tensor, *, symmetric: bool, relu: bool
) -> Tensor:
    """Convolve at stride 2, with the gradient as a convolution at stride 1 that gives 2 x 2 pixels at each place.

    Parameters
    ----------
    inputs : tensor of shape (batch, height, width, 3)
    kernel : tensor of shape (side, side, 3, outputs)
    bias : tensor of shape (outputs,)
    spread : tensor
        `spread_kernel` of the kernel.
    symmetric : bool
        Caffe's padding in the place of TensorFlow's.
    relu : bool
    """
    side = kernel.shape[0]
    height, width = tf.unstack(tf.shape(inputs)[1:3])

    @tf.custom_gradient
    def convolved(inputs: Tensor) -> tuple[Tensor, Gradient]:
        padding = [[0, 0], [side // 2] * 2, [side // 2] * 2, [0, 0]]
        padded, rule = (tf.pad(inputs, padding), "VALID") if symmetric else (inputs, "SAME")
        outputs = tf.nn.bias_add(tf.nn.conv2d(padded, kernel, 2, rule), bias)
        outputs = tf.nn.relu(outputs) if relu else outputs

        def gradient(upstream: Tensor) -> Tensor:
            passed = _passed(upstream, outputs) if relu else upstream
            reach = spread.shape[0] - 1
            around = tf.pad(passed, [[0, 0], [reach] * 2, [reach] * 2, [0, 0]])
            all_pixels = tf.nn.depth_to_space(tf.nn.conv2d(around, spread, 1, "VALID"), 2)
            above, left = (_before(length, side, symmetric) for length in (height, width))
            return tf.slice(all_pixels, [0, above, left, 0], tf.shape(inputs))

        return outputs, gradient

    return convolved(inputs)


def spread_kernel(kernel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """From the gradient of a convolution at stride 2 to that of its input, 2 x 2 pixels as channels.

    Parameters
    ----------
    kernel : array of shape (side, side, inputs, outputs)

    Returns
    -------
    array of shape (reach, reach, outputs, 4 * inputs), reach being half of the side, rounded up
    """
    side, _, inputs, outputs = kernel.shape
    reach = (side + 1) // 2
    even = np.zeros((2 * reach, 2 * reach, inputs, outputs), np.float32)
    even[:side, :side] = kernel
    by_phase = even.reshape(reach, 2, reach, 2, inputs, outputs)[::-1, :, ::-1]
    return by_phase.transpose(0, 2, 5, 1, 3, 4).reshape(reach, reach, outputs, 4 * inputs)


def _before(length: Tensor, side: int, symmetric: bool) -> Tensor:
    """How many zeros stand before the first pixel at stride 2."""
    if symmetric:
        return tf.constant(side // 2)
    return tf.maximum((length + 1) // 2 * 2 - 2 + side - length, 0) // 2


def max_pool(inputs: Tensor, size: int, stride: int, *, symmetric: bool) -> Tensor:
    """The maximum of windows; Caffe's stand over the border below and on the right, where there is 0."""
    if stride > 1 and symmetric:
        return tf.nn.max_pool2d(tf.pad(inputs, [[0, 0], [0, 1], [0, 1], [0, 0]]), size, stride, "VALID")
    return tf.nn.max_pool2d(inputs, size, stride, "SAME")


def normalization(inputs: Tensor, constants: LocalResponse) -> Tensor:
    """Divide each channel by the energy of its neighbours, which a convolution with a banded matrix sums."""
    if inputs.dtype == tf.float16:
        # Which ends below the square of 256.
        return tf.cast(normalization(tf.cast(inputs, tf.float32), constants), tf.float16)
    kind, channels = inputs.dtype, np.arange(inputs.shape[-1])
    near = np.abs(channels[:, None] - channels[None, :]) <= constants.depth_radius
    factor = 2 * constants.alpha * constants.beta
    energy_band, gradient_band = (tf.constant(near[None, None] * scale, kind) for scale in (constants.alpha, factor))
    offset = tf.constant(constants.bias, kind, [len(channels)])

    @tf.custom_gradient
    def normalized(inputs: Tensor) -> tuple[Tensor, Gradient]:
        energy = tf.nn.bias_add(tf.nn.conv2d(tf.square(inputs), energy_band, 1, "SAME"), offset)
        weight = _inverse_power(energy, constants.beta)
        outputs = inputs * weight

        def gradient(upstream: Tensor) -> Tensor:
            shared = tf.nn.conv2d(upstream * outputs / energy, gradient_band, 1, "SAME")
            return upstream * weight - inputs * shared

        return outputs, gradient

    return normalized(inputs)


def _inverse_power(energy: Tensor, power: float) -> Tensor:
    """``energy ** -power``: the general power costs as much as a convolution."""
    root = tf.math.rsqrt(energy)
    if power == 0.5:
        return root
    return root * tf.sqrt(root) if power == 0.75 else tf.pow(energy, tf.cast(-power, energy.dtype))


def _passed(upstream: Tensor, outputs: Tensor) -> Tensor:
    return tf.raw_ops.ReluGrad(gradients=upstream, features=outputs)
