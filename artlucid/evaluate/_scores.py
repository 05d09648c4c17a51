"""What an evaluation finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from artlucid.metrics import Interval

KINDS: Mapping[str, str] = MappingProxyType({"test": "test", "val": "validation", "train": "training"})
"""What the scores of a split are called."""


@dataclass(frozen=True)
class Member:
    """A network of an ensemble.

    Attributes
    ----------
    model, model_identity : str
    """

    model: str
    model_identity: str


@dataclass(frozen=True)
class Difference:
    """The scores of a network, less those of another on the same images.

    Attributes
    ----------
    model, model_identity : str
        The other network.
    values : dict of str to float
        By the name of the score, ``top_1``, ``mean_average_precision``, …; in [-1, 1].
    intervals : dict of str to Interval
        Paired: both networks on the same resamples of the images.
    """

    model: str
    model_identity: str
    values: dict[str, float]
    intervals: dict[str, Interval]


@dataclass(frozen=True)
class Scores:
    """How well a network, or an ensemble, classifies a split.

    Attributes
    ----------
    model, model_identity, data, data_identity : str
        What was evaluated on what.
    task : {"single_label", "multi_label"}
        Of the dataset.
    split : str
        Which split the scores are of; only those of ``test`` are test scores.
    images : int
        How many images count.
    excluded : list of str
        Unusable files, left out.
    precision : dict
        As asked for and as used.
    members : list of Member
        Of an ensemble; empty for a single network.
    top_1, top_3, top_5 : float or None
        Accuracies in [0, 1]; None where there are no more classes than that, and where an image has several labels.
    class_accuracies : dict of str to float or None, or None
        Per class; None for a class without images in the split. For one label an image.
    confusion_matrix : list of list of int, or None
        Rows are true classes, columns predicted ones, in the order of `class_accuracies`. For one label an image.
    mean_average_precision : float or None
        In [0, 1], the mean over the classes with positives; None where an image has one label, which the paper scores
        by its accuracies.
    average_precisions : dict of str to float or None, or None
        Per class; None for a class without positives. For several labels an image.
    positives : dict of str to int, or None
        How many images have each class. For several labels an image.
    left_out : list of str
        Classes without positives, which the mean leaves out.
    intervals : dict of str to Interval
        Of the scores, by their names; empty unless asked for.
    difference : Difference or None
        From the first of several networks that were evaluated with intervals.
    """

    model: str
    model_identity: str
    data: str
    data_identity: str
    task: str
    split: str
    images: int
    excluded: list[str]
    precision: dict[str, Any]
    members: list[Member] = field(default_factory=list)
    top_1: float | None = None
    top_3: float | None = None
    top_5: float | None = None
    class_accuracies: dict[str, float | None] | None = None
    confusion_matrix: list[list[int]] | None = None
    mean_average_precision: float | None = None
    average_precisions: dict[str, float | None] | None = None
    positives: dict[str, int] | None = None
    left_out: list[str] = field(default_factory=list)
    intervals: dict[str, Interval] = field(default_factory=dict)
    difference: Difference | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)
