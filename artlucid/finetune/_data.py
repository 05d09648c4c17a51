"""The images of a run: what is left out, what warns, what stops it from starting."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pandas as pd

from artlucid.datasets import Dataset, Examination, Split, examine
from artlucid.errors import DataError, DataWarning
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


def examined(dataset: Dataset, *, max_excluded: float, progress: bool) -> Examination:
    """Look at every file once, and warn of what would change the meaning of the scores.

    Raises
    ------
    DataError
        If more than `max_excluded` of the files cannot be used.
    """
    examination = examine(dataset, progress=progress)
    total = sum(len(split) for split in dataset.splits.values())
    excluded = examination.excluded
    if len(excluded) > max_excluded * total:
        shown = "; ".join(f"{file.split}/{file.relative_path}: {file.reason}" for file in excluded[:5])
        raise DataError(
            f"At most {max_excluded:.1%} of the images may be unusable. Received {len(excluded)} of {total} in "
            f"{dataset.specification}: {shown}{'; …' if len(excluded) > 5 else ''}. "
            "Repair or remove them, or allow more with `--max-excluded`."
        )
    if excluded:
        shown = ", ".join(f"{file.split}/{file.relative_path} ({file.reason})" for file in excluded[:5])
        warnings.warn(
            f"{len(excluded)} of {total} images are left out: {shown}{', …' if len(excluded) > 5 else ''}",
            DataWarning,
            stacklevel=2,
        )
    if examination.duplicates:
        shown = "; ".join(" = ".join(f"{split}/{path}" for split, path in group) for group in examination.duplicates[:5])
        warnings.warn(
            f"{len(examination.duplicates)} images stand in more than one split, which flatters the scores: "
            f"{shown}{'; …' if len(examination.duplicates) > 5 else ''}",
            DataWarning,
            stacklevel=2,
        )
    return examination


def write_excluded(path: Path, examination: Examination) -> None:
    """Write the files that were left out, with the reason of each."""
    rows = [(file.split, file.relative_path, file.reason) for file in examination.excluded]
    write_atomically(path, pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False).encode())


def without_recorded(dataset: Dataset, path: Path) -> Dataset:
    """The dataset without the files that a run left out when it began."""
    table = pd.read_csv(io.BytesIO(path.read_bytes()))
    left_out = set(zip(table["split"], table["path"], strict=True))
    splits = {name: _kept(split, left_out) for name, split in dataset.splits.items()}
    return dataset.with_splits(splits)


def _kept(split: Split, left_out: set[tuple[str, str]]) -> Split:
    return split.select(
        [index for index, path in enumerate(split.relative_paths) if (split.name, path) not in left_out]
    )
