"""From a dataset, a recipe and initial weights to a run directory."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras

from artlucid import datasets, environment, recipes, runs
from artlucid.architectures import Architecture
from artlucid.datasets import Dataset
from artlucid.errors import RecipeError, RunError, RunWarning
from artlucid.files import write_atomically
from artlucid.finetune import _checkpoint, _data, _manifest
from artlucid.finetune._callbacks import KeepEpoch, ShowProgress, StopAtNaN
from artlucid.finetune._checkpoint import Progress
from artlucid.finetune._keeper import SELECTED_BY, Keeper
from artlucid.finetune._network import Policies, build_network, compile_network, resolve_policies, starting_arrays
from artlucid.inputs import Batches
from artlucid.models._load import Source, resolve
from artlucid.models._network import get_arrays, set_arrays, variables
from artlucid.models.weights import _own
from artlucid.models.weights._record import Weights, identity
from artlucid.recipes import Recipe

logger = logging.getLogger("artlucid")


@dataclass(frozen=True)
class Options:
    """What does not belong to a recipe.

    Attributes
    ----------
    precision : {"auto", "float32", "bfloat16", "float16"}
        ``auto`` is the fastest that the machine multiplies in hardware.
    architecture : str, optional
        The variant, where the weights leave it open.
    keep_epochs : bool
        Whether every epoch's weights are kept, for ``RUN@epoch-N``.
    max_excluded : float
        The largest part of the images that may be unusable, in 0 … 1.
    allow_changed_environment : bool
        Whether a run may be resumed with other versions or on another machine, which gives other bits.
    progress : bool
        Whether progress bars are shown on a terminal.
    """

    precision: str = "auto"
    architecture: str | None = None
    keep_epochs: bool = False
    max_excluded: float = 0.01
    allow_changed_environment: bool = False
    progress: bool = True


@dataclass(frozen=True)
class _Job:
    """A training with all that was decided."""

    run: runs.Run
    dataset: Dataset
    recipe: Recipe
    start: Weights
    policies: Policies
    precision: environment.Precision
    options: Options

    @property
    def architecture(self) -> Architecture:
        return self.start.architecture


def fit(
    dataset: Dataset | str,
    *,
    recipe: str | Recipe | None = None,
    weights: Source | None = None,
    seed: int | None = None,
    out: str | Path,
    resume: bool = False,
    options: Options = Options(),
) -> runs.Run:
    """Fine-tune a network and keep everything about it in a run directory.

    Parameters
    ----------
    dataset : Dataset or str
        With a train and a val split; or its specification, such as ``rasta:/data/wikipaintings``.
    recipe : str or Recipe, default "A"
        A row of Table 5, or a recipe of your own. A resumed run uses the recorded one.
    weights : source, default "imagenet"
        Anything that `models.load` takes. Another run makes this a double fine-tuning. The head is always new.
    seed : int, default 0
        Of the head's initial values and of the order of images.
    out : path
        The run directory; it must not be taken.
    resume : bool
        Whether an interrupted run goes on where it was; it ends with the bits of one that was never stopped.
    options : Options

    Returns
    -------
    Run
        Its best weights are those of the epoch with the lowest validation loss.

    Raises
    ------
    DataError, RecipeError, WeightsError, ModelError
        If an input cannot be used; nothing was written then.
    RunError
        If the directory is taken, being written, of other settings, or the disk is full.
    TrainingError
        If the loss is no longer finite; the last good epoch is kept.

    References
    ----------
    Section 3 and Table 5 of the paper.

    Examples
    --------
    >>> from artlucid import finetune
    >>> run = finetune.fit(
    ...     "synthetic:styles", recipe="demo", weights="none", out="runs/demo",
    ...     options=finetune.Options(architecture="mini"),
    ... )  # doctest: +SKIP
    """
    out = Path(out)
    dataset = datasets.load(dataset)
    _check_free(out, resume)
    existed = out.exists()
    try:
        with runs.lock(out):
            _check_free(out, resume)
            _remove_leftovers(out)
            recorded = runs.find(str(out)) if resume else None
            if recorded is None:
                job = _begin(dataset, recipe, weights, seed, out, options)
            elif recorded.state.get("status") == "finished":
                warnings.warn(f"{out} is finished: nothing to resume", RunWarning, stacklevel=2)
                return recorded
            else:
                job = _take_up(dataset, recipe, weights, seed, recorded, options)
            _train(job)
            return job.run
    finally:
        if not existed and out.is_dir() and {entry.name for entry in out.iterdir()} <= {".lock"}:
            _remove_empty(out)


def _check_free(out: Path, resume: bool) -> None:
    if out.exists() and not out.is_dir():
        raise RunError(f"`out` must be a folder or not exist. Received {out}, a file. Choose another with `--out`.")
    if resume or not out.exists():
        return
    taken = sorted(entry.name for entry in out.iterdir() if entry.name != ".lock")
    if taken:
        raise RunError(
            f"`out` must be empty or not exist. Received {out}, which holds {', '.join(taken[:4])}"
            f"{', …' if len(taken) > 4 else ''}. Go on with an interrupted run by `--resume`, or choose another `--out`."
        )


def _remove_leftovers(out: Path) -> None:
    """Files that a killed process was still writing."""
    for path in out.rglob(".*.part"):
        path.unlink()


def _remove_empty(out: Path) -> None:
    (out / ".lock").unlink(missing_ok=True)
    out.rmdir()


def _begin(
    dataset: Dataset,
    recipe: str | Recipe | None,
    weights: Source | None,
    seed: int | None,
    out: Path,
    options: Options,
) -> _Job:
    recipe, seed = recipes.get(recipe or "A"), seed or 0
    _check_trains(recipe)
    _data.check_task(dataset)
    source = "imagenet" if weights is None else weights
    given, parent = resolve(source, architecture=options.architecture, seed=seed)
    policies = resolve_policies(recipe, given.architecture)
    precision = environment.resolve_precision(options.precision)
    examination = _data.examined(dataset, max_excluded=options.max_excluded, progress=options.progress)
    start = _starting_weights(given, dataset.class_names, recipe, policies, seed)
    manifest = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "recipe": recipes.to_json(recipe),
        "policies": policies.to_json(),
        "seed": seed,
        "architecture": {"name": start.architecture.name, "variant": start.architecture.variant},
        "dataset": _describe(dataset),
        "excluded": len(examination.excluded),
        "duplicates": [[list(place) for place in group] for group in examination.duplicates],
        "initial_weights": {
            "source": str(source),
            "identity": identity(given.architecture, given.arrays),
            "lineage": _manifest.lineage(parent),
        },
        "keep_epochs": options.keep_epochs,
        "environment": environment.describe(precision),
    }
    _data.write_excluded(out / "excluded.csv", examination)
    write_atomically(out / "initial.h5", _own.to_bytes(start))
    keeper = Keeper(out, Progress(), SELECTED_BY[recipe.selection], options.keep_epochs)
    keeper.write_tables("running")
    return _Job(runs.create(out, manifest), examination.dataset, recipe, start, policies, precision, options)


def _describe(dataset: Dataset) -> dict[str, Any]:
    return {
        "specification": dataset.specification,
        "identity": dataset.identity,
        "class_names": list(dataset.class_names),
        "images": {name: len(split) for name, split in dataset.splits.items()},
    }


def _check_trains(recipe: Recipe) -> None:
    for field, plain in (("deep_supervision", False), ("augmentation", "none"), ("loss_reduction", "mean")):
        if getattr(recipe, field) != plain:
            raise RecipeError(
                f"`recipe` must be one that this version trains: `{field}` must be {plain!r} for now. Received recipe "
                f"{recipe.name!r} with {getattr(recipe, field)!r}. Use A, B, C or F."
            )


def _starting_weights(
    given: Weights, class_names: tuple[str, ...], recipe: Recipe, policies: Policies, seed: int
) -> Weights:
    """The weights at the first step: those given, under a new head and whatever else starts at random."""
    model = build_network(
        recipe, given.architecture, classes=len(class_names), policies=policies, seed=seed, dtype="float32"
    )
    set_arrays(model, given.architecture, starting_arrays(given.arrays, policies))
    return Weights(get_arrays(model, given.architecture), given.architecture, class_names)


def _take_up(
    dataset: Dataset,
    recipe: str | Recipe | None,
    weights: Source | None,
    seed: int | None,
    run: runs.Run,
    options: Options,
) -> _Job:
    """The job of a run that was interrupted: its recorded settings, to which whatever is given must agree."""
    recorded = run.manifest
    recipe = recipes.from_json(recorded["recipe"]) if recipe is None else recipes.get(recipe)
    used = recorded["environment"]["precision"]["used"]
    precision = environment.resolve_precision(used if options.precision == "auto" else options.precision)
    now = {
        **recorded,
        "recipe": recipes.to_json(recipe),
        "seed": recorded["seed"] if seed is None else seed,
        "dataset": _describe(dataset),
        "initial_weights": _initial_weights_now(recorded["initial_weights"], weights, options),
        "environment": environment.describe(precision),
    }
    changed = _manifest.check_agreement(
        recorded, now, run=str(run.path), allow_changed_environment=options.allow_changed_environment
    )
    if changed:
        warnings.warn(f"{run.path} goes on in another environment: {'; '.join(changed)}", RunWarning, stacklevel=2)
    start = _own.read(run.path / "initial.h5")
    clean = _data.without_recorded(dataset, run.path / "excluded.csv")
    policies = resolve_policies(recipe, start.architecture)
    return _Job(run, clean, recipe, start, policies, precision, options)


def _initial_weights_now(recorded: Mapping[str, Any], weights: Source | None, options: Options) -> Mapping[str, Any]:
    if weights is None or str(weights) == recorded["source"]:
        return recorded
    given, _ = resolve(weights, architecture=options.architecture)
    return {"source": str(weights), "identity": identity(given.architecture, given.arrays)}


def _train(job: _Job) -> None:
    recipe, folder = job.recipe, job.run.path
    train, validation = (_batches(job, name) for name in _data.TRAINING_SPLITS)
    model = build_network(
        recipe,
        job.architecture,
        classes=len(job.dataset.class_names),
        policies=job.policies,
        seed=job.run.manifest["seed"],
        dtype=job.precision.policy,
    )
    compile_network(model, recipe, job.architecture, job.policies.rates.values, len(train))
    set_arrays(model, job.architecture, job.start.arrays)
    keeper = Keeper(folder, Progress(), SELECTED_BY[recipe.selection], job.run.manifest["keep_epochs"])
    if keeper.checkpoint.exists():
        keeper.progress = _checkpoint.restore(
            keeper.checkpoint, variables(model, job.architecture), model.optimizer
        )
        logger.info("%s goes on after epoch %d of %d", folder, keeper.progress.epochs_done, recipe.epochs)
    try:
        _fit_epochs(job, model, keeper, train, validation)
    except BaseException as error:
        keeper.write_tables("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error=str(error))
        raise
    keeper.write_tables("finished")


def _batches(job: _Job, split: str) -> Batches:
    return Batches(
        job.dataset.split(split),
        size=job.architecture.input_size,
        batch_size=job.recipe.batch_size,
        n_classes=len(job.dataset.class_names),
    )


def _fit_epochs(job: _Job, model: keras.Model, keeper: Keeper, train: Batches, validation: Batches) -> None:
    recipe, done = job.recipe, keeper.progress.epochs_done
    if done >= recipe.epochs:
        return
    rates = {"head_rate": recipe.head_rate, "body_rate": recipe.body_rate}
    show = ShowProgress(
        len(train.split), batch_size=recipe.batch_size, epochs=recipe.epochs, epochs_done=done
    )
    callbacks = [
        StopAtNaN(),
        KeepEpoch(keeper, job.architecture, job.dataset.class_names, job.start.activation, rates),
        keras.callbacks.TensorBoard(str(job.run.path / "logs"), write_graph=False),
    ]
    if job.options.progress:
        callbacks.append(show)
    try:
        with train.readable_errors(), validation.readable_errors():
            model.fit(
                train.shuffled(seed=job.run.manifest["seed"], epochs=range(done, recipe.epochs)),
                initial_epoch=done,
                epochs=recipe.epochs,
                steps_per_epoch=len(train),
                validation_data=validation.in_order(),
                callbacks=callbacks,
                verbose=0,
                shuffle=False,
            )
    finally:
        show.close()
