"""What each head is held to: its loss and the weight of it, and the figures that the history keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from artlucid.architectures import Architecture, Head
from artlucid.errors import RecipeError
from artlucid.finetune._task import TASKS
from artlucid.recipes import Recipe

Batches = Any


class HeadLoss(keras.losses.Loss):
    """The loss of a task, of predictions, times a factor that makes a mean over classes their sum.

    Parameters
    ----------
    plain : keras.losses.Loss
    factor : float
    """

    def __init__(self, plain: keras.losses.Loss, factor: float) -> None:
        super().__init__(name="head_loss")
        self.plain = plain
        self.factor = factor

    def call(self, labels: Any, predictions: Any) -> Any:
        """One value an image."""
        return self.plain.call(labels, predictions) * self.factor


MEASURED = ("mean_average_precision",)
"""What callbacks may add to the logs of an epoch."""


@dataclass(frozen=True)
class Supervision:
    """What the heads of a network are held to.

    Attributes
    ----------
    heads : tuple of Head
        The main one alone, or with deep supervision the auxiliary ones before it.
    task : str
        Key in `TASKS`.
    loss_factor : float
        Times Keras's loss.
    """

    heads: tuple[Head, ...]
    task: str
    loss_factor: float

    @property
    def deep(self) -> bool:
        """Whether there are auxiliary heads."""
        return len(self.heads) > 1

    def compile_arguments(self) -> dict[str, Any]:
        """Losses, their weights and metrics, as `keras.Model.compile` takes them."""
        if not self.deep:
            return {"loss": self._loss(), "weighted_metrics": self._metrics(self.heads[0])}
        outputs = {head.classifier.predictions: head for head in self.heads}
        return {
            "loss": {name: self._loss() for name in outputs},
            "loss_weights": {name: head.loss_weight for name, head in outputs.items()},
            "weighted_metrics": {name: self._metrics(head) for name, head in outputs.items()},
        }

    def for_every_head(self, batches: Batches) -> Batches:
        """Give the labels to each head, in a `tf.data` pipeline of (images, labels) and perhaps weights."""
        if not self.deep:
            return batches
        outputs = [head.classifier.predictions for head in self.heads]
        return batches.map(lambda images, labels, *weights: (images, dict.fromkeys(outputs, labels), *weights))

    def history(self, logs: Mapping[str, Any]) -> dict[str, float]:
        """Keras's figures under the names of the history.

        Keras's own losses of several heads are left out: it averages batches of different sizes as if they were equal.
        """
        names = self._names()
        found = {}
        for name, value in logs.items():
            stem = name.removeprefix("val_")
            if stem in names:
                found[name.removesuffix(stem) + names[stem]] = float(value)
        return found

    def _names(self) -> dict[str, str]:
        """The name in the history by that in Keras's logs, where several outputs stand before each metric."""
        main = self.heads[-1]
        prefix = f"{main.classifier.predictions}_" if self.deep else ""
        score = TASKS[self.task].score
        auxiliary = {f"{head.classifier.predictions}_head_loss": f"{head.name}_loss" for head in self.heads[:-1]}
        measured = {name: name for name in MEASURED}
        return {"loss": "loss", f"{prefix}head_loss": "head_loss", f"{prefix}{score}": score, **auxiliary, **measured}

    def _loss(self) -> keras.losses.Loss:
        return HeadLoss(keras.losses.get(TASKS[self.task].loss), self.loss_factor)

    def _metrics(self, head: Head) -> list[keras.metrics.Metric]:
        loss = keras.metrics.MeanMetricWrapper(self._loss().call, name="head_loss")
        return [loss, SCORES[TASKS[self.task].score]()] if head is self.heads[-1] else [loss]


SCORES = {
    "top_1": lambda: keras.metrics.CategoricalAccuracy(name="top_1"),
    # With a label or two of ten an image, the part of right decisions is high for a network that says no to all.
    "label_f1": lambda: keras.metrics.F1Score(average="micro", threshold=0.5, name="label_f1"),
}
"""The figure beside the losses, by the name of its column in the history."""


def supervise(recipe: Recipe, architecture: Architecture, *, task: str, classes: int) -> Supervision:
    """Decide what a recipe holds the heads of a network to.

    Parameters
    ----------
    recipe : Recipe
    architecture : Architecture
    task : str
        `Dataset.task`.
    classes : int

    Returns
    -------
    Supervision

    Raises
    ------
    RecipeError
        If the recipe wants deep supervision and the network has no auxiliary heads.
    """
    if recipe.deep_supervision and not architecture.auxiliary_heads:
        raise RecipeError(
            "`deep_supervision` of a recipe must be False for a network without auxiliary heads. Received recipe "
            f"{recipe.name!r} with True for {architecture}. Choose a recipe without it, such as A, or another network."
        )
    auxiliary = architecture.auxiliary_heads if recipe.deep_supervision else ()
    # A softmax's cross-entropy is a sum over classes as it is, of which one alone counts.
    summed = recipe.loss_reduction == "sum" and TASKS[task].activation == "sigmoid"
    return Supervision((*auxiliary, architecture.head), task, float(classes) if summed else 1.0)
