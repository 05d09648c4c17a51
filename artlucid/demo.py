"""The whole job on datasets that artlucid draws itself, or on real ones."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artlucid import datasets, evaluate, export, finetune, recipes, runs
from artlucid.datasets import Dataset
from artlucid.recipes import Recipe

__all__ = ["Demonstration", "run"]

logger = logging.getLogger("artlucid")

QUICK_EPOCHS = 2


@dataclass(frozen=True)
class Demonstration:
    """What the demo made.

    Attributes
    ----------
    run : Run
    scores : Scores
        On the test split.
    chance : float
        Top-1 accuracy of guessing the most frequent class of the test split.
    graph : Path
        Opens in the original Lucid.
    seconds : dict of str to float
        How long each step took.
    """

    run: runs.Run
    scores: evaluate.Scores
    chance: float
    graph: Path
    seconds: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "run": str(self.run.path),
            "graph": str(self.graph),
            "chance": self.chance,
            "seconds": self.seconds,
            "scores": self.scores.to_json(),
        }


def run(
    out: str | Path,
    *,
    data: Dataset | str = "synthetic:styles",
    weights: str = "none",
    seed: int = 0,
    epochs: int | None = None,
    quick: bool = False,
    options: finetune.Options | None = None,
) -> Demonstration:
    """Train, evaluate and export; a demo that was interrupted goes on.

    Parameters
    ----------
    out : path
        Folder for all that is made.
    data : Dataset or str
        By default small paintings in six styles that are drawn on the spot.
    weights : str
        ``none`` trains the small network ``mini`` from scratch by a recipe that is not the paper's;
        any others are fine-tuned by the paper's mode A.
    seed : int
    epochs : int, optional
        Fewer or more than the recipe's.
    quick : bool
        Two epochs only, to see that everything works.
    options : finetune.Options, optional

    Returns
    -------
    Demonstration
    """
    out = Path(out)
    recipe = _recipe(weights, QUICK_EPOCHS if quick else epochs)
    options = options or finetune.Options()
    if weights == "none" and options.architecture is None:
        options = dataclasses.replace(options, architecture="mini")
    seconds: dict[str, float] = {}
    with _timed(seconds, "data"):
        dataset = datasets.load(data)
    logger.info("%d training images of %d classes", len(dataset.train), len(dataset.class_names))
    logger.info("%d test images", len(dataset.test))
    with _timed(seconds, "finetune"):
        trained = finetune.fit(
            dataset,
            recipe=recipe,
            weights=weights,
            seed=seed,
            out=out / "run",
            resume=(out / "run").exists(),
            options=options,
        )
    with _timed(seconds, "evaluate"):
        scores = evaluate.evaluate(trained, dataset)
    with _timed(seconds, "export"):
        graph = export.frozen_graph(trained, out / "network.pb")
    images_per_class = [sum(row) for row in scores.confusion_matrix]
    return Demonstration(trained, scores, max(images_per_class) / sum(images_per_class), graph, seconds)


def _recipe(weights: str, epochs: int | None) -> Recipe:
    recipe = recipes.get("demo" if weights == "none" else "A")
    return recipe if epochs is None else dataclasses.replace(recipe, epochs=epochs)


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    seconds[step] = round(time.monotonic() - begun, 1)
