"""What the plots of a page show: CKA and the spread of overlap, layer by layer, for every pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from artlucid._saved_tables import marked
from artlucid.report._layers import PAIR
from artlucid.report._numbers import plain

CKA = ("cka", "cka_low", "cka_high", "cka_floor")
BOTH = (*CKA, *(name.replace("cka", "cka_debiased") for name in CKA))

REACH = 1.5
"""How many heights of its box a whisker may be long."""


def curves(layers: pd.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """The values of CKA of a pair at some layers, and which of these were frozen.

    Parameters
    ----------
    layers : DataFrame
        The pair's rows.
    names : sequence of str
        From left to right.
    """
    rows = layers.set_index("layer").reindex(list(names))
    frozen = marked(rows["frozen"]).tolist()
    return {"frozen": frozen, **{name: plain(rows[name]) for name in BOTH if name in rows}}


def boxes(channels: pd.DataFrame, names: Sequence[str], k: int) -> list[dict[str, Any] | None]:
    """The quartiles of the overlap of a layer's channels; None where there are none.

    Parameters
    ----------
    channels : DataFrame
        The pair's rows.
    names : sequence of str
    k : int
        Size of the sets.
    """
    of_layers = dict(list(channels.groupby("layer", sort=False)))
    return [_box(of_layers.get(name), k) for name in names]


def _box(rows: pd.DataFrame | None, k: int) -> dict[str, Any] | None:
    values = np.zeros(0) if rows is None else rows[f"overlap_{k}"].dropna().to_numpy(np.float64)
    if rows is None or not values.size:
        return None
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    near = values[(values >= low - REACH * (high - low)) & (values <= high + REACH * (high - low))]
    chance = rows[f"overlap_{k}_chance"].mean()
    numbers = plain([near.min(), low, middle, high, near.max(), values.mean(), chance], 4)
    keys = ("least", "quartile_1", "median", "quartile_3", "most", "mean", "chance")
    return {**dict(zip(keys, numbers, strict=True)), "n": int(values.size)}


def by_pair(table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """The rows of each pair, in the order of the table."""
    return {(str(a), str(b)): rows for (a, b), rows in table.groupby(PAIR, sort=False)}
