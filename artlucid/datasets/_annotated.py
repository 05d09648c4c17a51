"""A dataset of several labels an image from the rows of a table and the image files below a folder."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from artlucid.datasets._dataset import Dataset, Excluded, Split, nfc
from artlucid.datasets._layout import images_below, is_image
from artlucid.datasets._split_folders import SPLIT_OF_FOLDER
from artlucid.datasets._tables import Table
from artlucid.datasets._wording import count_of, listed, printable
from artlucid.errors import DataError

DEFAULT_SPLIT_SEED = 0
DEFAULT_VALIDATION = 0.1


@dataclass(frozen=True)
class Annotation:
    """What a row of a table says about an image: its file's name, its split, its classes, and whatever else."""

    name: str
    split: str
    classes: frozenset[str]
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where a dataset comes from: its kind and table, the folder of its images, and its root, this folder or above."""

    kind: str
    specification: str
    root: Path
    images: Path

    @property
    def prefix(self) -> str:
        """What the paths of the images begin with, as seen from the root."""
        return "" if self.images == self.root else f"{self.images.relative_to(self.root).as_posix()}/"


def key_of(name: str) -> str:
    """Spell a file's name as names are compared: composed, without the suffix of an image.

    >>> key_of("Q1.v2.JPG"), key_of("Q1.v2")
    ('Q1.v2', 'Q1.v2')
    """
    return nfc(name.removesuffix(PurePosixPath(name).suffix) if is_image(name) else name)


def split_of_row(value: str, column: str, number: int, table: Table) -> str:
    """Understand a split's name; one that is none is refused."""
    split = SPLIT_OF_FOLDER.get(value.lower())
    if split is None:
        raise DataError(
            f"The column {column!r} must name a split: {', '.join(SPLIT_OF_FOLDER)}. Received {value!r} in row "
            f"{number} of {table.path}. Write one of these."
        )
    return split


def with_validation(
    annotations: Sequence[Annotation], *, split_seed: int, validation: float
) -> tuple[list[Annotation], list[str]]:
    """Take a part of the training images for validation where no row is for it.

    Parameters
    ----------
    annotations : sequence of Annotation
    split_seed : int
        The images taken are those with the lowest sha256 of seed and name, whatever the order of the rows.
    validation : float
        The part to take, in 0 … 1; at least one image, and never all.

    Returns
    -------
    annotations : list of Annotation
    notices : list of str
        What was taken, or that nothing had to be.

    Raises
    ------
    DataError
        If the seed is no integer, or `validation` no part.
    """
    check_validation(split_seed, validation)
    if any(annotation.split == "val" for annotation in annotations):
        return list(annotations), _needless_notice(split_seed, validation)
    train = [annotation.name for annotation in annotations if annotation.split == "train"]
    number = min(max(round(validation * len(train)), 1), len(train) - 1) if validation else 0
    if number < 1:
        return list(annotations), []
    taken = set(sorted(train, key=lambda name: _rank(name, split_seed))[:number])
    notice = (
        f"Took {number} of {len(train)} training rows for validation, by split seed {split_seed}: the table has none."
    )
    moved = [replace(row, split="val") if row.split == "train" and row.name in taken else row for row in annotations]
    return moved, [notice]


def check_validation(split_seed: int, validation: float) -> None:
    """Refuse what is no seed or no part."""
    if isinstance(split_seed, bool) or not isinstance(split_seed, int | np.integer):
        raise DataError(
            f"`split_seed` must be an integer. Received {split_seed!r}. Give 0, for example; it is no training seed."
        )
    if not isinstance(validation, int | float | np.number) or not 0 <= validation < 1:
        raise DataError(
            "`validation` must be the part of the training images to take, at least 0 and below 1. Received "
            f"{validation!r}. Give 0.1, for example, for 10 %."
        )


def annotated(
    annotations: Sequence[Annotation],
    class_names: Sequence[str],
    place: Place,
    *,
    unusable: Iterable[Excluded] = (),
    notices: Iterable[str] = (),
) -> Dataset:
    """Match a table's rows with image files.

    Parameters
    ----------
    annotations : sequence of Annotation
        One an image.
    class_names : sequence of str
    place : Place
    unusable : iterable of Excluded
        Images that the table names but that were refused before.
    notices : iterable of str
        Of the table.

    Returns
    -------
    Dataset
        With the images that exist. The others are its `missing`; notices count the files without a row, and name
        the classes of train that no validation image has.

    Raises
    ------
    DataError
        If no image exists.
    """
    of_key = _files_by_key(place)
    found, missing = _matched(annotations, of_key, place)
    missing = [*missing, *unusable]
    if not found:
        _refuse_all_missing(missing, of_key, place)
    splits = {name: _split(name, place.root, rows, class_names) for name, rows in found.items()}
    named = {key_of(PurePosixPath(name).name) for name in _names(annotations, missing)}
    all_notices = (*notices, *_unlabelled_notice(of_key, named), *_absent_notice(splits, class_names))
    return Dataset(place.kind, place.specification, place.root, tuple(class_names), splits, all_notices, tuple(missing))


def _rank(name: str, split_seed: int) -> bytes:
    return hashlib.sha256(f"{split_seed}/{key_of(name)}".encode("utf-8", "surrogateescape")).digest()


def _needless_notice(split_seed: int, validation: float) -> list[str]:
    if (split_seed, validation) == (DEFAULT_SPLIT_SEED, DEFAULT_VALIDATION):
        return []
    return ["The table has rows for validation of its own, so `split_seed` and `validation` change nothing."]


def _files_by_key(place: Place) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for file in images_below(place.images, place.prefix):
        files.setdefault(key_of(PurePosixPath(file).name), []).append(file)
    return files


def _matched(
    annotations: Iterable[Annotation], of_key: Mapping[str, Sequence[str]], place: Place
) -> tuple[dict[str, list[tuple[str, Annotation]]], list[Excluded]]:
    found: dict[str, list[tuple[str, Annotation]]] = {}
    missing = []
    for annotation in annotations:
        file, failure = _match(annotation.name, of_key)
        if file is None:
            missing.append(Excluded(annotation.split, place.prefix + annotation.name, failure))
        else:
            found.setdefault(annotation.split, []).append((file, annotation))
    return found, missing


def _match(name: str, of_key: Mapping[str, Sequence[str]]) -> tuple[str | None, str]:
    candidates = of_key.get(key_of(name), ())
    if len(candidates) == 1:
        return candidates[0], ""
    exact = [file for file in candidates if nfc(PurePosixPath(file).name) == nfc(name)]
    if len(exact) == 1:
        return exact[0], ""
    return None, f"it may be {listed(list(map(printable, candidates)))}" if candidates else "no such image file"


def _refuse_all_missing(missing: Sequence[Excluded], of_key: Mapping[str, Sequence[str]], place: Place) -> None:
    first = "; the first is " + printable(missing[0].relative_path) if missing else ""
    files = count_of(sum(map(len, of_key.values())), "image file")
    raise DataError(
        f"`{place.kind}:PATH` must hold the images that its table names. Received {place.images} with {files}, none of "
        f"them among the {len(missing)} named{first}. Put the images there under these names."
    )


def _split(name: str, root: Path, rows: Iterable[tuple[str, Annotation]], class_names: Sequence[str]) -> Split:
    ordered = sorted(rows, key=lambda row: nfc(row[0]))
    labels = [[class_name in row.classes for class_name in class_names] for _, row in ordered]
    columns = dict.fromkeys(column for _, row in ordered for column in row.metadata)
    metadata = {column: tuple(row.metadata.get(column, "") for _, row in ordered) for column in columns}
    return Split(name, root, tuple(file for file, _ in ordered), np.array(labels, np.uint8), metadata)


def _names(annotations: Iterable[Annotation], missing: Iterable[Excluded]) -> list[str]:
    return [*(row.name for row in annotations), *(file.relative_path for file in missing)]


def _unlabelled_notice(of_key: Mapping[str, Sequence[str]], named: Collection[str]) -> list[str]:
    files = [printable(file) for key, found in of_key.items() if key not in named for file in found]
    if not files:
        return []
    verb = "it is" if len(files) == 1 else "they are"
    return [f"{count_of(len(files), 'image file')} without a row in the table; {verb} left out: {listed(files)}."]


def _absent_notice(splits: Mapping[str, Split], class_names: Sequence[str]) -> list[str]:
    """Name the classes that cannot be validated: of others training or evaluation tells."""
    train, val = (_present_classes(splits, name, class_names) for name in ("train", "val"))
    absent = [name for name in class_names if name in train - val] if "val" in splits else []
    return [f"Classes of train without an image in val: {listed(absent)}."] if absent else []


def _present_classes(splits: Mapping[str, Split], name: str, class_names: Sequence[str]) -> set[str]:
    if name not in splits or (labels := splits[name].labels) is None:
        return set()
    return {class_names[index] for index in np.flatnonzero(labels.any(axis=0)).tolist()}
