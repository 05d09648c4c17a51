"""The learning rates that a training has at a step, and where a shortened one ends."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

from artlucid.errors import RunWarning
from artlucid.finetune._optimizers import SCHEDULES
from artlucid.recipes import RECIPES, Recipe

FAR = 1.5
"""A shortened run whose last rate is more than this times that of the whole recipe has not come to its end."""

HEAD_ALONE = (("head", True), ("*", False))
"""What is trained off the shelf."""


def rates_at(recipe: Recipe, steps_per_epoch: int, step: int) -> dict[str, float]:
    """The rates of head and body at a step, counted from 0, by their names in the history."""
    schedule = SCHEDULES[recipe.schedule](recipe, steps_per_epoch)
    head = float(schedule(step) if callable(schedule) else schedule)
    return {"head_rate": head, "body_rate": head * recipe.body_rate / recipe.head_rate}


def final_rates(recipe: Recipe, steps_per_epoch: int) -> dict[str, float]:
    """The rates at the last step of a training."""
    return rates_at(recipe, steps_per_epoch, recipe.epochs * steps_per_epoch - 1)


def planned(recipe: Recipe, steps_per_epoch: int, whole: Recipe | None = None) -> dict[str, Any]:
    """The last rates of a training, and where it is shortened those at the full length: of `whole`, or of Table 5."""
    whole = whole or RECIPES.get(recipe.name)
    shortened = whole is not None and recipe.epochs < whole.epochs
    full = final_rates(dataclasses.replace(recipe, epochs=whole.epochs), steps_per_epoch) if shortened else None
    return {**final_rates(recipe, steps_per_epoch), "of_the_whole_recipe": full}


def warn_if_far(recipe: Recipe, plan: dict[str, Any], whole: Recipe | None = None) -> None:
    """Say with both numbers that a shortened training ends at rates far above those that its recipe ends at."""
    full = plan["of_the_whole_recipe"]
    if full is not None and plan["head_rate"] > FAR * full["head_rate"]:
        whole = whole or RECIPES[recipe.name]
        warnings.warn(
            f"{recipe.epochs} of the {whole.epochs} epochs of recipe {whole.name!r} end far from where all do: "
            f"{shown(plan, recipe)} at the last step, not {shown(full, recipe)}. Train longer to compare with the "
            "recipe.",
            RunWarning,
            stacklevel=4,
        )


def shown(rates: dict[str, Any], recipe: Recipe) -> str:
    """Both rates, for people; that of the head where nothing else is trained."""
    if recipe.trainable == HEAD_ALONE:
        return f"learning rate {rates['head_rate']:.3g} (head)"
    return f"learning rates {rates['head_rate']:.3g} (head) and {rates['body_rate']:.3g} (body)"
