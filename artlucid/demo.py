"""The whole job on datasets that artlucid draws itself, or on real ones: a first task, then a second one."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from artlucid import datasets, evaluate, export, figures, finetune, models, recipes, runs, visualize
from artlucid.architectures import Architecture
from artlucid.datasets import Dataset
from artlucid.errors import DataError
from artlucid.recipes import Recipe

__all__ = ["DRAWN", "QUICK_EPOCHS", "Demonstration", "Start", "run"]

logger = logging.getLogger("artlucid")

QUICK_EPOCHS = 2

STEPS, QUICK_STEPS = 128, 16
"""Updates of their pictures; enough to see what they look for, not to print them."""

DRAWN = ("synthetic:styles", "synthetic:objects")
"""The first and the second task where no data are given."""

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
class Demonstration:
    """What the demo made.

    Attributes
    ----------
    run : Run
        The training on the first task.
    scores : Scores
        On its test split.
    chance : float
        Top-1 accuracy of guessing the most frequent class of the test split.
    graph : Path
        Opens in the original Lucid.
    seconds : dict of str to float
        How long each step took.
    starts : tuple of Start
        The ways to the second task: off the shelf and trained, with and without the first; empty without a second.
    second_chance : float
        Mean average precision of guessing on the second task.
    figure : Path
        Two channels before and after the training.
    """

    run: runs.Run
    scores: evaluate.Scores
    chance: float
    graph: Path
    seconds: dict[str, float]
    figure: Path
    starts: tuple[Start, ...] = ()
    second_chance: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "run": str(self.run.path),
            "graph": str(self.graph),
            "figure": str(self.figure),
            "chance": self.chance,
            "seconds": self.seconds,
            "scores": self.scores.to_json(),
            "second_chance": self.second_chance,
            "starts": [
                {"description": start.description, "run": str(start.run.path), "scores": start.scores.to_json()}
                for start in self.starts
            ],
        }


def run(
    out: str | Path,
    *,
    data: Dataset | str = DRAWN[0],
    then: Dataset | str | None = None,
    weights: str = "none",
    seed: int = 0,
    epochs: int | None = None,
    options: finetune.Options | None = None,
) -> Demonstration:
    """Train, evaluate and export, then go on to a second task; a demo that was interrupted goes on.

    Parameters
    ----------
    out : path
        Folder for all that is made.
    data : Dataset or str
        By default small paintings in six styles that are drawn on the spot.
    then : Dataset or str, optional
        A second task with several labels an image; by default objects that are drawn on the spot after drawn
        styles, and none after other data.
    weights : str
        ``none`` trains the small network ``mini`` from scratch by recipes that are not the paper's;
        any others are fine-tuned by the paper's mode A, and a second time by its mode F.
    seed : int
    epochs : int, optional
        Fewer or more than the recipes'.
    options : finetune.Options, optional

    Returns
    -------
    Demonstration

    Raises
    ------
    DataError
        If the first data do not have one label an image, the second ones several, or either no test split; nothing
        was written then.
    ArtlucidError
        Whatever its steps raise: see `finetune.fit`, `finetune.off_the_shelf`, `evaluate.evaluate`,
        `visualize.channels` and `export.frozen_graph`.

    References
    ----------
    Table 3 of the paper, for the second task.
    """
    out, options = Path(out), options or finetune.Options()
    if weights == "none" and options.architecture is None:
        options = dataclasses.replace(options, architecture="mini")
    if then is None and data == DRAWN[0]:
        then = DRAWN[1]
    seconds: dict[str, float] = {}
    with _timed(seconds, "data"):
        dataset, second = datasets.load(data), None if then is None else datasets.load(then)
    _check_tasks(dataset, second)
    logger.info("%d training images of %d classes", len(dataset.train), len(dataset.class_names))
    logger.info("%d test images", len(dataset.test))
    work = _Work(out, weights, seed, epochs, options)
    with _timed(seconds, "finetune"):
        trained = work.fit(dataset, "run", work.recipes[0])
    with _timed(seconds, "evaluate"):
        scores = evaluate.evaluate(trained, dataset)
    with _timed(seconds, "export"):
        graph = export.frozen_graph(trained, out / "network.pb")
    with _timed(seconds, "visualize"):
        figure = _before_and_after(trained, out, work)
    starts: tuple[Start, ...] = ()
    if second is not None:
        with _timed(seconds, "second task"):
            starts = _second_task(work, second, trained)
    images_per_class = [sum(row) for row in scores.confusion_matrix or ()]
    chance = max(images_per_class) / sum(images_per_class)
    return Demonstration(trained, scores, chance, graph, seconds, figure, starts, _second_chance(starts))


def _before_and_after(trained: runs.Run, out: Path, work: _Work) -> Path:
    """Two channels before and after the training, with the same seed, as a figure."""
    short = work.epochs is not None and work.epochs <= QUICK_EPOCHS
    folders = []
    for name, model in (("before", f"{trained.path}@initial"), ("after", str(trained.path))):
        network = models.load(model)
        assert network.architecture is not None
        channels = _two_channels(network.architecture)
        folders.append(out / "pictures" / name)
        visualize.channels(
            network,
            channels,
            steps=QUICK_STEPS if short else STEPS,
            size=network.architecture.input_size,
            seed=work.seed,
            out=folders[-1],
            options=visualize.Options(progress=work.options.progress),
        )
    rows = dict(zip(("before training", "after training"), folders, strict=True))
    (path,) = figures.save(figures.optimized_images(rows, channels), out / "channels.png")
    return path


def _two_channels(architecture: Architecture) -> list[str]:
    """The first channels of two convolutions, from the middle of the network and from its last quarter."""
    convolutions = architecture.convolutions
    return [f"{convolutions[len(convolutions) * part // 4]}_pre_relu:0" for part in (2, 3)]


def _check_tasks(dataset: Dataset, second: Dataset | None) -> None:
    tasks = (("data", dataset, "single_label", "one label"), ("then", second, "multi_label", "several labels"))
    for argument, given, task, labels in tasks:
        if given is not None and given.task != task:
            raise DataError(
                f"`{argument}` of a demo must have {labels} an image. Received {given.specification}: {given.task}. "
                "Choose other data, or use `artlucid finetune` and `artlucid evaluate`, which take either."
            )
        if given is not None:
            given.split("test")


@dataclass(frozen=True)
class _Work:
    """What the trainings of a demo share."""

    out: Path
    weights: str
    seed: int
    epochs: int | None
    options: finetune.Options

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


def _second_task(work: _Work, dataset: Dataset, trained: runs.Run) -> tuple[Start, ...]:
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


def _second_chance(starts: tuple[Start, ...]) -> float:
    """The share of positive images, in the mean over the classes that have any."""
    if not starts:
        return 0.0
    scores = starts[0].scores
    return float(np.mean([number / scores.images for number in (scores.positives or {}).values() if number]))


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    seconds[step] = round(time.monotonic() - begun, 1)
