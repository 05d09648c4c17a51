"""What a dataset is: named splits of image files with labels, and an identity that travels with the files."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from artlucid.datasets._checks import (
    SPLIT_NAMES,
    Labels,
    check_same_kind_of_labels,
    check_split,
    check_split_names,
    checked_labels,
    checked_metadata,
    checked_positions,
)
from artlucid.errors import DataError

# How each kind of dataset gets a split that it lacks, for the error that a missing one gives.
WAY_TO_A_SPLIT = {
    "rasta": "add `wikipaintings_{name}/<Style>/<image>`; or put all style folders into one folder and load it with "
    "`folder:PATH`, which splits it 70/15/15 by a hash of the file names",
    "paintings": "let rows of the table have {name} as `Subset`, and put their images below the dataset's folder; "
    "where no row is for validation, a part of train is taken",
    "iconart": "let rows of the table have {name} as `set`, and put their images into `JPEGImages`; where no row is "
    "for validation, a part of train is taken",
    "folder": "add `{name}/<class>/<image>` (`{name}/<image>` without labels); or put all class folders into one "
    "folder without split folders: it is split 70/15/15 by a hash of the file names, and needs enough images for that",
    "synthetic": "load the drawn dataset again, as it has train, val and test",
}
OTHER_WAY = "add it with `dataset.with_splits`"


def nfc(text: str) -> str:
    """Spell text in Unicode's composed form, in which names are compared and sorted."""
    return normalize("NFC", text)


@dataclass(frozen=True)
class Excluded:
    """A file that cannot be used, and why."""

    split: str
    relative_path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Split:
    """Image files with their labels.

    Parameters
    ----------
    name : str
        "train", "val" or "test"; "all" for the three joined.
    root : Path
        The folder that `relative_paths` start from.
    relative_paths : tuple of str
        Posix paths as spelled on disk; the loaders sort them by their NFC form.
    labels : array or None
        int64 of shape (n_images,) for one label an image; uint8 of zeros and ones of shape
        (n_images, n_classes) for several; None without labels. Kept as a read-only copy.
    metadata : mapping of str to tuple of str
        Further columns of text, such as artist, date or museum: a value an image, "" where there is none. Kept
        read-only.
    dataset : Dataset, optional
        That `Dataset.split` took it from, which knows the names of the classes.

    Raises
    ------
    DataError
        If the labels or the metadata do not fit the files in number, shape or type.

    Examples
    --------
    >>> split = Split("train", Path("/data"), ("cat/1.jpg", "dog/1.jpg"), np.array([0, 1]))
    >>> len(split), split.path(1).as_posix()
    (2, '/data/dog/1.jpg')
    >>> split.select([1]).relative_paths
    ('dog/1.jpg',)
    """

    name: str
    root: Path
    relative_paths: tuple[str, ...]
    labels: Labels | None
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dataset: "Dataset | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root))
        object.__setattr__(self, "relative_paths", tuple(self.relative_paths))
        if self.labels is not None:
            object.__setattr__(self, "labels", checked_labels(self.labels, len(self.relative_paths)))
        object.__setattr__(self, "metadata", checked_metadata(self.metadata, len(self.relative_paths)))

    def __len__(self) -> int:
        return len(self.relative_paths)

    def path(self, index: int) -> Path:
        """Give the whole path of one image."""
        return self.root / self.relative_paths[index]

    def select(self, indices: npt.ArrayLike) -> "Split":
        """Keep the images at some positions, in the order given.

        Parameters
        ----------
        indices : array-like of int
            Positions in 0 … n_images - 1.

        Returns
        -------
        Split
            Of the same name and root.

        Raises
        ------
        DataError
            If a position is not an integer or lies outside the split.
        """
        positions = checked_positions(indices, len(self), self.name)
        paths = tuple(self.relative_paths[position] for position in positions)
        labels = None if self.labels is None else self.labels[positions]
        metadata = {
            column: tuple(values[position] for position in positions) for column, values in self.metadata.items()
        }
        return dataclasses.replace(self, relative_paths=paths, labels=labels, metadata=metadata)

    def with_labels(self, labels: npt.ArrayLike) -> "Split":
        """Give the same images other labels, of the shapes that `Split` takes."""
        return dataclasses.replace(self, labels=checked_labels(labels, len(self)))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Splits of image files that share their classes.

    Parameters
    ----------
    name : str
        The kind: "rasta", "paintings", "iconart", "folder", "synthetic".
    specification : str
        As `load` takes it, with an absolute path: "rasta:/data/wikipaintings".
    root : Path
        The dataset's folder; the root of every split is this folder or lies inside it.
    class_names : tuple of str
        NFC and sorted; () without labels.
    splits : mapping of str to Split
        Those that exist; kept read-only, in the order train, val, test.
    notices : tuple of str
        Sentences worth telling the user, such as how many files were ignored.
    missing : tuple of Excluded
        Images that a table gives labels to but that are no usable file; `examine` counts them as excluded.

    Raises
    ------
    DataError
        If the splits fit neither the classes, nor the root, nor each other.

    Examples
    --------
    >>> train = Split("train", Path("/data"), ("cat/1.jpg", "dog/1.jpg"), np.array([0, 1]))
    >>> dataset = Dataset("folder", "folder:/data", Path("/data"), ("cat", "dog"), {"train": train}, ())
    >>> dataset.task, len(dataset.train)
    ('single_label', 2)
    """

    name: str
    specification: str
    root: Path
    class_names: tuple[str, ...]
    splits: Mapping[str, Split]
    notices: tuple[str, ...]
    missing: tuple[Excluded, ...] = ()

    def __post_init__(self) -> None:
        check_split_names(self.splits)
        ordered = {name: self.splits[name] for name in SPLIT_NAMES if name in self.splits}
        for split in ordered.values():
            check_split(split, self.root, self.class_names)
        check_same_kind_of_labels(ordered.values())
        object.__setattr__(self, "splits", MappingProxyType(ordered))

    @property
    def task(self) -> Literal["single_label", "multi_label", "unlabelled"]:
        """Say whether an image has one label, several or none."""
        if not self.class_names:
            return "unlabelled"
        several = any(split.labels is not None and split.labels.ndim == 2 for split in self.splits.values())
        return "multi_label" if several else "single_label"

    @property
    def train(self) -> Split:
        """The training images; DataError when there are none."""
        return self.split("train")

    @property
    def val(self) -> Split:
        """The validation images; DataError when there are none."""
        return self.split("val")

    @property
    def test(self) -> Split:
        """The test images; DataError when there are none."""
        return self.split("test")

    def split(self, name: str) -> Split:
        """Give one split, or all of them joined.

        Parameters
        ----------
        name : str
            "train", "val", "test", or "all" for those that exist in this order.

        Returns
        -------
        Split
            With this dataset as its `dataset`.

        Raises
        ------
        DataError
            If there is no such split; the message names those that exist and how to get one.
        """
        if name == "all":
            return self._joined()
        if name in self.splits:
            return dataclasses.replace(self.splits[name], dataset=self)
        existing = ", ".join([*self.splits, "all"])
        way = WAY_TO_A_SPLIT.get(self.name, OTHER_WAY).replace("{name}", name)
        raise DataError(
            f"`split` must be one that the dataset has: {existing}. Received {name!r} for {self.specification}. "
            f"Choose one of these{f'. To get {name}, {way}' if name in SPLIT_NAMES else ''}."
        )

    @property
    def metadata_columns(self) -> tuple[str, ...]:
        """The names of the metadata's columns, of all splits together."""
        return tuple(dict.fromkeys(column for split in self.splits.values() for column in split.metadata))

    @cached_property
    def identity(self) -> str:
        """The sha256, in hex, over the sorted (split, NFC relative path, byte size, labels).

        The same for a copy of the files elsewhere, and for names that are spelled NFD on disk.
        """
        rows = sorted(row for split in self.splits.values() for row in _identity_rows(split, self.root))
        digest = hashlib.sha256()
        for row in rows:
            digest.update(json.dumps(row).encode() + b"\n")
        return digest.hexdigest()

    def with_splits(self, splits: Mapping[str, Split]) -> "Dataset":
        """Give the same dataset with other splits, for example with some images left out."""
        return dataclasses.replace(self, splits=splits)

    def _joined(self) -> Split:
        parts = list(self.splits.values())
        paths = tuple(path for part in parts for path in paths_from(part, self.root))
        metadata = {
            column: tuple(value for part in parts for value in part.metadata.get(column, ("",) * len(part)))
            for column in self.metadata_columns
        }
        joined = Split("all", self.root, paths, None, metadata, self)
        labels = [part.labels for part in parts if part.labels is not None]
        return joined.with_labels(np.concatenate(labels)) if labels else joined


def paths_from(split: Split, root: Path) -> tuple[str, ...]:
    """Give the paths of a split's images as seen from another root above."""
    if split.root == root:
        return split.relative_paths
    prefix = split.root.relative_to(root).as_posix()
    return tuple(f"{prefix}/{path}" for path in split.relative_paths)


def _identity_rows(split: Split, root: Path) -> list[tuple[str, str, int, object]]:
    labels = [None] * len(split) if split.labels is None else split.labels.tolist()
    paths = paths_from(split, root)
    return [(split.name, nfc(path), _byte_size(root / path), label) for path, label in zip(paths, labels, strict=True)]


def _byte_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise DataError(
            f"Every file of a dataset must exist while it is used. Received {path}: {error.strerror}. "
            "Put the file back, or load the dataset again."
        ) from error
