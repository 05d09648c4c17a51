"""Whether a network's declared range of values can be the one that it was trained on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from artlucid._channel import Channel
from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.models import Network
from artlucid.models._network import layer_outputs

LEAST_CHANGE = 0.01
"""A layer that changes by less between black and white hardly sees its input."""

SMALLEST = 0.9


def check_value_range(network: Network, wanted: Sequence[Channel], size: tuple[int, int]) -> None:
    """Warn of a network that hardly tells black from white: it was probably trained on a wider range.

    Networks of a known architecture carry their preprocessing and are right by construction.

    Raises
    ------
    VisualizationError
        If pictures of this size are too small for one of the layers.

    Warns
    -----
    VisualizationWarning
        With the layers, and how little they change.
    """
    if network.architecture is not None:
        return
    layers = tuple(dict.fromkeys(channel.layer for channel in wanted))
    part = keras.Model(network.keras_model.input, layer_outputs(network, layers))
    sides = zip(network.keras_model.inputs[0].shape[1:3], reversed(size), strict=True)
    # The standard transformations show a network no less than this of a picture.
    height, width = (fixed or max(int(SMALLEST * side), 1) for fixed, side in sides)
    black_and_white = np.stack([np.zeros((height, width, 3)), np.full((height, width, 3), 255)]).astype(np.float32)
    try:
        outputs = keras.tree.flatten(part(black_and_white, training=False))
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        raise VisualizationError(
            f"`size` must leave the layer something to see. Received {size[0]} x {size[1]} pixels for "
            f"{', '.join(layers)} of {network.source} ({str(error).splitlines()[0]}). Make larger pictures."
        ) from error
    unmoved = [layer for layer, output in zip(layers, outputs, strict=True) if _change(output) < LEAST_CHANGE]
    if unmoved:
        warnings.warn(
            f"{', '.join(unmoved)} of {network.source} change by less than {LEAST_CHANGE:.0%} between a black and a "
            "white image: the declared value range is probably too narrow, and pictures will be grey. Wrap the network "
            "with the range that it was trained on.",
            VisualizationWarning,
            stacklevel=3,
        )


def _change(output: object) -> float:
    """Of a layer between the two images, in units of its own size."""
    black, white = np.asarray(output, np.float64)
    size = np.linalg.norm(black) + np.linalg.norm(white)
    return float(np.linalg.norm(white - black) / size) if size > 0 else 1.0
