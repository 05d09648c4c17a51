"""The rows of a spreadsheet, which is a zip from outside: nothing in it is computed or followed, and all is capped."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from xml.parsers import expat
from zipfile import ZipFile

# Of all parts of the zip, unpacked; Python reads no further in a part than the size that is declared and counted here.
LARGEST_UNPACKED = 64 * 2**20
MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
EXTERNAL_LINKS = "xl/externalLinks/"


def spreadsheet_rows(content: bytes) -> Iterator[Sequence[str]]:
    """Read the only sheet that holds anything.

    Parameters
    ----------
    content : bytes
        Of an .xlsx file.

    Yields
    ------
    sequence of str
        The cells of a row; an empty one is "".

    Raises
    ------
    Exception
        Of any kind where the file is damaged; ValueError with a clause that says what is wrong where it is too large or
        wide, holds formulas, links to other files or document types, or has several sheets with content.
    """
    import openpyxl  # here, because it takes a tenth of a second and few datasets need it

    _check_parts(content)
    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    for sheet in workbook.worksheets:
        # The size that a sheet declares may be wrong, and its missing cells would be made up.
        sheet.reset_dimensions()
    filled = [sheet for sheet in workbook.worksheets if _holds_anything(sheet)]
    if len(filled) != 1:
        names = ", ".join(repr(sheet.title) for sheet in filled) or "none"
        raise ValueError(f"one of its sheets must hold the table, and those that hold anything are {names}")
    for row in _rows(filled[0]):
        yield [_text(cell) for cell in row]


def _check_parts(content: bytes) -> None:
    with ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise ValueError(f"unpacked it is above the limit of {LARGEST_UNPACKED // 2**20} MiB")
        if any(part.filename.startswith(EXTERNAL_LINKS) for part in parts):
            raise ValueError("it links to other files")
        for part in parts:
            # What is no XML is no part of a table, or stops openpyxl.
            with archive.open(part) as file, contextlib.suppress(expat.ExpatError):
                _document_types_refused().ParseFile(file)


def _document_types_refused() -> expat.XMLParserType:
    """Make a parser that stops at a document type, which spreadsheets have none of, and entity bombs need."""

    def refuse(*_: object) -> None:
        raise ValueError("it declares document types")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    return parser


def _rows(sheet: Any, *, values_only: bool = False) -> Iterator[Sequence[Any]]:
    """The rows of a sheet, of which a single cell far to the right would make thousands of cells each."""
    for row in islice(sheet.iter_rows(values_only=values_only), MOST_ROWS + 1):
        if len(row) > MOST_COLUMNS:
            raise ValueError(f"it has more than {MOST_COLUMNS:,} columns")
        yield row


def _holds_anything(sheet: Any) -> bool:
    return any(map(any, _rows(sheet, values_only=True)))


def _text(cell: Any) -> str:
    if cell.value is None:
        return ""
    if cell.data_type == "f":
        raise ValueError(f"its cell {cell.coordinate} holds a formula")
    # A date without a time of day.
    return str(cell.value).removesuffix(" 00:00:00")
