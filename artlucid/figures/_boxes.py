"""A box a layer over the layer's channels: the orange line is the mean and the star the median, as in the paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats
from matplotlib.figure import Figure

from artlucid._saved_tables import from_input_to_output, marked
from artlucid.errors import VisualizationError
from artlucid.figures import _comparison, _layer_panels
from artlucid.figures._key import Entry
from artlucid.figures._sheet import INK

ORANGE = "#E69F00"
PALE = "#BCDDF3"

# Parts of the distance between two layers.
_ROOM = 0.8
_SLIT = 0.06

_MEAN: Mapping[str, Any] = MappingProxyType({"color": ORANGE, "linewidth": 1.6, "linestyle": "-"})
_MEDIAN: Mapping[str, Any] = MappingProxyType(
    {"color": INK, "marker": "*", "markersize": 4.5, "markeredgewidth": 0, "linestyle": ""}
)
_CHANCE: Mapping[str, Any] = MappingProxyType({"color": "#D55E00", "linewidth": 0.9, "linestyle": (0, (2, 1))})
_EDGE: Mapping[str, Any] = MappingProxyType({"color": INK, "linewidth": 0.5, "linestyle": "-"})
_OUTSIDE: Mapping[str, Any] = MappingProxyType(
    {"marker": ".", "markersize": 3, "markerfacecolor": INK, "markeredgecolor": "none", "alpha": 0.5}
)


@dataclass(frozen=True)
class Series:
    """One of the boxes that stand side by side for a layer.

    Attributes
    ----------
    column : str
        Of the table of channels.
    dead : tuple of str
        Columns that mark channels which are left out.
    label : str
        For the key; without one the key does not tell the series apart.
    colour : str
    """

    column: str
    dead: tuple[str, ...] = ()
    label: str = ""
    colour: str = PALE

    @property
    def chance(self) -> str:
        """The column with what chance gives each channel."""
        return f"{self.column}_chance"


@dataclass(frozen=True)
class Scale:
    """The vertical axis: what it is, whether it is written in per cent, and what chance gives.

    Chance is one number for all, or whether to draw what each series' own column says.
    """

    values: str
    per_cent: bool
    chance: bool | float


def boxes(
    channels: pd.DataFrame,
    series: Sequence[Series],
    scale: Scale,
    *,
    only: Sequence[str] | None,
    labels: Mapping[str, str] | None,
    width: float,
) -> Figure:
    """Draw a panel a pair of networks; for the rest see the two public functions."""
    needed = [name for one in series for name in (one.column, *one.dead)]
    needed += [one.chance for one in series] if scale.chance is True else []
    table = _comparison.checked(channels, needed, "channels", ["layer", "channel"])
    names, pairs = _comparison.trained(table, only, from_input_to_output(table["layer"]), labels)
    titles = [_title(pair, series, names) for pair in pairs]
    sheet, panels = _layer_panels.layer_panels(titles, names, scale.values, list(_key(series, scale)), width)
    for panel in panels:
        by_layer = dict(tuple(pairs[panel.title].rows.groupby("layer", sort=False)))
        for place, layer in enumerate(panel.layers):
            if layer in by_layer:
                _draw_layer(panel.axes, by_layer[layer], place, series, scale.chance)
        _layer_panels.scale(panel.axes, -0.03, 1.03, per_cent=scale.per_cent)
    return sheet.figure


def check_chance(chance: bool | float) -> None:
    """Refuse what can be no level of chance, with a VisualizationError."""
    if not isinstance(chance, bool | int | float) or not 0 <= chance <= 1:
        raise VisualizationError(
            "`chance` must be True for what the table says, False for none, or a number in 0 … 1. "
            f"Received {chance!r}. Divide per cents by 100."
        )


def _values(rows: pd.DataFrame, series: Series) -> npt.NDArray[np.float64]:
    values = _comparison.numbers(rows, series.column)
    return values[np.isfinite(values) & ~_dead(rows, series)]


def _dead(rows: pd.DataFrame, series: Series) -> npt.NDArray[np.bool_]:
    dead = np.zeros(len(rows), bool)
    for name in series.dead:
        dead |= marked(rows[name]).to_numpy()
    return dead


def _title(pair: _comparison.Pair, series: Sequence[Series], names: Sequence[str]) -> str:
    rows = pair.rows[pair.rows["layer"].isin(names)]
    left_out = [len(rows) - len(_values(rows, one)) for one in series]
    if not any(left_out):
        return pair.label
    counts = " and ".join(f"{count:,}" for count in left_out)
    return f"{pair.label}\n{counts} of {len(rows):,} channels without a value"


def _key(series: Sequence[Series], scale: Scale) -> Iterator[Entry]:
    for one in series:
        box = {"color": one.colour, "marker": "s", "markersize": 7, "linestyle": ""}
        quartiles = f"{one.label}, quartiles" if one.label else "quartiles"
        yield Entry(quartiles, {**box, "markeredgecolor": INK, "markeredgewidth": 0.5})
    yield Entry("mean", {**_MEAN, "marker": ""})
    yield Entry("median", _MEDIAN)
    if scale.chance is not False:
        yield Entry("by chance", {**_CHANCE, "marker": ""})
    yield Entry("channels within 1.5 boxes", {**_EDGE, "marker": "|", "markersize": 5})
    yield Entry("channels beyond", {**_OUTSIDE, "color": INK, "linestyle": ""})


def _draw_layer(axes: Axes, rows: pd.DataFrame, place: int, series: Sequence[Series], chance: bool | float) -> None:
    width = _ROOM / len(series)
    for index, one in enumerate(series):
        level = _comparison.numbers(rows, one.chance).tolist() if chance is True else [chance]
        if chance is not False and np.isfinite(level).any():
            ends = place - 0.5 + np.array([index, index + 1]) / len(series)
            axes.hlines(np.nanmean(level), *ends, label="chance", zorder=1.5, **_CHANCE)
        values = _values(rows, one)
        if values.size:
            _draw_box(axes, values, place - _ROOM / 2 + (index + 0.5) * width, width - _SLIT, one.colour)


def _draw_box(axes: Axes, values: npt.NDArray[np.float64], place: float, width: float, colour: str) -> None:
    axes.bxp(
        boxplot_stats(values),
        positions=[place],
        widths=width,
        patch_artist=True,
        manage_ticks=False,
        capwidths=width / 2,
        boxprops={"facecolor": colour, "edgecolor": INK, "linewidth": 0.5},
        whiskerprops=_EDGE,
        capprops=_EDGE,
        flierprops=_OUTSIDE,
        medianprops={"linestyle": "", "marker": ""},  # the line in a box is the mean's
    )
    axes.hlines(values.mean(), place - width / 2, place + width / 2, label="mean", zorder=3, **_MEAN)
    axes.plot([place], [np.median(values)], label="median", zorder=4, **_MEDIAN)
