"""Optimizers with a learning rate of its own for every layer.

A rate is a true rate: the update is what the plain optimizer would do with that rate. Scaling gradients would not
do under Adam, which divides by their size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras

from artlucid.recipes import Recipe

Tensor = Any


class _LayerRates:
    """Mixed into an optimizer: `rates` are relative to the optimizer's own learning rate."""

    relative_rates: list[float]

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        relative = self.relative_rates[self._get_variable_index(variable)]  # type: ignore[attr-defined]
        super().update_step(gradient, variable, learning_rate * relative)  # type: ignore[misc]


class LayerwiseSGD(_LayerRates, keras.optimizers.SGD):
    """SGD with a relative rate a variable."""


class LayerwiseAdam(_LayerRates, keras.optimizers.Adam):
    """Adam with a relative rate a variable."""


@keras.saving.register_keras_serializable("artlucid")
class GoogLeNetSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """4 % less every eight epochs; with epochs counted from 0 the first drop comes at index 7."""

    def __init__(self, initial: float, steps_per_epoch: int) -> None:
        self.initial = initial
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step: Tensor) -> Tensor:
        epoch = keras.ops.floor_divide(keras.ops.cast(step, "int32"), self.steps_per_epoch)
        drops = keras.ops.cast(keras.ops.floor_divide(epoch + 1, 8), "float32")
        return self.initial * keras.ops.power(0.96, drops)

    def get_config(self) -> dict[str, Any]:
        return {"initial": self.initial, "steps_per_epoch": self.steps_per_epoch}


Schedule = keras.optimizers.schedules.LearningRateSchedule | float

SCHEDULES: Mapping[str, Callable[[Recipe, int], Schedule]] = MappingProxyType(
    {
        "constant": lambda recipe, steps_per_epoch: recipe.head_rate,
        "inverse_time": lambda recipe, steps_per_epoch: keras.optimizers.schedules.InverseTimeDecay(
            recipe.head_rate, decay_steps=1, decay_rate=recipe.decay
        ),
        "googlenet": lambda recipe, steps_per_epoch: GoogLeNetSchedule(recipe.head_rate, steps_per_epoch),
    }
)

OPTIMIZERS: Mapping[str, Callable[[Recipe, Schedule], keras.optimizers.Optimizer]] = MappingProxyType(
    {
        "sgd": lambda recipe, schedule: LayerwiseSGD(learning_rate=schedule, momentum=recipe.momentum),
        "adam": lambda recipe, schedule: LayerwiseAdam(learning_rate=schedule),
    }
)


def build(
    recipe: Recipe, rates: Mapping[str, float], variables: Mapping[str, keras.Variable], steps_per_epoch: int
) -> keras.optimizers.Optimizer:
    """Build the optimizer of a recipe for the trainable variables of a network.

    Parameters
    ----------
    recipe : Recipe
    rates : mapping of str to float
        Learning rate at the first step, by layer.
    variables : mapping of str to keras.Variable
        The trainable variables by ``<layer>/<kernel or bias>``, in the order of `keras.Model.trainable_variables`.
    steps_per_epoch : int

    Returns
    -------
    keras.optimizers.Optimizer
        Built, with the head's rate as its `learning_rate`.
    """
    optimizer = OPTIMIZERS[recipe.optimizer](recipe, SCHEDULES[recipe.schedule](recipe, steps_per_epoch))
    optimizer.relative_rates = [rates[name.split("/")[0]] / recipe.head_rate for name in variables]
    optimizer.build(list(variables.values()))
    return optimizer
