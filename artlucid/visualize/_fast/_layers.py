"""Which layers of a network lie below one of its layers, and their kernels, which another network's can replace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid._channel import PRE_RELU
from artlucid.architectures import (
    Architecture,
    Classifier,
    Concatenation,
    Convolution,
    GlobalMean,
    Layer,
    MaxPool,
    Normalization,
)
from artlucid.models import Network
from artlucid.models._network import own_name
from artlucid.visualize._fast._operations import spread_kernel

Tensor = Any


@dataclass(frozen=True)
class _Arrays:
    """The values of variables; only what is asked for is copied."""

    variables: Mapping[str, Any]

    def __getitem__(self, name: str) -> npt.NDArray[np.float32]:
        return np.asarray(self.variables[name].numpy(), np.float32)


@dataclass(frozen=True)
class Path:
    """The way from the image to one layer.

    Attributes
    ----------
    architecture : Architecture
    target : Layer
        The layer.
    linear : bool
        Whether it is meant before its ReLU.
    below : tuple of Layer
        What must be computed before it, in graph order.
    groups : tuple of tuple of str
        Convolutions below that are computed as one: those of one side that see the same.
    """

    architecture: Architecture
    target: Layer
    linear: bool
    below: tuple[Layer, ...]
    groups: tuple[tuple[str, ...], ...]

    @property
    def wants_own_kernels(self) -> bool:
        """Whether the kernels of the wanted channels alone suffice."""
        return isinstance(self.target, Convolution | Classifier) and self.target.source != "preprocess"

    @property
    def weights(self) -> tuple[str, ...]:
        """The layers whose kernels are needed."""
        own = self.target.sources if isinstance(self.target, Concatenation) and self.linear else (self.target.name,)
        with_kernels = {
            layer.name for layer in self.architecture.layers() if isinstance(layer, Convolution | Classifier)
        }
        return tuple(name for name in (*(layer.name for layer in self.below), *own) if name in with_kernels)

    def group_of(self, name: str) -> tuple[str, ...]:
        """The convolutions that are computed together with one."""
        return next(group for group in self.groups if name in group)


def path_to(network: Network, name: str) -> Path | None:
    """The way to a layer, None where it must go through the whole network.

    That is so for networks of a user's own, for layers of auxiliary heads, for predictions, for what comes before the
    first convolution, and for architectures with other kinds of layers or strides.
    """
    if network.architecture is None:
        return None
    architecture, name = network.architecture, own_name(network, name)
    linear = name.endswith(PRE_RELU)
    layers = {layer.name: layer for layer in architecture.layers()}
    target = layers.get(name.removesuffix(PRE_RELU))
    if target is None:
        return None
    needed = _needed(layers, target)
    # A block before its ReLUs is made of convolutions that are not needed for anything else.
    above = {target.name, *(target.sources if linear and isinstance(target, Concatenation) else ())}
    below = tuple(layer for layer in architecture.backbone if layer.name in needed - above)
    if not all(map(_is_written_here, (layer for layer in architecture.layers() if layer.name in needed))):
        return None
    return Path(architecture, target, linear, below, tuple(_groups(below)))


def _is_written_here(layer: Layer) -> bool:
    """Whether `_operations` has what a layer does: convolutions have a stride of 2 at the image, and else of 1."""
    if isinstance(layer, Convolution):
        return layer.stride == (2 if layer.source == "preprocess" else 1)
    return isinstance(layer, MaxPool | Normalization | Concatenation | GlobalMean | Classifier)


def _sources(layer: Layer) -> tuple[str, ...]:
    return layer.sources if isinstance(layer, Concatenation) else (layer.source,)


def _needed(layers: Mapping[str, Layer], target: Layer) -> set[str]:
    needed: set[str] = set()
    waiting = [target.name]
    while waiting:
        name = waiting.pop()
        if name in layers and name not in needed:
            needed.add(name)
            waiting.extend(_sources(layers[name]))
    return needed


def _groups(layers: Sequence[Layer]) -> Iterator[tuple[str, ...]]:
    together: dict[tuple[str, int], list[str]] = {}
    for layer in layers:
        if isinstance(layer, Convolution):
            # Only sides of 1: what they see is what they share.
            key = (layer.source if layer.kernel_size == 1 else layer.name, layer.kernel_size)
            together.setdefault(key, []).append(layer.name)
    yield from map(tuple, together.values())


class Kernels:
    """The kernels and biases along a path, as variables of one precision.

    Parameters
    ----------
    path : Path
    shapes : mapping of str to shape
        Of a network's arrays.
    batch : int
        How many channels are wanted.
    precision : str
        ``float32``, ``bfloat16`` or ``float16``.
    """

    def __init__(self, path: Path, shapes: Mapping[str, tuple[int, ...]], batch: int, precision: str) -> None:
        self._path = path
        self._variables: dict[str, tf.Variable] = {}
        self._loaded: str | None = None
        zeros = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        for name, array in {**self._of_network(zeros), **self._of_channels(zeros, [0] * batch)}.items():
            kind = array.dtype if array.dtype.kind == "i" else precision
            self._variables[name] = tf.Variable(tf.cast(array, kind), trainable=False, name=name.replace("/", "_"))

    def load(self, variables: Mapping[str, Any], identity: str, channels: Sequence[int]) -> None:
        """Take a network's arrays, and those of the channels that are wanted.

        Parameters
        ----------
        variables : mapping of str to keras.Variable
            By ``<layer>/kernel`` and ``<layer>/bias``.
        identity : str
            Of the network: what is there already is not taken again.
        channels : sequence of int
            A channel of the target for each image.
        """
        if identity != self._loaded:
            self._assign(self._of_network(_Arrays(variables)))
            self._loaded = identity
        self._assign(self._of_channels(_Arrays(variables), channels))

    def __getitem__(self, name: str) -> Tensor:
        return self._variables[name].read_value()

    def _assign(self, arrays: Any) -> None:
        for name, array in arrays.items():
            variable = self._variables[name]
            variable.assign(tf.cast(array, variable.dtype))

    def _of_network(self, arrays: Any) -> dict[str, npt.NDArray[np.float32]]:
        """A kernel and a bias a group, under the name of its first layer."""
        found = {}
        groups = [*self._path.groups, *((name,) for name in self._whole_targets())]
        for group in groups:
            kernels = [arrays[f"{name}/kernel"] for name in group]
            found[f"{group[0]}/kernel"] = np.concatenate(kernels, axis=-1)
            found[f"{group[0]}/bias"] = np.concatenate([arrays[f"{name}/bias"] for name in group])
        first = self._path.architecture.convolutions[0]
        if self._path.architecture.preprocess.channel_order == "BGR":
            # The kernel is turned round once, rather than every image.
            found[f"{first}/kernel"] = found[f"{first}/kernel"][:, :, ::-1]
        found[f"{first}/spread"] = spread_kernel(found[f"{first}/kernel"])
        return found

    def _whole_targets(self) -> tuple[str, ...]:
        """Convolutions at the end of the path of which all channels are computed."""
        target = self._path.target
        if isinstance(target, Convolution) and not self._path.wants_own_kernels:
            return (target.name,)
        return target.sources if isinstance(target, Concatenation) and self._path.linear else ()

    def _of_channels(self, arrays: Any, channels: Sequence[int]) -> dict[str, npt.NDArray[Any]]:
        if not self._path.wants_own_kernels:
            return {"channels": np.asarray(channels, np.int32)}
        name = self._path.target.name
        return {"own/kernel": arrays[f"{name}/kernel"][..., channels], "own/bias": arrays[f"{name}/bias"][channels]}
