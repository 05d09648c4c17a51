"""The activations and the images behind the tables of a comparison."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artlucid import activations, datasets
from artlucid._comparison._format import cache_path
from artlucid.activations import Cache
from artlucid.activations._identity import identity_of
from artlucid.datasets import Dataset, Split
from artlucid.datasets._dataset import nfc
from artlucid.errors import ComparisonError, DataError
from artlucid.metrics import TopImages, top_images


def models_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The identity of each model by its name in the tables."""
    return {str(model["model"]): str(model["identity"]) for model in manifest["models"]}


def top_images_of(cache: Cache, layer: str, k: int) -> TopImages:
    """The maximal activation images of a layer that is spelled in either way."""
    name = cache.own_name(layer)
    return top_images(cache[name], k, name=name)


def opened_cache(folder: Path, manifest: Mapping[str, Any], model: str, split: str) -> Cache:
    """Open the activations of a model, and hold them to what the manifest says.

    Raises
    ------
    ComparisonError
        If there is no such model or split, or if the file is not there any more or is of something else.
    ActivationsError
        If the file is damaged.
    """
    known = models_of(manifest)
    if model not in known:
        near = difflib.get_close_matches(str(model), known, n=3, cutoff=0)
        raise ComparisonError(
            f"`model` must be the name of a model in the tables. Received {model!r}. {folder} has {', '.join(near)}"
            f"{f' and {len(known) - 3} more' if len(known) > 3 else ''}."
        )
    _check_split(folder, manifest, split)
    path = cache_path(folder, known[model], split)
    if not path.exists():
        raise ComparisonError(
            f"The activations of a comparison must still be in its folder. Received {folder} without {path.name}, "
            f"those of {model} for {split}: they were removed. Run `artlucid compare` again with the same arguments: "
            "it extracts what is missing."
        )
    cache = activations.open(path)
    found = (cache.manifest["model"]["identity"], cache.manifest["dataset"]["identity"])
    if found != (known[model], manifest["dataset"]["identity"]) or cache.manifest["dataset"]["split"] != split:
        cache.close()
        raise ComparisonError(
            f"The activations of a comparison must be of its models and images. Received {path}, which is not of "
            f"{model} for {split} of {manifest['dataset']['specification']}. It was replaced: remove it and run "
            "`artlucid compare` again."
        )
    return cache


def _check_split(folder: Path, manifest: Mapping[str, Any], split: str) -> None:
    known = list(manifest["dataset"]["images"])
    if split not in known:
        raise ComparisonError(
            f"`split` must be one that was compared on. Received {split!r}. {folder} has {' and '.join(known)}; others "
            "are taken by `--top-split` and `--cka-split`."
        )


def images_of(folder: Path, manifest: Mapping[str, Any], dataset: Dataset | str | None, split: str) -> Split:
    """The images of a split in the order of the activations, where they are now.

    Raises
    ------
    ComparisonError
        If they are not there, or are not those that were compared on.
    """
    loaded = _loaded(manifest, dataset)
    with _any_cache(folder, manifest, split) as cache:
        return in_order_of(cache, loaded, split)


def in_order_of(cache: Cache, dataset: Dataset, split: str) -> Split:
    """The images of a cache as a split; ComparisonError if the dataset does not have just these."""
    paths = [nfc(path) for path in cache.images["path"]]
    whole = dataset.split(split)
    places = {nfc(path): place for place, path in enumerate(whole.relative_paths)}
    missing = [path for path in paths if path not in places]
    found = whole.select([places[path] for path in paths if path in places])
    if missing or identity_of(found) != cache.manifest["dataset"]["images_identity"]:
        which = f"without {missing[0]}" if missing else "where an image has another size or label, or is gone"
        raise ComparisonError(
            f"The images of a comparison must be those that it was made from. Received {dataset.specification} for "
            f"{cache.path}, {which}. Give them as they were, `dataset=…` (`--data`), or compare again."
        )
    return found


def _any_cache(folder: Path, manifest: Mapping[str, Any], split: str) -> Cache:
    """The activations of one of the models; all are of the same images."""
    known = models_of(manifest)
    there = [model for model, identity in known.items() if cache_path(folder, identity, split).exists()]
    return opened_cache(folder, manifest, (there or list(known))[0], split)


def _loaded(manifest: Mapping[str, Any], dataset: Dataset | str | None) -> Dataset:
    recorded = str(manifest["dataset"]["specification"])
    if dataset is not None:
        return datasets.load(dataset)
    try:
        return datasets.load(recorded)
    except DataError as error:
        raise ComparisonError(
            f"The images of a comparison must be where they were, or be given. Received none, and {recorded} is not "
            f"as it was: {error} Say where it is now: `dataset=…` (`--data`), such as "
            f"{recorded.partition(':')[0]}:/new/place."
        ) from error


def branch_of(cache: Cache, layer: str, channel: int) -> tuple[str, int]:
    """The convolution that a channel of a block is one of, and its number there; of a convolution itself.

    Raises
    ------
    ComparisonError
        If there is no such channel.
    ModelError
        If there is no such layer.
    """
    name = cache.own_name(layer)
    if not 0 <= channel < cache[name].shape[1]:
        raise ComparisonError(
            f"A channel of {name} must be in 0 … {cache[name].shape[1] - 1}. Received {channel}. Count along its last "
            "axis."
        )
    sources = {block["name"]: block["sources"] for block in cache.manifest["blocks"]}.get(name, [name])
    for source in sources:
        if channel < (width := cache[source].shape[1]):
            break
        channel -= width
    return source, channel
