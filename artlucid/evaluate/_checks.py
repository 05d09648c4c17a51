"""What a split and a network must be, so that the scores of one on the other mean something."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import keras

from artlucid.datasets import Dataset, Split
from artlucid.errors import DataError, DataWarning, ModelError
from artlucid.evaluate._scores import KINDS
from artlucid.finetune._task import TASKS
from artlucid.models import Network
from artlucid.models._names import has_softmax, program_of

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "single_label": "an image of it has one label",
        "multi_label": "an image of it may have several labels, or none",
    }
)


def check_split(dataset: Dataset, split: str) -> None:
    """Refuse a dataset without labels, and a split that it lacks."""
    if dataset.task not in TASKS:
        raise DataError(
            f"A dataset to evaluate on must have labels. Received {dataset.specification}: {dataset.task}. "
            "Put the images of each class in a folder of its own."
        )
    if split not in KINDS:
        raise DataError(f"`split` must be one of {', '.join(KINDS)}. Received {split!r}. Choose one of these.")
    if split == "test" and "test" not in dataset.splits:
        raise DataError(
            f"Test scores need a test split. Received {dataset.specification} with {', '.join(dataset.splits)}. "
            "Ask for `--split val` for the scores on the images that chose the best epoch; they are no test scores."
        )
    dataset.split(split)


def check_network(network: Network, dataset: Dataset) -> None:
    """Refuse a network of other classes, or whose predictions are of another kind than the labels."""
    refuse_graph(network)
    if network.class_names != dataset.class_names:
        raise ModelError(
            "`model` must have been trained on the classes of the dataset. Received "
            f"{_shown(network.class_names)} in {network.source}, and {_shown(dataset.class_names)} in "
            f"{dataset.specification}. Fine-tune it on this dataset first."
        )
    found, wanted = _activation(network), TASKS[dataset.task].activation
    if found != wanted:
        raise ModelError(
            f"`model` must end in a {wanted} to be scored on {dataset.specification}: {ADVICE[dataset.task]}. "
            f"Received {network.source}, which ends in {found}. Fine-tune it on this dataset first, which gives it a "
            f"head of that kind; end a network of your own in `keras.layers.Activation({wanted!r})`."
        )


def refuse_graph(network: Network) -> None:
    """Refuse a frozen graph of no known architecture, of which nobody knows what its predictions are."""
    if program_of(network.keras_model) is not None:
        raise ModelError(
            "`model` must be of a known architecture, or a wrapped Keras model, to be scored. Received "
            f"{network.source}, a frozen graph of another kind, which serves visualization and extraction. "
            "Give the run or the weights that it was made from, or the Keras model by `models.wrap`."
        )


def _activation(network: Network) -> str:
    """What makes predictions of the last layer's outputs."""
    if network.architecture is not None:
        return "softmax" if has_softmax(network.keras_model, network.architecture) else "sigmoid"
    last = network.keras_model.layers[-1].outputs[0]._keras_history.operation
    if isinstance(last, keras.layers.Softmax):
        return "softmax"
    return str(getattr(getattr(last, "activation", None), "__name__", f"a layer {last.name!r} without an activation"))


def _shown(class_names: tuple[str, ...]) -> str:
    if not class_names:
        return "no named classes"
    return f"{len(class_names)} classes ({', '.join(class_names[:3])}{', …' if len(class_names) > 3 else ''})"


def check_positives(split: Split, dataset: Dataset, *, few: int = 0) -> None:
    """Refuse a split of several labels without any, and warn of classes that have none, or fewer than a few.

    Parameters
    ----------
    split : Split
        Its usable images.
    dataset : Dataset
    few : int
        Below this, a class is absent from part of the resamples that an interval is made from.
    """
    if dataset.task != "multi_label" or not len(split):
        return
    assert split.labels is not None
    positives = dict(zip(dataset.class_names, split.labels.sum(axis=0).tolist(), strict=True))
    if not any(positives.values()):
        raise DataError(
            f"At least one image of the split must have a label. Received {KINDS[split.name]} images of "
            f"{dataset.specification} without any: {len(split)} images. Evaluate on another split, or add its labels."
        )
    if absent := [name for name, count in positives.items() if not count]:
        _warn(f"no {KINDS[split.name]} image has {_listed(absent)}: left out of the mean average precision")
    if rare := [f"{name} ({count})" for name, count in positives.items() if 0 < count < few]:
        _warn(
            f"few {KINDS[split.name]} images have {_listed(rare)}: a resample without them is a mean over the other "
            "classes, and intervals are rough"
        )


def _warn(message: str) -> None:
    warnings.warn(message, DataWarning, stacklevel=4)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
