"""Predictions of a network for images."""

from __future__ import annotations

import dataclasses
import functools
import sys

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tqdm import tqdm

from artlucid import environment
from artlucid.datasets import Split
from artlucid.errors import ModelError
from artlucid.evaluate._checks import refuse_graph
from artlucid.evaluate._options import Options
from artlucid.inputs import Batches, open_cache
from artlucid.models import Network
from artlucid.models._precision import in_precision

Predictions = npt.NDArray[np.float32]


def predict(network: Network, split: Split, *, options: Options = Options()) -> Predictions:
    """Predictions of a network for every image of a split, in its order.

    Parameters
    ----------
    network : Network
    split : Split
    options : Options

    Returns
    -------
    float32 array of shape (n_images, n_classes)
        In [0, 1].
    """
    precision = environment.resolve_precision(options.precision)
    keras_model = in_precision(network, precision.policy).keras_model
    unlabelled = dataclasses.replace(split, labels=None)
    cache = open_cache(options.cache, limit=options.cache_limit)
    batches = Batches(unlabelled, size=input_size(network), batch_size=options.batch_size, cache=cache)
    # A partial object, because TensorFlow counts the tracings of functions with the same code together, and warns.
    run = tf.function(functools.partial(keras_model, training=False), reduce_retracing=True)
    rows = []
    bar = tqdm(total=len(split), unit="img", file=sys.stderr, disable=None if options.progress else True)
    with bar, batches.readable_errors():
        for images in batches.in_order():
            rows.append(run(images).numpy())
            bar.update(len(rows[-1]))
    return np.concatenate(rows).astype(np.float32)


def input_size(network: Network) -> int:
    """Side of the squares that a network takes, in pixels."""
    if network.architecture is not None:
        return network.architecture.input_size
    refuse_graph(network)
    height, width = network.keras_model.input_shape[1:3]
    if height is None or height != width:
        raise ModelError(
            f"A wrapped network must take squares of one size to be evaluated. Received input shape "
            f"{network.keras_model.input_shape}. Build it with a fixed input size."
        )
    return int(height)
