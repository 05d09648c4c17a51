"""The network that a recipe trains: which layers start from where, which train, at which rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from artlucid.architectures import Architecture
from artlucid.errors import RecipeError
from artlucid.finetune import _optimizers, _policies
from artlucid.finetune._supervision import Supervision
from artlucid.models._build import BuildOptions, build, keras_layer_name
from artlucid.models._network import variables
from artlucid.models.weights._record import Arrays
from artlucid.recipes import Recipe


@dataclass(frozen=True)
class Policies:
    """The policies of a recipe, resolved over the layers of a network."""

    rates: _policies.Resolved[float]
    trainable: _policies.Resolved[bool]
    random: _policies.Resolved[bool]

    def to_json(self) -> dict[str, Any]:
        """What matched what, for the manifest."""
        return {policy.name: policy.matches for policy in (self.rates, self.trainable, self.random)}


def resolve_policies(recipe: Recipe, architecture: Architecture) -> Policies:
    """Resolve a recipe's policies over the layers of a network.

    Raises
    ------
    RecipeError
        If one leaves a layer out or names none, if nothing trains, or if a classifier would not be new.
    """
    auxiliary = recipe.deep_supervision
    policies = Policies(
        rates=_policies.resolve("rates", recipe.rates, architecture, auxiliary=auxiliary),
        trainable=_policies.resolve("trainable", recipe.trainable, architecture, auxiliary=auxiliary),
        random=_policies.resolve("random", recipe.random, architecture, auxiliary=auxiliary),
    )
    _check(recipe, architecture, policies)
    return policies


def _check(recipe: Recipe, architecture: Architecture, policies: Policies) -> None:
    if not any(policies.trainable.values.values()):
        raise RecipeError(
            f"`trainable` of a recipe must let a layer train. Received {recipe.trainable} in recipe {recipe.name!r}, "
            "which freezes all. Put ('head', True) first."
        )
    if not all(policies.random.values.get(name, True) for name in architecture.classifiers):
        raise RecipeError(
            f"`random` of a recipe must be True for the head, which is always new. Received {recipe.random} in recipe "
            f"{recipe.name!r}. Put ('head', True) first."
        )


def starting_arrays(arrays: Arrays, policies: Policies) -> dict[str, Any]:
    """Those of the initial weights that layers start from; the others start at random."""
    return {name: array for name, array in arrays.items() if policies.random.values.get(name.split("/")[0]) is False}


def new_layers(arrays: Arrays, policies: Policies) -> list[str]:
    """The layers that start at random: by the recipe, or because the initial weights lack an auxiliary head."""
    given = {name.split("/")[0] for name in starting_arrays(arrays, policies)}
    return [layer for layer in policies.random.values if layer not in given]


def shown(new: list[str], policies: Policies, most: int = 8) -> str:
    """The layers that start at random, for people: by name where they are few."""
    every = len(policies.random.values)
    if len(new) == every:
        return "every layer"
    return ", ".join(new) if len(new) <= most else f"{len(new)} of {every} layers, from {new[0]} on"


def build_network(
    recipe: Recipe,
    architecture: Architecture,
    *,
    classes: int,
    activation: str,
    policies: Policies,
    seed: int,
    dtype: str,
) -> keras.Model:
    """Build the network with its random start, frozen where the recipe freezes."""
    options = BuildOptions(
        activation=activation,
        auxiliary=recipe.deep_supervision,
        dtype=dtype,
        kernel_penalty=recipe.kernel_penalty,
        initialization=recipe.initialization,
        seed=seed,
    )
    side = architecture.input_size
    model = build(architecture, classes=classes, options=options, input_shape=(side, side, 3))
    for layer in architecture.layers(auxiliary=recipe.deep_supervision):
        if layer.name in policies.trainable.values:
            model.get_layer(keras_layer_name(layer)).trainable = policies.trainable.values[layer.name]
    return model


def compile_network(
    model: keras.Model,
    recipe: Recipe,
    architecture: Architecture,
    *,
    supervision: Supervision,
    rates: Mapping[str, float],
    steps_per_epoch: int,
) -> None:
    """Give the network the recipe's optimizer, losses and metrics."""
    trained = {name: variable for name, variable in variables(model, architecture).items() if variable.trainable}
    optimizer = _optimizers.build(recipe, rates, trained, steps_per_epoch)
    if any(layer.compute_dtype == "float16" for layer in model.layers):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(list(trained.values()))
    # XLA on the CPU loses oneDNN's convolutions and takes four times as long.
    model.compile(optimizer=optimizer, jit_compile=False, **supervision.compile_arguments())
