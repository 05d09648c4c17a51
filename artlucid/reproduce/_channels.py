"""Which channels the figures show: those that the paper names, and rules for those that it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from artlucid._channel import PRE_RELU, parse
from artlucid._saved_tables import marked
from artlucid.architectures import Architecture, Convolution

NAMED = (
    # From the text of Figure 2; the others stand in the scripts of the paper's experiments alone.
    "mixed4d_3x3_pre_relu:52",
    "mixed4d_pool_reduce_pre_relu:63",
    "mixed4b_3x3_bottleneck_pre_relu:35",
    "mixed4d_3x3_bottleneck_pre_relu:64",
    "mixed3a_5x5_bottleneck_pre_relu:8",
)

TOP = 100
"""Images of a top set."""

OVERLAP = "overlap_100"
ENTROPY = "entropy_b"


@dataclass(frozen=True)
class Choice:
    """Channels of a figure.

    Attributes
    ----------
    named : tuple of str
        Always among them; of a smaller network, the number modulo the width of the layer.
    group : {"low", "mid", "high"}, optional
        Of the architecture; further channels are taken from its convolutions, one a layer.
    by : str, optional
        Column of a comparison's table of channels: the channels with the lowest values are taken.
    pairing : str, optional
        The comparison; without one, channels are taken evenly over the layers.
    words : str
        The rule, for readers.
    """

    words: str
    named: tuple[str, ...] = ()
    group: str | None = None
    by: str | None = None
    pairing: str | None = None


CHOICES: Mapping[str, Choice] = MappingProxyType(
    {
        "figure-2": Choice("the channel that the paper names", NAMED[:1]),
        "scripts": Choice(
            "the mid-level channels of the text and of the scripts of the paper's experiments", NAMED[:4]
        ),
        "low": Choice(
            "the low-level channel of the scripts of the paper's experiments, and the middle channel of further layers",
            NAMED[4:],
            "low",
        ),
        "mid": Choice("the least overlap after mode A, one a layer", (), "mid", OVERLAP, "imagenet-to-A"),
        "high": Choice("the lowest class entropy after mode A, one a layer", (), "high", ENTROPY, "imagenet-to-A"),
        "high-layers": Choice("the lowest class entropy, one a layer", (), "mid", ENTROPY, "high-from-start"),
        "scratch": Choice("the lowest class entropy, one a layer", (), "mid", ENTROPY, "scratch-from-start"),
        "iconart": Choice(
            "the least overlap from RASTA to IconArt, one a layer", NAMED[:1], "mid", OVERLAP, "iconart-rasta-to-double"
        ),
    }
)
"""By their names."""


def channels_of(choice: str, architecture: Architecture, number: int, table: pd.DataFrame | None) -> list[str]:
    """The channels that a choice means in a network, before their ReLUs.

    Parameters
    ----------
    choice : str
        A key of `CHOICES`.
    architecture : Architecture
    number : int
        At most so many.
    table : DataFrame, optional
        That of the channels of the choice's comparison.

    Returns
    -------
    list of str
        None of a network that has no such layers.
    """
    chosen, widths = CHOICES[choice], _widths(architecture)
    known = (name for name in chosen.named if parse(name).layer.removesuffix(PRE_RELU) in widths)
    found = [_of_width(name, widths) for name in known][:number]
    if chosen.group is None or len(found) == number:
        return found
    taken = {parse(name).layer.removesuffix(PRE_RELU) for name in found}
    layers = [layer for layer in architecture.select(chosen.group) if layer in widths and layer not in taken]
    rest = number - len(found)
    further = _even(layers, widths, rest) if chosen.by is None or table is None else _lowest(layers, table, chosen.by)
    return [*found, *(f"{layer}{PRE_RELU}:{channel}" for layer, channel in further[:rest])]


def _widths(architecture: Architecture) -> dict[str, int]:
    return {layer.name: layer.filters for layer in architecture.backbone if isinstance(layer, Convolution)}


def _of_width(name: str, widths: Mapping[str, int]) -> str:
    """The same channel, or in a narrower layer the one that its number modulo the width gives."""
    channel = parse(name)
    return f"{channel.layer}:{channel.number % widths[channel.layer.removesuffix(PRE_RELU)]}"


def _even(layers: Sequence[str], widths: Mapping[str, int], number: int) -> list[tuple[str, int]]:
    """The middle channels of layers that lie evenly in their order."""
    places = np.linspace(0, max(0, len(layers) - 1), min(number, len(layers))).round().astype(int)
    return [(layers[place], widths[layers[place]] // 2) for place in dict.fromkeys(places.tolist())]


def _lowest(layers: Sequence[str], table: pd.DataFrame, column: str) -> list[tuple[str, int]]:
    """The channel with the lowest value in each layer that has one, the lowest first; dead channels are left out.

    So are those that fire for fewer images than a top set holds, unless there are no others: a set of one image is all
    of one class.
    """
    dead = marked(table["dead_a"]) | marked(table["dead_b"])
    alive = table[~dead & table["layer"].isin(layers) & table[column].notna()]
    whole = alive[(alive["n_positive_a"] >= TOP) & (alive["n_positive_b"] >= TOP)]
    rows = (alive if whole.empty else whole).sort_values([column, "layer", "channel"], kind="stable")
    first = rows.drop_duplicates("layer")
    return list(zip(first["layer"].tolist(), first["channel"].tolist(), strict=True))
