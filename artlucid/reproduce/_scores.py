"""Scores of trainings as steps, and ensembles of what they predict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from artlucid import evaluate, metrics
from artlucid.datasets import Split
from artlucid.errors import ReproductionError
from artlucid.evaluate._predictions_file import COLUMNS
from artlucid.files import write_json
from artlucid.reproduce._states import AVERAGE_PRECISION, TRAININGS, trained
from artlucid.reproduce._work import Work

ENSEMBLES: Mapping[str, tuple[str, ...]] = MappingProxyType({"ensemble": ("rasta-A", "rasta-high", "rasta-scratch")})
"""The trainings whose predictions are averaged, by the name of the ensemble."""

TOP = (1, 3, 5)


@dataclass(frozen=True)
class Score:
    """The scores of a training on the test split of its dataset, and its predictions.

    Attributes
    ----------
    training : str
    place : int
    """

    training: str
    place: int

    def name(self, work: Work) -> str:
        return f"score {self.path(work).stem}"

    def path(self, work: Work) -> Path:
        return work.out / "scores" / f"{work.run(self.training, self.place).name}.json"

    def is_done(self, work: Work) -> bool:
        """Whether they are there, of this network and these images."""
        return read(self.path(work), work, self) is not None

    def make(self, work: Work) -> None:
        """Evaluate; the scores are written when the predictions are there."""
        path = self.path(work)
        options = evaluate.Options(predictions=path.with_suffix(".csv"), progress=work.settings.progress)
        source = work.source(trained(self.training), self.place)
        scores = evaluate.evaluate(source, work.data[TRAININGS[self.training].data], options=options)
        write_json(path, {**scores.to_json(), "model": work.run(self.training, self.place).name})


def read(path: Path, work: Work, score: Score) -> dict[str, Any] | None:
    """Scores that are there; None if they are not, or are of something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {
        "model_identity": work.identity(trained(score.training), score.place),
        "data_identity": work.data[TRAININGS[score.training].data].identity,
    }
    alike = isinstance(content, dict) and all(content.get(key) == value for key, value in wanted.items())
    return content if alike and path.with_suffix(".csv").is_file() else None


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network, or an ensemble, says of the images of a test split.

    Attributes
    ----------
    values : float32 array of shape (n_images, n_classes)
    labels : array
        As `datasets.Split` has them.
    """

    values: npt.NDArray[np.float32]
    labels: npt.NDArray[Any]

    def measures(self) -> dict[str, float]:
        """The scores, by the names of the paper's tables."""
        if self.labels.ndim == 2:
            return {AVERAGE_PRECISION: float(metrics.mean_average_precision(self.labels, self.values))}
        return {
            f"top_{k}": float(metrics.top_k_accuracy(self.labels, self.values, k=k))
            for k in TOP
            if k < self.values.shape[1]
        }


def scores(name: str, place: int, work: Work) -> dict[str, Any] | None:
    """Of a training, or of an ensemble, as `evaluate` gives them; None where one is missing."""
    members = [Score(training, place) for training in ENSEMBLES.get(name, (name,))]
    found = [read(member.path(work), work, member) for member in members]
    told = [
        {**one, "model": str(work.run(member.training, place))}
        for one, member in zip(found, members, strict=True)
        if one is not None
    ]
    if len(told) < len(members):
        return None
    if name not in ENSEMBLES:
        return told[0]
    joined = predictions(name, place, work)
    about = {key: told[0][key] for key in ("data", "data_identity", "task", "split", "images")}
    named = [{key: one[key] for key in ("model", "model_identity")} for one in told]
    measures = {} if joined is None else joined.measures()
    return {**about, **measures, "model": name, "model_identity": "", "members": named}


def predictions(name: str, place: int, work: Work) -> Predictions | None:
    """Of a training, or of an ensemble, from the files that `Score` wrote; None where one is missing."""
    parts = [_read_predictions(Score(training, place), work) for training in ENSEMBLES.get(name, (name,))]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    mean = np.stack([part.values for part in found]).mean(axis=0, dtype=np.float64).astype(np.float32)
    return Predictions(mean, found[0].labels)


def _read_predictions(score: Score, work: Work) -> Predictions | None:
    path = score.path(work)
    if read(path, work, score) is None:
        return None
    dataset = work.data[TRAININGS[score.training].data]
    table = pd.read_csv(path.with_suffix(".csv"), keep_default_na=False, encoding_errors="surrogateescape")
    split = dataset.test
    places = {image: place for place, image in enumerate(split.relative_paths)}
    try:
        order = [places[image] for image in table.iloc[:, COLUMNS.index("path")]]
        # By their places: a class may be called as another column is.
        values = table.iloc[:, len(COLUMNS) :].to_numpy(np.float32).reshape(-1, len(dataset.class_names))
    except (KeyError, ValueError) as error:
        raise ReproductionError(
            f"Predictions must be as artlucid wrote them. Received {path.with_suffix('.csv')} ({error!r}). Remove "
            f"{path}: they are made again."
        ) from error
    return Predictions(values, _labels(split, order))


def _labels(split: Split, order: list[int]) -> npt.NDArray[Any]:
    assert split.labels is not None
    return np.asarray(split.labels[order])
