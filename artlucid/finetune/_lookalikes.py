"""Images that look the same where they should not: between splits, and between a first and a second training."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from artlucid import datasets
from artlucid.datasets import Dataset, Examination, NearDuplicate, NearDuplicates
from artlucid.errors import DataError, DataWarning

SCORED = ("val", "test")


def near_duplicates(
    examination: Examination, lineage: Mapping[str, Any], *, progress: bool = False
) -> list[dict[str, Any]]:
    """Find images that flatter the scores of a training, warn of them, and give them as a manifest records them.

    Parameters
    ----------
    examination : Examination
        Of the dataset to train on; byte-identical files were reported with it and are left out here.
    lineage : mapping
        `Run.lineage` of the run that the initial weights come from; empty without one. What the networks before
        learnt from, their training images, is compared with the validation and test images.
    progress : bool

    Returns
    -------
    list of dict
        ``first`` and ``second``, each with ``dataset``, ``split`` and ``relative_path``, and ``distance``.

    Warns
    -----
    DataWarning
        Of what was found, and of earlier data that are no longer there, or others by now.
    """
    dataset = examination.dataset
    found = [_without_identical(datasets.near_duplicates(dataset, progress=progress), examination)]
    found += _with_earlier(dataset, lineage, progress)
    for part in found:
        for notice in part.notices:
            warnings.warn(notice, DataWarning, stacklevel=5)
    return [asdict(pair) for part in found for pair in part.pairs]


def _without_identical(found: NearDuplicates, examination: Examination) -> NearDuplicates:
    group_of = {place: number for number, group in enumerate(examination.duplicates) for place in group}

    def identical(pair: NearDuplicate) -> bool:
        one, other = (group_of.get((file.split, file.relative_path)) for file in (pair.first, pair.second))
        return one is not None and one == other

    return replace(found, pairs=tuple(pair for pair in found.pairs if not identical(pair)))


def _with_earlier(dataset: Dataset, lineage: Mapping[str, Any], progress: bool) -> Iterator[NearDuplicates]:
    scored = dataset.with_splits({name: split for name, split in dataset.splits.items() if name in SCORED})
    for specification, identity in _earlier(dataset, lineage).items():
        try:
            earlier = datasets.load(specification)
            if earlier.identity != identity:
                warnings.warn(
                    f"the images of an earlier training, {specification}, have changed since: what is there now is "
                    "compared",
                    DataWarning,
                    stacklevel=5,
                )
            learnt_from = earlier.with_splits({"train": earlier.train})
            yield datasets.near_duplicates_between(learnt_from, scored, progress=progress)
        except DataError as error:
            warnings.warn(
                f"the images were not compared with those of an earlier training, {specification}: {error}",
                DataWarning,
                stacklevel=5,
            )


def _earlier(dataset: Dataset, lineage: Mapping[str, Any]) -> dict[str, str]:
    """The identities of other datasets that networks before were trained on, by specification, the latest first."""
    found: dict[str, str] = {}
    while lineage:
        described = lineage.get("dataset") or {}
        if described.get("identity") not in (None, dataset.identity):
            found.setdefault(described["specification"], described["identity"])
        lineage = (lineage.get("initial_weights") or {}).get("lineage") or {}
    return found
