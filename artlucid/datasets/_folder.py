"""Any folder of images: split into folders, a folder a class, or no classes at all."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from artlucid.datasets._dataset import SPLIT_NAMES, Dataset, Split, nfc
from artlucid.datasets._layout import (
    ClassFolders,
    class_folders,
    contents,
    existing_folder,
    ignored_notice,
    labelled_split,
    loose_notice,
    visible_entries,
)
from artlucid.datasets._split_folders import read_split_folders
from artlucid.datasets.images import FORMATS
from artlucid.errors import DataError

SPLIT_OF_FOLDER = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}

# Upper bounds of each split's share of the hash values, which lie in 0 … 1.
SHARES = (("train", 0.70), ("val", 0.85), ("test", 1.0))


def folder(path: str | os.PathLike[str]) -> Dataset:
    """Load a folder of images.

    Parameters
    ----------
    path : path-like
        One of three layouts. Subfolders named train, val (valid, validation) or test: each holds a folder of
        images for each class. Other subfolders: each is a class, its images at any depth. No subfolders: images
        without labels. In the last two the splits, 70/15/15, follow from a hash of each file's own name, so that
        files added later move no others.

    Returns
    -------
    Dataset
        One label an image, or none.

    Raises
    ------
    DataError
        If there are no images, or a class folder holds none; with split folders, what `rasta` raises.
    """
    root = existing_folder(path, "folder")
    split_folders = _split_folders(root)
    if split_folders:
        return read_split_folders("folder", root, split_folders)
    found = class_folders(root, "")
    _check_found(root, found)
    if not found.images:
        splits = {name: Split(name, root, paths, None) for name, paths in _split_by_hash(found.loose).items()}
        return Dataset("folder", f"folder:{root}", root, (), splits, tuple(ignored_notice(found.ignored)))
    return _from_class_folders(root, found)


def split_of(file_name: str) -> str:
    """Say which split a file belongs to, by the sha256 of its NFC name.

    >>> [split_of(f"{number}.jpg") for number in (2, 3)]
    ['train', 'test']
    """
    digest = hashlib.sha256(nfc(file_name).encode("utf-8", "surrogateescape")).digest()
    value = int.from_bytes(digest[:4], "big") / 2**32
    return next(name for name, bound in SHARES if value < bound)


def _split_folders(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in visible_entries(root):
        split = SPLIT_OF_FOLDER.get(entry.name.lower())
        if split is None or not entry.is_dir():
            continue
        if split in found:
            raise DataError(
                f"`folder:PATH` must hold one folder for each split. Received `{found[split]}` and `{entry.name}` in "
                f"{root}, both for {split!r}. Keep one of them."
            )
        found[split] = entry.name
    return {split: found[split] for split in SPLIT_NAMES if split in found}


def _check_found(root: Path, found: ClassFolders) -> None:
    if not found.images and not found.loose:
        raise DataError(
            f"`folder:PATH` must hold images, or a folder of images for each class. Received {root} with "
            f"{contents(root)}. Give the folder that directly holds the images or the class folders."
        )
    for class_name, images in found.images.items():
        if not images:
            raise DataError(
                f"Each subfolder of `folder:PATH` must hold images, as it is a class. Received {root / class_name} "
                f"with none. Add images in an accepted format ({', '.join(FORMATS)}), remove the folder, or hide it "
                "with a leading dot in its name."
            )


def _from_class_folders(root: Path, found: ClassFolders) -> Dataset:
    class_names = tuple(sorted(found.images))
    parts = {class_name: _split_by_hash(images) for class_name, images in found.images.items()}
    splits = {}
    for name in SPLIT_NAMES:
        images = {class_name: part[name] for class_name, part in parts.items() if name in part}
        if images:
            splits[name] = labelled_split(name, root, images, class_names)
    notices = (
        *_untrained_notices(parts),
        *loose_notice(found.loose, f"{root}, beside the class folders"),
        *ignored_notice(found.ignored),
    )
    return Dataset("folder", f"folder:{root}", root, class_names, splits, notices)


def _split_by_hash(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    parts: dict[str, list[str]] = {name: [] for name in SPLIT_NAMES}
    for path in sorted(paths, key=nfc):
        parts[split_of(PurePosixPath(path).name)].append(path)
    return {name: tuple(part) for name, part in parts.items() if part}


def _untrained_notices(parts: Mapping[str, Mapping[str, tuple[str, ...]]]) -> list[str]:
    untrained = [class_name for class_name, part in parts.items() if "train" not in part]
    return [
        f"No image of class {class_name!r} falls into train: the hash of the file names decides, and it has few images."
        for class_name in untrained
    ]
