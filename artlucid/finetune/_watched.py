"""The predictions of a validation, as it makes them, for measures that are no mean over batches."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid import metrics
from artlucid.finetune._supervision import Supervision

Array = npt.NDArray[np.float32]


class Watched(keras.Model):
    """A network that keeps its validation's predictions; no step of the training has part in it.

    Parameters
    ----------
    network : keras.Model
        Its layers are used as they are.
    output : str
        Of the predictions that are kept, where there are several.
    """

    def __init__(self, network: keras.Model, output: str) -> None:
        super().__init__(network.inputs, network.output, name=network.name)
        self.watched = output
        self.seen: list[tuple[Array, Array]] = []

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Keras's own, which it calls with the predictions of each batch."""
        if not training:
            labels, predictions, weights = (self._of_output(value) for value in (y, y_pred, sample_weight))
            weights = tf.ones(tf.shape(labels)[:1]) if weights is None else weights
            tf.numpy_function(self._see, [labels, predictions, weights], [], stateful=True)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def _of_output(self, value: Any) -> Any:
        return value[self.watched] if isinstance(value, dict) else value

    def _see(self, labels: Array, predictions: Array, weights: Array) -> None:
        # Images of no weight only fill a batch up.
        self.seen.append((labels[weights > 0], predictions[weights > 0]))


class MeanAveragePrecision(keras.callbacks.Callback):
    """Adds the mean average precision on the validation images of a `Watched` network to the logs of each epoch."""

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.model.seen.clear()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs.update(validation_precision(self.model))


def watched(network: keras.Model, supervision: Supervision) -> keras.Model:
    """The network, whose predictions are kept where images may have several labels."""
    several = supervision.task == "multi_label"
    return Watched(network, supervision.heads[-1].classifier.predictions) if several else network


def measures_of(network: keras.Model) -> list[keras.callbacks.Callback]:
    """What has to follow the training or the validation of a network that `watched` gave."""
    return [MeanAveragePrecision()] if isinstance(network, Watched) else []


def validation_precision(network: keras.Model) -> dict[str, float]:
    """Mean over the classes of the average precision in the last validation, as a row of the history names it.

    Classes without a positive image are left out; without any class that has one, or with one label an image, there is
    no such value. The order of the images, which several devices leave open, is nothing to it.
    """
    if not isinstance(network, Watched):
        return {}
    labels, predictions = (np.concatenate(arrays) for arrays in zip(*network.seen, strict=True))
    if not labels.any():
        return {}
    return {"val_mean_average_precision": metrics.mean_average_precision(labels.astype(int), predictions)}
