"""A comparison as tables for a terminal."""

from __future__ import annotations

from typing import Any

import pandas as pd

from artlucid._comparison import Comparison
from artlucid._terminal import clean, columns


def as_text(comparison: Comparison) -> str:
    """A comparison as tables for a terminal.

    Parameters
    ----------
    comparison : Comparison
        Of one pair: a line an analysed layer. Of several: a line a pair.

    Returns
    -------
    str
    """
    pairs = comparison.manifest["pairs"]
    k = comparison.manifest["settings"]["k"][0]
    lines = _of_layers(comparison.layers, pairs[0], k) if len(pairs) == 1 else _of_pairs(pairs, k)
    lines += ["", *[_visual(pair) for pair in pairs if "spearman" in pair["overlap_and_visual_change"]]]
    lines += [_left_out(pair) for pair in pairs if pair["left_out"]]
    return "\n".join(clean(line).rstrip() for line in [*lines, f"tables in {comparison.path}"])


def _of_layers(layers: pd.DataFrame, pair: dict[str, Any], k: int) -> list[str]:
    head = (
        "layer",
        "CKA",
        "debiased",
        "floor",
        "kernels",
        f"overlap {k}",
        "chance",
        "entropy",
        "after",
        "dead",
        "after",
    )
    rows = [head]
    for _, row in layers[layers["analysed"]].iterrows():
        shown = (row["cka"], row["cka_debiased"], row["cka_floor"], row["kernel_distance"])
        means = (row[f"overlap_{k}_mean"], row[f"overlap_{k}_chance"], row["entropy_a_mean"], row["entropy_b_mean"])
        name = f"{row['layer']} (frozen)" if row["frozen"] else row["layer"]
        dead = ["" if pd.isna(row[side]) else str(row[side]) for side in ("dead_a", "dead_b")]
        rows.append((name, *map(_number, (*shown, *means)), *dead))
    distance = _number(pair["kernel_distance_mean"])
    return [
        f"{pair['model_a']} and {pair['model_b']}: {pair['n_images']} images for CKA, {pair['n_images_top']} for "
        "overlap and entropy",
        f"mean CKA {_number(pair['cka_mean'])}, debiased {_number(pair['cka_debiased_mean'])}; "
        f"mean kernel distance {distance} over {pair['kernel_distance_layers']} convolutions",
        "",
        *columns(rows),
    ]


def _of_pairs(pairs: list[dict[str, Any]], k: int) -> list[str]:
    rows = [
        ("before", "after", "CKA", "debiased", "kernels", f"overlap {k}", "chance", "entropy", "after", "dead", "after")
    ]
    for pair in pairs:
        names = ("cka_mean", "cka_debiased_mean", "kernel_distance_mean", f"overlap_{k}_mean", f"overlap_{k}_chance")
        shown = [_number(pair[name]) for name in (*names, "entropy_a_mean", "entropy_b_mean")]
        rows.append((pair["model_a"], pair["model_b"], *shown, str(pair["dead_a"]), str(pair["dead_b"])))
    return columns(rows, left=(0, 1))


def _number(value: float | None) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.3f}"


def _visual(pair: dict[str, Any]) -> str:
    found = pair["overlap_and_visual_change"]
    names = f"{pair['model_a']} and {pair['model_b']}"
    if found["spearman"] is None:
        return f"{names}: no correlation of overlap with visual change, {found['reason']}"
    interval = f" ({found['low']:.2f} … {found['high']:.2f})" if "low" in found else ""
    return (
        f"{names}: Spearman correlation of overlap with visual change {found['spearman']:.2f}{interval} over "
        f"{found['n_channels']} channels"
    )


def _left_out(pair: dict[str, Any]) -> str:
    parts = [f"{layer} ({reason})" for layer, reason in pair["left_out"].items()]
    more = f" and {len(parts) - 6} more" if len(parts) > 6 else ""
    return f"{pair['model_a']} and {pair['model_b']}: left out {', '.join(parts[:6])}{more}"
