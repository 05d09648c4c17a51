"""What a dataset holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from artlucid import datasets
from artlucid._terminal import columns
from artlucid.datasets import SPECIFICATIONS, Dataset, Split
from artlucid.info._options import Facts, Options
from artlucid.info._text import block, counts

SPELLINGS = ", ".join(entry.spelling for entry in SPECIFICATIONS.values())

TASKS = {
    "single_label": "one label an image",
    "multi_label": "several labels an image, or none",
    "unlabelled": "no labels",
}


def recognizes(thing: Any) -> bool:
    """A dataset, or a specification of one."""
    if isinstance(thing, str):
        return thing.partition(":")[0] in SPECIFICATIONS and ":" in thing
    return isinstance(thing, Dataset)


def describe(thing: Any, options: Options) -> Facts:
    """Splits, classes, images of each class in each split, identity, missing files, notices."""
    dataset = datasets.load(thing)
    return {
        "specification": dataset.specification,
        "root": str(dataset.root),
        "task": dataset.task,
        "identity": dataset.identity,
        "images": {name: len(split) for name, split in dataset.splits.items()},
        "class_names": list(dataset.class_names),
        "images_of_class": {name: _of_each_class(dataset, split) for name, split in dataset.splits.items()},
        "without_label": {name: _without_label(split) for name, split in dataset.splits.items()},
        "missing": dict(Counter(file.split for file in dataset.missing)),
        "metadata_columns": list(dataset.metadata_columns),
        "notices": list(dataset.notices),
    }


def _of_each_class(dataset: Dataset, split: Split) -> dict[str, int]:
    if split.labels is None:
        return {}
    several = split.labels.ndim == 2
    numbers = split.labels.sum(axis=0) if several else np.bincount(split.labels, minlength=len(dataset.class_names))
    return {name: int(number) for name, number in zip(dataset.class_names, numbers, strict=True)}


def _without_label(split: Split) -> int:
    if split.labels is None:
        return len(split)
    return int((split.labels.sum(axis=1) == 0).sum()) if split.labels.ndim == 2 else 0


def _missing(numbers: dict[str, int]) -> str:
    return f"{counts(numbers)}: named in the table, and no usable file" if numbers else ""


def as_text(facts: Facts) -> list[str]:
    """What it is, then a line a class."""
    classes, splits = facts["class_names"], list(facts["images"])
    lines = block(
        [
            ("data", facts["specification"]),
            ("folder", facts["root"]),
            ("task", TASKS[facts["task"]]),
            ("images", counts(facts["images"])),
            ("missing", _missing(facts["missing"])),
            ("classes", str(len(classes)) if classes else ""),
            ("metadata", ", ".join(facts["metadata_columns"])),
            ("identity", facts["identity"]),
            *(("notice", notice) for notice in facts["notices"]),
        ]
    )
    if not classes:
        return lines
    rows = [[name, *(facts["images_of_class"][split][name] for split in splits)] for name in classes]
    if facts["task"] == "multi_label":
        rows.append(["(without a label)", *(facts["without_label"][split] for split in splits)])
    return [*lines, "", *columns([["class", *splits], *rows])]
