"""What is scored where an image has one label, and where it has several."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid import metrics
from artlucid.datasets._checks import Labels
from artlucid.evaluate._predict import Predictions
from artlucid.metrics import PairedIntervals, Resampling

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Measure:
    """A score of the whole split, as a function of what each image gives.

    Attributes
    ----------
    name : str
        Of its field in `Scores`, and of its key in JSON.
    title : str
        In tables.
    of_images : callable
        From labels and predictions to what the images give, along the first axis: computed once.
    of_split : callable
        From labels and that to the score: computed on every resample as well.
    more_classes_than : int
        The measure says nothing of fewer.
    """

    name: str
    title: str
    of_images: Callable[[Array, Array], Array]
    of_split: Callable[[Array, Array], float]
    more_classes_than: int = 0

    def of_predictions(self, labels: Labels, predictions: Predictions) -> float:
        """The score itself."""
        return float(self.of_split(labels, self.of_images(labels, predictions)))

    def intervals(self, labels: Labels, predictions: Sequence[Predictions], resampling: Resampling) -> PairedIntervals:
        """Of the score of each network, and of its difference from the first."""
        of_images = [self.of_images(labels, of_one) for of_one in predictions]
        return metrics.paired_bootstrap(self.of_split, labels, of_images, resampling=resampling)


MEASURES: Mapping[str, tuple[Measure, ...]] = MappingProxyType(
    {
        # Table 1 of the paper.
        "single_label": tuple(
            Measure(f"top_{k}", f"top-{k}", partial(metrics.top_k_hits, k=k), lambda _, hits: hits.mean(), k)
            for k in (1, 3, 5)
        ),
        # Tables 2 and 3.
        "multi_label": (
            Measure(
                "mean_average_precision",
                "mean average precision",
                lambda _, predictions: predictions,
                metrics.mean_average_precision,
            ),
        ),
    }
)
"""By `Dataset.task`."""


def measures_of(task: str, n_classes: int) -> tuple[Measure, ...]:
    """Those of a task that say something of so many classes."""
    return tuple(measure for measure in MEASURES[task] if n_classes > measure.more_classes_than)


def of_classes(task: str, labels: Labels, predictions: Predictions, class_names: Sequence[str]) -> dict[str, Any]:
    """The fields of `Scores` that have a value a class."""
    if task == "single_label":
        return {
            "class_accuracies": _by_name(class_names, metrics.class_accuracies(labels, predictions)),
            "confusion_matrix": metrics.confusion_matrix(labels, predictions).tolist(),
        }
    positives = dict(zip(class_names, labels.sum(axis=0).tolist(), strict=True))
    return {
        "average_precisions": _by_name(class_names, metrics.average_precisions(labels, predictions)),
        "positives": positives,
        "left_out": [name for name, count in positives.items() if not count],
    }


def _by_name(class_names: Sequence[str], values: npt.NDArray[np.float64]) -> dict[str, float | None]:
    pairs = zip(class_names, values.tolist(), strict=True)
    return {name: None if math.isnan(value) else value for name, value in pairs}
