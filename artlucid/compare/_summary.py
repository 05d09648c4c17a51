"""What the tables of a pair come to in a few numbers."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from artlucid.compare._channels import SIDES
from artlucid.compare._options import Options
from artlucid.compare._pair import Pair


def summary_of(pair: Pair, layers: pd.DataFrame, channels: pd.DataFrame, options: Options) -> dict[str, Any]:
    """Means over what could change, as the paper's tables have them, and what was left out.

    Returns
    -------
    dict
        Plain JSON values: None for a mean over nothing.
    """
    similar = layers[layers["analysed"] & ~layers["frozen"]]
    kernels = layers[layers["kernel_distance"].notna() & ~layers["frozen_kernel"]]
    # The channels of blocks are those of their branches.
    moving = channels[channels["layer"].isin(pair.shared.stored) & ~channels["frozen"]]
    every = channels[channels["layer"].isin(pair.shared.stored)]
    found: dict[str, Any] = {
        "model_a": pair.a.label,
        "model_b": pair.b.label,
        "n_images": len(pair.similar_a),
        "n_images_top": len(pair.top_a),
        "cka_mean": _plain(similar["cka"].mean()),
        "cka_debiased_mean": _plain(similar["cka_debiased"].mean()),
        "cka_layers": similar["layer"][similar["cka"].notna()].tolist(),
        "kernel_distance_mean": _plain(kernels["kernel_distance"].mean()),
        "kernel_distance_relative_mean": _plain(kernels["kernel_distance_relative"].mean()),
        "kernel_distance_layers": len(kernels),
    }
    for k in options.k:
        found |= {
            f"overlap_{k}_mean": _plain(moving[f"overlap_{k}"].mean()),
            f"overlap_{k}_median": _plain(moving[f"overlap_{k}"].median()),
            f"overlap_{k}_chance": _plain(moving[f"overlap_{k}_chance"].mean()),
        }
    for side in SIDES:
        found[f"entropy_{side}_mean"] = _plain(moving[f"entropy_{side}"].mean())
        found[f"dead_{side}"] = int(every[f"dead_{side}"].sum())
    frozen = layers["layer"][layers["frozen_kernel"]].tolist()
    return {**found, "n_channels": len(moving), "frozen": frozen, "left_out": dict(pair.shared.left_out)}


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
