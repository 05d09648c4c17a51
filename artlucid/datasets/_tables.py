"""Annotation tables as their authors wrote them: spreadsheets, commas or tabs, odd line ends, quotes inside quotes."""

import csv
import io
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from artlucid.datasets._dataset import nfc
from artlucid.datasets._spreadsheet import MOST_COLUMNS, MOST_ROWS, spreadsheet_rows
from artlucid.datasets._wording import listed, printable
from artlucid.datasets.images import explain, open_regular_file
from artlucid.errors import DataError

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
DELIMITERS = ",\t;"

# Fifty times the Paintings dataset's table; a table is held in memory.
LARGEST_FILE = 64 * 2**20

SPREADSHEET_BEGINS = b"PK\x03\x04"


@dataclass(frozen=True)
class Table:
    """A table of text.

    Parameters
    ----------
    path : Path
        The file it was read from.
    numbers : tuple of int
        The number of each row in the file, as spreadsheet programs count: the header is row 1.
    columns : mapping of str to tuple of str
        By the NFC name of the column, in the order of the file; an empty cell is "".
    """

    path: Path
    numbers: tuple[int, ...]
    columns: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, columns: Sequence[str]) -> Iterator[dict[str, str]]:
        """Give some of the columns, row by row."""
        values = zip(*(self.columns[column] for column in columns), strict=True) if columns else ((),) * len(self)
        return (dict(zip(columns, row, strict=True)) for row in values)


def read_table(path: Path) -> Table:
    """Read a table of text.

    Parameters
    ----------
    path : Path
        A spreadsheet (.xlsx) with one sheet of plain values, or UTF-8 text with or without a byte-order mark,
        separated by commas, tabs or semicolons, with any line ends. Spaces around a value and quotes around a
        column's name are left out, and so are empty rows and columns without a name.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        If the file is missing, of another kind, damaged or above 64 MiB, or if its rows do not fit its header.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"A table must be a file of {', '.join(SUFFIXES)}. Received {printable(str(path))}. "
            "Save it from a spreadsheet program as “CSV UTF-8”."
        )
    try:
        content = _content(path)
        is_spreadsheet = path.suffix.lower() == ".xlsx" or content.startswith(SPREADSHEET_BEGINS)
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions, which are not read.
            warnings.simplefilter("ignore")
            return _table(path, spreadsheet_rows(content) if is_spreadsheet else _text_rows(content))
    except UnicodeDecodeError as error:
        raise DataError(
            f"A table must be UTF-8 text. Received {printable(str(path))} with the byte "
            f"0x{error.object[error.start]:02x} at position {error.start}. Save it as UTF-8, in a spreadsheet program "
            "as “CSV UTF-8”."
        ) from error
    except Exception as error:
        # A damaged spreadsheet brings errors of any kind.
        raise DataError(
            f"A table must be a spreadsheet of plain values, or separated text, with a name for each column. Received "
            f"{printable(str(path))}: {explain(error)}. Open it in a spreadsheet program, keep one sheet of plain "
            "values under one header, and save it anew as “CSV UTF-8”."
        ) from error


def require_columns(table: Table, columns: Sequence[str]) -> None:
    """Refuse a table that lacks a column."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise DataError(
            f"The table must have the columns {', '.join(map(repr, columns))}. Received {table.path} without "
            f"{', '.join(map(repr, missing))}; its columns are {listed([*map(repr, table.columns)]) or 'none'}. "
            "Rename or add them."
        )


def refuse_duplicates(table: Table, names: Iterable[str], what: str) -> None:
    """Refuse a table that names the same thing in several rows."""
    rows: dict[str, list[int]] = {}
    for number, name in zip(table.numbers, names, strict=True):
        rows.setdefault(name, []).append(number)
    twice = [f"{name!r} in rows {', '.join(map(str, found))}" for name, found in rows.items() if len(found) > 1]
    if twice:
        raise DataError(
            f"The table must name each {what} once. Received {table.path}, which repeats {len(twice)}: "
            f"{listed(twice, '; ')}. Join or remove these rows."
        )


def choose_table(candidates: Sequence[Path], columns: Sequence[str], kind: str, place: Path) -> Path:
    """Find the only table that can be meant.

    Parameters
    ----------
    candidates : sequence of Path
        The files of `place` that may be it.
    columns : sequence of str
        Those that tell it from others where there are several.
    kind : str
        Of the dataset, for the message.
    place : Path
        The folder that was looked into.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    fitting = candidates if len(candidates) == 1 else [path for path in candidates if _has_columns(path, columns)]
    if len(fitting) == 1:
        return fitting[0]
    found = [printable(path.name) for path in fitting or candidates]
    raise DataError(
        f"`{kind}:PATH` must hold one table with the columns {', '.join(map(repr, columns))}. Received {place} with "
        f"{listed(found) or 'none'}. Give the table itself: `{kind}:{place / (found or ['<name>.csv'])[0]}`."
    )


def bare(value: str) -> str:
    """Leave out spaces and quotes around a value.

    >>> bare(" ' aeroplane horse' ")
    'aeroplane horse'
    """
    return value.strip().strip("'\"").strip()


def _content(path: Path) -> bytes:
    with open_regular_file(path) as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"it is above the limit of {LARGEST_FILE // 2**20} MiB")
    return content


def _text_rows(content: bytes) -> Iterator[Sequence[str]]:
    text = content.decode("utf-8-sig")
    if "\0" in text:
        raise ValueError("it holds bytes of zero, as UTF-16 does, and is not UTF-8")
    # The first release of Paintings ends its lines with a carriage return alone.
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    header = lines.lstrip("\n").partition("\n")[0]
    return csv.reader(io.StringIO(lines), delimiter=max(DELIMITERS, key=header.count), strict=True)


def _table(path: Path, rows: Iterable[Sequence[str]]) -> Table:
    filled = _filled_rows(rows)
    _, header = next(filled, (0, []))
    names = [nfc(bare(name)) for name in header]
    _check_header(names)
    numbered = [(number, _fitted(row, len(names), number)) for number, row in filled]
    if not numbered:
        raise ValueError("it has no rows below its header")
    columns = dict(zip(names, zip(*(row for _, row in numbered), strict=True), strict=True))
    columns.pop("", None)
    return Table(path, tuple(number for number, _ in numbered), columns)


def _filled_rows(rows: Iterable[Sequence[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise ValueError(f"it has more than {MOST_ROWS:,} rows")
        values = [value.strip() for value in row]
        while values and not values[-1]:
            values.pop()
        if values:
            yield number, values


def _check_header(names: Sequence[str]) -> None:
    if not any(names):
        raise ValueError("it has no header")
    if len(names) > MOST_COLUMNS:
        raise ValueError(f"it has more than {MOST_COLUMNS:,} columns")
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise ValueError(f"its header repeats {listed([*map(repr, twice)])}")


def _fitted(row: list[str], width: int, number: int) -> list[str]:
    if len(row) > width:
        raise ValueError(f"its row {number} has {len(row)} values, and the header has {width} names")
    return row + [""] * (width - len(row))


def _has_columns(path: Path, columns: Sequence[str]) -> bool:
    try:
        return set(columns) <= set(read_table(path).columns)
    except DataError:
        return False
