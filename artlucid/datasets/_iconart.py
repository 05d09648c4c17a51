"""IconArt's layout: ImageSets/Main/<name>.csv with a column a class, and JPEGImages/<item>.jpg."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from artlucid.datasets._annotated import (
    DEFAULT_SPLIT_SEED,
    DEFAULT_VALIDATION,
    Annotation,
    Place,
    annotated,
    key_of,
    split_of_row,
    with_validation,
)
from artlucid.datasets._dataset import Dataset
from artlucid.datasets._layout import existing_folder, visible_entries
from artlucid.datasets._options import spelled
from artlucid.datasets._tables import SUFFIXES, Table, choose_table, read_table, refuse_duplicates, require_columns
from artlucid.errors import DataError

TABLES = "ImageSets/Main"
IMAGES = "JPEGImages"
ITEM = "item"
SET = "set"


def iconart(
    path: str | os.PathLike[str],
    *,
    split_seed: int = DEFAULT_SPLIT_SEED,
    validation: float = DEFAULT_VALIDATION,
) -> Dataset:
    """Load IconArt, or any collection in its layout.

    Parameters
    ----------
    path : path-like
        The folder that holds `ImageSets/Main/<name>.csv` and `JPEGImages/<item>.<suffix of an image>`; or the table,
        where there are several. All columns between `item` and `set` are classes, with 0 or 1 for each image; `set`
        is train, val (valid, validation) or test; the others become metadata.
    split_seed : int
        Decides which training images serve for validation where no row is for it. It is no training seed: runs that
        are to be compared share it.
    validation : float
        The part of the training images that is taken then, at least 0 and below 1.

    Returns
    -------
    Dataset
        Several labels or none an image, the classes sorted. Images that the table names but that do not exist are its
        `missing`. Notices tell of the images taken for validation, of files without a row, and of classes of train
        that no validation image has.

    Raises
    ------
    DataError
        If the table or the images' folder is missing, there are several tables, the table cannot be read, lacks a
        column, has another label than 0 and 1, an unknown split or an item twice, or if none of the images exists.

    References
    ----------
    Section 4 of the paper; Gonthier et al., VISART 2018.
    """
    root, given = _root_and_table(path)
    images = existing_images(root)
    table = read_table(given or _only_table(root))
    require_columns(table, (ITEM, SET))
    classes = _class_columns(table)
    refuse_duplicates(table, map(key_of, table.columns[ITEM]), "item")
    annotations, notices = with_validation(_annotations(table, classes), split_seed=split_seed, validation=validation)
    options = {"split_seed": (split_seed, DEFAULT_SPLIT_SEED), "validation": (validation, DEFAULT_VALIDATION)}
    place = Place("iconart", spelled("iconart", given or root, options), root, images)
    return annotated(annotations, sorted(classes), place, notices=notices)


def existing_images(root: Path) -> Path:
    """Give the images' folder of this layout."""
    if not (root / IMAGES).is_dir():
        raise DataError(
            f"`iconart:PATH` must hold {TABLES}/<name>.csv and {IMAGES}/<item>.jpg. Received {root} without the folder "
            f"`{IMAGES}`. Give the folder above both."
        )
    return root / IMAGES


def _root_and_table(path: str | os.PathLike[str]) -> tuple[Path, Path | None]:
    table = Path(os.path.abspath(Path(path).expanduser()))
    if not table.is_file():
        return existing_folder(path, "iconart"), None
    in_place = table.parent.match(f"*/{TABLES}")
    return (table.parents[2] if in_place else table.parent), table


def _only_table(root: Path) -> Path:
    folder = root / TABLES
    entries = visible_entries(folder) if folder.is_dir() else []
    candidates = [Path(entry.path) for entry in entries if Path(entry.name).suffix.lower() in SUFFIXES]
    return choose_table(candidates, (ITEM, SET), "iconart", folder)


def _class_columns(table: Table) -> tuple[str, ...]:
    columns = list(table.columns)
    classes = columns[columns.index(ITEM) + 1 : columns.index(SET)]
    if not classes:
        raise DataError(
            f"The columns between {ITEM!r} and {SET!r} must be the classes. Received {table.path} with none there; its "
            f"columns are {', '.join(map(repr, columns))}. Move them there, with 0 or 1 for each image."
        )
    return tuple(classes)


def _annotations(table: Table, classes: Sequence[str]) -> list[Annotation]:
    others = [column for column in table.columns if column not in {ITEM, SET, *classes}]
    return [
        Annotation(item, split_of_row(part, SET, number, table), _present(labels, number, table), metadata)
        for number, item, part, labels, metadata in zip(
            table.numbers,
            table.columns[ITEM],
            table.columns[SET],
            table.rows(classes),
            table.rows(others),
            strict=True,
        )
    ]


def _present(labels: Mapping[str, str], number: int, table: Table) -> frozenset[str]:
    for column, value in labels.items():
        if value not in ("0", "1"):
            raise DataError(
                f"A column between {ITEM!r} and {SET!r} is a class and must hold 0 or 1. Received {value!r} for "
                f"{column!r} in row {number} of {table.path}. Write 1 where the image has the class, 0 elsewhere; move "
                f"a column that is no class behind {SET!r}."
            )
    return frozenset(column for column, value in labels.items() if value == "1")
