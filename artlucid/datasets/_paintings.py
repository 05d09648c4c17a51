"""The Paintings dataset: one table of addresses, subsets and labels, in each of the forms it was published in."""

import os
from collections.abc import Sequence
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
from artlucid.datasets._dataset import Dataset, Excluded
from artlucid.datasets._layout import existing_folder, is_image, visible_entries
from artlucid.datasets._options import spelled
from artlucid.datasets._tables import SUFFIXES, Table, bare, choose_table, read_table, require_columns
from artlucid.datasets._wording import count_of, listed
from artlucid.errors import DataError

CLASSES = ("aeroplane", "bird", "boat", "chair", "cow", "diningtable", "dog", "horse", "sheep", "train")
ADDRESS = "Image URL"
SUBSET = "Subset"
LABELS = "Labels"


def paintings(
    path: str | os.PathLike[str],
    *,
    images: str | os.PathLike[str] | None = None,
    split_seed: int = DEFAULT_SPLIT_SEED,
    validation: float = DEFAULT_VALIDATION,
) -> Dataset:
    """Load the Paintings dataset.

    Parameters
    ----------
    path : path-like
        The folder with the table (.xlsx, .csv, .tsv, .txt), of 2018 or of the first release; or the table itself, where
        there are several. Columns `Image URL`, `Subset`, `Labels`; the others become metadata.
    images : path-like, optional
        The folder of the images, at any depth; by default the one that holds the table. An image's name is the last
        part of its address, with any suffix of an image.
    split_seed, validation
        As `iconart` takes them; the published tables have validation rows.

    Returns
    -------
    Dataset
        One or several of ten labels an image. Its `missing` are the images that do not exist, and those that several
        rows name with different labels or subsets, as they do where one picture is in the place of several paintings.
        Notices tell of files without a row and of rows that say the same twice.

    Raises
    ------
    DataError
        If the table is missing or there are several, if it cannot be read, lacks a column, has an unknown label or
        subset, or if none of the images exists.

    References
    ----------
    Section 4 of the paper; Crowley and Zisserman, BMVC 2014.
    """
    folder, given = _folder_and_table(path)
    root = folder if images is None else existing_folder(images, "paintings")
    table = read_table(given or _only_table(folder))
    require_columns(table, (ADDRESS, SUBSET, LABELS))
    kept, ambiguous, repeated = _one_an_image(_annotations(table))
    annotations, notices = with_validation(kept, split_seed=split_seed, validation=validation)
    options = {
        "images": (root, folder),
        "split_seed": (split_seed, DEFAULT_SPLIT_SEED),
        "validation": (validation, DEFAULT_VALIDATION),
    }
    place = Place("paintings", spelled("paintings", given or folder, options), root, root)
    return annotated(annotations, CLASSES, place, unusable=ambiguous, notices=[*repeated, *notices])


def file_name(address: str) -> str:
    """Give the name of the file at an address: the last part, without a query behind an image's name.

    >>> file_name("https://host/w550/NID_264.jpg?w=343"), file_name("https://host/image.php?id=7")
    ('NID_264.jpg', 'image.php?id=7')
    """
    name = address.rstrip("/").rpartition("/")[2]
    path = name.partition("?")[0]
    return path if is_image(path) else name


def _folder_and_table(path: str | os.PathLike[str]) -> tuple[Path, Path | None]:
    table = Path(os.path.abspath(Path(path).expanduser()))
    return (table.parent, table) if table.is_file() else (existing_folder(path, "paintings"), None)


def _only_table(folder: Path) -> Path:
    entries = [Path(entry.path) for entry in visible_entries(folder) if not entry.is_dir()]
    candidates = [entry for entry in entries if entry.suffix.lower() in SUFFIXES]
    return choose_table(candidates, (ADDRESS, SUBSET, LABELS), "paintings", folder)


def _annotations(table: Table) -> list[Annotation]:
    others = [column for column in table.columns if column not in {SUBSET, LABELS}]
    return [
        Annotation(
            file_name(bare(address)),
            split_of_row(bare(subset), SUBSET, number, table),
            _classes(bare(labels), number, table),
            metadata,
        )
        for number, address, subset, labels, metadata in zip(
            table.numbers,
            table.columns[ADDRESS],
            table.columns[SUBSET],
            table.columns[LABELS],
            table.rows(others),
            strict=True,
        )
    ]


def _classes(labels: str, number: int, table: Table) -> frozenset[str]:
    classes = frozenset(labels.split())
    if not classes <= set(CLASSES):
        raise DataError(
            f"The column {LABELS!r} must hold labels of {', '.join(CLASSES)}, with spaces between them. Received "
            f"{', '.join(map(repr, sorted(classes - set(CLASSES))))} in row {number} of {table.path}. Correct it, or "
            "use IconArt's layout for other classes: `iconart:PATH`."
        )
    return classes


def _one_an_image(rows: Sequence[Annotation]) -> tuple[list[Annotation], list[Excluded], list[str]]:
    """Keep one row an image; where rows differ about it, it cannot be used, once in each split that they name."""
    of_key: dict[str, list[Annotation]] = {}
    for row in rows:
        of_key.setdefault(key_of(row.name), []).append(row)
    kept, ambiguous, repeated = [], [], []
    for same in of_key.values():
        if len({(row.split, row.classes) for row in same}) == 1:
            kept.append(same[0])
            repeated += [same[0].name] if len(same) > 1 else []
        else:
            reason = f"{len(same)} rows name this file and differ in subset or labels"
            ambiguous += [Excluded(split, same[0].name, reason) for split in dict.fromkeys(row.split for row in same)]
    return kept, ambiguous, _repeated_notice(repeated)


def _repeated_notice(repeated: Sequence[str]) -> list[str]:
    if not repeated:
        return []
    return [f"The table says the same twice of {count_of(len(repeated), 'image')}: {listed(repeated)}."]
