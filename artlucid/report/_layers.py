"""The layers of a page: which have cards, and which stand in its plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from artlucid import architectures
from artlucid._comparison import Comparison
from artlucid._saved_tables import marked

PAIR = ["model_a", "model_b"]


@dataclass(frozen=True)
class Layer:
    """A layer whose channels have cards.

    Attributes
    ----------
    name : str
    group : str
        ``low``, ``mid``, ``high``, or empty.
    block : str
        The concatenation that it is a branch of, or empty.
    width : int
        Number of channels.
    start : int
        How many channels the layers before it have.
    """

    name: str
    group: str
    block: str
    width: int
    start: int


def layers_of(comparison: Comparison, blocks: Mapping[str, Sequence[str]]) -> list[Layer]:
    """The layers that have cards, from input to output: those that are compared channel by channel, but for blocks.

    The channels of a block are those of its branches.
    """
    block_of = {source: block for block, sources in blocks.items() for source in sources}
    widths = comparison.channels.groupby("layer", sort=False)["channel"].max() + 1
    groups = dict(zip(comparison.layers["layer"], comparison.layers["group"], strict=True))
    found: list[Layer] = []
    for name in graph_order(comparison.layers):
        if name in widths.index and name not in blocks:
            start = found[-1].start + found[-1].width if found else 0
            group = groups[name]
            found.append(
                Layer(name, group if isinstance(group, str) else "", block_of.get(name, ""), int(widths[name]), start)
            )
    return found


def graph_order(layers: pd.DataFrame) -> list[str]:
    """The layers of all pairs; each pair has its own in graph order."""
    return list(dict.fromkeys(map(str, layers["layer"])))


def analysed_of(layers: pd.DataFrame) -> list[str]:
    """The layers of the plots: those that the comparison marks, or all of them where it marks none."""
    names = layers.loc[marked(layers["analysed"]), "layer"] if "analysed" in layers else []
    return list(dict.fromkeys(map(str, names))) or graph_order(layers)


def blocks_of(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    """The concatenations of the compared architecture, and the layers that they are; empty where it is not known."""
    variants = {model.get("variant") for model in comparison.manifest["models"]}
    known = [architectures.ARCHITECTURES[variant] for variant in variants if variant in architectures.ARCHITECTURES]
    return {
        layer.name: layer.sources
        for architecture in known[:1]
        for layer in architecture.backbone
        if isinstance(layer, architectures.Concatenation)
    }
