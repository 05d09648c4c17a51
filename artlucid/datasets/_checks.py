"""What the parts of a dataset must be so that they fit each other; each check raises DataError."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from artlucid.errors import DataError

if TYPE_CHECKING:
    from artlucid.datasets._dataset import Split

Labels: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.uint8]

SPLIT_NAMES = ("train", "val", "test")


def checked_positions(indices: npt.ArrayLike, n_images: int, split: str) -> npt.NDArray[np.integer[Any]]:
    """Give positions in a split as an array."""
    positions = np.asarray(indices)
    if positions.size == 0:
        positions = np.zeros(0, np.intp)
    if positions.ndim != 1 or not np.issubdtype(positions.dtype, np.integer):
        raise DataError(
            f"`indices` must be a one-dimensional sequence of integers. Received shape {positions.shape}, "
            f"dtype {positions.dtype}. Turn a mask into positions first: `numpy.flatnonzero(mask)`."
        )
    if positions.size and (positions.min() < 0 or positions.max() >= n_images):
        raise DataError(
            f"`indices` must lie in 0 … {n_images - 1}. Received {positions.min()} … {positions.max()}. "
            f"Split {split!r} has {n_images} images; choose among their positions."
        )
    return positions


def checked_labels(labels: npt.ArrayLike, n_images: int) -> Labels:
    """Give labels as a read-only array of the type that their shape asks for."""
    array = np.asarray(labels)
    if array.ndim not in (1, 2) or len(array) != n_images:
        raise DataError(
            f"`labels` must have shape (n_images,) or (n_images, n_classes) with n_images = {n_images}. "
            f"Received shape {array.shape}. Give one row for each image, in the order of `relative_paths`."
        )
    if not (np.issubdtype(array.dtype, np.integer) or array.dtype == np.bool_ or array.size == 0):
        raise DataError(
            f"`labels` must be integers: positions in `class_names`, or zeros and ones. Received dtype {array.dtype}. "
            "Convert them first: `labels.astype('int64')`."
        )
    if array.ndim == 2 and not np.isin(array, (0, 1)).all():
        raise DataError(
            "`labels` of shape (n_images, n_classes) must be zeros and ones. Received values from "
            f"{array.min()} to {array.max()}. Give 1 where an image has the class and 0 elsewhere."
        )
    checked: Labels = array.astype(np.int64) if array.ndim == 1 else array.astype(np.uint8)
    checked.flags.writeable = False
    return checked


def checked_metadata(metadata: Mapping[str, Iterable[str]], n_images: int) -> Mapping[str, tuple[str, ...]]:
    """Give metadata as a read-only mapping to tuples."""
    columns = {name: tuple(values) for name, values in metadata.items()}
    for name, values in columns.items():
        if not name or len(values) != n_images or not all(isinstance(value, str) for value in values):
            raise DataError(
                f"`metadata` must map names of columns to one text an image, {n_images} here. Received {name!r} with "
                f'{len(values)} values. Give each image a text, "" where there is none.'
            )
    return MappingProxyType(columns)


def check_split_names(splits: Mapping[str, "Split"]) -> None:
    """Refuse splits of other names, or under another name than their own."""
    unknown = [name for name in splits if name not in SPLIT_NAMES or splits[name].name != name]
    if unknown:
        raise DataError(
            f"`splits` must map {', '.join(SPLIT_NAMES)} to the split of that name. Received "
            f"{', '.join(f'{name!r}: {splits[name].name!r}' for name in unknown)}. Rename them to one of these."
        )


def check_split(split: "Split", root: Path, class_names: tuple[str, ...]) -> None:
    """Refuse a split that does not lie in the dataset's root, or whose labels are not of its classes."""
    if not split.root.is_relative_to(root):
        raise DataError(
            f"The root of each split must be the dataset's root or lie inside it. Received {split.root} for "
            f"{split.name!r}, outside {root}. Give a root above all splits."
        )
    if (split.labels is None) != (not class_names):
        raise DataError(
            "`labels` and `class_names` must be given together, or neither. Received "
            f"{len(class_names)} class names and split {split.name!r} with{'out' if split.labels is None else ''} "
            "labels. Give both, or `class_names=()` and `labels=None`."
        )
    if split.labels is None:
        return
    if split.labels.ndim == 2:
        fits = split.labels.shape[1] == len(class_names)
    else:
        fits = split.labels.size == 0 or (split.labels.min() >= 0 and split.labels.max() < len(class_names))
    if not fits:
        raise DataError(
            f"`labels` must fit the {len(class_names)} class names: positions in 0 … {len(class_names) - 1}, or as "
            f"many columns. Received shape {split.labels.shape}, largest value {split.labels.max()} in split "
            f"{split.name!r}. Give the labels of these classes."
        )


def check_same_kind_of_labels(splits: Iterable["Split"]) -> None:
    """Refuse splits of one label an image beside splits of several."""
    dimensions = {split.name: split.labels.ndim for split in splits if split.labels is not None}
    if len(set(dimensions.values())) > 1:
        raise DataError(
            "All splits must have one label an image, or all must have several. Received labels of "
            f"{', '.join(f'{count} dimension(s) in {name!r}' for name, count in dimensions.items())}. "
            "Give every split labels of the same shape: (n_images,) or (n_images, n_classes)."
        )
