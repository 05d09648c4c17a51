"""A linear support vector machine for each class, its cost chosen by cross-validation."""

from __future__ import annotations

import dataclasses
import logging
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import LinearSVC

from artlucid.datasets import Split
from artlucid.datasets._wording import count_of, listed
from artlucid.errors import DataError, DataWarning, RecipeError

logger = logging.getLogger("artlucid")

Array = npt.NDArray[np.float32]

# The score of a class that every training image has, and with a minus of one that none has: beyond all distances.
CERTAIN = 1e4

# Where nothing can be cross-validated: scikit-learn's own.
DEFAULT_COST = 1.0


@dataclass(frozen=True)
class SupportVectors:
    """How the hyperplanes are found.

    Attributes
    ----------
    name, source : str
        As those of a `Recipe`.
    costs : tuple of float
        The values of scikit-learn's ``C`` that are tried: one for all classes where an image has one label, chosen by
        accuracy; one a class where it has several, chosen by average precision.
    folds : int
        Of the cross-validation on the training images.
    """

    name: str = "off_the_shelf_svm"
    source: str = "the other baseline of the scripts of the paper's experiments"
    costs: tuple[float, ...] = tuple(10.0**power for power in range(-5, 3))
    folds: int = 5

    def __post_init__(self) -> None:
        good = [isinstance(cost, int | float) and math.isfinite(cost) and cost > 0 for cost in self.costs]
        if not good or not all(good) or not isinstance(self.folds, int) or self.folds < 2:
            raise RecipeError(
                "`costs` of support vector machines must be finite numbers above 0, `folds` an integer of at least 2. "
                f"Received {self.costs!r} and {self.folds!r}. Give (0.01, 1, 100) and 5, for example."
            )


def to_json(settings: SupportVectors) -> dict[str, Any]:
    """As plain JSON values, for a manifest."""
    return {**dataclasses.asdict(settings), "costs": list(settings.costs)}


def from_json(content: Mapping[str, Any]) -> SupportVectors:
    """From a manifest; RecipeError if it is not one of this version."""
    try:
        return SupportVectors(**{**content, "costs": tuple(content["costs"])})
    except (KeyError, TypeError) as error:
        raise RecipeError(
            f"Recorded support vector machines must have name, source, costs and folds. Received {content!r} "
            f"({error}). They were changed, or written by another version of artlucid."
        ) from error


@dataclass(frozen=True)
class Hyperplanes:
    """A head that gives each class its signed distance.

    Attributes
    ----------
    kernel : float32 array of shape (n_channels, n_classes)
    bias : float32 array of shape (n_classes,)
    table : list of dict
        Of each class its training images, the cost, and its cross-validated score.
    """

    kernel: Array
    bias: Array
    table: list[dict[str, Any]]


@dataclass(frozen=True)
class _Choice:
    cost: float = DEFAULT_COST
    score: float = math.nan


def separate(
    settings: SupportVectors, features: Array, split: Split, class_names: Sequence[str], *, seed: int
) -> Hyperplanes:
    """Find the hyperplane of each class.

    Parameters
    ----------
    settings : SupportVectors
    features : float32 array of shape (n_images, n_channels)
        As they are: scaling them would change the best cost and little else.
    split : Split
        The training images, with labels.
    class_names : sequence of str
    seed : int
        Deals the images into the folds.

    Returns
    -------
    Hyperplanes

    Raises
    ------
    DataError
        If no class has an image, or one has them all: there is nothing to separate.

    Warns
    -----
    DataWarning
        Of the classes that have fewer images than there are folds.
    """
    assert split.labels is not None
    single = split.labels.ndim == 1
    members = split.labels[:, np.newaxis] == np.arange(len(class_names)) if single else split.labels.astype(bool)
    separable = np.flatnonzero(members.any(axis=0) & ~members.all(axis=0))
    if not len(separable):
        raise DataError(
            "Support vector machines need a class that some training images have and others have not. Received "
            f"{count_of(len(split), 'image')} where every class has all or none. Add images of another class."
        )
    _warn_of_few(settings, members, class_names)
    kernel = np.zeros((features.shape[1], len(class_names)))
    bias = np.where(members.all(axis=0), CERTAIN, -CERTAIN)
    common = _chosen(settings, "accuracy", features, split.labels, seed, of="all classes") if single else None
    choices = {}
    for index in separable:
        choices[index] = common or _chosen(
            settings, "average_precision", features, members[:, index], seed, of=class_names[index]
        )
        machine = _machine(seed).set_params(C=choices[index].cost).fit(features, members[:, index])
        kernel[:, index], bias[index] = machine.coef_[0], machine.intercept_[0]
    table = [
        {
            "class": name,
            "training_images": int(members[:, index].sum()),
            "cost": choices[index].cost if index in choices else None,
            "cross_validated": choices[index].score if index in choices else None,
        }
        for index, name in enumerate(class_names)
    ]
    return Hyperplanes(kernel.astype(np.float32), bias.astype(np.float32), table)


def _machine(seed: int) -> LinearSVC:
    # auto: the smaller of the primal and the dual problem, which have the same solution.
    return LinearSVC(dual="auto", random_state=seed)


def _chosen(
    settings: SupportVectors, scoring: str, features: Array, labels: npt.NDArray[Any], seed: int, *, of: str
) -> _Choice:
    """The cost with the best score over the folds; the default where no class has two images."""
    counts = np.unique(labels, return_counts=True)[1]
    # With one label an image a class may be absent from a fold; a single class may not.
    folds = min(settings.folds, int(counts.max() if scoring == "accuracy" else counts.min()))
    if folds < 2:
        return _Choice()
    search = GridSearchCV(
        _machine(seed),
        {"C": list(settings.costs)},
        scoring=scoring,
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
        refit=False,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)  # ours names the classes
        warnings.simplefilter("ignore", ConvergenceWarning)  # it matters for the cost that is chosen, and is told there
        search.fit(features, labels)
    logger.info("hyperplanes, %s: cost %g, %s %.4f", of, search.best_params_["C"], scoring, search.best_score_)
    return _Choice(search.best_params_["C"], float(search.best_score_))


def _warn_of_few(settings: SupportVectors, members: npt.NDArray[np.bool_], class_names: Sequence[str]) -> None:
    counts = members.sum(axis=0)
    few = [f"{name} ({count})" for name, count in zip(class_names, counts, strict=True) if 0 < count < settings.folds]
    if few:
        warnings.warn(
            f"{len(few)} of {len(class_names)} classes have fewer training images than the {settings.folds} folds of "
            f"the cross-validation, so that their cost is little more than a guess: {listed(few)}",
            DataWarning,
            stacklevel=2,
        )
