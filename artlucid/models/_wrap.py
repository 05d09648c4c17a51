"""Admit any Keras image network to what artlucid does with networks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import keras
import numpy as np

from artlucid.errors import ModelError
from artlucid.models._network import Network


def wrap(
    keras_model: keras.Model,
    *,
    value_range: tuple[float, float] | None = None,
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
    class_names : sequence of str
        In the order of the predictions, if known.

    Returns
    -------
    Network
        Without a known architecture; its layer names are those of `keras_model`.

    Raises
    ------
    ModelError
        If the model is not functional, has several inputs or no value range.

    Examples
    --------
    >>> import keras
    >>> from artlucid import models
    >>> inputs = keras.Input((32, 32, 3))
    >>> maps = keras.layers.Conv2D(4, 3, name="edges")(inputs)
    >>> network = models.wrap(keras.Model(inputs, maps), value_range=(-1, 1))
    >>> network.layer_names
    ('edges',)
    """
    if value_range is None:
        raise ModelError(
            "`value_range` must say which values the network takes for black and white. Received none. "
            "Call `models.wrap(keras_model, value_range=(0, 1))`, or (-1, 1), (0, 255), … as it was trained."
        )
    low, high = value_range
    if not np.isfinite([low, high]).all() or low >= high:
        raise ModelError(
            f"`value_range` must be (black, white) with black below white. Received {value_range}. Use (0, 1), (-1, 1), …."
        )
    shapes = [tensor.shape for tensor in keras_model.inputs or ()]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][-1] != 3:
        raise ModelError(
            f"`keras_model` must be functional with one input (batch, height, width, 3). Received inputs {shapes}. "
            "Build it with `keras.Model(inputs, outputs)`, channels last."
        )
    inputs = keras.Input(shapes[0][1:], dtype="float32", name="input")
    rescale = keras.layers.Rescaling((high - low) / 255, offset=low, name="rescale", dtype="float32")
    return Network(
        # Nested, because a layer that stands in two graphs has two outputs.
        keras_model=keras.Model(inputs, keras_model(rescale(inputs)), name=f"wrapped_{keras_model.name}"),
        architecture=None,
        class_names=tuple(class_names),
        identity=_identity(keras_model, value_range),
        source=f"keras:{keras_model.name}",
    )


def _identity(keras_model: keras.Model, value_range: tuple[float, float]) -> str:
    digest = hashlib.sha256(f"{value_range}".encode())
    for layer in keras_model.layers:
        digest.update(f"{type(layer).__name__}/{layer.name}".encode())
        for array in layer.get_weights():
            digest.update(f"{array.shape}{array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
