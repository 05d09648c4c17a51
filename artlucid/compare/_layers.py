"""The table of layers: a row for every layer of a pair."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pandas as pd

from artlucid.compare._channels import SIDES, group_of
from artlucid.compare._options import Options
from artlucid.compare._pair import Pair
from artlucid.errors import MetricError
from artlucid.metrics import CkaStatistics, ConstantFeaturesError, cka_statistics

STATISTICS = {
    "mean": lambda values: values.mean(),
    "median": lambda values: values.median(),
    "quartile_1": lambda values: values.quantile(0.25),
    "quartile_3": lambda values: values.quantile(0.75),
}
"""Of overlap and entropy over the channels of a layer, by the ending of a column."""

Row = dict[str, Any]


def layer_table(pair: Pair, channels: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Compare two networks layer by layer.

    Parameters
    ----------
    pair : Pair
    channels : DataFrame
        As `channel_table` gives it.
    options : Options

    Returns
    -------
    DataFrame
        Of every layer that both have, in graph order.
    """
    of_layers = dict(list(channels.groupby("layer", sort=False)))
    empty = channels.iloc[:0]
    return pd.DataFrame([_row(pair, layer, of_layers.get(layer, empty), options) for layer in pair.shared.layers])


def _row(pair: Pair, layer: str, channels: pd.DataFrame, options: Options) -> Row:
    reasons: list[str] = []
    row: Row = {
        "layer": layer,
        "group": group_of(pair, layer),
        "analysed": layer in pair.similar_a.analysed_layers,
        "frozen": layer in pair.frozen.activations,
        "frozen_kernel": layer in pair.frozen.kernels,
        "n_channels": pair.similar_a[layer].shape[1],
        "n_images": len(pair.similar_a),
        **_similarity(pair, layer, options, reasons),
        **_kernel(pair, layer, reasons),
        "n_images_top": len(pair.top_a),
    }
    counted = bool(len(channels))
    for side in SIDES:
        row[f"dead_{side}"] = int(channels[f"dead_{side}"].sum()) if counted else None
    row |= _of_channels(channels, options)
    if layer in pair.shared.left_out:
        reasons.append(f"channels: {pair.shared.left_out[layer]}")
    elif counted:
        reasons += _shared_reasons(channels)
    return {**row, "notice": "; ".join(reasons)}


def _similarity(pair: Pair, layer: str, options: Options, reasons: list[str]) -> Row:
    """CKA with its intervals and floors; empty where it is undefined."""
    found = _statistics(pair, layer, options, reasons)
    row: Row = {}
    for name, value, interval, floor in (
        ("cka", "cka", "interval", "floor"),
        ("cka_debiased", "cka_debiased", "interval_debiased", "floor_debiased"),
    ):
        ends = getattr(found, interval, None)
        chance = getattr(found, floor, None)
        row |= {
            name: getattr(found, value, math.nan),
            f"{name}_low": math.nan if ends is None else ends.low,
            f"{name}_high": math.nan if ends is None else ends.high,
            f"{name}_floor": math.nan if chance is None else chance.quantile,
            f"{name}_floor_mean": math.nan if chance is None else chance.mean,
        }
    return row


def _statistics(pair: Pair, layer: str, options: Options, reasons: list[str]) -> CkaStatistics | None:
    measure = partial(
        cka_statistics,
        pair.similar_a[layer],
        pair.similar_b[layer],
        names=(f"{layer} of {pair.a.label}", f"{layer} of {pair.b.label}"),
    )
    try:
        if layer not in pair.similar_a.analysed_layers:
            return measure()
        try:
            return measure(resampling=options.resampling, permutations=options.permutations)
        except ConstantFeaturesError:
            raise
        except MetricError as error:
            # The values may be defined where their intervals are not.
            found = measure(permutations=options.permutations)
            reasons.append(f"interval of cka: {_short(error)}")
            return found
    except MetricError as error:
        reasons.append(f"cka: {_short(error)}")
        return None


def _short(error: MetricError) -> str:
    """The rule and what was received, without the advice of the whole message."""
    return " ".join(str(error).split(". ")[:2]).rstrip(".")


def _kernel(pair: Pair, layer: str, reasons: list[str]) -> Row:
    found = pair.distances.get(layer)
    names = ("kernel_distance", "kernel_distance_relative", "kernel_cosine")
    if found is None:
        if layer in pair.shared.stored:
            reasons.append("kernel_distance: no kernels of one shape")
        return dict.fromkeys(names, math.nan)
    if found.notice:
        reasons.append(found.notice)
    return {name: getattr(found, name) for name in names}


def _of_channels(channels: pd.DataFrame, options: Options) -> Row:
    """What the channels of a layer come to; in the mean overlap dead channels count as 0."""
    row: Row = {}
    alive = ~(channels["dead_a"] | channels["dead_b"]).astype(bool)
    for k in options.k:
        overlap = channels[f"overlap_{k}"]
        row |= {f"overlap_{k}_{name}": statistic(overlap) for name, statistic in STATISTICS.items()}
        row[f"overlap_{k}_mean_alive"] = overlap[alive].mean()
        row[f"overlap_{k}_corrected_mean"] = channels[f"overlap_{k}_corrected"].mean()
        row[f"overlap_{k}_chance"] = channels[f"overlap_{k}_chance"].mean()
    for side in SIDES:
        entropy = channels[f"entropy_{side}"]
        row |= {f"entropy_{side}_{name}": statistic(entropy) for name, statistic in STATISTICS.items()}
        row[f"entropy_{side}_chance"] = channels[f"entropy_{side}_chance"].mean()
    return row


def _shared_reasons(channels: pd.DataFrame) -> list[str]:
    """The reasons that every channel of a layer has for something to be empty."""
    common: list[str] | None = None
    for notice in channels["notice"].unique():
        parts = [part for part in str(notice).split("; ") if part]
        common = parts if common is None else [part for part in common if part in parts]
    return [reason for reason in common or [] if not reason.startswith(("dead", "kernel"))]
