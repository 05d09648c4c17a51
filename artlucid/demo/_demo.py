"""The steps of a demo, one after the other, and what they made."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artlucid import datasets, evaluate, export, finetune, runs
from artlucid.compare import Comparison
from artlucid.datasets import Dataset
from artlucid.demo._look import compared, draw, networks_of, paint, write_page
from artlucid.demo._trainings import Start, Work, second_chance, second_task
from artlucid.errors import DataError
from artlucid.report import Page

logger = logging.getLogger("artlucid")

DRAWN = ("synthetic:styles", "synthetic:objects")
"""The first and the second task where no data are given."""


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
    figure : Path
        Some channels in each network, as pictures.
    networks : dict of str to str
        Those that are looked at, by what figure and page call them.
    comparison : Comparison
        What changed from each of them to each other one, on the images of the last task.
    page : Page
        To browse all of it; ``page.path`` is the file to open.
    starts : tuple of Start
        The ways to the second task: off the shelf and trained, with and without the first; empty without a second.
    second_chance : float
        Mean average precision of guessing on the second task.
    """

    run: runs.Run
    scores: evaluate.Scores
    chance: float
    graph: Path
    seconds: dict[str, float]
    figure: Path
    networks: dict[str, str]
    comparison: Comparison
    page: Page
    starts: tuple[Start, ...] = ()
    second_chance: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "run": str(self.run.path),
            "graph": str(self.graph),
            "figure": str(self.figure),
            "networks": self.networks,
            "comparison": str(self.comparison.path),
            "page": str(self.page.path),
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
    """Train on two tasks, evaluate, export, compare and write a page; a demo that was interrupted goes on.

    Parameters
    ----------
    out : path
        Folder for all that is made; the page is ``page/index.html`` in it.
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
        `export.frozen_graph`, `visualize.channels`, `compare.compare` and `report.write`.

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
    work = Work(out, weights, seed, epochs, options)
    with _timed(seconds, "finetune"):
        trained = work.fit(dataset, "run", work.recipes[0])
    with _timed(seconds, "evaluate"):
        scores = evaluate.evaluate(trained, dataset)
    with _timed(seconds, "export"):
        graph = export.frozen_graph(trained, out / "network.pb")
    starts: tuple[Start, ...] = ()
    if second is not None:
        with _timed(seconds, "second task"):
            starts = second_task(work, second, trained)
    networks, last = networks_of(trained, starts), second or dataset
    with _timed(seconds, "visualize"):
        folders = paint(networks, work)
        figure = draw(folders, out)
    with _timed(seconds, "compare"):
        comparison = compared(networks, last, work)
    with _timed(seconds, "report"):
        page = write_page(comparison, folders, [scores, *(start.scores for start in starts)], last, work)
    images_per_class = [sum(row) for row in scores.confusion_matrix or ()]
    chance = max(images_per_class) / sum(images_per_class)
    return Demonstration(
        trained, scores, chance, graph, seconds, figure, networks, comparison, page, starts, second_chance(starts)
    )


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


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    seconds[step] = round(time.monotonic() - begun, 1)
