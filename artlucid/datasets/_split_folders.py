"""A folder a split, and in it a folder a class."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from artlucid.datasets._checks import SPLIT_NAMES
from artlucid.datasets._dataset import Dataset, Split
from artlucid.datasets._layout import (
    ClassFolders,
    class_folders,
    holds_images,
    ignored_notice,
    is_image,
    labelled_split,
    loose_notice,
    visible_entries,
)
from artlucid.datasets._wording import count_of, listed, printable
from artlucid.datasets.images import FORMATS
from artlucid.errors import DataError

SPLIT_OF_FOLDER = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}

# Least likeness, in 0 … 1, of a name to a split's: enough for two letters exchanged (`vla`).
CLOSE = 0.65


def read_split_folders(
    kind: str, root: Path, folders: Mapping[str, str], *, spelling: str = "{}", classes_required: bool = True
) -> Dataset:
    """Load the splits whose folders exist.

    Parameters
    ----------
    kind : str
        The dataset's name.
    root : Path
        The dataset's folder.
    folders : mapping of str to str
        Split name to the name of its folder in `root`.
    spelling : str
        What a split's folder is called, `{}` standing for the split: for the notice of folders left out.
    classes_required : bool
        If False, split folders that all hold images and no folders are splits without labels.

    Returns
    -------
    Dataset
        With the classes of train, or of all splits together where there is no train. Its notices name the folders
        and count the images that lie beside the split folders.

    Raises
    ------
    DataError
        If a split has no images, a class of train has none, or another split has a class that train lacks.
    """
    found = {split: class_folders(root / folder, f"{folder}/") for split, folder in folders.items()}
    beside = _beside_notices(root, folders, spelling)
    if not classes_required and all(classes.loose and not classes.images for classes in found.values()):
        unlabelled = {split: Split(split, root, tuple(classes.loose), None) for split, classes in found.items()}
        return Dataset(kind, f"{kind}:{root}", root, (), unlabelled, (*beside, *_ignored_notice(found)))
    for split, classes in found.items():
        _check_has_images(root / folders[split], classes, classes_required)
    class_names = _class_names(root, folders, found)
    splits = {split: labelled_split(split, root, classes.images, class_names) for split, classes in found.items()}
    notices = (*beside, *_class_notices(found, folders), *_ignored_notice(found))
    return Dataset(kind, f"{kind}:{root}", root, class_names, splits, notices)


def with_likely_splits(names: Sequence[str], existing: Collection[str], spelling: str = "{}") -> str:
    """Name folders, each with the missing split that it may have been meant for; those that have one come first.

    >>> with_likely_splits(["Ukiyo-e", "tset"], ["train", "val"])
    '`tset` (is `test` meant?), `Ukiyo-e`'
    """
    likely = {name: _likely_split(name, existing) for name in names}
    return listed(
        [f"`{printable(name)}` (is `{spelling.format(split)}` meant?)" for name, split in likely.items() if split]
        + [f"`{printable(name)}`" for name, split in likely.items() if not split]
    )


def _likely_split(name: str, existing: Collection[str]) -> str | None:
    candidates = [alias for alias, split in SPLIT_OF_FOLDER.items() if split not in existing]
    # The last word, as in `wikipaintings_test` and `my-test-2`.
    words = re.findall(r"[^\W\d_]+", name.lower())
    close = get_close_matches(words[-1], candidates, n=1, cutoff=CLOSE) if words else []
    return SPLIT_OF_FOLDER[close[0]] if close else None


def _beside_notices(root: Path, folders: Mapping[str, str], spelling: str) -> list[str]:
    entries = [entry for entry in visible_entries(root) if entry.name not in folders.values()]
    others = [entry.name for entry in entries if entry.is_dir() and holds_images(Path(entry.path))]
    loose = [entry.name for entry in entries if not entry.is_dir() and is_image(entry.name)]
    notices = loose_notice(loose, f"{root}, beside the split folders")
    if others:
        named = f"folder{'s' if len(others) > 1 else ''} {with_likely_splits(others, folders, spelling)}"
        notices.append(
            f"Left out the {named} beside {', '.join(folders.values())}: "
            f"the folders of the splits are named {', '.join(map(spelling.format, SPLIT_NAMES))}."
        )
    return notices


def _class_names(root: Path, folders: Mapping[str, str], found: Mapping[str, ClassFolders]) -> tuple[str, ...]:
    if "train" not in found:
        return tuple(sorted({name for classes in found.values() for name in classes.images}))
    _check_train(root / folders["train"], found["train"])
    for split, classes in found.items():
        _check_known_classes(folders[split], classes, found["train"])
    return tuple(sorted(found["train"].images))


def _check_has_images(folder: Path, classes: ClassFolders, classes_required: bool) -> None:
    if not any(classes.images.values()):
        or_none = "" if classes_required else ", or, in all splits alike, nothing but images"
        beside = f", {count_of(len(classes.loose), 'image')} directly in it" if classes.loose else ""
        raise DataError(
            f"A split's folder must hold a folder of images for each class{or_none}. Received {folder} with "
            f"{count_of(len(classes.images), 'class folder')} and no image in them{beside}. "
            "Sort the images into `<class>/<image>`, or remove the folder."
        )


def _check_train(folder: Path, train: ClassFolders) -> None:
    for class_name, images in train.images.items():
        if not images:
            raise DataError(
                f"Each class folder of train must hold images. Received {folder / class_name} with none. "
                f"Add images in an accepted format ({', '.join(FORMATS)}), or remove the folder."
            )


def _check_known_classes(folder: str, classes: ClassFolders, train: ClassFolders) -> None:
    unknown = sorted(set(classes.images) - set(train.images))
    if unknown:
        raise DataError(
            f"Each class of `{folder}` must be a class of train. Received {', '.join(map(repr, unknown))}. "
            f"Rename or remove these folders, or add them to train; its classes are {', '.join(sorted(train.images))}."
        )


def _class_notices(found: Mapping[str, ClassFolders], folders: Mapping[str, str]) -> list[str]:
    notices = []
    for split, classes in found.items():
        empty = sorted(class_name for class_name, images in classes.images.items() if not images)
        notices += [f"The class folder `{folders[split]}/{class_name}` holds no image." for class_name in empty]
        notices += loose_notice(classes.loose, f"`{folders[split]}`")
    return notices


def _ignored_notice(found: Mapping[str, ClassFolders]) -> list[str]:
    return ignored_notice(sum((classes.ignored for classes in found.values()), Counter[str]()))
