"""The parts of the maximal activation images that fire the channels of compared networks, as a table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from artlucid import activations, environment
from artlucid._channel import layer_file_name, parse
from artlucid._comparison._lookups import branch_of, in_order_of
from artlucid.activations import Cache, _fixed_patches
from artlucid.activations._extraction import _gradient_patches
from artlucid.activations._patch_table import COLUMNS, Squares, table_of, wanted_of
from artlucid.compare._candidates import Candidate
from artlucid.compare._files import read_part, write_part
from artlucid.compare._patch_options import SHARE, Patches
from artlucid.datasets import Dataset
from artlucid.metrics import top_images
from artlucid.models._precision import in_precision

FOLDER = "patches"
VERSION = 1
"""Of how boxes are found: raised where a change gives others."""

PATCHES_AT_ONCE = 512
"""Are computed, about, before they are kept: a minute's work."""


@dataclass(frozen=True, eq=False)
class Work:
    """What patches are found from.

    Attributes
    ----------
    out : Path
        The comparison's folder.
    dataset : Dataset
    split : str
        That maximal activation images are chosen from.
    patches : Patches
    extraction : activations.Options
    """

    out: Path
    dataset: Dataset
    split: str
    patches: Patches
    extraction: activations.Options


def patch_table(work: Work, caches: Mapping[str, tuple[Candidate, Cache]], channels: pd.DataFrame) -> pd.DataFrame:
    """Find the patches of every model.

    Parameters
    ----------
    work : Work
    caches : mapping of str to (Candidate, Cache)
        Each model by its name in the tables, with its activations.
    channels : DataFrame
        The table of channels.

    Returns
    -------
    DataFrame
        A row a model, channel and image; without a row for dead channels.
    """
    parts = [
        part.assign(model=label)
        for label, (candidate, cache) in caches.items()
        for part in _of_model(work, candidate, cache, _chosen(channels, label, cache, work.patches))
    ]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["model", *COLUMNS])
    return whole[["model", *COLUMNS]].astype({"model": "str"})


def _chosen(channels: pd.DataFrame, label: str, cache: Cache, patches: Patches) -> dict[str, list[int]]:
    """The channels of convolutions that come first in any of a model's pairs, and those that are named, by layer."""
    number, named = patches.channels_a_pair, [parse(name) for name in patches.also]
    convolutions = channels[channels["layer"].isin(cache.stored_layers)]
    found = {branch_of(cache, channel.layer, channel.number) for channel in named}
    for _, pair in convolutions.groupby(["model_a", "model_b"], sort=False):
        if label in set(pair[["model_a", "model_b"]].iloc[0]):
            first = pair.head(len(pair) if number is None else number)
            found |= set(zip(first["layer"], first["channel"].tolist(), strict=True))
    return {
        layer: numbers
        for layer in cache.stored_layers
        if (numbers := sorted(channel for of, channel in found if of == layer))
    }


def _of_model(
    work: Work, candidate: Candidate, cache: Cache, chosen: Mapping[str, list[int]]
) -> Iterator[pd.DataFrame]:
    size = int(cache.manifest["preprocessing"]["size"])
    squares = Squares(in_order_of(cache, work.dataset, work.split), size)
    number = min(work.patches.number, len(cache))
    if work.patches.kind == "gradient":
        found = _Gradients(work, candidate, cache, squares)
    for layer, numbers in chosen.items():
        top = top_images(cache[layer], number, name=layer).indices
        images = {channel: top[channel].tolist() for channel in numbers}
        if work.patches.kind == "fixed":
            yield _fixed_patches.of_layer(cache, squares, layer, images)
        else:
            yield found.of_layer(layer, images)


class _Gradients:
    """The gradient boxes of one model, kept layer by layer, so that they need not be computed again."""

    def __init__(self, work: Work, candidate: Candidate, cache: Cache, squares: Squares) -> None:
        precision = environment.resolve_precision(work.extraction.precision)
        self._network = in_precision(candidate.network, precision.policy)
        self._squares, self._options = squares, work.extraction
        key = {
            "version": VERSION,
            "identity": candidate.network.identity,
            "images": cache.manifest["dataset"]["images_identity"],
            "preprocessing": dict(cache.manifest["preprocessing"]),
            "precision": precision.used,
            "number": work.patches.number,
            "share": SHARE,
        }
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        self._folder = work.out / FOLDER / f"{candidate.network.identity[:12]}-{digest[:12]}"

    def of_layer(self, layer: str, images: Mapping[int, Sequence[int]]) -> pd.DataFrame:
        """Those of some channels of a layer: what is kept, and what is not is computed, and kept."""
        path = self._folder / f"{layer_file_name(layer)}.parquet"
        kept = read_part(path)
        done = set() if kept is None else set(kept["channel"].tolist())
        parts = [] if kept is None else [kept]
        missing = [
            channel for channel in images if channel not in done and any(image >= 0 for image in images[channel])
        ]
        step = max(1, PATCHES_AT_ONCE // len(next(iter(images.values()))))
        for start in range(0, len(missing), step):
            group = {channel: images[channel] for channel in missing[start : start + step]}
            parts.append(_gradient_patches.of_layer(self._network, self._squares, layer, group, SHARE, self._options))
            write_part(path, pd.concat(parts, ignore_index=True))
        if not parts:
            return table_of(layer, self._squares.split, wanted_of({}, self._squares.split), [])
        whole = pd.concat(parts, ignore_index=True)
        return whole[whole["channel"].isin(list(images))].sort_values(["channel", "rank"], ignore_index=True)
