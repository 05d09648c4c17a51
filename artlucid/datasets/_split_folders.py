"""A folder a split, and in it a folder a class."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from artlucid.datasets._dataset import Dataset
from artlucid.datasets._layout import (
    ClassFolders,
    class_folders,
    count_of,
    ignored_notice,
    labelled_split,
    loose_notice,
)
from artlucid.datasets.images import FORMATS
from artlucid.errors import DataError


def read_split_folders(kind: str, root: Path, folders: Mapping[str, str]) -> Dataset:
    """Load the splits whose folders exist.

    Parameters
    ----------
    kind : str
        The dataset's name.
    root : Path
        The dataset's folder.
    folders : mapping of str to str
        Split name to the name of its folder in `root`.

    Returns
    -------
    Dataset
        With the classes of train, or of all splits together where there is no train.

    Raises
    ------
    DataError
        If a split has no images, a class of train has none, or another split has a class that train lacks.
    """
    found = {split: class_folders(root / folder, f"{folder}/") for split, folder in folders.items()}
    for split, classes in found.items():
        _check_has_images(root / folders[split], classes)
    if "train" in found:
        _check_train(root / folders["train"], found["train"])
        for split, classes in found.items():
            _check_known_classes(folders[split], classes, found["train"])
        class_names = tuple(sorted(found["train"].images))
    else:
        class_names = tuple(sorted({name for classes in found.values() for name in classes.images}))
    splits = {split: labelled_split(split, root, classes.images, class_names) for split, classes in found.items()}
    return Dataset(kind, f"{kind}:{root}", root, class_names, splits, _notices(found, folders))


def _check_has_images(folder: Path, classes: ClassFolders) -> None:
    if not any(classes.images.values()):
        beside = f", {count_of(len(classes.loose), 'image')} directly in it" if classes.loose else ""
        raise DataError(
            f"A split's folder must hold a folder of images for each class. Received {folder} with "
            f"{len(classes.images)} class folders and no image in them{beside}. "
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


def _notices(found: Mapping[str, ClassFolders], folders: Mapping[str, str]) -> tuple[str, ...]:
    notices = []
    ignored: Counter[str] = Counter()
    for split, classes in found.items():
        empty = sorted(class_name for class_name, images in classes.images.items() if not images)
        notices += [f"The class folder `{folders[split]}/{class_name}` holds no image." for class_name in empty]
        notices += loose_notice(classes.loose, f"`{folders[split]}`")
        ignored += classes.ignored
    return (*notices, *ignored_notice(ignored))
