"""All optimized images of a layer on one sheet."""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from artlucid._channel import layer_file_name
from artlucid._picture_folders import Folder, Picture
from artlucid.errors import VisualizationError
from artlucid.figures import _mosaic, _rows, _text
from artlucid.figures._channel_order import Channel, Order, orders_of
from artlucid.figures._mosaic import Layout
from artlucid.figures._pixels import DOTS, Pixels
from artlucid.figures._save import save
from artlucid.figures._sheet import PAPER, Box, Sheet

WIDTH = 13.0
"""In inches: 3,900 dots."""

SUBFOLDER = "sheets"

# In inches.
_MARGIN = 0.1
_NARROWEST = 3.0
_CAPTION_HEIGHT = 0.115  # of a line

_TITLE_SIZE = 12.0


# What a title says of the settings.
_SAID: Mapping[str, Callable[[object], str]] = MappingProxyType(
    {
        "steps": lambda value: f"{value:,} steps" if isinstance(value, int) else f"{value} steps",
        "size": lambda value: " × ".join(map(str, value if isinstance(value, list) else [value])) + " pixels",
        "seed": lambda value: f"seed {value}",
    }
)


def contact_sheet(
    folders: _rows.Sources,
    layer: str,
    *,
    order: str = "channel",
    channels: pd.DataFrame | None = None,
    highest_first: bool = False,
    width: float = WIDTH,
) -> Figure:
    """Draw every optimized image of a layer that folders hold, a cell a channel, with its number below.

    Parameters
    ----------
    folders : sequence of folder, or mapping of str to folder
        As `optimized_images` takes them, without arrays. The pictures of one channel stand side by side in the order
        of the folders.
    layer : str
        As the pictures' channels name it, such as ``mixed4d_3x3_pre_relu``.
    order : str
        ``channel``: by the channels' numbers; ``objective``: by the final objective in the last of the folders, highest
        first, where channels that are dead or missing there come last; or the name of a column of `channels`.
    channels : DataFrame, optional
        The table of channels of a comparison of one pair, or any other with the columns ``layer``, ``channel`` and one
        that holds numbers. The value stands below a channel's number. Channels without a value come after the others;
        those that ``dead_a``, ``dead_b`` or a picture says are dead come last and have a dagger.
    highest_first : bool
        Of a column, whose lowest values come first by default.
    width : float
        Of the figure, in inches, at most. It is no taller than that either, as long as a picture keeps 0.16 inches.

    Returns
    -------
    Figure
        For `figures.save`: at its 300 dots an inch the sheet has at most 3,900 a side, and pictures are no larger than
        they are, but for those of less than 112 dots. One that is not there is hatched and says "missing"; one that
        shows nothing of the network says "dead" or "not finite".

    Warns
    -----
    VisualizationWarning
        If the folders' pictures were made with different settings, such as the seed or the size.

    Raises
    ------
    VisualizationError
        As `optimized_images` does; also if no folder has the layer, or the pictures of a channel do not fit the width.
    """
    opened = _rows.folders(folders, "folders")
    orders = orders_of(order, channels, highest_first)
    by_layer = [_by_layer(folder) for _, folder in opened]
    _check_layer(layer, by_layer)
    _rows.warn_of_other_settings(opened)
    return _drawn(opened, by_layer, layer, orders(layer), width)


def save_contact_sheets(
    folders: _rows.Sources,
    *,
    layers: Sequence[str] | None = None,
    order: str = "channel",
    channels: pd.DataFrame | None = None,
    highest_first: bool = False,
    out: str | os.PathLike[str] | None = None,
) -> tuple[Path, ...]:
    """Write a contact sheet for each layer as ``<layer>.png``.

    Parameters
    ----------
    folders : sequence of folder, or mapping of str to folder
        As `contact_sheet` takes them.
    layers : sequence of str, optional
        By default all of which the first folder has a picture.
    order, channels, highest_first
        As in `contact_sheet`.
    out : path, optional
        The folder to write; by default ``sheets`` in the first of the folders.

    Returns
    -------
    tuple of Path
        What was written, in the order of the layers; what was there is replaced.

    Warns
    -----
    VisualizationWarning
        As `contact_sheet` does, once.

    Raises
    ------
    VisualizationError
        As `contact_sheet` does.
    OutputError
        If a file cannot be written.
    """
    opened = _rows.folders(folders, "folders")
    orders = orders_of(order, channels, highest_first)
    by_layer = [_by_layer(folder) for _, folder in opened]
    wanted = _wanted(layers, by_layer)
    _rows.warn_of_other_settings(opened)
    place = opened[0][1].path / SUBFOLDER if out is None else Path(out)
    written = []
    for layer in wanted:
        figure = _drawn(opened, by_layer, layer, orders(layer), WIDTH)
        written += save(figure, place / f"{layer_file_name(layer)}.png", dpi=DOTS)
    return tuple(written)


def _by_layer(folder: Folder) -> dict[str, dict[int, Picture]]:
    layers: dict[str, dict[int, Picture]] = {}
    for picture in folder.pictures.values():
        layers.setdefault(picture.channel.layer, {})[picture.channel.number] = picture
    return layers


def _check_layer(layer: str, by_layer: Sequence[Mapping[str, object]]) -> None:
    known = list(dict.fromkeys(name for layers in by_layer for name in layers))
    if layer not in known:
        near = difflib.get_close_matches(str(layer), known, cutoff=0) or ["none"]
        raise VisualizationError(
            f"`layer` must be one of which a folder has pictures. Received {layer!r}. The nearest that are there: "
            f"{', '.join(near)}. Others are made by `artlucid visualize`."
        )


def _wanted(layers: Sequence[str] | None, by_layer: Sequence[Mapping[str, object]]) -> list[str]:
    wanted = list(by_layer[0]) if layers is None else layers
    if isinstance(wanted, str) or not len(wanted):
        raise VisualizationError(
            "`layers` must be a sequence of names of which a folder has pictures. Received "
            f"{layers!r}{'' if layers is not None else ', and the first folder has none'}. Give them in a list, "
            "or make pictures with `artlucid visualize`."
        )
    for layer in wanted:
        _check_layer(layer, by_layer)
    return list(dict.fromkeys(wanted))


def _drawn(
    opened: Sequence[tuple[str, Folder]],
    by_layer: Sequence[Mapping[str, Mapping[int, Picture]]],
    layer: str,
    order: Order,
    width: float,
) -> Figure:
    channels = _ordered([layers.get(layer, {}) for layers in by_layer], order)
    captions = [order.caption(channel) for channel in channels]
    labels = [label for label, _ in opened]
    heading = [*_heading(labels, len(channels), order), *_settings(opened), *order.notes(channels)]
    arranged = _layout(channels, captions, _heading_height(layer, heading, _NARROWEST), width)
    inner = max(arranged.width / DOTS, _NARROWEST)
    top = _MARGIN + _heading_height(layer, heading, inner)
    sheet = Sheet(inner + 2 * _MARGIN, top + arranged.height / DOTS + _MARGIN)
    _draw_heading(sheet, layer, heading, inner)
    _draw_channels(sheet, channels, captions, arranged, top)
    return sheet.figure


def _ordered(folders: Sequence[Mapping[int, Picture]], order: Order) -> list[Channel]:
    numbers = sorted({number for pictures in folders for number in pictures})
    channels = [Channel(number, [pictures.get(number) for pictures in folders]) for number in numbers]
    return sorted(channels, key=order.key)


def _heading(labels: Sequence[str], n_channels: int, order: Order) -> Iterator[str]:
    yield f"{', '.join(labels)}, from left to right" if len(labels) > 1 else labels[0]
    ordered = order.said.replace("{last}", labels[-1])
    yield "1 channel" if n_channels == 1 else f"{n_channels:,} channels, {ordered}"


def _settings(opened: Sequence[tuple[str, Folder]]) -> list[str]:
    """One line if all folders have the same, else one a folder."""
    said = [
        ", ".join(say(folder.settings[name]) for name, say in _SAID.items() if name in folder.settings)
        for _, folder in opened
    ]
    if len(set(said)) == 1:
        return said[:1]
    return [f"{label}: {settings}" for (label, _), settings in zip(opened, said, strict=True)]


def _layout(channels: Sequence[Channel], captions: Sequence[str], heading: float, width: float) -> Layout:
    room = (width - 2 * _MARGIN, width - 2 * _MARGIN - heading)
    lines = [caption.split("\n") for caption in captions]
    widest = max(_text.width_of(line) for caption in lines for line in caption)
    return _mosaic.layout(
        len(channels),
        len(channels[0].pictures),
        _shape(channels),
        (_dots(room[0]), _dots(room[1])),
        (math.ceil(widest * DOTS), _dots(_CAPTION_HEIGHT * max(map(len, lines)))),
    )


def _shape(channels: Sequence[Channel]) -> tuple[int, int]:
    """Width and height of the largest of each folder's first pictures; a square if there are none."""
    shapes = []
    for folder in zip(*(channel.pictures for channel in channels), strict=True):
        image = next((image for image in map(_image, folder) if image is not None), None)
        if image is not None:
            shapes.append((image.shape[1], image.shape[0]))
    return max(shapes, key=math.prod, default=(_mosaic.ENLARGED, _mosaic.ENLARGED))


def _image(picture: Picture | None) -> npt.NDArray[np.uint8] | None:
    return None if picture is None or picture.problem else picture.image()


def _dots(inches: float) -> int:
    return round(inches * DOTS)


def _heading_height(title: str, lines: Sequence[str], width: float) -> float:
    return sum(height for _, height, _ in _heading_lines(title, lines, width)) + _MARGIN


def _heading_lines(title: str, lines: Sequence[str], width: float) -> Iterator[tuple[str, float, float]]:
    """Each paragraph, wrapped, with its height in inches and its size in points."""
    for text, size in [(title, _TITLE_SIZE), *((line, _text.SIZE) for line in lines)]:
        wrapped = _text.wrapped(text, width * _text.SIZE / size)
        yield wrapped, _text.height_of(wrapped) * size / _text.SIZE, size


def _draw_heading(sheet: Sheet, title: str, lines: Sequence[str], width: float) -> None:
    top = _MARGIN
    for text, height, size in _heading_lines(title, lines, width):
        sheet.text(_MARGIN, top, text, fontsize=size)
        top += height


def _draw_channels(
    sheet: Sheet, channels: Sequence[Channel], captions: Sequence[str], arranged: Layout, top: float
) -> None:
    mosaic = _mosaic.canvas(arranged)
    width, height = arranged.picture_width, arranged.picture_height
    corners = [arranged.picture(*place) for place in np.ndindex(len(channels), arranged.pictures)]
    places = [mosaic[upper : upper + height, left : left + width] for left, upper in corners]
    pictures = [picture for channel in channels for picture in channel.pictures]
    # Most of the time goes into decoding, which Pillow does beside other Python.
    with ThreadPoolExecutor() as threads:
        words = list(threads.map(_fill, places, pictures))
    for (left, upper), word in zip(corners, words, strict=True):
        if word:
            box = Box(_MARGIN + left / DOTS, top + upper / DOTS, width / DOTS, height / DOTS)
            _draw_word(sheet, box, word)
    for index, caption in enumerate(captions):
        middle, below = arranged.caption(index)
        sheet.text(_MARGIN + middle / DOTS, top + below / DOTS, caption, ha="center")
    sheet.figure.add_artist(Pixels(mosaic, _MARGIN, sheet.height - top - arranged.height / DOTS))


def _fill(place: npt.NDArray[np.uint8], picture: Picture | None) -> str | None:
    """Put a picture into its place; where there is none, lines, and give the word that says why."""
    image = _image(picture)
    if image is None:
        _mosaic.hatch(place)
        return (picture and picture.problem) or "missing"
    _mosaic.put(place, image)
    return None


def _draw_word(sheet: Sheet, box: Box, word: str) -> None:
    """Say why there is no picture, in letters that fit the place."""
    lines = word.replace(" ", "\n")
    size = _text.SIZE * min(1, 0.85 * box.width / max(map(_text.width_of, lines.split("\n"))))
    around = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}
    centred = {"ha": "center", "va": "center"}
    sheet.text(box.left + box.width / 2, box.top + box.height / 2, lines, fontsize=size, bbox=around, **centred)
