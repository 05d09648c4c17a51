"""The models of a comparison, as readers call them, and which of them were made from which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from artlucid.errors import ReportError

PUBLISHED: Mapping[str, str] = {"imagenet": "ImageNet", "bvlc": "BVLC", "none": "random weights"}
"""Weights that have a name of their own."""


@dataclass(frozen=True)
class Model:
    """A model of a comparison.

    Attributes
    ----------
    name : str
        In the tables.
    label : str
        On the page.
    identity : str
    lineage : mapping
        Of the run that it comes from; empty for other sources.
    parent : int or None
        Place of the model that its training began with, or the nearest before that.
    """

    name: str
    label: str
    identity: str
    lineage: Mapping[str, Any]
    parent: int | None = None

    @property
    def training(self) -> str:
        """How it was trained last, in a few words; empty for other sources."""
        dataset = _mapping(self.lineage.get("dataset")).get("specification")
        if not dataset:
            return ""
        if self.lineage.get("which") == "initial":
            return f"before the training on {dataset_name(str(dataset))}"
        recipe = _mapping(self.lineage.get("recipe")).get("name")
        return f"trained on {dataset_name(str(dataset))}, recipe {recipe}, seed {self.lineage.get('seed')}"


def dataset_name(specification: str) -> str:
    """The last part of a dataset's specification.

    >>> dataset_name("rasta:/data/wikipaintings_full"), dataset_name("synthetic:styles")
    ('wikipaintings_full', 'synthetic:styles')
    >>> dataset_name("iconart:/data/IconArt_v1?split_seed=3"), dataset_name("folder:/data/Who is she?")
    ('IconArt_v1', 'Who is she?')
    """
    kind, _, place = specification.partition(":")
    path, _, options = place.rpartition("?")
    # The name of a folder may hold a question mark too.
    path = path if path and "=" in options else place
    return specification if kind == "synthetic" else PurePath(path).name or specification


def models_of(described: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> list[Model]:
    """Name the models of a comparison.

    Parameters
    ----------
    described : sequence of mapping
        As ``compare.json`` has them.
    labels : mapping of str to str
        What some of them are to be called.

    Raises
    ------
    ReportError
        If a label is for none of them.
    """
    names = [str(one["model"]) for one in described]
    if unknown := [name for name in labels if name not in names]:
        raise ReportError(
            f"`labels` must be for models of the comparison. Received {unknown[0]!r}. It has {', '.join(names)}."
        )
    short = _told_apart([_short(name) for name in names], names)
    lineages = [_mapping(one.get("lineage")) for one in described]
    identities = [str(one["identity"]) for one in described]
    return [
        Model(
            name,
            labels.get(name, short[place]),
            identities[place],
            lineages[place],
            _parent(place, lineages, identities),
        )
        for place, name in enumerate(names)
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _short(name: str) -> str:
    """The last part of a source, without the suffix of a file."""
    last = PurePath(name).name or name
    stem = PurePath(last).stem if PurePath(last).suffix in (".npz", ".h5", ".pb", ".keras", ".caffemodel") else last
    return PUBLISHED.get(stem, stem)


def _told_apart(short: Sequence[str], names: Sequence[str]) -> list[str]:
    counts = Counter(short)
    parents = [f"{PurePath(name).parent.name}/{one}" for one, name in zip(short, names, strict=True)]
    longer = [one if counts[one] == 1 else parent for one, parent in zip(short, parents, strict=True)]
    counts = Counter(longer)
    return [one if counts[one] == 1 else name for one, name in zip(longer, names, strict=True)]


def _parent(place: int, lineages: Sequence[Mapping[str, Any]], identities: Sequence[str]) -> int | None:
    """The nearest ancestor that is compared too."""
    run, own = lineages[place].get("run"), _moment(lineages[place])
    of_the_run = [
        (moment, other)
        for other, lineage in enumerate(lineages)
        if run
        and lineage.get("run") == run
        and (moment := _moment(lineage)) < own
        and identities[other] != identities[place]
    ]
    if of_the_run:
        return max(of_the_run)[1]
    for identity in _ancestors(lineages[place]):
        if identity in identities and identities.index(identity) != place:
            return identities.index(identity)
    return None


def _moment(lineage: Mapping[str, Any]) -> float:
    """When in its run the weights were those: 0 for the initial ones, else the epoch."""
    which = str(lineage.get("which"))
    epochs = {"initial": 0, "best": lineage.get("best_epoch"), "last": lineage.get("epochs_done")}
    number = which.removeprefix("epoch-")
    found = epochs.get(which, int(number) if number.isdecimal() else None)
    return found if isinstance(found, int) else float("inf")


def _ancestors(lineage: Mapping[str, Any]) -> Iterator[Any]:
    while start := _mapping(lineage.get("initial_weights")):
        yield start.get("identity")
        lineage = _mapping(start.get("lineage"))


def chains_of(models: Sequence[Model]) -> list[list[int]]:
    """Which models came one from the other, as places in their order; a model that several came from begins several.

    >>> plain = [Model(name, name, name, {}, parent) for name, parent in (("a", None), ("b", 0), ("c", 1), ("d", 0))]
    >>> chains_of(plain)
    [[0, 1, 2], [0, 3]]
    """
    chains: list[list[int]] = []
    for place, model in enumerate(models):
        ending = [chain for chain in chains if model.parent is not None and chain[-1] == model.parent]
        if ending:
            ending[0].append(place)
        else:
            chains.append([place] if model.parent is None else [model.parent, place])
    # A model that begins a chain need not stand alone too.
    return [
        chain
        for chain in chains
        if len(chain) > 1 or not any(chain[0] in other for other in chains if other is not chain)
    ]
