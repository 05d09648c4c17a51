"""The datasets of an experiment: loaded, held to what they are for, and cut to a rehearsal's size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from artlucid import datasets
from artlucid.datasets import Dataset, Split
from artlucid.errors import DataError, ReproductionError
from artlucid.reproduce._items import possible_with
from artlucid.reproduce._settings import Settings
from artlucid.reproduce._states import ROLES

TASKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rasta": ("single_label", "one label an image"),
        "iconart": ("multi_label", "several labels an image"),
        "paintings": ("multi_label", "several labels an image"),
    }
)

SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"rasta": (70_000, 90_000), "iconart": (5_900, 6_000), "paintings": (8_400, 8_700)}
)
"""Between how many images the paper's own datasets have; what is published differs a little from what it says."""


def loaded(settings: Settings) -> dict[str, Dataset]:
    """Load the datasets that are given, by their roles.

    Raises
    ------
    DataError
        If one cannot be loaded, or lacks a split; with what can be made without it.
    ReproductionError
        If its images have other labels than those of its role.
    """
    found = {}
    for role in ROLES:
        if getattr(settings, role) is not None:
            found[role] = cut(_loaded(role, settings), settings.images_per_class)
    return found


def _loaded(role: str, settings: Settings) -> Dataset:
    try:
        dataset = datasets.load(getattr(settings, role))
        _check(role, dataset)
    except DataError as error:
        others = [other for other in ROLES if other != role and getattr(settings, other) is not None]
        raise DataError(f"`{role}`: {error} {possible_with(others)}") from error
    return dataset


def _check(role: str, dataset: Dataset) -> None:
    task, words = TASKS[role]
    if dataset.task != task:
        raise ReproductionError(
            f"`{role}` must be a dataset with {words}. Received {dataset.specification}: {dataset.task}. "
            f"Give another (`--{role}`)."
        )
    for split in ("train", "val", "test"):
        dataset.split(split)


def cut(dataset: Dataset, images_per_class: int | None) -> Dataset:
    """Keep at most so many images a class in each split, the same ones at each call."""
    if images_per_class is None:
        return dataset
    splits = {name: split.select(_kept(split, images_per_class)) for name, split in dataset.splits.items()}
    return dataset.with_splits(splits)


def _kept(split: Split, images_per_class: int) -> list[int]:
    assert split.labels is not None
    kept: set[int] = set()
    for images in _groups(split):
        # Evenly over the names, which often begin with the artist's.
        places = np.linspace(0, len(images) - 1, min(images_per_class, len(images))).round().astype(int)
        kept.update(images[places].tolist())
    return sorted(kept)


def _groups(split: Split) -> Iterator[np.ndarray]:
    """The images of each class; where an image may have none, those without any too."""
    labels = split.labels
    assert labels is not None
    if labels.ndim == 1:
        yield from (np.flatnonzero(labels == label) for label in np.unique(labels))
    else:
        yield from (images for column in labels.T if len(images := np.flatnonzero(column)))
        if len(bare := np.flatnonzero(~labels.any(axis=1))):
            yield bare


def is_the_papers(role: str, dataset: Dataset) -> bool:
    """Whether a dataset may be the paper's own: of its kind, and of its size."""
    least, most = SIZES[role]
    return dataset.name == role and least <= sum(map(len, dataset.splits.values())) <= most
