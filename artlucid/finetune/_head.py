"""The head alone: a network from features to predictions, and features in batches."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras
import numpy as np
import numpy.typing as npt

from artlucid.datasets import Split
from artlucid.finetune import _optimizers
from artlucid.finetune._jobs import Job
from artlucid.finetune._task import TASKS
from artlucid.finetune._watched import watched
from artlucid.inputs import epoch_order
from artlucid.inputs._targets import targets_of
from artlucid.models._network import set_arrays, variables

Array = npt.NDArray[np.float32]


class FeatureBatches:
    """Batches of features, in the orders in which `inputs.Batches` gives the images themselves.

    Parameters
    ----------
    features : float32 array of shape (n_images, n_channels)
    split : Split
        The images that they are of.
    batch_size, n_classes : int
    """

    def __init__(self, features: Array, split: Split, *, batch_size: int, n_classes: int) -> None:
        self.split = split
        self.batch_size = batch_size
        self._features = features
        assert split.labels is not None
        self._targets = targets_of(split.labels, n_classes)

    def __len__(self) -> int:
        return -(-len(self.split) // self.batch_size)

    def in_order(self) -> tuple[Array, Array]:
        """All features and targets, in the order of the split."""
        return self._features, self._targets

    def shuffled(self, *, seed: int, epochs: range, augmentation: str = "none") -> Iterator[tuple[Array, Array]]:
        """Epoch after epoch, each in its own order; features are of images as they are."""
        assert augmentation == "none"
        for epoch in epochs:
            order = epoch_order(len(self.split), seed=seed, epoch=epoch)
            for start in range(0, len(order), self.batch_size):
                chosen = order[start : start + self.batch_size]
                yield self._features[chosen], self._targets[chosen]

    def readable_errors(self) -> contextlib.AbstractContextManager[None]:
        """No file is read any more."""
        return contextlib.nullcontext()


def build_head(job: Job) -> keras.Model:
    """The head as a network of its own, at the job's start, compiled as the job's recipe says."""
    classifier, task = job.architecture.head.classifier, TASKS[job.dataset.task]
    arrays = {f"{classifier.name}/{part}": job.start.arrays[f"{classifier.name}/{part}"] for part in ("kernel", "bias")}
    channels, classes = arrays[f"{classifier.name}/kernel"].shape
    inputs = keras.Input((channels,), dtype="float32", name=job.architecture.feature_layer)
    logits = keras.layers.Dense(classes, name=classifier.name, dtype="float32")(inputs)
    predictions = keras.layers.Activation(task.activation, name=classifier.predictions, dtype="float32")(logits)
    model = watched(keras.Model(inputs, predictions), job.supervision)
    set_arrays(model, job.architecture, arrays)
    trained = variables(model, job.architecture)
    optimizer = _optimizers.build(job.recipe, job.policies.rates.values, trained, job.steps_per_epoch)
    model.compile(optimizer=optimizer, jit_compile=False, **job.supervision.compile_arguments())
    return model
