"""Admit any Keras image network to what artlucid does with networks."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from artlucid.errors import ModelError
from artlucid.models._names import known_names
from artlucid.models._network import Network

Tensor = Any

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)


def wrap(
    keras_model: keras.Model,
    *,
    value_range: tuple[float, float] | None = None,
    layers: Sequence[str] | None = None,
    class_names: Sequence[str] = (),
) -> Network:
    """Turn a Keras image network into a `Network` that takes RGB in 0 … 255.

    Parameters
    ----------
    keras_model : keras.Model
        A functional model with one input (batch, height, width, 3).
    value_range : tuple of float
        The values that the model takes for black and for white: (0, 1), (-1, 1), (0, 255), …. A wrong
        range is the most common cause of grey pictures, so it has no default.
    layers : sequence of str, optional
        Names of the layers that are analysed, in the order wanted. By default every two-dimensional convolution.
    class_names : sequence of str
        In the order of the predictions, if known.

    Returns
    -------
    Network
        Without a known architecture; its layer names are those of `keras_model`.

    Raises
    ------
    ModelError
        If the model is not functional, has several inputs or no value range, or if it lacks a layer that is named.

    Examples
    --------
    >>> import keras
    >>> from artlucid import models
    >>> inputs = keras.Input((32, 32, 3))
    >>> maps = keras.layers.Conv2D(4, 3, name="edges")(inputs)
    >>> network = models.wrap(keras.Model(inputs, maps), value_range=(-1, 1))
    >>> network.layer_names
    ('edges',)
    >>> network.analysed_layers
    ('edges',)
    """
    if value_range is None:
        raise ModelError(
            "`value_range` must say which values the network takes for black and white. Received none. "
            "Call `models.wrap(keras_model, value_range=(0, 1))`, or (-1, 1), (0, 255), … as it was trained."
        )
    low, high = checked_range(value_range)
    # Subclasses have no inputs, and a Sequential model raises until it is built.
    functional = isinstance(keras_model, keras.Model) and hasattr(keras_model, "inputs")
    shapes = [tensor.shape for tensor in keras_model.inputs] if functional else []
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][-1] != 3:
        raise ModelError(
            f"`keras_model` must be functional with one input (batch, height, width, 3). Received inputs {shapes}. "
            "Build it with `keras.Model(inputs, outputs)`, channels last."
        )
    inputs = keras.Input(shapes[0][1:], dtype="float32", name="input")
    # Nested, because a layer that stands in two graphs has two outputs.
    whole = keras.Model(inputs, keras_model(rescaled(inputs, low, high)), name=f"wrapped_{keras_model.name}")
    return Network(
        keras_model=whole,
        architecture=None,
        class_names=tuple(class_names),
        identity=_identity(keras_model, (low, high)),
        source=f"keras:{keras_model.name}",
        analysed_layers=_convolutions(keras_model) if layers is None else checked_layers(layers, whole),
    )


def rescaled(images: Tensor, low: float, high: float) -> Tensor:
    """From 0 … 255 to a network's own values for black and white."""
    return keras.layers.Rescaling((high - low) / 255, offset=low, name="rescale", dtype="float32")(images)


def _convolutions(keras_model: keras.Model) -> tuple[str, ...]:
    return tuple(layer.name for layer in keras_model.layers if isinstance(layer, CONVOLUTIONS))


def checked_layers(layers: Sequence[str], wrapped: keras.Model) -> tuple[str, ...]:
    """Hold names to layers that a network has."""
    known = known_names(wrapped, None)
    unknown = [name for name in layers if name not in known]
    if isinstance(layers, str) or unknown:
        near = difflib.get_close_matches(str(unknown[0]), known, n=3, cutoff=0.3) if unknown else []
        raise ModelError(
            f"`layers` must be a sequence of names of the model's layers. Received {layers!r}. "
            f"The nearest names are {', '.join(near or known[:3])}; there are {len(known)}."
        )
    return tuple(layers)


def checked_range(value_range: tuple[float, float]) -> tuple[float, float]:
    """Hold a value range to two numbers, black below white."""
    try:
        low, high = (float(value) for value in value_range)
    except (TypeError, ValueError):
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise ModelError(
            f"`value_range` must be (black, white) with black below white. Received {value_range}. "
            "Use (0, 1), (-1, 1), …."
        )
    return low, high


def _identity(keras_model: keras.Model, value_range: tuple[float, float]) -> str:
    digest = hashlib.sha256(f"{value_range}{_described(keras_model)}".encode())
    for array in keras_model.get_weights():
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _described(keras_model: keras.Model) -> str:
    """Layers, their settings and what feeds what; types and names alone where Keras cannot describe a layer."""
    functional = keras.Model(keras_model.inputs, keras_model.outputs)
    try:
        described = json.dumps(
            functional.get_config()["layers"], sort_keys=True, default=lambda value: type(value).__name__
        )
    except NotImplementedError:
        return str([(type(layer).__name__, layer.name) for layer in keras_model.layers])
    # Keras counts the inputs that a process makes, and names them so.
    counted = next(layer.name for layer in functional.layers if isinstance(layer, keras.layers.InputLayer))
    return described.replace(f'"{counted}"', '"input"')
