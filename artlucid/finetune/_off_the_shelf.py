"""Off-the-shelf: the network stays as it is, and a new head learns from its features, computed once."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from artlucid import datasets, recipes, runs
from artlucid.datasets import Dataset
from artlucid.errors import RecipeError, RunError, RunWarning
from artlucid.files import write_atomically
from artlucid.finetune import _manifest, _rates, _support_vectors
from artlucid.finetune._callbacks import with_arrays_of
from artlucid.finetune._claim import claimed
from artlucid.finetune._data import TRAINING_SPLITS, check_task
from artlucid.finetune._features import Features, features
from artlucid.finetune._head import FeatureBatches, build_head
from artlucid.finetune._jobs import Job, begin, take_up
from artlucid.finetune._options import Options
from artlucid.finetune._support_vectors import SupportVectors
from artlucid.finetune._training import check_seed, new_keeper, run_epochs, with_environment
from artlucid.finetune._watched import measures_of, validation_precision
from artlucid.models._load import Source
from artlucid.models._network import set_arrays
from artlucid.recipes import Recipe

logger = logging.getLogger("artlucid")

COMMAND = "off-the-shelf"

DENSE = Recipe(
    "off_the_shelf",
    head_rate=0.01,
    body_rate=0.01,
    epochs=20,
    # Nothing but the head trains, so that a penalty on kernels would be a constant.
    kernel_penalty=0.0,
    trainable=_rates.HEAD_ALONE,
    source="Tables 1 and 3 of the paper, with the settings of its scripts",
)

HEADS: Mapping[str, Recipe | SupportVectors] = MappingProxyType({"dense": DENSE, "svm": SupportVectors()})
"""The heads that learn from features: the paper's dense layer, and a linear support vector machine a class."""

# Fields of a recipe that features computed once cannot vary, or would vary in vain.
FIXED = ("trainable", "random", "augmentation", "deep_supervision", "loss_reduction", "kernel_penalty")


@dataclass(frozen=True)
class OffTheShelfOptions(Options):
    """What off-the-shelf is told beside its head: all that `fit` is told, and whose features are used again.

    Attributes
    ----------
    precision : {"float32", "auto", "bfloat16", "float16"}, optional
        By default float32: features are computed once, and the head learns from what `evaluate` will show it. A
        resumed run uses the recorded one.
    features : path, optional
        A finished run of the same images and network, or its ``features.h5``.
    """

    precision: str | None = None  # type: ignore[assignment]
    features: str | Path | None = None


def off_the_shelf(
    dataset: Dataset | str,
    *,
    weights: Source | None = None,
    head: str | Recipe | SupportVectors | None = None,
    seed: int | None = None,
    out: str | Path,
    resume: bool = False,
    options: OffTheShelfOptions = OffTheShelfOptions(),
) -> runs.Run:
    """Train a new head on the pooled features of a frozen network, and keep it as a run.

    Parameters
    ----------
    dataset : Dataset or str
        With a train and a val split and one label an image or several; or its specification.
    weights : source, default "imagenet"
        Anything that `models.load` takes; a run gives the features of a network that was fine-tuned before.
    head : {"dense", "svm"}, Recipe or SupportVectors, default "dense"
        A key of `HEADS`, or a variation of one of its values. ``dense`` is trained as `fit` trains a head on a frozen
        network; ``svm`` finds a hyperplane a class: its predictions rank and classify, but are no probabilities.
    seed : int, default 0
        Of the head's initial values and of the order of images, or of the folds.
    out : path
        The run directory; it must not be taken. The features are kept there as ``features.h5``.
    resume : bool
        Whether an interrupted run goes on.
    options : OffTheShelfOptions

    Returns
    -------
    Run
        Of the whole network: whatever takes a run takes it.

    Raises
    ------
    DataError, RecipeError, WeightsError, ModelError
        If an input cannot be used.
    RunError
        If the directory is taken, being written or of other settings, if given features are of something else, or if
        several devices are asked for.
    TrainingError
        If features or losses are not finite.

    Warns
    -----
    DataWarning
        Of classes without a training image, and of those with too few to choose a cost.

    References
    ----------
    Tables 1 and 3 of the paper.

    Examples
    --------
    >>> from artlucid import finetune
    >>> run = finetune.off_the_shelf(
    ...     "synthetic:styles", weights="none", out="runs/shelf",
    ...     options=finetune.OffTheShelfOptions(architecture="mini"),
    ... )  # doctest: +SKIP
    """
    out, dataset = Path(out), datasets.load(dataset)
    check_seed(seed)
    chosen = None if head is None else _get(head)
    _check_devices(options)
    check_task(dataset)
    with claimed(out, resume) as recorded:
        if options.precision is None:
            options = dataclasses.replace(options, precision="float32" if recorded is None else "auto")
        if recorded is None:
            chosen = chosen or DENSE
            job = begin(dataset, _recipe(chosen), weights, seed, out, options, partial(_amended, chosen))
        else:
            _manifest.check_complete(recorded, command=COMMAND)
            chosen = chosen or _recorded_head(recorded)
            job = take_up(dataset, _recipe(chosen), weights, seed, recorded, options, partial(_amended, chosen))
        if job is None:
            warnings.warn(f"{out} is finished: nothing to resume", RunWarning, stacklevel=2)
        else:
            _learn(job, chosen, options)
        return runs.open_run(out)


def _get(head: str | Recipe | SupportVectors) -> Recipe | SupportVectors:
    if isinstance(head, str):
        if head not in HEADS:
            raise RecipeError(f"`head` must be one of {', '.join(HEADS)}. Received {head!r}. Choose one of these.")
        return HEADS[head]
    if isinstance(head, Recipe):
        _check_recipe(head)
    return head


def _check_devices(options: Options) -> None:
    if options.devices not in (None, "one"):
        raise RunError(
            f"`devices` must be 'one' off the shelf, where a head alone trains. Received {options.devices!r}. Leave it "
            "out."
        )


def _check_recipe(recipe: Recipe) -> None:
    other = [field for field in FIXED if getattr(recipe, field) != getattr(DENSE, field)]
    if other:
        shown = ", ".join(f"{field} {getattr(recipe, field)!r}" for field in other)
        raise RecipeError(
            "A recipe off the shelf must draw and train the head alone, with images as they are and no penalty. "
            f"Received {recipe.name!r} with {shown}. Vary other fields of `finetune.HEADS['dense']`, or use "
            "`finetune.fit`."
        )


def _recipe(head: Recipe | SupportVectors) -> Recipe:
    """That of the network under the head: which layers are new, which learn."""
    return head if isinstance(head, Recipe) else DENSE


def _amended(head: Recipe | SupportVectors, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a run that this command begins."""
    if isinstance(head, Recipe):
        return {**manifest, "command": COMMAND, "head": "dense"}
    policies = {name: matches for name, matches in manifest.get("policies", {}).items() if name != "rates"}
    return {
        **{key: value for key, value in manifest.items() if key != "final_rates"},
        "command": COMMAND,
        "head": "svm",
        "recipe": _support_vectors.to_json(head),
        "policies": policies,
    }


def _recorded_head(run: runs.Run) -> Recipe | SupportVectors:
    kind = recipes if run.manifest.get("head") == "dense" else _support_vectors
    return kind.from_json(run.manifest["recipe"])


def _learn(job: Job, head: Recipe | SupportVectors, options: OffTheShelfOptions) -> None:
    source = None if options.features is None else Path(options.features)
    keeper = new_keeper(job)
    # The keeper knows nothing yet of the epochs of a run that goes on, whose state must not be lost.
    with contextlib.nullcontext() if keeper.checkpoint.exists() else keeper.noting_failure():
        found = features(job, source)
    if isinstance(head, Recipe):
        train, validation = _batches(job, found)
        run_epochs(job, keeper, build_head(job), (train, validation))
    else:
        _separate(job, head, found)


def _batches(job: Job, found: Features) -> tuple[FeatureBatches, FeatureBatches]:
    train, validation = (
        FeatureBatches(
            found[name],
            job.dataset.split(name),
            batch_size=job.recipe.batch_size,
            n_classes=len(job.dataset.class_names),
        )
        for name in TRAINING_SPLITS
    )
    return train, validation


def _separate(job: Job, settings: SupportVectors, found: Features) -> None:
    """Find the hyperplanes, and keep them as a head after one epoch."""
    begun, keeper = time.monotonic(), new_keeper(job)
    keeper.progress = with_environment(keeper.progress, job)
    with keeper.noting_failure():
        planes = _support_vectors.separate(
            settings, found["train"], job.dataset.train, job.dataset.class_names, seed=job.run.manifest["seed"]
        )
        train, validation = _batches(job, found)
        model = build_head(job)
        name = job.architecture.head.classifier.name
        set_arrays(model, job.architecture, {f"{name}/kernel": planes.kernel, f"{name}/bias": planes.bias})
        row = {"epoch": 1, **_measured(job, model, train), **_measured(job, model, validation, "val_")}
        row |= validation_precision(model)
        table = io.StringIO()
        pd.DataFrame(planes.table).to_csv(table, index=False)
        write_atomically(job.run.path / "svm.csv", table.getvalue().encode("utf-8", "surrogateescape"))
        weights = with_arrays_of(model, job.start)
        keeper.keep(weights, row, time.monotonic() - begun, save=lambda path, progress: None)
    keeper.write_tables("finished")


def _measured(job: Job, model: Any, batches: FeatureBatches, prefix: str = "") -> dict[str, float]:
    measured = model.evaluate(*batches.in_order(), verbose=0, return_dict=True, callbacks=measures_of(model))
    return {f"{prefix}{name}": value for name, value in sorted(job.supervision.history(measured).items())}
