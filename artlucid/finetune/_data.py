"""The images of a run: what is left out, what warns, what stops it from starting."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from artlucid.datasets import Dataset, Examination, Split
from artlucid.errors import DataError, DataWarning, RunError
from artlucid.files import write_atomically

COLUMNS = ["split", "path", "reason"]
TRAINING_SPLITS = ("train", "val")
LEAST_CLASSES: Mapping[str, int] = MappingProxyType({"single_label": 2, "multi_label": 1})
"""How many classes a dataset needs, by its task."""


def check_task(dataset: Dataset) -> None:
    """Refuse a dataset that cannot be trained on."""
    least = LEAST_CLASSES.get(dataset.task)
    if least is None or len(dataset.class_names) < least:
        raise DataError(
            "A dataset to train on must have one label an image and at least two classes, or several labels an image. "
            f"Received {dataset.specification}: {dataset.task}, {len(dataset.class_names)} classes. "
            "Put the images of each class in a folder of its own, or give their labels in a table."
        )
    for name in TRAINING_SPLITS:
        dataset.split(name)


def warn_of_absent_classes(dataset: Dataset) -> None:
    """Name the classes that no training image has: the network learns of them only what they are not."""
    labels = dataset.train.labels
    assert labels is not None
    positives = labels.sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=len(dataset.class_names))
    absent = [name for name, number in zip(dataset.class_names, positives, strict=True) if number == 0]
    if absent:
        warnings.warn(
            f"No training image of {dataset.specification} has the class {', '.join(absent)}: the network cannot "
            "learn it. Add images of it, or leave the class out.",
            DataWarning,
            stacklevel=4,
        )


def write_excluded(path: Path, examination: Examination) -> None:
    """Write the files that were left out, with the reason of each."""
    table = io.StringIO()
    rows = [(file.split, file.relative_path, file.reason) for file in examination.excluded]
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *rows])
    write_atomically(path, table.getvalue().encode("utf-8", "surrogateescape"))


def without_recorded(dataset: Dataset, path: Path) -> Dataset:
    """The dataset without the files that a run left out when it began.

    Raises
    ------
    RunError
        If their list is missing or damaged.
    """
    try:
        header, *rows = csv.reader(io.StringIO(path.read_bytes().decode("utf-8", "surrogateescape")))
        if header != COLUMNS:
            raise ValueError(f"its columns are {', '.join(header)}")
        left_out = {(split, relative_path) for split, relative_path, _ in rows}
    except (OSError, ValueError, csv.Error) as error:
        raise RunError(
            f"{path.name} of a run must be a table with the columns {', '.join(COLUMNS)}. Received {path} ({error}). "
            "The run is damaged: train again with another `--out`."
        ) from error
    splits = {name: _kept(split, left_out) for name, split in dataset.splits.items()}
    return dataset.with_splits(splits)


def _kept(split: Split, left_out: set[tuple[str, str]]) -> Split:
    return split.select(
        [index for index, path in enumerate(split.relative_paths) if (split.name, path) not in left_out]
    )
