"""The images of a run: what is left out, what warns, what stops it from starting."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from artlucid.datasets import Dataset, Examination, Split
from artlucid.errors import DataError, RunError
from artlucid.files import write_atomically

COLUMNS = ["split", "path", "reason"]
TRAINING_SPLITS = ("train", "val")


def check_task(dataset: Dataset) -> None:
    """Refuse a dataset that cannot be trained on."""
    if dataset.task != "single_label" or len(dataset.class_names) < 2:
        raise DataError(
            "A dataset to train on must have one label an image and at least two classes. Received "
            f"{dataset.specification}: {dataset.task}, {len(dataset.class_names)} classes. "
            "Put the images of each class in a folder of its own."
        )
    for name in TRAINING_SPLITS:
        dataset.split(name)


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
