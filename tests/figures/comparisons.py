"""Tables as `artlucid compare` saves them, made up, for the tests of figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

WHOLE = ("conv2d0", "conv2d1", "conv2d2", *(f"mixed{block}" for block in ("3a", "3b", "4a", "4b", "4c", "4d", "4e")))
WHOLE = (*WHOLE, "mixed5a", "mixed5b")
PARTS = ("1x1", "3x3_bottleneck", "3x3", "5x5_bottleneck", "5x5", "pool_reduce")

PAIR = ("imagenet", "runs/styles")


def all_layers() -> list[str]:
    """The 66 of InceptionV1: the parts of a block, then the block."""
    return [
        name for layer in WHOLE for name in (*(f"{layer}_{part}" for part in PARTS if layer.startswith("mixed")), layer)
    ]


def layers(pairs=(PAIR,), names=None) -> pd.DataFrame:
    """CKA that falls with depth; no two values are alike."""
    names = all_layers() if names is None else names
    tables = []
    for index, (first, second) in enumerate(pairs):
        depth = np.linspace(0, 1, len(names)) * (0.5 + 0.05 * index)
        table = pd.DataFrame({"model_a": first, "model_b": second, "layer": names, "cka": 1 - depth})
        table["cka_debiased"] = table["cka"] - 0.1 * depth - 0.01
        table["cka_low"], table["cka_high"] = table["cka"] - 0.03, table["cka"] + 0.02
        tables.append(table.assign(cka_floor=0.02 + depth / 10, frozen=False))
    return pd.concat(tables, ignore_index=True)


def channels(pairs=(PAIR,), names=WHOLE, size=40) -> pd.DataFrame:
    """Skewed values, so that no mean is a median."""
    draw = np.random.default_rng(0)
    parts = []
    for (first, second), depth, layer in ((pair, depth, name) for pair in pairs for depth, name in enumerate(names)):
        table = pd.DataFrame({"model_a": first, "model_b": second, "layer": layer, "channel": range(size)})
        for column in ("overlap_100", "overlap_1000", "entropy_a", "entropy_b", "visual_change"):
            table[column] = draw.beta(4 - 3 * depth / len(names), 2, size) ** 2
        for column in ("overlap_100", "overlap_1000", "entropy_a", "entropy_b"):
            table[f"{column}_chance"] = 0.05 + depth / 1000 + draw.uniform(0, 0.01, size)
        parts.append(table.assign(dead_a=False, dead_b=False))
    whole = pd.concat(parts, ignore_index=True)
    # As it is saved: pair by pair, low overlap first.
    pair_of = whole.groupby(["model_a", "model_b"], sort=False).ngroup()
    return whole.assign(pair=pair_of).sort_values(["pair", "overlap_100"], ignore_index=True).drop(columns="pair")
