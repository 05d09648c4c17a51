"""Tensors of a network by Lucid's names, for an image that is being optimized."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.models import Network, layer_output
from artlucid.models._network import layer_outputs
from artlucid.visualize import overrides

Tensor = Any
Objective = Callable[[Callable[[str], Any]], Tensor]

Look = Callable[[Tensor, Tensor, bool], Callable[[str], Any]]
"""From what a network sees, the image, and whether blocked gradients pass a ReLU, to ``T``."""

WHITE = 255.0
"""What a network takes for an image's 1."""


class Activations:
    """What Lucid calls ``T``: a function from the name of a layer to its activations.

    Parameters
    ----------
    network : Network
    seen : tensor of shape (batch, height, width, 3)
        What the network sees, 0 … 1: the image after its transformations.
    image : tensor
        The image itself, ``T("input")``.
    names : sequence of str
        Layers to be computed together; others are computed when they are asked for.
    """

    def __init__(self, network: Network, seen: Tensor, image: Tensor, names: Sequence[str] = ()) -> None:
        _check_image(network, seen)
        self._network = network
        self._seen = seen
        self._image = image
        self._tensors: dict[str, Tensor] = {}
        self._compute(names)

    def __call__(self, name: str) -> Any:
        if name == "input":
            return self._image
        if name == "labels":
            return list(self._network.class_names)
        if name not in self._tensors:
            self._compute([name])
        return self._tensors[name]

    def _compute(self, names: Sequence[str]) -> None:
        if names:
            part = keras.Model(self._network.keras_model.input, layer_outputs(self._network, names))
            outputs = keras.tree.flatten(part(self._seen * WHITE, training=False))
            self._tensors.update(zip(names, outputs, strict=True))


def sight_of(network: Network) -> Callable[[Sequence[Objective], tf.TensorShape], Look]:
    """What lets objectives look at an image through a network.

    Parameters
    ----------
    network : Network

    Returns
    -------
    callable
        From objectives and the shape of the image to a `Look`, which computes the layers that they ask for.
    """

    def prepared(objectives: Sequence[Objective], shape: tf.TensorShape) -> Look:
        names = asked_layers(network, objectives, shape)

        def look(seen: Tensor, image: Tensor, redirected: bool) -> Activations:
            with overrides.relu_overrides() if redirected else contextlib.nullcontext():
                return Activations(network, seen, image, names)

        return look

    return prepared


def asked_layers(network: Network, objectives: Sequence[Objective], shape: tf.TensorShape) -> tuple[str, ...]:
    """The layers that objectives ask for; only these, and what lies below them, are computed."""
    asked: dict[str, Tensor] = {}
    image = tf.TensorSpec(shape, tf.float32)

    def placeholder(name: str, image: Tensor) -> Any:
        if name == "input":
            return image
        if name == "labels":
            return list(network.class_names)
        if name not in asked:
            form = layer_output(network, name).shape
            asked[name] = tf.compat.v1.placeholder(tf.float32, [shape[0], *form[1:]])
        return asked[name]

    @tf.function(autograph=False)
    def trace(image: Tensor) -> list[Tensor]:
        return [objective(lambda name: placeholder(name, image)) for objective in objectives]

    trace.get_concrete_function(image)
    return tuple(asked)


def _check_image(network: Network, seen: Tensor) -> None:
    channels = seen.shape[-1]
    if len(seen.shape) != 4 or channels != 3:
        raise VisualizationError(
            "What a network sees must have the shape (batch, height, width, 3). Received an image of shape "
            f"{tuple(seen.shape)}. {_ADVICE.get(channels, 'Make it with `param.image`, which has three channels.')}"
        )
    sides = network.keras_model.inputs[0].shape[1:3]
    if any(side is not None and side != given for side, given in zip(sides, seen.shape[1:3], strict=True)):
        raise VisualizationError(
            f"The image after its transformations must have the size that the network was built for, {sides[1]} x "
            f"{sides[0]} pixels. Received {_side(seen.shape[2])} x {_side(seen.shape[1])}. End the transformations "
            f"with `transform.crop_or_pad_to({sides[0]}, {sides[1]})`, or build the network with "
            "`input_shape=(None, None, 3)`."
        )


_ADVICE = {
    1: "Use `param.grayscale_image_rgb`, which repeats its one channel.",
    4: "Add `transform.collapse_alpha_random()` to the transformations, which puts it on a random background.",
}


def _side(pixels: int | None) -> str:
    return "varying" if pixels is None else str(pixels)
