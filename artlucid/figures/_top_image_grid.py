"""The images that fire channels most, in several networks, each set as a grid."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from artlucid.datasets.images import read_image
from artlucid.errors import VisualizationError
from artlucid.figures import _mosaic, _rows
from artlucid.figures._grid import WIDTH, Cell, Row, grid
from artlucid.figures._sheet import check_count

Picture: TypeAlias = str | os.PathLike[str] | npt.ArrayLike

GRID = (10, 10)
"""Columns and rows: the paper's figures show all 100."""

IMAGES = "maximal activation images"

COLUMNS = 3
"""Grids side by side: more leave less than 5 mm for each of 10 x 10 images on a page."""

SHARED = (0, 158, 115)
"""The green of Okabe and Ito, Color Universal Design (2008)."""

# In dots of a grid, which is made smaller or larger when it is drawn.
_SIDE = 1200
_LARGEST = 300
_SMALLEST = 32
_WIDEST_BORDER = 12

_WIDEST = 3.4
"""Of a grid, in inches: a column of print."""

_CLASSES = 3


@dataclass(frozen=True, eq=False)
class TopImages:
    """The maximal activation images of one channel in one network.

    Attributes
    ----------
    images : sequence of path, array or None
        The one that fires the channel most first: files of whole images, or arrays of shape (height, width, 3), RGB
        as uint8 or floats in 0 … 1, such as patches. None stands for one that is not there.
    shared : collection of int
        Places in `images`, from 0 on, of those that are also among the other network's.
    overlap : float, optional
        The overlap ratio with the other network's, in 0 … 1.
    classes : mapping of str to float
        The share of the images in each class, in 0 … 1; the three most frequent are named.
    optimized : path or array, optional
        The optimized image of the channel.
    """

    images: Sequence[Picture | None]
    shared: Collection[int] = ()
    overlap: float | None = None
    classes: Mapping[str, float] | None = None
    optimized: Picture | None = None


def top_image_grid(
    rows: Mapping[str, Sequence[TopImages]],
    titles: Sequence[str],
    *,
    shape: tuple[int, int] = GRID,
    shown: str = IMAGES,
    columns_per_band: int = COLUMNS,
    width: float = WIDTH,
) -> Figure:
    r"""Draw the maximal activation images of channels (columns) in several networks (rows).

    Parameters
    ----------
    rows : mapping of str to sequence of TopImages
        For each network, by the name that the figure gives it, the images of each channel.
    titles : sequence of str
        One a channel, such as ``mixed4d_3x3`` and, in the next line, ``channel 52``.
    shape : (int, int)
        Columns and rows of each grid; places that have no image stay white.
    shown : str
        What the rows of grids are called, beside the network: patches, for example.
    columns_per_band : int
        Further channels stand in bands below the first ones.
    width : float
        Of the figure, in inches, at most: a grid is not drawn wider than 3.4 inches.

    Returns
    -------
    Figure
        For each network a row of optimized images, if it has any, and one of grids, in reading order. An image that is
        also among the other network's has a green border. Below a grid stand the overlap ratio and the three most
        frequent classes with their shares, in per cent. An image that is not there is hatched.

    Raises
    ------
    VisualizationError
        If a row has not one set a title, if there are more images than places, if a shared place has no image, if a
        share or an overlap is not in 0 … 1, if an array is no picture, or if the columns do not fit the width.
    DataError
        If a file cannot be read as an image.

    References
    ----------
    Figures 1 to 4, 8, 9, 11 to 13 and 17 of the paper.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.linspace(0, 1, 100)[:, None, None, None] * np.ones((100, 8, 8, 3))
    >>> before = TopImages(images)
    >>> after = TopImages(images, shared={0, 5}, overlap=0.02, classes={"Ukiyo-e": 0.61, "Art_Nouveau_(Modern)": 0.2})
    >>> figure = top_image_grid({"ImageNet": [before], "RASTA": [after]}, ["mixed4d_3x3\nchannel 52"])
    >>> len(figure.axes)
    2
    """
    _check(rows, titles, shape)
    drawn = [row for label, sets in rows.items() for row in _rows_of(label, sets, shape, shown)]
    return grid(drawn, titles, width, columns_per_band, _WIDEST)


def _check(rows: Mapping[str, Sequence[TopImages]], titles: Sequence[str], shape: tuple[int, int]) -> None:
    for count in shape:
        check_count(count, "shape")
    if not isinstance(rows, Mapping) or not rows or isinstance(titles, str) or not len(titles):
        raise VisualizationError(
            "`rows` must be a mapping of names to sequences, and `titles` a sequence, each with at least one. Received "
            f"{type(rows).__name__} and {titles!r}. Name each network and each channel."
        )
    for label, sets in rows.items():
        if len(sets) != len(titles):
            raise VisualizationError(
                f"A row of `rows` must have one set of images for each of the {len(titles)} titles. Received "
                f"{len(sets)} in {label!r}. Give TopImages([]) where there are none."
            )
        for one in sets:
            _check_set(one, label, shape)


def _check_set(top: TopImages, label: str, shape: tuple[int, int]) -> None:
    if len(top.images) > shape[0] * shape[1]:
        raise VisualizationError(
            f"`shape` must have a place for each image. Received {shape[0]} × {shape[1]} places for {len(top.images)} "
            f"images in {label!r}. Give the first of them, or a larger `shape`."
        )
    if beyond := [place for place in top.shared if not 0 <= place < len(top.images)]:
        raise VisualizationError(
            f"`shared` must be places of the {len(top.images)} images, from 0 on. Received {beyond[0]} in {label!r}. "
            "Count from the first image of the set, not in the dataset."
        )
    shares = [*(top.classes or {}).values(), *([] if top.overlap is None else [top.overlap])]
    if wrong := [share for share in shares if not (0 <= share <= 1 or np.isnan(share))]:
        raise VisualizationError(
            f"Overlap ratios and shares of classes must be in 0 … 1. Received {wrong[0]} in {label!r}. "
            "Divide per cents by 100."
        )


def _rows_of(label: str, sets: Sequence[TopImages], shape: tuple[int, int], shown: str) -> Iterator[Row]:
    if any(top.optimized is not None for top in sets):
        yield Row(f"{label}\noptimized images", [_optimized(top, label) for top in sets])
    yield Row(f"{label}\n{shown}", [Cell(_grid_of(top, shape, label), below=_below(top)) for top in sets])


def _optimized(top: TopImages, label: str) -> Cell:
    return Cell(None if top.optimized is None else _read(top.optimized, label, None))


def _below(top: TopImages) -> str:
    lines = [] if top.overlap is None or np.isnan(top.overlap) else [f"overlap {100 * top.overlap:.0f} %"]
    shares = {name: share for name, share in (top.classes or {}).items() if share > 0}
    most = sorted(shares.items(), key=lambda item: -item[1])[:_CLASSES]
    return "\n".join([*lines, *(f"{100 * share:.0f} % {name}" for name, share in most)])


def _grid_of(top: TopImages, shape: tuple[int, int], label: str) -> npt.NDArray[np.uint8]:
    side = int(np.clip(_SIDE // max(shape), _SMALLEST, _LARGEST))
    gap, border = max(1, side // 20), int(np.clip(side // 10, 3, _WIDEST_BORDER))
    canvas = np.full((shape[1] * (side + gap) - gap, shape[0] * (side + gap) - gap, 3), _mosaic.PAPER, np.uint8)
    shared = set(top.shared)

    def fill(place: int) -> None:
        row, column = divmod(place, shape[0])
        upper, left = row * (side + gap), column * (side + gap)
        part = canvas[upper : upper + side, left : left + side]
        image = top.images[place]
        if image is None:
            _mosaic.hatch(part)
        else:
            _put(part, _read(image, label, side), border if place in shared else 0)

    # Most of the time goes into decoding, which Pillow does beside other Python.
    with ThreadPoolExecutor() as threads:
        list(threads.map(fill, range(len(top.images))))
    return canvas


def _put(part: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8], border: int) -> None:
    """Put an image into the middle of its place as large as it fits, with its border inside."""
    scale = part.shape[0] / max(image.shape[:2])
    height, width = (max(1 + 2 * border, round(scale * side)) for side in image.shape[:2])
    top, left = (part.shape[0] - height) // 2, (part.shape[1] - width) // 2
    place = part[top : top + height, left : left + width]
    place[...] = SHARED
    # A white line inside, for images that are green themselves.
    line = border - border // 4
    place[line : height - line, line : width - line] = _mosaic.PAPER
    size = (width - 2 * border, height - 2 * border)
    scaled = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)
    place[border : height - border, border : width - border] = np.asarray(scaled)


def _read(picture: Picture, label: str, side: int | None) -> npt.NDArray[np.uint8]:
    if isinstance(picture, str | os.PathLike):
        return read_image(picture, shorter_side=side)
    return _rows.pixels(picture, label)
