"""How the objectives of pictures rose."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from artlucid.figures import _channels, _pictures, _text
from artlucid.figures._optimized_images import _check_known, _checked, _row_labels
from artlucid.figures._sheet import GREY, INK, Box, Sheet

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which colour-blind readers can tell apart."""

STYLES = ("-", "--", ":", "-.")

# In inches.
PANEL = Box(0.55, 0.5, 1.65, 1.1)
COLUMNS = 3
STEP_ACROSS, STEP_DOWN = 2.35, 2.1
LEGEND_LINE = 0.15


def objective_curves(
    folders: Sequence[str | os.PathLike[str]],
    channels: Sequence[str] | None = None,
    *,
    labels: Sequence[str] | None = None,
) -> Figure:
    """Draw the objective of each picture before each of its updates: a panel a channel, a line a network.

    Parameters
    ----------
    folders : sequence of path
        As of `optimized_images`.
    channels : sequence of str, optional
        By default all that the first folder has.
    labels : sequence of str, optional
        Of the lines, one each.

    Returns
    -------
    matplotlib.figure.Figure
        With a legend above the panels.

    Raises
    ------
    VisualizationError
        As `optimized_images`, or if a curve is damaged.
    """
    opened = [_pictures.opened(folder) for folder in _checked(folders)]
    names = sorted(opened[0].pictures) if channels is None else _channels.checked(channels)
    _check_known(names, opened)
    legend = _row_labels(opened, labels)
    bands = -(-len(names) // COLUMNS)
    above = LEGEND_LINE * len(legend) + 0.1
    sheet = Sheet(0.1 + STEP_ACROSS * min(COLUMNS, len(names)), above + STEP_DOWN * bands)
    for index, (name, title) in enumerate(zip(names, _channels.titles(names), strict=True)):
        row, column = divmod(index, COLUMNS)
        box = Box(PANEL.left + STEP_ACROSS * column, above + PANEL.top + STEP_DOWN * row, PANEL.width, PANEL.height)
        axes = sheet.axes(box, name)
        _draw(axes, [folder.pictures.get(name) for folder in opened])
        sheet.text(box.left + box.width / 2, box.top - 0.05, title, ha="center", va="bottom")
    _draw_legend(sheet, legend)
    return sheet.figure


def _draw(axes: Axes, pictures: Sequence[_pictures.Picture | None]) -> None:
    axes.set_frame_on(True)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), edgecolor=INK, linewidth=0.6)
    for index, picture in enumerate(pictures):
        curve = None if picture is None else picture.curve()
        if curve is not None:
            axes.plot(*curve, **_line(index))
    axes.tick_params(labelsize=_text.SIZE, colors=INK, width=0.6, length=2)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(_text.FONT)
    axes.xaxis.get_major_locator().set_params(nbins=4)
    axes.yaxis.get_major_locator().set_params(nbins=4)
    axes.grid(visible=True, color=GREY, linewidth=0.3)
    axes.set_xlabel("update", fontproperties=_text.FONT, color=INK, labelpad=1)


def _line(index: int) -> dict[str, object]:
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": STYLES[index // len(COLOURS) % len(STYLES)],
        "linewidth": 0.9,
    }


def _draw_legend(sheet: Sheet, legend: Sequence[str]) -> None:
    for index, label in enumerate(legend):
        top = 0.05 + LEGEND_LINE * index
        axes = sheet.axes(Box(0.1, top, 0.35, LEGEND_LINE), f"legend {index}")
        axes.set_axis_off()
        axes.plot(np.array([0.0, 1.0]), np.array([0.5, 0.5]), **_line(index))
        axes.set_ylim(0, 1)
        sheet.text(0.52, top + LEGEND_LINE / 2, label, va="center")
