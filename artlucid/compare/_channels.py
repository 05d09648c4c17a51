"""The table of channels: a row for every channel of a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from artlucid.compare._kernels import Distances
from artlucid.compare._options import Options
from artlucid.compare._pair import Pair
from artlucid.compare._tops import most_frequent, of_labels, of_texts
from artlucid.datasets import Split
from artlucid.metrics import (
    TopImages,
    class_entropy,
    corrected_overlap_ratio,
    expected_class_entropy,
    expected_overlap_ratio,
    overlap_ratio,
)

Columns = dict[str, Any]

SIDES = ("a", "b")


def channel_table(pair: Pair, split: Split, options: Options) -> pd.DataFrame:
    """Compare two networks channel by channel.

    Parameters
    ----------
    pair : Pair
    split : Split
        The images of the caches, with their metadata.
    options : Options

    Returns
    -------
    DataFrame
        Of every convolution and block that both have, in graph order.
    """
    widths = pair.widths()
    columns: Columns = {
        "layer": np.repeat(np.array(list(widths), object), list(widths.values())),
        "channel": np.concatenate([np.arange(width) for width in widths.values()] or [np.zeros(0, np.int64)]),
    }
    notices = np.full(len(columns["channel"]), "", object)
    columns |= _overlaps(pair, options, notices)
    columns |= _entropies(pair, options, notices)
    columns |= _classes(pair, options)
    columns |= _metadata(pair, split, options)
    columns |= _filters(widths, pair.distances, notices)
    for side, n_positive in zip(SIDES, pair.n_positive, strict=True):
        columns |= {f"dead_{side}": n_positive == 0, f"n_positive_{side}": n_positive}
        _note(notices, n_positive == 0, f"dead in {side}")
    columns["notice"] = notices
    return _with_blocks(pd.DataFrame(columns), pair)


def _note(notices: npt.NDArray[np.object_], where: npt.NDArray[np.bool_] | slice, reason: str) -> None:
    """Add a reason to rows."""
    notices[where] = [f"{notice}; {reason}" if notice else reason for notice in notices[where]]


def _first(pair: Pair, options: Options) -> tuple[TopImages, TopImages] | None:
    """The top images of both for the first k; None where there are fewer images."""
    return _tops(pair, options.k[0])


def _tops(pair: Pair, k: int) -> tuple[TopImages, TopImages] | None:
    if pair.tops is None or k > pair.tops[0].k:
        return None
    return pair.tops[0].first(k), pair.tops[1].first(k)


def _overlaps(pair: Pair, options: Options, notices: npt.NDArray[np.object_]) -> Columns:
    columns: Columns = {}
    for k in options.k:
        tops = _tops(pair, k)
        names = (f"overlap_{k}", f"overlap_{k}_chance", f"overlap_{k}_corrected")
        if tops is None:
            columns |= dict.fromkeys(names, np.nan)
            _note(notices, slice(None), f"overlap_{k}: {len(pair.top_a)} images, fewer than {k}")
            continue
        measures = (overlap_ratio, expected_overlap_ratio, corrected_overlap_ratio)
        columns |= {name: measure(*tops) for name, measure in zip(names, measures, strict=True)}
    return columns


def undefined_entropy(pair: Pair, options: Options) -> str | None:
    """Why no channel has a class entropy; None where there are labels of several classes."""
    classes = pair.top_a.class_names
    if pair.top_a.labels is None or not classes:
        return "no labels"
    if len(classes) < 2:
        return f"one class only, {classes[0]}"
    if options.k[0] > len(pair.top_a):
        return f"{len(pair.top_a)} images, fewer than {options.k[0]}"
    return None


def _entropies(pair: Pair, options: Options, notices: npt.NDArray[np.object_]) -> Columns:
    tops, reason = _first(pair, options), undefined_entropy(pair, options)
    if tops is None or reason:
        _note(notices, slice(None), f"entropy: {reason or 'no channels'}")
        return dict.fromkeys([f"entropy_{side}{ending}" for side in SIDES for ending in ("", "_chance")], np.nan)
    columns: Columns = {}
    labels, n_classes = pair.top_a.labels, len(pair.top_a.class_names)
    assert labels is not None
    for side, top in zip(SIDES, tops, strict=True):
        found = class_entropy(top, labels, n_classes, literal=options.literal_entropy)
        expected = expected_class_entropy(top, labels, n_classes, literal=options.literal_entropy)
        columns |= {f"entropy_{side}": found, f"entropy_{side}_chance": expected.mean}
        _note(notices, np.isnan(found) & (top.n_positive > 0), f"entropy_{side}: no top image has a label")
    return columns


def _classes(pair: Pair, options: Options) -> Columns:
    tops, labels = _first(pair, options), pair.top_a.labels
    if tops is None or labels is None:
        return dict.fromkeys([f"classes_{side}" for side in SIDES], "")
    codes_of = of_labels(labels)
    return {
        f"classes_{side}": most_frequent(top, codes_of, pair.top_a.class_names)
        for side, top in zip(SIDES, tops, strict=True)
    }


def _metadata(pair: Pair, split: Split, options: Options) -> Columns:
    """The most frequent values of each column of metadata, which are those of the dataset as it is now."""
    tops, columns = _first(pair, options), {}
    places = {path: place for place, path in enumerate(split.relative_paths)}
    order = [places[path] for path in pair.top_a.images["path"]] if split.metadata else []
    for name, texts in split.metadata.items():
        codes_of, values = of_texts([texts[place] for place in order])
        for index, side in enumerate(SIDES):
            column = f"metadata_{name}_{side}"
            columns[column] = "" if tops is None else most_frequent(tops[index], codes_of, values)
    return columns


def _filters(
    widths: Mapping[str, int], distances: Mapping[str, Distances], notices: npt.NDArray[np.object_]
) -> Columns:
    """The distances of the kernels of single channels."""
    parts: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = []
    for layer, width in widths.items():
        found = distances.get(layer)
        known = found is not None and len(found.of_filters) == width
        missing = np.full(width, np.nan)
        parts.append((found.of_filters, found.of_filters_relative) if known and found is not None else (missing,) * 2)
    apart, relative = (np.concatenate(part) for part in zip(*parts, strict=True)) if parts else (np.zeros(0),) * 2
    _note(notices, np.isnan(apart), "kernel_distance: no kernels of one shape")
    _note(notices, np.isnan(relative) & ~np.isnan(apart), "kernel_distance_relative: a kernel of zeros")
    return {"kernel_distance": apart, "kernel_distance_relative": relative}


def _with_blocks(table: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """Add the channels of concatenations, which are those of their branches, and bring all layers into graph order."""
    of_layers: dict[str, pd.DataFrame] = dict(list(table.groupby("layer", sort=False)))
    for block, sources in pair.shared.blocks.items():
        joined = pd.concat([of_layers[source] for source in sources], ignore_index=True)
        of_layers[block] = joined.assign(layer=block, channel=np.arange(len(joined)))
    parts = [of_layers[layer] for layer in pair.shared.layers if layer in of_layers]
    whole = pd.concat(parts, ignore_index=True) if parts else table
    frozen = whole["layer"].isin(pair.frozen.activations)
    group = whole["layer"].map({layer: group_of(pair, layer) for layer in pair.shared.layers})
    whole.insert(2, "group", group.astype(object))
    whole.insert(3, "frozen", frozen)
    return whole


def group_of(pair: Pair, layer: str) -> str:
    """``low``, ``mid`` or ``high``; empty for a network of no known architecture."""
    return "" if pair.architecture is None else pair.architecture.group(layer)


def ordered(table: pd.DataFrame, options: Options, layers: Sequence[str]) -> pd.DataFrame:
    """Low overlap first, as one browses them; then the frozen ones, which nothing changed, and dead channels last."""
    positions = table["layer"].map({layer: place for place, layer in enumerate(layers)})
    keys = pd.DataFrame(
        {
            "dead": table["dead_a"] | table["dead_b"],
            "frozen": table["frozen"],
            "overlap": table[f"overlap_{options.k[0]}"],
            "layer": positions,
            "channel": table["channel"],
        }
    )
    return table.loc[keys.sort_values(list(keys), kind="stable").index].reset_index(drop=True)
