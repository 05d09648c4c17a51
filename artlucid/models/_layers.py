"""The two layers that Keras lacks: what comes before the first convolution, and Caffe's normalization."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any

# `power` costs as much as a convolution here; these two exponents are all that InceptionV1 needs.
_INVERSE_POWERS: Mapping[float, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        0.5: ops.rsqrt,
        0.75: lambda scale: ops.rsqrt(scale) * ops.sqrt(ops.rsqrt(scale)),
    }
)


@keras.saving.register_keras_serializable("artlucid")
class Preprocess(keras.layers.Layer):
    """Turn RGB in 0 … 255 into what the weights were trained on, always in float32.

    Parameters
    ----------
    channel_order : {"RGB", "BGR"}
        The order that the first convolution expects.
    means : sequence of 3 float
        Subtracted after reordering.
    """

    def __init__(self, channel_order: str, means: tuple[float, float, float], **options: Any) -> None:
        super().__init__(**{**options, "dtype": "float32"})
        self.channel_order = channel_order
        self.means = tuple(means)

    def call(self, images: Tensor) -> Tensor:
        images = ops.cast(images, "float32")
        ordered = ops.flip(images, axis=-1) if self.channel_order == "BGR" else images
        return ordered - ops.convert_to_tensor(self.means, dtype="float32")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "channel_order": self.channel_order, "means": self.means}


@keras.saving.register_keras_serializable("artlucid")
class LocalResponseNormalization(keras.layers.Layer):
    """Divide each channel by the energy of its neighbours: TensorFlow's ``LRN``.

    The sum over neighbouring channels is a product with a banded matrix, which is faster than the
    op on the CPU, has a bfloat16 form where the op has none, and runs on every device.

    Parameters
    ----------
    depth_radius : int
        Neighbours on each side.
    bias, alpha, beta : float
        ``x / (bias + alpha * sum(x ** 2)) ** beta``.
    """

    def __init__(self, depth_radius: int, bias: float, alpha: float, beta: float, **options: Any) -> None:
        super().__init__(**options)
        self.depth_radius = depth_radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta

    def call(self, inputs: Tensor) -> Tensor:
        channels = np.arange(inputs.shape[-1])
        neighbours = np.abs(channels[:, None] - channels[None, :]) <= self.depth_radius
        band = ops.convert_to_tensor(neighbours, dtype=self.compute_dtype)
        return _normalize(inputs, band, self.bias, self.alpha, self.beta)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        constants = {name: getattr(self, name) for name in ("depth_radius", "bias", "alpha", "beta")}
        return {**super().get_config(), **constants}


def _normalize(inputs: Tensor, band: Tensor, bias: float, alpha: float, beta: float) -> Tensor:
    """The normalization with its gradient written down: differentiated op by op it takes twice as many passes."""

    @ops.custom_gradient
    def normalized(inputs: Tensor) -> Any:
        # The factor stands inside the square, which would exceed float16 from 256 on.
        energy = ops.matmul(ops.square(inputs * alpha**0.5), band) + bias
        inverse_power = _INVERSE_POWERS.get(beta, lambda base: ops.power(base, -beta))(energy)
        outputs = inputs * inverse_power

        def gradient(upstream: Tensor) -> Tensor:
            shared = ops.matmul(upstream * outputs / energy, band * (2 * alpha * beta))
            return upstream * inverse_power - inputs * shared

        return outputs, gradient

    return normalized(inputs)
