"""How alike two networks see the same images, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from artlucid.figures import _comparison, _layer_panels
from artlucid.figures._grid import WIDTH
from artlucid.figures._key import Entry
from artlucid.figures._objective_curves import COLOURS, STYLES
from artlucid.figures._sheet import INK

COLUMNS = ("cka", "cka_debiased", "cka_low", "cka_high", "cka_floor")

IF_THERE = ("cka_debiased_low", "cka_debiased_high", "cka_debiased_floor")

_HEIGHT = 1.6
"""Of a panel, in inches."""

MARKS = ("o", "s", "^", "D", "v", "P", "X")

_TITLES = ("linear CKA, as in the paper", "linear CKA, debiased")

_FLOOR: Mapping[str, Any] = {"linestyle": (0, (1, 1.5)), "linewidth": 0.8, "marker": ""}


@dataclass(frozen=True, eq=False)
class _Curve:
    """A pair of networks: its values by layer, NaN where there is none, and how they are drawn."""

    label: str
    values: Mapping[str, npt.NDArray[np.float64]]
    look: Mapping[str, Any]


def cka_by_layer(
    layers: pd.DataFrame,
    *,
    only: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    width: float = WIDTH,
) -> Figure:
    """Draw the linear CKA of pairs of networks by layer: the paper's above, the debiased one below.

    Parameters
    ----------
    layers : DataFrame
        The table ``layers.csv`` of `artlucid compare`, or several of them below each other; needed are the columns
        ``model_a``, ``model_b``, ``layer``, ``cka``, ``cka_debiased``, ``cka_low``, ``cka_high``, ``cka_floor`` and
        ``frozen``. ``cka_debiased_low``, ``cka_debiased_high`` and ``cka_debiased_floor`` are drawn if they are there.
        Empty cells are left out.
    only : sequence of str, optional
        Layers, from left to right; by default those that a column ``analysed`` marks, or without such marks all that
        are not parts of another layer of the table: twelve for InceptionV1.
    labels : mapping of str to str, optional
        What models are called in the figure, where that is not their name in the table.
    width : float
        Of the figure, in inches.

    Returns
    -------
    Figure
        A curve a pair, its interval as a band. The floor, what images in another order give, is dotted in the same
        colour; without a floor of the debiased value a line stands at 0, its mean. A frozen layer is left out: the
        curve has a gap there.

    Raises
    ------
    VisualizationError
        If a column is missing or does not hold numbers, if the table has no rows or two of one pair and layer, if a
        layer or a model is not in it, or if the panel does not fit the width.

    References
    ----------
    Figure 5 of the paper.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model_a": "imagenet", "model_b": "runs/styles", "layer": ["mixed3a", "mixed4a"]})
    >>> table = table.assign(cka=[0.9, 0.8], cka_debiased=[0.88, 0.7], cka_low=[0.87, 0.75], cka_high=[0.93, 0.84])
    >>> figure = cka_by_layer(table.assign(cka_floor=[0.02, 0.1], frozen=False))
    >>> [line.get_ydata().tolist() for line in figure.axes[1].lines if line.get_label() == "imagenet – runs/styles"]
    [[0.88, 0.7]]
    """
    table = _comparison.checked(layers, (*COLUMNS, _comparison.FROZEN), "layers", ["layer"])
    names, pairs = _comparison.trained(table, only, list(dict.fromkeys(map(str, table["layer"]))), labels)
    curves = list(_curves(pairs, names))
    sheet, panels = _layer_panels.layer_panels(_TITLES, names, "CKA", list(_key(curves)), width, _HEIGHT)
    lowest = min(0.0, *(float(np.nanmin(curve.values[name], initial=0)) for curve in curves for name in curve.values))
    for panel in panels:
        part = slice(first := names.index(panel.layers[0]), first + len(panel.layers))
        _draw_panel(panel.axes, curves, part, ("cka", "cka_debiased")[panel.title])
        _layer_panels.scale(panel.axes, lowest - 0.03, 1.03, per_cent=False)
    return sheet.figure


def _curves(pairs: Sequence[_comparison.Pair], names: Sequence[str]) -> Iterator[_Curve]:
    for index, pair in enumerate(pairs):
        rows = pair.rows.set_index("layer").reindex(names)
        look = {
            "color": COLOURS[index % len(COLOURS)],
            "linestyle": STYLES[index // len(COLOURS) % len(STYLES)],
            "marker": MARKS[index % len(MARKS)],
            "markersize": 2.5,
            "markeredgewidth": 0.5,
            "linewidth": 0.9,
        }
        yield _Curve(pair.label, _values(rows), look)


def _values(rows: pd.DataFrame) -> dict[str, npt.NDArray[np.float64]]:
    empty = np.full(len(rows), np.nan)
    found = {name: _comparison.numbers(rows, name) for name in COLUMNS}
    return found | {name: _comparison.numbers(rows, name) if name in rows else empty for name in IF_THERE}


def _key(curves: Sequence[_Curve]) -> Iterator[Entry]:
    for curve in curves:
        yield Entry(curve.label, curve.look)
    if any(np.isfinite(curve.values["cka_floor"]).any() for curve in curves):
        yield Entry("floor: the same images in another order", {"color": INK, **_FLOOR})


def _draw_panel(axes: Axes, curves: Sequence[_Curve], part: slice, kind: str) -> None:
    floors = [curve.values[f"{kind}_floor"][part] for curve in curves]
    if kind == "cka_debiased" and not np.isfinite(floors).any():
        axes.axhline(0, color=INK, **_FLOOR)
    for curve, floor in zip(curves, floors, strict=True):
        value, low, high = (curve.values[f"{kind}{ending}"][part] for ending in ("", "_low", "_high"))
        places, colour = np.arange(len(value)), curve.look["color"]
        axes.plot(places, value, label=curve.label, **curve.look)
        axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
        # A band needs two layers side by side.
        axes.vlines(places, low, high, color=colour, alpha=0.5, linewidth=0.6)
        if np.isfinite(floor).any():
            axes.plot(places, floor, color=colour, label="", **_FLOOR)
