"""Many small pictures as one: cells in rows and columns, with one or more pictures side by side in each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from artlucid.errors import VisualizationError

# In dots, as all lengths here.
GAP = 16
SEAM = 3
"""Between the pictures of a cell."""

SMALLEST = 48
"""Width of a picture below which a mosaic grows taller instead."""

ENLARGED = 112
"""Width that smaller pictures are brought to where there is room; none is enlarged beyond it."""

PROPORTION = 16 / 10
"""Width to height where the pictures leave a choice: that of a screen."""

PAPER = 255
GREY = 153


@dataclass(frozen=True)
class Layout:
    """Where each picture of a mosaic stands.

    Attributes
    ----------
    columns, rows : int
    pictures : int
        In a cell.
    picture_width, picture_height : int
    caption_width, caption_height : int
        Of the free place below each cell's pictures.
    """

    columns: int
    rows: int
    pictures: int
    picture_width: int
    picture_height: int
    caption_width: int
    caption_height: int

    @property
    def cell_width(self) -> int:
        return max(self._pictures_width, self.caption_width)

    @property
    def width(self) -> int:
        return self.columns * (self.cell_width + GAP) - GAP

    @property
    def height(self) -> int:
        return self.rows * (self.picture_height + self.caption_height + GAP) - GAP

    @property
    def _pictures_width(self) -> int:
        return self.pictures * (self.picture_width + SEAM) - SEAM

    def picture(self, cell: int, part: int) -> tuple[int, int]:
        """Left and top of a picture: of which cell, in reading order, and of which part of it."""
        row, column = divmod(cell, self.columns)
        inset = (self.cell_width - self._pictures_width) // 2
        left = column * (self.cell_width + GAP) + inset + part * (self.picture_width + SEAM)
        return left, row * (self.picture_height + self.caption_height + GAP)

    def caption(self, cell: int) -> tuple[float, int]:
        """Middle and top of the place below a cell's pictures."""
        left, top = self.picture(cell, 0)
        return left + self._pictures_width / 2, top + self.picture_height


def layout(
    cells: int, pictures: int, shape: tuple[int, int], room: tuple[int, int], caption: tuple[int, int]
) -> Layout:
    """Arrange cells so that the pictures are as large as the room allows, and no larger than they are.

    Parameters
    ----------
    cells, pictures : int
        How many cells, and how many pictures in each.
    shape : (int, int)
        Width and height of the pictures.
    room : (int, int)
        Width, and the height that is not passed as long as pictures can be made smaller.
    caption : (int, int)
        Width and height of the free place below the pictures of a cell.

    Returns
    -------
    Layout

    Raises
    ------
    VisualizationError
        If the smallest pictures of one cell do not fit the width.
    """
    found = [
        one for columns in range(1, cells + 1) for one in _with_columns(columns, cells, pictures, shape, room, caption)
    ]
    if not found:
        raise VisualizationError(
            f"A contact sheet must have room for {pictures} pictures of {SMALLEST} dots side by side. Received a width "
            f"of {room[0]} dots. Use a larger `width`, or fewer folders."
        )
    return max(found, key=lambda one: (one.picture_width, -abs(math.log(one.width / one.height / PROPORTION))))


def _with_columns(
    columns: int, cells: int, pictures: int, shape: tuple[int, int], room: tuple[int, int], caption: tuple[int, int]
) -> Iterator[Layout]:
    """The layout with so many columns; none if that does not fit the width."""
    rows = -(-cells // columns)
    cell_width = (room[0] + GAP) // columns - GAP
    by_width = (cell_width + SEAM) // pictures - SEAM
    by_height = ((room[1] + GAP) // rows - GAP - caption[1]) * shape[0] // shape[1]
    width = min(by_width, max(by_height, SMALLEST), max(shape[0], ENLARGED))
    if width >= SMALLEST and cell_width >= caption[0]:
        yield Layout(columns, rows, pictures, width, max(1, round(width * shape[1] / shape[0])), *caption)


def canvas(layout: Layout) -> npt.NDArray[np.uint8]:
    """White, of shape (height, width, 3)."""
    return np.full((layout.height, layout.width, 3), PAPER, np.uint8)


def put(place: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8]) -> None:
    """Put a picture into its place on a canvas, as large as it fits, in the middle."""
    height, width = place.shape[:2]
    scale = min(height / image.shape[0], width / image.shape[1])
    size = [max(1, round(scale * side)) for side in image.shape[1::-1]]
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    scaled = Image.fromarray(image).resize((size[0], size[1]), Image.Resampling.LANCZOS)
    place[top : top + size[1], left : left + size[0]] = np.asarray(scaled)


def hatch(place: npt.NDArray[np.uint8]) -> None:
    """Fill a place on a canvas with lines, as one without a picture."""
    rows, columns = np.ogrid[: place.shape[0], : place.shape[1]]
    place[(rows + columns) % 16 < 2] = GREY
    place[[0, 1, -2, -1]] = GREY
    place[:, [0, 1, -2, -1]] = GREY
