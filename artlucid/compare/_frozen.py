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
    if architecture is None or network_b.architecture != architecture or _root(network_a) != _root(network_b):
        return Frozen()
    chains = [{_key(step): step for step in _chain(network.lineage)} for network in (network_a, network_b)]
    between = [chains[key in chains[1]][key] for key in chains[0].keys() ^ chains[1].keys()]
    if all(step.get("which") == "initial" for step in between):
        return Frozen()
    changed: set[str] = set()
    for step in between:
        changed |= _changed(step, architecture)
    kernels = frozenset(architecture.convolutions) - changed
    return Frozen(kernels, _untouched(architecture, kernels))


def _chain(lineage: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The trainings behind a network, the last first."""
    steps = []
    while lineage:
        steps.append(lineage)
        lineage = (lineage.get("initial_weights") or {}).get("lineage") or {}
    return steps


def _key(step: Mapping[str, Any]) -> tuple[Any, Any]:
    return step.get("run"), step.get("which")


def _root(network: Network) -> Any:
    """Identity of the weights that the first training began with."""
    steps = _chain(network.lineage)
    return (steps[-1].get("initial_weights") or {}).get("identity") if steps else network.identity


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
