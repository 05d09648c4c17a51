"""The numbers of all channels, by which cards are ordered and filtered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from artlucid.report._layers import PAIR, Layer
from artlucid.report._numbers import coded, plain, scattered

OF_A_PAIR: Mapping[str, int] = {"kernel_distance": 4, "kernel_distance_relative": 4, "visual_change": 3}
"""Columns of a pair with the digits that are kept of them."""

OF_A_MODEL: Mapping[str, str] = {
    "entropy": "entropy_{}",
    "entropy_chance": "entropy_{}_chance",
    "n_positive": "n_positive_{}",
}
"""Columns of a model, and how the table spells them for each side of a pair."""


def numbers_of(
    channels: pd.DataFrame, layers: Sequence[Layer], models: Sequence[str], sizes: Sequence[int]
) -> dict[str, Any]:
    """The columns of the tables by pair and by model, a value a channel, the layers' channels one after the other.

    Parameters
    ----------
    channels : DataFrame
        Of a comparison.
    layers : sequence of Layer
    models : sequence of str
        By their names in the table.
    sizes : sequence of int
        Of the sets of maximal activation images.

    Returns
    -------
    dict
        ``pairs``, in the order of the table, and ``models``.
    """
    starts = {layer.name: layer.start for layer in layers}
    total = sum(layer.width for layer in layers)
    rows = channels[channels["layer"].isin(list(starts))]
    places = (rows["layer"].map(starts).astype(np.int64) + rows["channel"]).to_numpy(np.int64)
    by_pair = [
        (pair, part, places[rows.index.get_indexer(part.index)]) for pair, part in rows.groupby(PAIR, sort=False)
    ]
    return {
        "pairs": {pair: _of_pair(part, where, total, sizes) for pair, part, where in by_pair},
        "models": [_of_model(model, by_pair, total) for model in models],
    }


def _of_pair(rows: pd.DataFrame, places: npt.NDArray[np.int64], total: int, sizes: Sequence[int]) -> dict[str, Any]:
    texts, codes = coded(rows["notice"].fillna("").astype(str))
    found: dict[str, Any] = {
        # As numbers of images, which readers can count.
        "shared": [plain(np.round(scattered(places, rows[f"overlap_{k}"] * k, total))) for k in sizes],
        "chance": [plain(scattered(places, rows[f"overlap_{k}_chance"] * k, total), 1) for k in sizes],
        "notices": texts,
        "notice": plain(scattered(places, codes, total)),
    }
    for name, digits in OF_A_PAIR.items():
        if name in rows and rows[name].notna().any():
            found[name] = plain(scattered(places, rows[name], total), digits)
    return found


def _of_model(
    model: str, pairs: Sequence[tuple[Any, pd.DataFrame, npt.NDArray[np.int64]]], total: int
) -> dict[str, list[float | int | None]]:
    """What belongs to a model alone, which is the same in all of its pairs."""
    found = {name: np.full(total, np.nan) for name in OF_A_MODEL}
    for both, rows, places in pairs:
        for side, name in zip("ab", both, strict=True):
            if name == model:
                for column, spelled in OF_A_MODEL.items():
                    found[column][places] = rows[spelled.format(side)]
    return {column: plain(values) for column, values in found.items()}
