"""Whether channels that keep their maximal activation images keep their optimized images too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.stats import spearmanr

from artlucid._saved_tables import from_input_to_output, marked
from artlucid.errors import VisualizationError
from artlucid.figures import _comparison, _layer_panels, _text
from artlucid.figures._grid import WIDTH
from artlucid.figures._sheet import MARGIN, Box, Sheet, check_count

COLUMNS = 3

_DEAD = ("dead_a", "dead_b")

# In inches.
_HEIGHT = 1.7
_VALUES = 0.52
_CHANGES = 0.34
_GAP = 0.14
_TITLE_GAP = 0.05
_NARROWEST = 0.8
_KEY = 1.2
_KEY_HEIGHT = 0.09

# Even in lightness for every kind of colour vision; the last tenth is too pale on white.
_DEPTHS = ListedColormap(colormaps["viridis"](np.linspace(0, 0.9, 256)))


@dataclass(frozen=True, eq=False)
class _Points:
    """The channels of a pair that have both values."""

    title: str
    changes: npt.NDArray[np.float64]
    overlaps: npt.NDArray[np.float64]
    depths: npt.NDArray[np.float64]


def overlap_against_visual_change(
    channels: pd.DataFrame,
    *,
    column: str = "overlap_100",
    labels: Mapping[str, str] | None = None,
    columns: int = COLUMNS,
    width: float = WIDTH,
) -> Figure:
    r"""Draw each channel's overlap ratio over the change of its optimized image: a panel a pair of networks.

    Parameters
    ----------
    channels : DataFrame
        As `overlap_by_layer` takes it; needed are the columns ``model_a``, ``model_b``, ``layer``, ``channel``,
        ``visual_change``, ``dead_a``, ``dead_b`` and that of the overlap. Channels without one of both values are left
        out, and so are frozen and dead ones.
    column : str
        The overlap: ``overlap_100``, ``overlap_1000``.
    labels : mapping of str to str, optional
        What models are called in the figure, where that is not their name in the table.
    columns : int
        Panels side by side.
    width : float
        Of the figure, in inches.

    Returns
    -------
    Figure
        A point a channel, the darker the nearer its layer is to the input. The title of a panel gives the rank
        correlation by Spearman and the number of points.

    Raises
    ------
    VisualizationError
        As `overlap_by_layer` does; also if no channel has both values.

    Notes
    -----
    The paper says that the two seem to be related and that this should be investigated.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model_a": "imagenet", "model_b": "runs/styles", "layer": "mixed4d", "channel": range(4)})
    >>> table = table.assign(overlap_100=[0.9, 0.7, 0.4, 0.5], visual_change=[0, 0.2, 1.4, 0.3], dead_a=False)
    >>> figure = overlap_against_visual_change(table.assign(dead_b=False))
    >>> figure.axes[0].get_label()
    'imagenet – runs/styles\nSpearman −1.00, 4 channels'
    """
    table = _comparison.checked(channels, [column, "visual_change", *_DEAD], "channels", ["layer", "channel"])
    check_count(columns, "columns")
    layers = from_input_to_output(table["layer"])
    points = [_points(pair, column, layers) for pair in _comparison.pairs(table, labels)]
    if not any(one.changes.size for one in points):
        raise VisualizationError(
            f"`channels` must have channels with both {column} and visual_change. Received none. "
            "Make optimized images of both networks with `artlucid visualize` before they are compared."
        )
    return _drawn(points, layers, _comparison.overlap_in_words(column), min(columns, len(points)), width)


def _points(pair: _comparison.Pair, column: str, layers: Sequence[str]) -> _Points:
    rows = _comparison.thawed(pair.rows)
    rows = rows[~(marked(rows["dead_a"]) | marked(rows["dead_b"]))]
    changes, overlaps = _comparison.numbers(rows, "visual_change"), _comparison.numbers(rows, column)
    depths = rows["layer"].astype(str).map({name: index for index, name in enumerate(layers)}).to_numpy(np.float64)
    both = np.isfinite(changes) & np.isfinite(overlaps)
    changes, overlaps = changes[both], overlaps[both]
    return _Points(f"{pair.label}\n{_correlation(changes, overlaps)}", changes, overlaps, depths[both])


def _correlation(changes: npt.NDArray[np.float64], overlaps: npt.NDArray[np.float64]) -> str:
    number = "1 channel" if len(changes) == 1 else f"{len(changes):,} channels"
    if len(changes) < 3 or not (np.ptp(changes) and np.ptp(overlaps)):
        return number
    return f"Spearman {spearmanr(changes, overlaps).statistic:.2f}, {number}".replace("-", "−")


def _drawn(points: Sequence[_Points], layers: Sequence[str], values: str, columns: int, width: float) -> Figure:
    panel = (width - 2 * MARGIN) / columns - _VALUES - _GAP
    if not panel >= _NARROWEST:
        raise VisualizationError(
            f"Each panel must be at least {_NARROWEST} inches wide. Received `width` {width} for {columns} `columns`. "
            "Use fewer columns, or a larger width."
        )
    panel = min(panel, 2 * _HEIGHT)
    titles = [_text.wrapped(one.title, panel) for one in points]
    bands = [slice(start, start + columns) for start in range(0, len(points), columns)]
    heights = [max(map(_text.height_of, titles[band])) + _TITLE_GAP for band in bands]
    key = _text.height_of("x")
    sheet = Sheet(width, 3 * MARGIN + sum(heights) + len(bands) * (_HEIGHT + _CHANGES) + key)
    every = np.concatenate([one.changes for one in points])
    ends = _ends(float(every.min()), float(every.max()))
    top = MARGIN
    for band, height in zip(bands, heights, strict=True):
        top += height
        sheet.text(MARGIN, top + _HEIGHT / 2, values, va="center", rotation=90)
        for index, (one, title) in enumerate(zip(points[band], titles[band], strict=True)):
            left = MARGIN + _VALUES + index * (panel + _VALUES + _GAP)
            sheet.text(left, top - _TITLE_GAP, title, va="bottom")
            sheet.text(left + panel / 2, top + _HEIGHT + _CHANGES, "visual change", ha="center", va="bottom")
            _draw_panel(sheet.axes(Box(left, top, panel, _HEIGHT), one.title), one, len(layers), ends)
        top += _HEIGHT + _CHANGES
    _draw_key(sheet, layers, top + MARGIN)
    return sheet.figure


def _ends(least: float, most: float) -> tuple[float, float]:
    """Of the horizontal axis: with 0, no change, and some room."""
    least, most = min(least, 0.0), max(most, 0.0)
    room = 0.04 * (most - least) or 0.5
    return least - room, most + room


def _draw_panel(axes: Axes, points: _Points, n_layers: int, ends: tuple[float, float]) -> None:
    _layer_panels.frame(axes)
    # Mixed, so that no layer lies over all others.
    order = np.random.default_rng(0).permutation(len(points.changes))
    axes.scatter(
        points.changes[order],
        points.overlaps[order],
        c=points.depths[order],
        cmap=_DEPTHS,
        norm=Normalize(0, max(1, n_layers - 1)),
        s=5 if len(order) < 500 else 2,
        alpha=0.7,
        linewidths=0,
        marker="o",
    )
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    _layer_panels.scale(axes, -0.03, 1.03, per_cent=True)


def _draw_key(sheet: Sheet, layers: Sequence[str], top: float) -> None:
    room = (sheet.width - 2 * MARGIN - _KEY) / 2 - 2 * _TITLE_GAP
    first, last = _text.shortened(layers[0], room), _text.shortened(layers[-1], room)
    left = MARGIN + _text.width_of(first) + _TITLE_GAP
    sheet.text(MARGIN, top, first)
    middle = top + (_text.height_of("x") - _KEY_HEIGHT) / 2
    axes = sheet.axes(Box(left, middle, _KEY, _KEY_HEIGHT), "depths")
    axes.imshow(np.arange(256)[None], cmap=_DEPTHS, aspect="auto", interpolation="nearest")
    axes.set_axis_off()
    sheet.text(left + _KEY + _TITLE_GAP, top, last)
