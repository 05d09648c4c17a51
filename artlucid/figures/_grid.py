"""Pictures in rows and columns, with a label a row, a title a column and lines below each picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from artlucid.errors import VisualizationError
from artlucid.figures import _text
from artlucid.figures._sheet import GREY, INK, MARGIN, PAPER, Box, Sheet, check_count

# In inches.
WIDTH = 7.2
WIDEST_LABEL = 1.1
WIDEST_CELL = 2.0
NARROWEST_CELL = 0.5
GAP = 0.06
GAP_OF_BANDS = 0.15

COLUMNS = 6


@dataclass(frozen=True, eq=False)
class Cell:
    """One place of a grid.

    Attributes
    ----------
    image : uint8 array of shape (height, width, 3), optional
        RGB; without one the cell is hatched.
    word : str
        What the cell says where it has no image.
    below : str
        Lines below the image.
    """

    image: npt.NDArray[np.uint8] | None
    word: str = "missing"
    below: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a grid: a label, and a cell a column."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class _Measures:
    """What holds for the whole grid, in inches."""

    columns: int
    cell: float
    label: float

    @property
    def left(self) -> float:
        return MARGIN + (self.label + GAP if self.label else 0)

    @property
    def width(self) -> float:
        return self.left + self.columns * (self.cell + GAP) - GAP + MARGIN


@dataclass(frozen=True)
class _Band:
    """Some columns of a grid, as they will stand below each other: text is wrapped, heights are known."""

    titles: Sequence[str]
    rows: Sequence[Row]
    pictures: Sequence[float]
    heights: Sequence[float]

    @property
    def titles_height(self) -> float:
        return max(map(_text.height_of, self.titles)) + GAP / 2

    @property
    def height(self) -> float:
        return self.titles_height + sum(self.heights) + GAP * (len(self.rows) - 1)


def grid(
    rows: Sequence[Row],
    titles: Sequence[str],
    width: float = WIDTH,
    columns_per_band: int = COLUMNS,
    widest_cell: float = WIDEST_CELL,
) -> Figure:
    """Draw a grid.

    Parameters
    ----------
    rows : sequence of Row
        With as many cells as there are titles.
    titles : sequence of str
        One a column.
    width : float
        At most, in inches.
    columns_per_band : int
        Further columns stand below the first ones.
    widest_cell : float
        Of a picture, in inches.

    Returns
    -------
    Figure
        An axes a cell, its label "row, column".

    Raises
    ------
    VisualizationError
        If the columns do not fit the width, or the figure would be too tall.
    """
    check_count(columns_per_band, "columns_per_band")
    measures = _measures(rows, min(columns_per_band, len(titles)), width, widest_cell)
    starts = range(0, len(titles), measures.columns)
    bands = [_band(rows, titles, slice(start, start + measures.columns), measures) for start in starts]
    height = 2 * MARGIN + sum(band.height for band in bands) + GAP_OF_BANDS * (len(bands) - 1)
    sheet = Sheet(measures.width, height)
    top = MARGIN
    for start, band in zip(starts, bands, strict=True):
        _draw_band(sheet, band, measures, top, start)
        top += band.height + GAP_OF_BANDS
    return sheet.figure


def _measures(rows: Sequence[Row], columns: int, width: float, widest_cell: float) -> _Measures:
    label = max(_text.width_of(line) for row in rows for line in _label(row).split("\n"))
    left = MARGIN + (label + GAP if label else 0)
    cell = min((width - left - MARGIN + GAP) / columns - GAP, widest_cell)
    if not cell >= NARROWEST_CELL:
        raise VisualizationError(
            f"Each column must be at least {NARROWEST_CELL} inches wide. Received `width` {width} for {columns} "
            "columns. Use fewer `columns_per_band`, or a larger `width`."
        )
    return _Measures(columns, cell, label)


def _band(rows: Sequence[Row], titles: Sequence[str], part: slice, measures: _Measures) -> _Band:
    wrapped = [_wrapped(row, part, measures) for row in rows]
    usual = max((_shape(cell) for row in rows for cell in row.cells if cell.image is not None), default=1.0)
    pictures = [measures.cell * _tallest(row, usual) for row in wrapped]
    heights = [
        max(picture + _below(row), _text.height_of(row.label)) for picture, row in zip(pictures, wrapped, strict=True)
    ]
    return _Band([_text.wrapped(title, measures.cell) for title in titles[part]], wrapped, pictures, heights)


def _wrapped(row: Row, part: slice, measures: _Measures) -> Row:
    cells = [
        Cell(cell.image, _text.wrapped(cell.word, 0.9 * measures.cell), _text.wrapped(cell.below, measures.cell))
        for cell in row.cells[part]
    ]
    return Row(_label(row), cells)


def _label(row: Row) -> str:
    return _text.wrapped(row.label, WIDEST_LABEL)


def _shape(cell: Cell) -> float:
    assert cell.image is not None
    return float(cell.image.shape[0] / cell.image.shape[1])


def _tallest(row: Row, usual: float) -> float:
    """Height of a row's pictures for a width of 1."""
    return max((_shape(cell) for cell in row.cells if cell.image is not None), default=usual)


def _below(row: Row) -> float:
    return max(_text.height_of(cell.below) for cell in row.cells)


def _draw_band(sheet: Sheet, band: _Band, measures: _Measures, top: float, first: int) -> None:
    lefts = [measures.left + index * (measures.cell + GAP) for index in range(len(band.titles))]
    for left, title in zip(lefts, band.titles, strict=True):
        sheet.text(left + measures.cell / 2, top + band.titles_height - GAP / 2, title, ha="center", va="bottom")
    top += band.titles_height
    for index, (row, picture, height) in enumerate(zip(band.rows, band.pictures, band.heights, strict=True)):
        sheet.text(MARGIN, top + max(picture, _text.height_of(row.label)) / 2, row.label, va="center")
        for column, (left, cell) in enumerate(zip(lefts, row.cells, strict=True)):
            box = Box(left, top, measures.cell, picture)
            _draw_cell(sheet, box, cell, f"{index}, {first + column}")
            sheet.text(left + measures.cell / 2, top + picture, cell.below, ha="center")
        top += height + GAP


def _draw_cell(sheet: Sheet, box: Box, cell: Cell, label: str) -> None:
    axes = sheet.axes(box, label)
    if cell.image is not None:
        axes.imshow(cell.image, aspect="equal", interpolation="auto")
        axes.set_axis_off()
        return
    axes.set_axis_off()
    axes.add_patch(
        Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor=PAPER, edgecolor=GREY, hatch="////", linewidth=0.5)
    )
    centred: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    written: dict[str, Any] = {"fontproperties": _text.FONT, "color": INK, "parse_math": False}
    axes.text(0.5, 0.5, cell.word, backgroundcolor=PAPER, linespacing=_text.LINE_SPACING, **centred, **written)
