"""Pairs of networks → tidy tables."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

import artlucid
from artlucid import datasets, environment, models
from artlucid._comparison import Comparison
from artlucid._comparison._format import PATCHES, TABLES, VERSION
from artlucid._locks import held
from artlucid.activations import Cache
from artlucid.compare._caches import Caches, check_alike, made_by_workers, opened
from artlucid.compare._candidates import Candidate, candidates, pairs_of
from artlucid.compare._channels import channel_table, ordered
from artlucid.compare._files import PAIRS, read_pair, write_comparison, write_pair
from artlucid.compare._layers import layer_table
from artlucid.compare._options import Options
from artlucid.compare._pair import Pair
from artlucid.compare._patch_options import Patches
from artlucid.compare._patches import Work, patch_table
from artlucid.compare._pictures import Folder, Triple, correlation, folders_of, triple_of, with_pictures
from artlucid.compare._summary import summary_of
from artlucid.compare._tops import Tops, tops_of
from artlucid.datasets import Dataset, Split
from artlucid.errors import ComparisonError
from artlucid.models._load import Source, spelled

Tables = dict[str, pd.DataFrame]


def compare(
    models: Sequence[Source],
    dataset: Dataset | str,
    *,
    out: str | os.PathLike[str],
    pairs: str = "first",
    options: Options = Options(),
) -> Comparison:
    """Measure what changed from network to network: similarity, kernels, maximal activation images and their classes.

    Parameters
    ----------
    models : sequence of source
        Two or more of anything that `models.load` takes, of one architecture. ``RUN@epochs`` stands for all kept epochs
        of a run.
    dataset : Dataset or str
        Without labels the columns of classes and entropy are empty.
    out : path
        The folder to write: ``layers``, ``channels`` and, where asked for, ``patches`` as ``.csv`` and ``.parquet``,
        ``compare.json``, and in ``activations``, ``pairs`` and ``patches`` what need not be computed again.
    pairs : {"first", "all"}
        The first model with each other one, or all with all.
    options : Options

    Returns
    -------
    Comparison

    Raises
    ------
    ComparisonError
        If there are fewer than two models, if they are of different architectures or see different images, or if
        folders of pictures do not belong to them.
    ActivationsError
        If a file in ``activations`` is of something else, or damaged.
    WorkersError
        If workers of Dask cannot be reached, see other files, differ from each other, or die.
    ArtlucidError
        As `models.load`, `activations.extract` and `visualize.distance` raise it.

    Warns
    -----
    DataWarning
        Of images that are left out.
    WorkersWarning
        If there is no worker, or if one takes several tasks at a time.

    References
    ----------
    Sections 3 and 4 of the paper: its figures 5 and 6 and its tables 2 and 4 are made from such tables.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import activations, compare, datasets, models
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = datasets.synthetic(folder=f"{parent}/styles", images_per_class=(2, 1, 1), size=32)
    ...     networks = [models.load("none", architecture="mini", seed=seed) for seed in (0, 1)]
    ...     options = compare.Options(k=(5,), extraction=activations.Options(size=32, cache=False))
    ...     found = compare.compare(networks, drawn, out=f"{parent}/comparison", options=options)
    >>> len(found.layers), len(found.channels), bool(found.channels["overlap_5"].between(0, 1).all())
    (66, 3194, True)
    """
    folder = Path(out)
    dataset = datasets.load(dataset)
    found = candidates(models)
    chosen = pairs_of(found, pairs)
    pictures = folders_of(options.pictures, found)
    with held(folder, "A comparison", taken=ComparisonError):
        extraction = options.extraction
        if options.dask is not None:
            extraction = made_by_workers(folder, found, dataset, options)
        with opened(folder, dataset, extraction) as caches:
            work = _Work(folder, dataset, options, caches, pictures)
            done = [work.pair(a, b) for a, b in chosen]
            tables = {name: pd.concat([of_pair[name] for _, of_pair in done], ignore_index=True) for name in TABLES}
            if options.patches is not None:
                tables[PATCHES] = work.patches(found, tables["channels"], options.patches)
        manifest = {
            "models": [one.described() for one in found],
            "dataset": _described(dataset, options),
            "settings": {"pairs": pairs, **_settings(options)},
            **({} if options.patches is None else {"patches": options.patches.described()}),
            "pairs": [summary for summary, _ in done],
            "environment": environment.describe(environment.resolve_precision(extraction.precision)),
        }
        return write_comparison(folder, manifest, tables)


class _Work:
    """Compares pairs, and keeps what several of them need."""

    def __init__(
        self, out: Path, dataset: Dataset, options: Options, caches: Caches, pictures: Sequence[Folder]
    ) -> None:
        self.out, self.dataset, self.options, self.caches, self.pictures = out, dataset, options, caches, pictures
        # The first network is in every pair; only one other is held beside it.
        self._tops: Callable[[Cache, int], Tops] = lru_cache(maxsize=2)(tops_of)

    def pair(self, a: Candidate, b: Candidate) -> tuple[dict[str, Any], Tables]:
        """What was found of a pair: a summary, and its part of each table."""
        similar = [self._cache(one, self.options.cka_split) for one in (a, b)]
        top = [self._cache(one, self.options.top_split) for one in (a, b)]
        check_alike(*similar)
        check_alike(*top)
        triple = triple_of(self.pictures, a, b)
        key = self._key(a, b, [*similar, *top], triple)
        folder = self.out / PAIRS / _pair_name(a, b)
        kept = read_pair(folder, key)
        if kept is None:
            pair = Pair(a, b, *similar, *top, *(self._top_images(cache) for cache in top))
            kept = self._measured(pair, triple)
            write_pair(folder, key, *kept)
        return kept

    def patches(self, found: Sequence[Candidate], channels: pd.DataFrame, patches: Patches) -> pd.DataFrame:
        """The parts of the maximal activation images that fire the channels of each network."""
        split = self.options.top_split
        caches = {one.label: (one, self._cache(one, split)) for one in found}
        return patch_table(Work(self.out, self.dataset, split, patches, self.options.extraction), caches, channels)

    def _cache(self, candidate: Candidate, split: str) -> Cache:
        return self.caches.of(candidate, split)

    def _top_images(self, cache: Cache) -> Tops | None:
        possible = [k for k in self.options.k if k <= len(cache)]
        return self._tops(cache, max(possible)) if possible else None

    def _measured(self, pair: Pair, triple: Triple | str) -> tuple[dict[str, Any], Tables]:
        split = self.dataset.split(self.options.top_split)
        channels = with_pictures(channel_table(pair, split, self.options), triple, self.options)
        layers = layer_table(pair, channels, self.options)
        visual = correlation(channels, self.options) if isinstance(triple, Triple) else {"reason": triple}
        summary = summary_of(pair, layers, channels, self.options)
        tables = {"layers": layers, "channels": ordered(channels, self.options, pair.shared.layers)}
        keyed = {name: _keyed(table, pair) for name, table in tables.items()}
        return {**summary, "overlap_and_visual_change": visual}, keyed

    def _key(self, a: Candidate, b: Candidate, caches: Sequence[Cache], triple: Triple | str) -> dict[str, Any]:
        """Everything that the tables of a pair depend on."""
        folders = [] if isinstance(triple, str) else [triple.before, triple.after, triple.other_seed]
        return {
            "version": [VERSION, artlucid.__version__],
            "models": [one.described() for one in (a, b)],
            "images": [cache.manifest["dataset"]["images_identity"] for cache in caches],
            "preprocessing": [dict(cache.manifest["preprocessing"]) for cache in caches],
            "precision": caches[0].manifest["environment"]["precision"]["used"],
            "analysed_layers": list(a.network.analysed_layers),
            "metadata": _digest(self.dataset.split(self.options.top_split)),
            "settings": _settings(self.options),
            "pictures": [folder.content for folder in folders],
            "pictures_network": models.load(self.options.pictures_network).identity if folders else None,
        }


def _pair_name(a: Candidate, b: Candidate) -> str:
    """Name of a pair's folder; one network may be named twice, as the best epoch and by its number."""
    names = hashlib.sha256(json.dumps([a.label, b.label]).encode()).hexdigest()
    return f"{a.network.identity[:12]}-{b.network.identity[:12]}-{names[:6]}"


def _keyed(table: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """A part of a table with what tells its pair apart from others in front."""
    keys = pd.DataFrame([pair.keys] * len(table), columns=list(pair.keys), index=table.index)
    for name in keys:
        keys[name] = keys[name].astype("Int64" if name.startswith("seed") else "str")
    counts = [name for name in table if name in ("dead_a", "dead_b") and table[name].dtype != bool]
    return pd.concat([keys, table.astype({**dict.fromkeys(counts, "Int64"), **_texts(table)})], axis=1)


def _texts(table: pd.DataFrame) -> dict[str, str]:
    named = ("layer", "group", "notice")
    return {name: "str" for name in table if name in named or str(name).startswith(("classes_", "metadata_"))}


def _digest(split: Split) -> str:
    content = {name: list(texts) for name, texts in split.metadata.items()}
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _settings(options: Options) -> dict[str, Any]:
    """As manifests record them; how the networks are run stands in the caches."""
    return {
        "k": list(options.k),
        "literal_entropy": options.literal_entropy,
        "resampling": None if options.resampling is None else dataclasses.asdict(options.resampling),
        "permutations": None if options.permutations is None else dataclasses.asdict(options.permutations),
        "top_split": options.top_split,
        "cka_split": options.cka_split,
        "pictures": [str(Path(path).absolute()) for path in options.pictures],
        "pictures_network": spelled(options.pictures_network),
        "size": options.extraction.size,
        "precision": options.extraction.precision,
    }


def _described(dataset: Dataset, options: Options) -> Mapping[str, Any]:
    return {
        "specification": dataset.specification,
        "identity": dataset.identity,
        "task": dataset.task,
        "class_names": list(dataset.class_names),
        "metadata_columns": list(dataset.metadata_columns),
        "images": {name: len(dataset.split(name)) for name in dict.fromkeys((options.top_split, options.cka_split))},
    }
