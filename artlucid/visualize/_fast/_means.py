"""The mean over space of a channel for each image of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from artlucid.architectures import Classifier, Concatenation, Convolution, GlobalMean, Layer, MaxPool, Normalization
from artlucid.visualize._activations import WHITE
from artlucid.visualize._fast import _operations
from artlucid.visualize._fast._layers import Kernels, Path
from artlucid.visualize._own_mean import own_mean

Tensor = Any

CHAINS = 2
"""A batch goes through the network in so many parts side by side, each small enough for the processor's cache."""


class ChannelMeans:
    """From what a network sees to the mean of each image's own channel.

    Parameters
    ----------
    path : Path
    kernels : Kernels
    precision : str
        In which the network computes: ``float32``, ``bfloat16`` or ``float16``.
    """

    def __init__(self, path: Path, kernels: Kernels, precision: str) -> None:
        self._path = path
        self._kernels = kernels
        self._precision = precision

    def __call__(self, seen: Tensor, *, redirected: bool) -> Tensor:
        """The means.

        Parameters
        ----------
        seen : float32 tensor of shape (batch, height, width, 3), values 0 … 1
        redirected : bool
            Whether blocked gradients pass a ReLU.

        Returns
        -------
        float32 tensor of shape (batch,)
        """
        batch = seen.shape[0]
        chains = CHAINS if batch % CHAINS == 0 else 1
        parts = tf.split(seen, chains)
        ways = [
            _Way(self._path, self._kernels, self._precision, redirected=redirected).means(
                part, slice(first, first + batch // chains)
            )
            for part, first in zip(parts, range(0, batch, batch // chains), strict=True)
        ]
        return tf.concat(ways, axis=0)


class _Way:
    """One pass along a path."""

    def __init__(self, path: Path, kernels: Kernels, precision: str, *, redirected: bool) -> None:
        self._path = path
        self._kernels = kernels
        self._precision = precision
        self._redirected = redirected
        self._symmetric = path.architecture.padding == "symmetric"
        self._tensors: dict[str, Tensor] = {}

    def means(self, seen: Tensor, images: slice) -> Tensor:
        """Of these images of the batch."""
        means = np.asarray(self._path.architecture.preprocess.means, np.float32)
        if self._path.architecture.preprocess.channel_order == "BGR":
            means = means[::-1]
        self._tensors["preprocess"] = tf.cast(seen * WHITE - means, self._precision)
        for layer in self._path.below:
            if layer.name not in self._tensors:
                _COMPUTE[type(layer)](self, layer)
        return self._own(images)

    def _own(self, images: slice) -> Tensor:
        target = self._path.target
        if self._path.wants_own_kernels:
            kernel, bias = self._kernels["own/kernel"][..., images], self._kernels["own/bias"][images]
            values = _OWN[type(target)](self._tensors[target.source], kernel, bias)
            # Every image has a value for every image's channel.
            return tf.linalg.diag_part(_mean_over_space(self._activated(values)))
        return own_mean(tf.cast(self._whole_target(target), tf.float32), self._kernels["channels"][images])

    def _whole_target(self, target: Layer) -> Tensor:
        if isinstance(target, Concatenation) and self._path.linear:
            layers = {layer.name: layer for layer in self._path.architecture.backbone}
            return tf.concat([self._linear(layers[source], (source,)) for source in target.sources], axis=-1)
        if isinstance(target, Convolution):
            return self._activated(self._linear(target, (target.name,)))
        _COMPUTE[type(target)](self, target)
        return self._tensors[target.name]

    def _activated(self, linear: Tensor) -> Tensor:
        """The wanted layer, after its ReLU if that is meant."""
        if self._path.linear or not isinstance(self._path.target, Convolution):
            return linear
        return _operations.redirected_relu(linear) if self._redirected else tf.nn.relu(linear)

    def _linear(self, layer: Convolution, group: tuple[str, ...], *, relu: bool = False) -> Tensor:
        kernel, bias = self._kernels[f"{group[0]}/kernel"], self._kernels[f"{group[0]}/bias"]
        inputs = self._tensors[layer.source]
        if layer.source == "preprocess":
            spread = self._kernels[f"{layer.name}/spread"]
            return _operations.first_convolution(inputs, kernel, bias, spread, symmetric=self._symmetric, relu=relu)
        return _operations.convolution(inputs, kernel, bias, relu=relu)

    def _convolution(self, layer: Convolution) -> None:
        """A group of convolutions at once, whose ReLUs block gradients each on its own at first."""
        group = self._path.group_of(layer.name)
        outputs = self._linear(layer, group, relu=not self._redirected)
        widths = {one.name: one.filters for one in self._path.below if isinstance(one, Convolution)}
        parts = tf.split(outputs, [widths[name] for name in group], axis=-1) if len(group) > 1 else [outputs]
        if self._redirected:
            parts = list(map(_operations.redirected_relu, parts))
        self._tensors.update(zip(group, parts, strict=True))

    def _max_pool(self, layer: MaxPool) -> None:
        inputs = self._tensors[layer.source]
        self._tensors[layer.name] = _operations.max_pool(inputs, layer.size, layer.stride, symmetric=self._symmetric)

    def _normalization(self, layer: Normalization) -> None:
        constants = self._path.architecture.local_response
        self._tensors[layer.name] = _operations.normalization(self._tensors[layer.source], constants)

    def _concatenation(self, layer: Concatenation) -> None:
        self._tensors[layer.name] = tf.concat([self._tensors[source] for source in layer.sources], axis=-1)

    def _global_mean(self, layer: GlobalMean) -> None:
        self._tensors[layer.name] = _mean_over_space(self._tensors[layer.source])


_COMPUTE: Mapping[type, Callable[[_Way, Any], None]] = MappingProxyType(
    {
        Convolution: _Way._convolution,
        MaxPool: _Way._max_pool,
        Normalization: _Way._normalization,
        Concatenation: _Way._concatenation,
        GlobalMean: _Way._global_mean,
    }
)


def _own_convolution(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    return _operations.convolution(inputs, kernel, bias, relu=False)


def _own_logits(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    return inputs @ tf.cast(kernel, tf.float32) + tf.cast(bias, tf.float32)


_OWN: Mapping[type, Callable[[Tensor, Tensor, Tensor], Tensor]] = MappingProxyType(
    {Convolution: _own_convolution, Classifier: _own_logits}
)


def _mean_over_space(values: Tensor) -> Tensor:
    """In float32, shape (batch, channels)."""
    values = tf.cast(values, tf.float32)
    return tf.reduce_mean(values, axis=list(range(1, len(values.shape) - 1))) if len(values.shape) > 2 else values
