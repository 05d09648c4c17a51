"""Predictions as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from artlucid.datasets import Split
from artlucid.evaluate._candidate import Candidate
from artlucid.files import write_atomically

COLUMNS = ("model", "path", "labels")
"""Before the columns of the classes."""

SEPARATOR = "|"
"""Between the names of several labels; a name that holds it stands in quotes, as in a CSV file with this separator."""


def write(path: Path, split: Split, class_names: Sequence[str], candidates: Sequence[Candidate]) -> None:
    """Write a row for each model and image: the image's labels, and the prediction of each class in 0 … 1.

    Parameters
    ----------
    path : Path
    split : Split
        The images, in the order of the predictions.
    class_names : sequence of str
    candidates : sequence of Candidate
        Nine digits of each prediction are written, which give back the same float32.
    """
    labels = _named_labels(split, class_names)
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow([*COLUMNS, *class_names])
    for candidate in candidates:
        for image, named, values in zip(split.relative_paths, labels, candidate.predictions.tolist(), strict=True):
            rows.writerow([candidate.model, image, named, *(f"{value:.9g}" for value in values)])
    # As bytes, because a file name need not be text.
    write_atomically(path, table.getvalue().encode("utf-8", "surrogateescape"))


def _named_labels(split: Split, class_names: Sequence[str]) -> list[str]:
    assert split.labels is not None
    if split.labels.ndim == 1:
        return [class_names[label] for label in split.labels]
    return [_joined([class_names[index] for index in row.nonzero()[0]]) for row in split.labels]


def _joined(names: Sequence[str]) -> str:
    row = io.StringIO()
    csv.writer(row, delimiter=SEPARATOR, lineterminator="").writerow(names)
    return row.getvalue()
