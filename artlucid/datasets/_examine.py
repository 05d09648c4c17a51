"""Every file of a dataset read once: which are unusable, and which occur in more than one split."""

import dataclasses
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from artlucid.datasets._checks import SPLIT_NAMES
from artlucid.datasets._dataset import Dataset, Excluded, Split
from artlucid.datasets._each_image import each_image
from artlucid.datasets.images import check_shorter_side, decode, explain, open_regular_file, resized
from artlucid.errors import DataError


@dataclass(frozen=True, eq=False)
class Examination:
    """What `examine` found.

    Parameters
    ----------
    dataset : Dataset
        Without the unusable files, and without the missing ones of the splits read.
    excluded : tuple of Excluded
        The missing and the unusable files, in the order of the splits.
    duplicates : tuple of tuples of (split, relative path)
        Groups of byte-identical files that occur in more than one split.
    """

    dataset: Dataset
    excluded: tuple[Excluded, ...]
    duplicates: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True)
class _Outcome:
    split: str
    index: int
    relative_path: str
    digest: str
    failure: str | None


def examine(
    dataset: Dataset,
    *,
    splits: Sequence[str] | None = None,
    shorter_side: int | None = None,
    progress: bool = False,
) -> Examination:
    """Read every file, find the unusable ones and the duplicates between splits.

    Each file is decoded whole, a JPEG at an eighth of its scale, by one thread for each usable processor. At most
    one image a thread is in memory. Files that the dataset's table names but that are missing count as unusable.

    Parameters
    ----------
    dataset : Dataset
    splits : sequence of str, optional
        Names of the splits to read; all by default. The others stay as they are.
    shorter_side : int, optional
        Exclude also the files that `read_image` would refuse to resize to this shorter side, in pixels: narrow ones,
        which would grow above its limit.
    progress : bool
        Draw a bar on standard error where that is a terminal.

    Returns
    -------
    Examination

    Raises
    ------
    DataError
        If the dataset has no such split, `shorter_side` is not a positive integer, or no file of a split can be
        used.
    """
    names = _chosen(dataset, splits)
    check_shorter_side(shorter_side)
    chosen = [dataset.splits[name] for name in names]
    outcomes = each_image(partial(_read, shorter_side), chosen, description="Reading images", progress=progress)
    failures = [outcome for outcome in outcomes if outcome.failure is not None]
    missing = {file for file in dataset.missing if splits is None or file.split in names}
    unreadable = [Excluded(failed.split, failed.relative_path, str(failed.failure)) for failed in failures]
    named = [file for file in dataset.missing if file in missing]
    excluded = sorted([*named, *unreadable], key=lambda file: SPLIT_NAMES.index(file.split))
    return Examination(_without(dataset, failures, missing), tuple(excluded), _duplicates(outcomes))


def _chosen(dataset: Dataset, splits: Sequence[str] | None) -> tuple[str, ...]:
    if splits is None:
        return tuple(dataset.splits)
    if isinstance(splits, str) or not set(splits) <= set(dataset.splits):
        raise DataError(
            f"`splits` must be a sequence of names of the dataset's splits. Received {splits!r}. "
            f"Choose among {', '.join(dataset.splits)}, for example `splits=[{next(iter(dataset.splits))!r}]`."
        )
    return tuple(name for name in dataset.splits if name in splits)


def _read(shorter_side: int | None, split: Split, index: int) -> _Outcome:
    digest, failure = _digest_and_failure(split.path(index), shorter_side)
    return _Outcome(split.name, index, split.relative_paths[index], digest, failure)


def _digest_and_failure(path: Path, shorter_side: int | None) -> tuple[str, str | None]:
    try:
        with open_regular_file(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            _, size, _ = decode(file, least_side=1)
            if shorter_side is not None:
                resized(size, int(shorter_side))
    except Exception as error:
        return "", explain(error)
    return digest, None


def _without(dataset: Dataset, failures: Sequence[_Outcome], missing: Collection[Excluded]) -> Dataset:
    if not failures and not missing:
        return dataset
    splits = dict(dataset.splits)
    for name in {failed.split for failed in failures}:
        unusable = {failed.index for failed in failures if failed.split == name}
        usable = [index for index in range(len(splits[name])) if index not in unusable]
        if not usable:
            first = next(failed for failed in failures if failed.split == name)
            raise DataError(
                f"At least one file of each split must be a readable image. Received {name!r} of "
                f"{dataset.specification} with none; the first is {first.relative_path}: {first.failure}. "
                "Replace these files, for example by downloading the dataset again."
            )
        splits[name] = splits[name].select(usable)
    others = tuple(file for file in dataset.missing if file not in missing)
    return dataclasses.replace(dataset, splits=splits, missing=others)


def _duplicates(outcomes: Sequence[_Outcome]) -> tuple[tuple[tuple[str, str], ...], ...]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for outcome in outcomes:
        if outcome.failure is None:
            groups.setdefault(outcome.digest, []).append((outcome.split, outcome.relative_path))
    return tuple(tuple(group) for group in groups.values() if len({split for split, _ in group}) > 1)
