"""Any folder of images: split into folders, a folder a class, or no classes at all."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from artlucid.datasets._checks import SPLIT_NAMES
from artlucid.datasets._dataset import Dataset, Split, nfc
from artlucid.datasets._layout import (
    ClassFolders,
    class_folders,
    contents,
    existing_folder,
    holds_images,
    ignored_notice,
    labelled_split,
    loose_notice,
    visible_entries,
)
from artlucid.datasets._split_folders import SPLIT_OF_FOLDER, read_split_folders, with_likely_splits
from artlucid.datasets._wording import listed
from artlucid.datasets.images import FORMATS
from artlucid.errors import DataError

# Upper bounds of each split's share of the hash values, which lie in 0 … 1.
SHARES = (("train", 0.70), ("val", 0.85), ("test", 1.0))


def folder(path: str | os.PathLike[str]) -> Dataset:
    """Load a folder of images.

    Parameters
    ----------
    path : path-like
        One of three layouts; entries that begin with a dot are not looked at.

        Subfolders named train, val (valid, validation) or test, in any case: each holds a folder of images for each
        class or, in all of them alike, images without labels. This is how the folder is read if two of these
        splits are named, or one and no other subfolder holds images.

        Other subfolders: each is a class, its images at any depth. One of them may be named like a split.

        No subfolders: images without labels.

        In the last two the splits, 70/15/15, follow from a hash of each file's own name, so that files added later
        move no others.

    Returns
    -------
    Dataset
        One label an image, or none. Notices name the folders with images beside split folders, which are left out,
        and a folder named like a split that is read as a class.

    Raises
    ------
    DataError
        If there are no images, a class folder holds none, a class's name is not UTF-8, or two folders name the same
        split; with split folders also if a class of val or test is none of train.
    """
    root = existing_folder(path, "folder")
    split_folders = _split_folders(root)
    if split_folders:
        return read_split_folders("folder", root, split_folders, classes_required=False)
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
    names = [entry.name for entry in visible_entries(root) if entry.is_dir()]
    if not _are_splits(root, names):
        return {}
    found: dict[str, str] = {}
    for name in filter(_names_split, names):
        split = SPLIT_OF_FOLDER[name.lower()]
        if split in found:
            raise DataError(
                f"`folder:PATH` must hold one folder for each split. Received `{found[split]}` and `{name}` in "
                f"{root}, both for {split!r}. Keep one of them."
            )
        found[split] = name
    return {split: found[split] for split in SPLIT_NAMES if split in found}


def _names_split(name: str) -> bool:
    return name.lower() in SPLIT_OF_FOLDER


def _are_splits(root: Path, names: Iterable[str]) -> bool:
    splits = {SPLIT_OF_FOLDER[name.lower()] for name in names if _names_split(name)}
    if len(splits) == 1:
        return not any(holds_images(root / name) for name in names if not _names_split(name))
    return len(splits) > 1


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
        *_like_splits_notice(class_names),
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


def _like_splits_notice(class_names: Iterable[str]) -> list[str]:
    like_splits = [name for name in class_names if _names_split(name)]
    if not like_splits:
        return []
    others = [name for name in class_names if not _names_split(name)]
    splits = {SPLIT_OF_FOLDER[name.lower()] for name in like_splits}
    return [
        f"Read {listed([f'`{name}`' for name in like_splits])} as a class, not as a split, because of the folders with "
        f"images beside it: {with_likely_splits(others, splits)}."
    ]


def _untrained_notices(parts: Mapping[str, Mapping[str, tuple[str, ...]]]) -> list[str]:
    untrained = [class_name for class_name, part in parts.items() if "train" not in part]
    return [
        f"No image of class {class_name!r} falls into train: the hash of the file names decides, and it has few images."
        for class_name in untrained
    ]
