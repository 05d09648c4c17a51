"""How drawn images lie on disk: in a folder for each class, or beside a table of labels as IconArt's."""

import csv
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from artlucid.datasets._checks import SPLIT_NAMES
from artlucid.datasets._dataset import Dataset
from artlucid.datasets._iconart import iconart
from artlucid.datasets._split_folders import read_split_folders
from artlucid.errors import DataError

TABLE = "ImageSets/Main/objects.csv"
IMAGES = "JPEGImages"


@dataclass(frozen=True)
class Layout:
    """How the images of one task lie on disk.

    Attributes
    ----------
    argument : str
        The argument of `synthetic`, and the key of the manifest, that says how many images a split has.
    loader : str
        The kind of specification that loads such a folder.
    write : callable
        Draws all images into a new folder, from the function that draws one, the names of the classes and the manifest.
    read : callable
        Gives the dataset that lies in a folder.
    n_images : callable
        How many images a split has, from its number in the manifest and the number of classes.
    """

    argument: str
    loader: str
    write: Callable[[Path, Callable[..., Any], Sequence[str], Mapping[str, Any]], None]
    read: Callable[[Path], Dataset]
    n_images: Callable[[int, int], int]


def _write_class_folders(
    folder: Path, draw: Callable[..., Any], class_names: Sequence[str], manifest: Mapping[str, Any]
) -> None:
    """Let `draw` paint each class as often, from the class's name, a generator and the size."""
    for split, (split_name, number) in enumerate(zip(SPLIT_NAMES, manifest["images_per_class"], strict=True)):
        for label, class_name in enumerate(class_names):
            class_folder = folder / split_name / class_name
            class_folder.mkdir(parents=True)
            for index in range(number):
                generator = np.random.default_rng([manifest["seed"], label, split, index])
                pixels = draw(class_name, generator, manifest["size"])
                _save(pixels, class_folder / f"{_numbered(index, number)}.png")


def _read_class_folders(root: Path) -> Dataset:
    return read_split_folders("synthetic", root, {name: name for name in SPLIT_NAMES})


def _write_table(
    folder: Path, draw: Callable[..., Any], class_names: Sequence[str], manifest: Mapping[str, Any]
) -> None:
    """Let `draw` give each image and the names of what is on it, from a generator and the size."""
    (folder / IMAGES).mkdir(parents=True)
    rows: list[list[object]] = []
    for split, (split_name, number) in enumerate(zip(SPLIT_NAMES, manifest["images"], strict=True)):
        for index in range(number):
            pixels, names = draw(np.random.default_rng([manifest["seed"], split, index]), manifest["size"])
            item = f"{split_name}-{_numbered(index, number)}"
            _save(pixels, folder / IMAGES / f"{item}.png")
            rows.append([len(rows), item, *(int(name in names) for name in class_names), split_name])
    (folder / TABLE).parent.mkdir(parents=True)
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["", "item", *class_names, "set"], *rows])


def _read_table(root: Path) -> Dataset:
    try:
        return dataclasses.replace(iconart(root / TABLE), name="synthetic", notices=())
    except DataError as error:
        raise DataError(
            f"A drawn dataset must stay as it was drawn. Received {root}: {error} "
            "Remove the folder; it is drawn again at the next call."
        ) from error


def _save(pixels: npt.NDArray[np.uint8], path: Path) -> None:
    # Without compression the byte sizes, and so the dataset's identity, hang on no version of zlib.
    Image.fromarray(pixels).save(path, compress_level=0)


def _numbered(index: int, number: int) -> str:
    return f"{index:0{len(str(number - 1))}}"


CLASS_FOLDERS = Layout(
    argument="images_per_class",
    loader="folder",
    write=_write_class_folders,
    read=_read_class_folders,
    n_images=lambda number, n_classes: number * n_classes,
)
ICONART = Layout(
    argument="images",
    loader="iconart",
    write=_write_table,
    read=_read_table,
    n_images=lambda number, _: number,
)
