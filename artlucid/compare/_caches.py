"""The activations of what is compared: extracted as needed, and held to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from artlucid import activations, environment
from artlucid._comparison._format import cache_path
from artlucid.activations import Cache
from artlucid.activations._extraction._dask import Crew, Wanted, extract_by_workers
from artlucid.activations._identity import identity_of
from artlucid.compare._candidates import Candidate
from artlucid.compare._options import Options
from artlucid.datasets import Dataset, Split
from artlucid.errors import ComparisonError
from artlucid.models._network import usual_size

ALIKE: Mapping[str, str] = MappingProxyType(
    {
        "dataset": "dataset.identity",
        "split": "dataset.split",
        "images and their order": "dataset.images_identity",
        "preprocessing": "preprocessing",
        "decoding": "decoding",
        "precision": "environment.precision.used",
    }
)
"""What the caches of two networks must have in common, by the words for it."""


@dataclass(eq=False)
class Caches:
    """The caches of a comparison, each extracted, or opened where it is finished, when it is first asked for."""

    out: Path
    dataset: Dataset
    options: activations.Options
    _opened: ExitStack
    _found: dict[Path, Cache]

    def of(self, candidate: Candidate, split: str) -> Cache:
        """The activations of a network for the images of a split."""
        path = cache_path(self.out, candidate.network.identity, split)
        if path not in self._found:
            images = self.dataset.split(split)
            precision = environment.resolve_precision(self.options.precision).used
            cache = _finished(path, candidate, images, self.options.size, precision)
            if cache is None:
                cache = activations.extract(candidate.network, images, out=path, options=self.options)
            self._found[path] = self._opened.enter_context(cache)
        return self._found[path]


def _finished(path: Path, candidate: Candidate, split: Split, size: int | None, precision: str | None) -> Cache | None:
    """A cache that is there and is of exactly this, of any precision if none is named.

    Whatever is not is for `activations.extract` to judge. That would build the network's graph with all its pools
    first, which takes longer than the comparison.
    """
    if not path.exists():
        return None
    cache = activations.open(path)
    network = candidate.network
    wanted = {
        "model.identity": network.identity,
        "analysed_layers": list(network.analysed_layers),
        "dataset.identity": split.dataset.identity if split.dataset is not None else None,
        "dataset.split": split.name,
        "dataset.asked.identity": identity_of(split),
        "preprocessing.size": size or usual_size(network)[0],
        **({} if precision is None else {"environment.precision.used": precision}),
    }
    if all(_at(cache.manifest, key) == value for key, value in wanted.items()):
        return cache
    cache.close()
    return None


def made_by_workers(
    out: Path, candidates: Sequence[Candidate], dataset: Dataset, options: Options
) -> activations.Options:
    """Have the caches of a comparison made by workers of Dask, so far as they are missing.

    Returns
    -------
    activations.Options
        With the precision that workers took for ``auto``.

    Raises
    ------
    ArtlucidError
        As `extract_by_workers`.
    """
    splits = {name: dataset.split(name) for name in dict.fromkeys((options.top_split, options.cka_split))}
    extraction = options.extraction
    # What `auto` comes to is for a worker to say.
    precision = None if extraction.precision == "auto" else extraction.precision
    wanted = {}
    for candidate in candidates:
        for name, split in splits.items():
            path = cache_path(out, candidate.network.identity, name)
            cache = _finished(path, candidate, split, extraction.size, precision)
            wanted[path] = Wanted(candidate.network, split, path, cache is not None)
            if cache is not None:
                cache.close()
    crew = Crew(str(options.dask), options.threads, options.allow_changed_environment)
    return extract_by_workers(list(wanted.values()), extraction, crew)


@contextmanager
def opened(out: Path, dataset: Dataset, options: activations.Options) -> Iterator[Caches]:
    """Give the caches of a comparison, and close them."""
    with ExitStack() as stack:
        yield Caches(out, dataset, options, stack, {})


def check_alike(cache_a: Cache, cache_b: Cache) -> None:
    """Refuse caches of different images, or of images that were seen in another way.

    Raises
    ------
    ComparisonError
        With both sides of every difference.
    """
    differences = [
        f"{name}: {_shown(one)} and {_shown(other)}"
        for name, key in ALIKE.items()
        if (one := _at(cache_a.manifest, key)) != (other := _at(cache_b.manifest, key))
    ]
    if len(cache_a) != len(cache_b):
        differences.append(f"number of images: {len(cache_a)} and {len(cache_b)}")
    elif not differences and cache_a.images["path"].tolist() != cache_b.images["path"].tolist():
        differences.append("paths of the images")
    if differences:
        raise ComparisonError(
            "Two caches of activations must be of the same images in the same order, seen alike. Received "
            f"{cache_a.path} and {cache_b.path}, which differ in {'; '.join(differences)}. Extract both from one split "
            "with the same options (`--size`, `--precision`)."
        )


def _at(manifest: Mapping[str, Any], key: str) -> Any:
    value: Any = manifest
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return f"{value[:12]}…" if isinstance(value, str) and len(value) > 40 else str(value)


@dataclass(frozen=True)
class Shared:
    """The layers that two caches have in common.

    Attributes
    ----------
    layers : tuple of str
        In graph order; CKA compares them.
    stored : tuple of str
        Those of them that are stored and have as many channels in both; their channels are compared.
    blocks : mapping of str to tuple of str
        The concatenations of these.
    left_out : mapping of str to str
        Layers that are not compared, or not channel by channel, and why.
    """

    layers: tuple[str, ...]
    stored: tuple[str, ...]
    blocks: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]


def shared_layers(cache_a: Cache, cache_b: Cache, labels: tuple[str, str]) -> Shared:
    """Find what two networks have in common.

    Raises
    ------
    ComparisonError
        If they have no layer in common.
    """
    layers = tuple(layer for layer in cache_a.layers if layer in cache_b.layers)
    if not layers:
        raise ComparisonError(
            f"Two networks must have layers in common to be compared. Received {labels[0]} with "
            f"{', '.join(cache_a.layers[:3])}, … and {labels[1]} with {', '.join(cache_b.layers[:3])}, …. "
            "Compare two states of one network, or name layers alike that are to be compared."
        )
    left_out = {layer: f"{labels[0]} alone has it" for layer in cache_a.layers if layer not in layers}
    left_out |= {layer: f"{labels[1]} alone has it" for layer in cache_b.layers if layer not in layers}
    widths = {layer: (cache_a[layer].shape[1], cache_b[layer].shape[1]) for layer in layers}
    left_out |= {
        layer: f"{one} channels and {other}: compared by CKA alone"
        for layer, (one, other) in widths.items()
        if one != other
    }
    own = [layer for layer in cache_a.stored_layers if layer in cache_b.stored_layers and layer not in left_out]
    blocks = _blocks(cache_a)
    alike = {
        block: sources
        for block, sources in blocks.items()
        if _blocks(cache_b).get(block) == sources and set(sources) <= set(own)
    }
    return Shared(layers, tuple(own), MappingProxyType(alike), MappingProxyType(left_out))


def _blocks(cache: Cache) -> dict[str, tuple[str, ...]]:
    return {block["name"]: tuple(block["sources"]) for block in cache.manifest["blocks"]}
