"""Panels whose horizontal axis is the layers of a network, below each other, in bands where the layers are many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from artlucid.errors import VisualizationError
from artlucid.figures import _text
from artlucid.figures._key import Entry, Key
from artlucid.figures._sheet import GREY, INK, MARGIN, Box, Sheet

# In inches.
HEIGHT = 1.25
_VALUES = 0.52
_RIGHT = 0.04
_TITLE_GAP = 0.05
_TICKS = 0.06
_LONGEST_NAME = 1.3
_NARROWEST_LAYER = 0.135
_NARROWEST = 1.0
_GAP = 0.14


@dataclass(frozen=True)
class Panel:
    """One axes: of which title, for which layers; the first of these stands at 0."""

    axes: Axes
    title: int
    layers: Sequence[str]


@dataclass(frozen=True)
class _Layers:
    """The layers in bands, and how their names are written."""

    bands: Sequence[Sequence[str]]
    upright: bool

    @property
    def names_height(self) -> float:
        names = [_shortened(name) for band in self.bands for name in band]
        return _TICKS + (max(map(_text.width_of, names)) if self.upright else _text.height_of("x"))


def layer_panels(
    titles: Sequence[str],
    layers: Sequence[str],
    values: str,
    key: Sequence[Entry],
    width: float,
    height: float = HEIGHT,
) -> tuple[Sheet, list[Panel]]:
    """Place the panels of a figure, empty.

    Parameters
    ----------
    titles : sequence of str
        One a panel.
    layers : sequence of str
        From left to right.
    values : str
        What the vertical axis is.
    key : sequence of Entry
        What stands below the panels.
    width, height : float
        Of the figure and of a panel, in inches.

    Returns
    -------
    sheet : Sheet
    panels : list of Panel
        Band by band; in each, one a title.

    Raises
    ------
    VisualizationError
        If there is no layer, the panels do not fit the width, or the figure would be too tall.
    """
    panel = width - 2 * MARGIN - _VALUES - _RIGHT
    _check(layers, panel, width)
    arranged = _arranged(layers, panel)
    wrapped = [_text.wrapped(title, panel) for title in titles]
    heights = [_text.height_of(title) + _TITLE_GAP + height + _GAP for title in wrapped]
    band_height = sum(heights) + arranged.names_height
    drawn_key = Key(key, width)
    sheet = Sheet(width, 2 * MARGIN + len(arranged.bands) * band_height + drawn_key.height)
    panels = list(_placed(sheet, arranged, wrapped, values, (panel, height)))
    drawn_key.draw(sheet, sheet.height - MARGIN - drawn_key.height)
    return sheet, panels


def _check(layers: Sequence[str], panel: float, width: float) -> None:
    if not layers:
        raise VisualizationError(
            "A figure by layer must have at least one that is not frozen. Received none. "
            "Compare networks of which something was trained, or choose other `layers`."
        )
    if not panel >= _NARROWEST:
        raise VisualizationError(
            f"A panel must be at least {_NARROWEST} inches wide. Received `width` {width}, which leaves {panel:.2f}. "
            "Use a larger width."
        )


def _arranged(layers: Sequence[str], panel: float) -> _Layers:
    n_bands = math.ceil(len(layers) * _NARROWEST_LAYER / panel)
    size = math.ceil(len(layers) / n_bands)
    bands = [layers[start : start + size] for start in range(0, len(layers), size)]
    widest = max(_text.width_of(_shortened(name)) for name in layers)
    return _Layers(bands, upright=widest + 0.04 > panel / size)


def _shortened(name: str) -> str:
    return _text.shortened(name, _LONGEST_NAME)


def _placed(
    sheet: Sheet, arranged: _Layers, titles: Sequence[str], values: str, size: tuple[float, float]
) -> Iterator[Panel]:
    top = MARGIN
    for number, band in enumerate(arranged.bands):
        for index, title in enumerate(titles):
            sheet.text(MARGIN + _VALUES, top, title)
            top += _text.height_of(title) + _TITLE_GAP
            axes = sheet.axes(Box(MARGIN + _VALUES, top, *size), f"{index}, {number}")
            sheet.text(MARGIN, top + size[1] / 2, values, va="center", rotation=90)
            _prepare(axes, band, len(arranged.bands[0]))
            if index == len(titles) - 1:
                _name_layers(axes, band, arranged.upright)
                top += arranged.names_height
            yield Panel(axes, index, band)
            top += size[1] + _GAP


def _prepare(axes: Axes, layers: Sequence[str], places: int) -> None:
    frame(axes)
    axes.set_xlim(-0.5, places - 0.5)
    axes.set_xticks(range(len(layers)), [""] * len(layers))


def _name_layers(axes: Axes, layers: Sequence[str], upright: bool) -> None:
    names = [_shortened(name) for name in layers]
    for label in axes.set_xticks(range(len(layers)), names):
        label.label1.set(rotation=90 if upright else 0, parse_math=False)
    write_ticks(axes)


def frame(axes: Axes) -> None:
    """Draw the left and the lower edge of axes, with small ticks, whatever the user's style says."""
    axes.set_frame_on(True)
    axes.grid(False)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=INK, linewidth=0.5)
    axes.tick_params(which="both", width=0.5, length=2, pad=2, color=INK, labelcolor=INK, direction="out")
    axes.tick_params(which="both", top=False, right=False, labeltop=False, labelright=False)
    axes.minorticks_off()


def write_ticks(axes: Axes) -> None:
    """Give the labels of all ticks the font of the figures."""
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(_text.FONT)


def scale(axes: Axes, lowest: float, highest: float, *, per_cent: bool) -> None:
    """Set the ends and the ticks of the vertical axis, with faint lines across."""
    axes.set_ylim(lowest, highest)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(
        PercentFormatter(1, decimals=0, symbol=" %") if per_cent else FuncFormatter(lambda value, _: f"{value:g}")
    )
    axes.yaxis.grid(True, color=GREY, alpha=0.4, linewidth=0.4, linestyle="-")
    axes.set_axisbelow(True)
    write_ticks(axes)
