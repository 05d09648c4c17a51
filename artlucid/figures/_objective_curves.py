"""How the objectives of pictures rose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from artlucid._picture_folders import Folder
from artlucid.errors import VisualizationError
from artlucid.figures import _channels, _rows, _text
from artlucid.figures._grid import WIDTH
from artlucid.figures._sheet import INK, MARGIN, Box, Sheet, check_count

# Okabe and Ito, Color Universal Design (2008), without the yellow, which is faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")

Style: TypeAlias = Literal["-", "--", ":", "-."]

# After seven lines the colours come again in another style.
STYLES: tuple[Style, ...] = ("-", "--", ":", "-.")

# In inches.
_VALUES = 0.65
_STEPS = 0.35
_GAP = 0.18  # for the half of a number that stands below a panel's end
_KEY = 0.3
_TITLE_GAP = 0.06
_HEIGHT = 1.2
_NARROWEST = 0.6

COLUMNS = 3


@dataclass(frozen=True)
class _Line:
    """A network's way of being drawn."""

    label: str
    folder: Folder
    colour: str
    style: Style

    def curve(self, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """Its steps and objectives of a channel; None if it has none."""
        picture = self.folder.pictures.get(name)
        return picture.curve() if picture else None


def objective_curves(
    folders: _rows.Sources,
    channels: Sequence[str] | None = None,
    *,
    columns: int = COLUMNS,
    width: float = WIDTH,
) -> Figure:
    """Draw how the objective of each picture rose: a panel a channel, a line a network.

    Parameters
    ----------
    folders : sequence of folder, or mapping of str to folder
        As `optimized_images` takes them, without arrays.
    channels : sequence of str, optional
        Such as ``mixed4d_3x3_pre_relu:52``; by default all that the folders have.
    columns : int
        Panels side by side.
    width : float
        Of the figure, in inches.

    Returns
    -------
    Figure
        Linear in both directions; the objective is the mean of the channel, in no unit. The title of a panel names
        the networks that have no curve there.

    Warns
    -----
    VisualizationWarning
        If the folders' pictures were made with different settings, such as the seed or the size.

    Raises
    ------
    VisualizationError
        As `optimized_images` does; also if a curve is damaged, or the panels do not fit the width.
    """
    opened = _rows.folders(folders, "folders")
    names = _rows.chosen(channels, [folder for _, folder in opened])
    _rows.warn_of_other_settings(opened)
    check_count(columns, "columns")
    columns = min(columns, len(names))
    panel = (width - 2 * MARGIN) / columns - _VALUES - _GAP
    if not panel >= _NARROWEST:
        raise VisualizationError(
            f"Each panel must be at least {_NARROWEST} inches wide. Received `width` {width} for {columns} `columns`. "
            "Use fewer columns, or a larger width."
        )
    lines = list(_lines(opened, width - 2 * MARGIN - _KEY))
    return _drawn(names, lines, columns, panel, width)


def _lines(opened: Sequence[tuple[str, Folder]], room: float) -> Iterator[_Line]:
    for index, (label, folder) in enumerate(opened):
        style = STYLES[index // len(COLOURS) % len(STYLES)]
        yield _Line(_text.wrapped(label, room), folder, COLOURS[index % len(COLOURS)], style)


def _drawn(names: Sequence[str], lines: Sequence[_Line], columns: int, panel: float, width: float) -> Figure:
    curves = [[line.curve(name) for line in lines] for name in names]
    titles = [
        _text.wrapped(_title(title, lines, found), panel)
        for title, found in zip(_channels.titles(names), curves, strict=True)
    ]
    titles_height = max(map(_text.height_of, titles)) + _TITLE_GAP
    band = titles_height + _HEIGHT + _STEPS
    bands = -(-len(names) // columns)
    key = sum(_text.height_of(line.label) for line in lines)
    sheet = Sheet(width, 2 * MARGIN + bands * band + _GAP + key)
    for index, (name, title, found) in enumerate(zip(names, titles, curves, strict=True)):
        left = MARGIN + _VALUES + index % columns * (panel + _VALUES + _GAP)
        top = MARGIN + index // columns * band + titles_height
        sheet.text(left + panel / 2, top - _TITLE_GAP, title, ha="center", va="bottom")
        if index % columns == 0:
            sheet.text(left - _VALUES, top + _HEIGHT / 2, "objective", va="center", rotation=90)
        _draw_panel(sheet.axes(Box(left, top, panel, _HEIGHT), name), lines, found)
    _draw_key(sheet, lines, sheet.height - MARGIN - key)
    return sheet.figure


def _title(title: str, lines: Sequence[_Line], curves: Sequence[object]) -> str:
    missing = [line.label.replace("\n", " ") for line, curve in zip(lines, curves, strict=True) if curve is None]
    return f"{title}\nmissing: {', '.join(missing)}" if missing else title


def _draw_panel(
    axes: Axes, lines: Sequence[_Line], curves: Sequence[tuple[npt.ArrayLike, npt.ArrayLike] | None]
) -> None:
    for line, curve in zip(lines, curves, strict=True):
        if curve is not None:
            axes.plot(*curve, color=line.colour, linestyle=line.style, linewidth=0.8, marker="", label=line.label)
    axes.set_frame_on(True)
    axes.grid(False)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=INK, linewidth=0.5)
    axes.margins(x=0.02, y=0.05)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=3, steps=[1, 2, 5, 10], integer=axis is axes.xaxis))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.tick_params(which="both", width=0.5, length=2, color=INK, labelcolor=INK, direction="out")
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(_text.FONT)
    axes.set_xlabel("step", fontproperties=_text.FONT, color=INK, labelpad=1)


def _draw_key(sheet: Sheet, lines: Sequence[_Line], top: float) -> None:
    for line in lines:
        height = 1 - (top + _text.height_of("x") / 2) / sheet.height
        ends = [MARGIN / sheet.width, (MARGIN + _KEY - 0.06) / sheet.width]
        sheet.figure.add_artist(Line2D(ends, [height, height], color=line.colour, linestyle=line.style, linewidth=1.2))
        sheet.text(MARGIN + _KEY, top, line.label)
        top += _text.height_of(line.label)
