"""The trainings of a demo: a first task, and four ways to a second one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artlucid import evaluate, finetune, recipes, runs
from artlucid.datasets import Dataset
from artlucid.recipes import Recipe

QUICK_EPOCHS = 2

# The second task is smaller and harder than the first, and as long for both ways to train on it.
_DIRECT = dataclasses.replace(recipes.get("demo"), name="demo_direct", epochs=12)
_DOUBLE = dataclasses.replace(_DIRECT, name="demo_double", random=(("head", True), ("*", False)))


@dataclass(frozen=True)
class Start:
    """A way to the second task, and how far it led.

    Attributes
    ----------
    description : str
        From which weights, and what learnt.
    run : Run
    scores : Scores
        On the test split of the second task.
    """

    description: str
    run: runs.Run
    scores: evaluate.Scores


@dataclass(frozen=True)
class Work:
    """What the steps of a demo share."""

    out: Path
    weights: str
    seed: int
    epochs: int | None
    options: finetune.Options

    @property
    def is_quick(self) -> bool:
        """Whether it is to be seen only that everything works."""
        return self.epochs is not None and self.epochs <= QUICK_EPOCHS

    @property
    def recipes(self) -> tuple[Recipe, Recipe, Recipe]:
        """For the first task, for the second one directly, and for the second one after the first."""
        drawn = self.weights == "none"
        chosen = (recipes.get("demo"), _DIRECT, _DOUBLE) if drawn else tuple(map(recipes.get, "AAF"))
        if self.epochs is None:
            return chosen
        first, direct, double = (recipes.changed(recipe, {"epochs": self.epochs}) for recipe in chosen)
        return first, direct, double

    def fit(self, dataset: Dataset, name: str, recipe: Recipe, weights: str | runs.Run | None = None) -> runs.Run:
        """Train from the demo's weights, or from a run."""
        return finetune.fit(
            dataset,
            recipe=recipe,
            weights=self.weights if weights is None else weights,
            seed=self.seed,
            out=self.out / name,
            resume=(self.out / name).exists(),
            options=self._options(weights),
        )

    def off_the_shelf(self, dataset: Dataset, name: str, weights: str | runs.Run | None = None) -> runs.Run:
        """Train a head alone, on the features of the demo's weights, or of a run."""
        given = {field.name: getattr(self._options(weights), field.name) for field in dataclasses.fields(self.options)}
        return finetune.off_the_shelf(
            dataset,
            weights=self.weights if weights is None else weights,
            seed=self.seed,
            out=self.out / name,
            resume=(self.out / name).exists(),
            options=finetune.OffTheShelfOptions(**{**given, "precision": None, "devices": None}),
        )

    def _options(self, weights: str | runs.Run | None) -> finetune.Options:
        """A run knows its architecture."""
        return self.options if weights is None else dataclasses.replace(self.options, architecture=None)


def second_task(work: Work, dataset: Dataset, trained: runs.Run) -> tuple[Start, ...]:
    """Train and score the four ways: a head on either features, and fine-tuning from either weights."""
    start = "random weights" if work.weights == "none" else work.weights
    _, direct, double = work.recipes
    made = {
        f"features of {start}, new head": work.off_the_shelf(dataset, "second/off-the-shelf"),
        "features after the first task, new head": work.off_the_shelf(dataset, "second/off-the-shelf-double", trained),
        f"trained from {start}": work.fit(dataset, "second/direct", direct),
        "trained after the first task": work.fit(dataset, "second/double", double, trained),
    }
    scores = evaluate.evaluate(list(made.values()), dataset)
    return tuple(Start(description, made[description], score) for description, score in zip(made, scores, strict=True))


def second_chance(starts: tuple[Start, ...]) -> float:
    """The share of positive images, in the mean over the classes that have any."""
    if not starts:
        return 0.0
    scores = starts[0].scores
    return float(np.mean([number / scores.images for number in (scores.positives or {}).values() if number]))
