"""What the trainings that lie between two networks left as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from artlucid.architectures import Architecture, Convolution
from artlucid.errors import RecipeError
from artlucid.finetune._policies import resolve
from artlucid.models import Network


@dataclass(frozen=True)
class Frozen:
    """What could not change between two networks.

    Attributes
    ----------
    kernels : frozenset of str
        Convolutions that no training between the two trained or set at random.
    activations : frozenset of str
        Layers whose activations could not change either, because all before them is frozen too.
    """

    kernels: frozenset[str] = frozenset()
    activations: frozenset[str] = frozenset()


def frozen_between(network_a: Network, network_b: Network) -> Frozen:
    """Find what the trainings that one of two networks went through, and the other did not, left alone.

    Nothing is frozen where no training lies between the two, where they began with different weights, or where it is
    not recorded what a training changed.
    """
    architecture = network_a.architecture
    (trainings_a, start_a), (trainings_b, start_b) = _history(network_a), _history(network_b)
    if architecture is None or network_b.architecture != architecture or start_a is None or start_a != start_b:
        return Frozen()
    both = trainings_a | trainings_b
    between = [both[identity] for identity in trainings_a.keys() ^ trainings_b.keys()]
    if all(step.get("which") == "initial" for step in between):
        return Frozen()
    changed: set[str] = set()
    for step in between:
        changed |= _changed(step, architecture)
    kernels = frozenset(architecture.convolutions) - changed
    return Frozen(kernels, _untouched(architecture, kernels))


def _history(network: Network) -> tuple[dict[str | None, Mapping[str, Any]], str | None]:
    """The trainings behind a network, the last first, and the identity of the weights that the first began with.

    A training goes by the identity of the weights that it gave, not by its folder, which may have been moved since.
    """
    trainings: dict[str | None, Mapping[str, Any]] = {}
    identity, lineage = network.identity, network.lineage
    while lineage:
        trainings[identity] = lineage
        start = lineage.get("initial_weights") or {}
        identity, lineage = start.get("identity"), start.get("lineage") or {}
    return trainings, identity


def _changed(step: Mapping[str, Any], architecture: Architecture) -> set[str]:
    """The layers that a run trained or set at random; all of them where that is not recorded."""
    recipe = step.get("recipe")
    if not isinstance(recipe, Mapping):
        return set(architecture.convolutions)
    if "costs" in recipe:  # support vector machines, on the features of a network that stays as it is
        return set()
    wanted = ["random"] if step.get("which") == "initial" else ["random", "trainable"]
    try:
        resolved = [
            resolve(name, [tuple(row) for row in recipe[name]], architecture, auxiliary=True).values for name in wanted
        ]
    except (KeyError, TypeError, ValueError, RecipeError):
        return set(architecture.convolutions)
    return {layer for values in resolved for layer, value in values.items() if value}


def _untouched(architecture: Architecture, kernels: frozenset[str]) -> frozenset[str]:
    fixed = {"preprocess"}
    for layer in architecture.backbone:
        sources = layer.sources if hasattr(layer, "sources") else (layer.source,)
        if fixed.issuperset(sources) and (not isinstance(layer, Convolution) or layer.name in kernels):
            fixed.add(layer.name)
    return frozenset(fixed)
