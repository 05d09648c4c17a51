"""Further columns for each image, such as artist, date or museum, from a table with a column `path`."""

import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from artlucid.datasets._dataset import Dataset, Split, nfc, paths_from
from artlucid.datasets._tables import Table, read_table, refuse_duplicates, require_columns
from artlucid.datasets._wording import count_of, listed, printable
from artlucid.errors import DataError

PATH = "path"


def with_metadata(dataset: Dataset, file: str | os.PathLike[str]) -> Dataset:
    """Give every image further columns.

    Parameters
    ----------
    dataset : Dataset
    file : path-like
        A table with a column `path`, from the dataset's folder on, or the file's name alone where no other image has
        it; all other columns become metadata.

    Returns
    -------
    Dataset
        The same images with the same identity. An image without a row has "" in these columns. Notices count such
        images, and rows that name no image.

    Raises
    ------
    DataError
        If the table cannot be read, has no column `path`, no other column or one that the dataset has already, names an
        image twice, or names none.
    """
    table = read_table(Path(os.path.abspath(Path(file).expanduser())))
    columns = _new_columns(table, dataset)
    numbers = _row_of_image(table, dataset)
    if not numbers:
        first = next(_images(dataset), "none")
        raise DataError(
            f"The column {PATH!r} must name images of the dataset, as seen from {dataset.root}. Received {table.path}, "
            f"whose {count_of(len(table), 'row')} name none of them; the first row names "
            f"{printable(table.columns[PATH][0])!r}, the first image is {printable(first)!r}. Write the paths so."
        )
    splits = {name: _with_columns(split, dataset, table, columns, numbers) for name, split in dataset.splits.items()}
    notices = (*dataset.notices, *_notices(table, dataset, numbers))
    return dataclasses.replace(dataset, splits=splits, notices=notices)


def _new_columns(table: Table, dataset: Dataset) -> list[str]:
    require_columns(table, (PATH,))
    columns = [column for column in table.columns if column != PATH]
    known = [column for column in columns if column in dataset.metadata_columns]
    if known or not columns:
        received = f"{', '.join(map(repr, known))}, which the dataset has already" if known else "no column beside it"
        raise DataError(
            f"A table of metadata must have new columns beside {PATH!r}. Received {table.path} with {received}. "
            "Rename or add columns."
        )
    return columns


def _images(dataset: Dataset) -> Iterator[str]:
    return (nfc(path) for split in dataset.splits.values() for path in paths_from(split, dataset.root))


def _row_of_image(table: Table, dataset: Dataset) -> dict[str, int]:
    """Map the path of each image that is named to the position of its row."""
    of_name: dict[str, list[str]] = {}
    for image in _images(dataset):
        of_name.setdefault(PurePosixPath(image).name, []).append(image)
    images = set(_images(dataset))
    named = [_image(path, images, of_name) for path in table.columns[PATH]]
    # A row that names no image is told apart from all others by its position.
    refuse_duplicates(table, [image or f"/{position}" for position, image in enumerate(named)], "image")
    return {image: position for position, image in enumerate(named) if image}


def _image(path: str, images: set[str], of_name: Mapping[str, list[str]]) -> str | None:
    name = PurePosixPath(nfc(path)).as_posix()
    if name in images:
        return name
    alike = of_name.get(name, [])
    return alike[0] if len(alike) == 1 else None


def _with_columns(
    split: Split, dataset: Dataset, table: Table, columns: list[str], numbers: Mapping[str, int]
) -> Split:
    rows = [numbers.get(nfc(path)) for path in paths_from(split, dataset.root)]
    new = {column: tuple("" if row is None else table.columns[column][row] for row in rows) for column in columns}
    return dataclasses.replace(split, metadata={**split.metadata, **new})


def _notices(table: Table, dataset: Dataset, numbers: Mapping[str, int]) -> list[str]:
    named = set(numbers.values())
    paths = [printable(path) for position, path in enumerate(table.columns[PATH]) if position not in named]
    without = sum(map(len, dataset.splits.values())) - len(numbers)
    notices = []
    if paths:
        notices.append(f"{count_of(len(paths), 'row')} of {table.path} without an image of its own: {listed(paths)}.")
    if without:
        notices.append(f"{count_of(without, 'image')} without a row in {table.path}: the metadata there are empty.")
    return notices
