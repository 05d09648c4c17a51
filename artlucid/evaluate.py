"""Scores of a network on a split of a dataset."""

from __future__ import annotations

import dataclasses
import math
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tqdm import tqdm

from artlucid import datasets, environment, metrics, models
from artlucid.datasets import Dataset, Split
from artlucid.errors import DataError, ModelError
from artlucid.inputs import Batches
from artlucid.models import Network
from artlucid.models._load import Source
from artlucid.models._precision import in_precision

__all__ = ["Options", "Scores", "as_text", "evaluate", "predict"]

TOP_K = (1, 3, 5)
"""As in Table 1 of the paper."""

KINDS = {"test": "test", "val": "validation", "train": "training"}
"""What the scores of a split are called."""


@dataclass(frozen=True)
class Options:
    """How a network is run over images.

    Attributes
    ----------
    batch_size : int
    precision : {"float32", "auto", "bfloat16", "float16"}
        Scores are computed in float32 unless told otherwise, so that they do not depend on the machine.
    max_excluded : float
        The largest part of the images that may be unusable, in 0 … 1.
    progress : bool
        Whether a bar is shown on a terminal.
    """

    batch_size: int = 32
    precision: str = "float32"
    max_excluded: float = 0.01
    progress: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.batch_size, int) or self.batch_size < 1:
            raise DataError(
                f"`batch_size` must be an integer of at least 1. Received {self.batch_size!r}. Give 32, for example."
            )


@dataclass(frozen=True)
class Scores:
    """How well a network classifies a split.

    Attributes
    ----------
    model, model_identity, data, data_identity : str
        What was evaluated on what.
    split : str
        Which split the scores are of; only those of ``test`` are test scores.
    images : int
        How many images count.
    excluded : list of str
        Unusable files, left out.
    top_1, top_3, top_5 : float or None
        Accuracies in [0, 1]; None where there are no more classes than that.
    class_accuracies : dict of str to float or None
        Per class; None for a class without images in the split.
    confusion_matrix : list of list of int
        Rows are true classes, columns predicted ones, in the order of `class_accuracies`.
    precision : dict
        As asked for and as used.
    """

    model: str
    model_identity: str
    data: str
    data_identity: str
    split: str
    images: int
    excluded: list[str]
    top_1: float
    top_3: float | None
    top_5: float | None
    class_accuracies: dict[str, float | None]
    confusion_matrix: list[list[int]]
    precision: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def evaluate(model: Source, dataset: Dataset | str, *, split: str = "test", options: Options = Options()) -> Scores:
    """Score a network on a split.

    Parameters
    ----------
    model : source
        Anything that `models.load` takes, trained on the dataset's classes.
    dataset : Dataset or str
    split : {"test", "val", "train"}
        The best epoch was chosen on ``val``, so that its scores there flatter.
    options : Options

    Returns
    -------
    Scores

    Raises
    ------
    DataError
        If the split is missing or has no labels.
    ModelError
        If the network's classes are not the dataset's.

    References
    ----------
    Table 1 of the paper.
    """
    network = models.load(model)
    dataset = datasets.load(dataset)
    _check_classes(network, dataset)
    _check_split(dataset, split)
    examination = datasets.usable(
        dataset,
        splits=[split],
        max_excluded=options.max_excluded,
        shorter_side=_input_size(network),
        progress=options.progress,
    )
    usable = examination.dataset.split(split)
    precision = environment.resolve_precision(options.precision)
    predictions = predict(network, usable, options=options)
    assert usable.labels is not None
    top = {k: metrics.top_k_accuracy(usable.labels, predictions, k=k) for k in TOP_K if k < predictions.shape[1]}
    accuracies = metrics.class_accuracies(usable.labels, predictions)
    return Scores(
        model=network.source,
        model_identity=network.identity,
        data=dataset.specification,
        data_identity=dataset.identity,
        split=split,
        images=len(usable),
        excluded=[f"{file.relative_path}: {file.reason}" for file in examination.excluded],
        top_1=top[1],
        top_3=top.get(3),
        top_5=top.get(5),
        class_accuracies={
            name: None if math.isnan(value) else float(value)
            for name, value in zip(dataset.class_names, accuracies, strict=True)
        },
        confusion_matrix=metrics.confusion_matrix(usable.labels, predictions).tolist(),
        precision=asdict(precision),
    )


def predict(network: Network, split: Split, *, options: Options = Options()) -> npt.NDArray[np.float32]:
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
    batches = Batches(unlabelled, size=_input_size(network), batch_size=options.batch_size)
    run = tf.function(lambda images: keras_model(images, training=False), reduce_retracing=True)
    rows = []
    bar = tqdm(total=len(split), unit="img", file=sys.stderr, disable=None if options.progress else True)
    with bar, batches.readable_errors():
        for images in batches.in_order():
            rows.append(run(images).numpy())
            bar.update(len(rows[-1]))
    return np.concatenate(rows).astype(np.float32)


def _input_size(network: Network) -> int:
    if network.architecture is not None:
        return network.architecture.input_size
    height, width = network.keras_model.input_shape[1:3]
    if height is None or height != width:
        raise ModelError(
            f"A wrapped network must take squares of one size to be evaluated. Received input shape "
            f"{network.keras_model.input_shape}. Build it with a fixed input size."
        )
    return int(height)


def _check_classes(network: Network, dataset: Dataset) -> None:
    if network.class_names != dataset.class_names:
        raise ModelError(
            "`model` must have been trained on the classes of the dataset. Received "
            f"{_shown(network.class_names)} in {network.source}, and {_shown(dataset.class_names)} in "
            f"{dataset.specification}. Fine-tune it on this dataset first."
        )


def _check_split(dataset: Dataset, split: str) -> None:
    if dataset.task != "single_label":
        raise DataError(
            f"A dataset to evaluate on must have one label an image. Received {dataset.specification}: {dataset.task}. "
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


def _shown(class_names: tuple[str, ...]) -> str:
    if not class_names:
        return "no named classes"
    return f"{len(class_names)} classes ({', '.join(class_names[:3])}{', …' if len(class_names) > 3 else ''})"


def as_text(scores: Scores) -> str:
    """Scores as a table for a terminal: accuracies, then a line a class with what it is most often taken for."""
    kind = KINDS[scores.split]
    tops = {1: scores.top_1, 3: scores.top_3, 5: scores.top_5}
    lines = [f"{scores.model} on the {kind} split of {scores.data}: {scores.images} images"]
    lines.append("  ".join(f"{kind} top-{k} {value:.2%}" for k, value in tops.items() if value is not None))
    names = list(scores.class_accuracies)
    width = max(len(name) for name in names)
    lines += ["", f"{'class':<{width}}  images  accuracy  most often taken for"]
    for index, (name, accuracy) in enumerate(scores.class_accuracies.items()):
        row = list(scores.confusion_matrix[index])
        images, row[index] = sum(row), 0
        other = f"{names[row.index(max(row))]} ({max(row)})" if max(row) else ""
        lines.append(f"{name:<{width}}  {images:>6}  {'' if accuracy is None else f'{accuracy:8.1%}':>8}  {other}")
    return "\n".join(lines)
