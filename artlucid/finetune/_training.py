"""From a dataset, a recipe and initial weights to a run directory."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras

from artlucid import datasets, environment, recipes, runs
from artlucid.architectures import Architecture
from artlucid.datasets import Dataset
from artlucid.errors import OutputError, RecipeError, RunError, RunWarning
from artlucid.files import write_atomically
from artlucid.finetune import _checkpoint, _data, _manifest
from artlucid.finetune._callbacks import KeepEpoch, ShowProgress, StopAtNaN, with_arrays_of
from artlucid.finetune._checkpoint import Progress, Trained
from artlucid.finetune._keeper import SELECTED_BY, Keeper
from artlucid.finetune._logs import Logs
from artlucid.finetune._network import Policies, build_network, compile_network, resolve_policies, starting_arrays
from artlucid.inputs import Batches
from artlucid.models._load import Source, resolve, spelled
from artlucid.models._network import get_arrays, set_arrays, variables
from artlucid.models.weights import _own
from artlucid.models.weights._record import Weights, identity
from artlucid.recipes import Recipe

logger = logging.getLogger("artlucid")

# What stands in a folder before its manifest makes it a run.
_BEGUN = frozenset({".lock", "excluded.csv", "initial.h5", "state.json"})


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
    changed: tuple[str, ...] = ()
    """What is different in the environment from when the run began."""

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
        Of the head's initial values and of the order of images; not negative.
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
        If the directory is taken, being written, or of other settings.
    OutputError
        If the disk is full; the run can be resumed when there is room.
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
    out, dataset = Path(out), datasets.load(dataset)
    _check_seed(seed)
    _check_free(out, resume)
    with _held(out):
        _check_free(out, resume)
        _remove_leftovers(out)
        recorded = runs.open_run(out) if (out / runs.MANIFEST).is_file() else None
        if recorded is None and resume:
            logger.info("nothing to resume in %s: a new run begins", out)
        if recorded is None:
            job = _begin(dataset, recipe, weights, seed, out, options)
        else:
            job = _take_up(dataset, recipe, weights, seed, recorded, options)
        if job is None:
            warnings.warn(f"{out} is finished: nothing to resume", RunWarning, stacklevel=2)
        else:
            _train(job)
        return runs.open_run(out)


def _check_seed(seed: int | None) -> None:
    if seed is not None and (not isinstance(seed, int) or seed < 0):
        raise RecipeError(f"`seed` must be an integer of at least 0. Received {seed!r}. Give 0, 1, 2, ….")


def _check_free(out: Path, resume: bool) -> None:
    if out.exists() and not out.is_dir():
        raise RunError(f"`out` must be a folder or not exist. Received {out}, a file. Choose another with `--out`.")
    if not out.exists() or (resume and (out / runs.MANIFEST).exists()):
        return
    allowed = _BEGUN if resume else {".lock"}
    taken = sorted(path.name for path in out.iterdir() if path.name not in allowed and not path.match(".*.part"))
    if taken:
        raise RunError(
            f"`out` must be empty, not exist or, with `--resume`, hold a run. Received {out}, which holds "
            f"{', '.join(taken[:4])}{', …' if len(taken) > 4 else ''}. Go on with an interrupted run by `--resume`, "
            "or choose another `--out`."
        )


@contextlib.contextmanager
def _held(out: Path) -> Iterator[None]:
    """Hold a folder for this process; one that was made for it goes again if nothing came into it."""
    existed = out.exists()
    with runs.lock(out):
        try:
            yield
        finally:
            if not existed and [path.name for path in out.iterdir()] == [".lock"]:
                with contextlib.suppress(OSError):
                    (out / ".lock").unlink()
                    out.rmdir()


def _remove_leftovers(out: Path) -> None:
    """Files that a killed process was still writing."""
    for path in out.rglob(".*.part"):
        path.unlink()


def _begin(
    dataset: Dataset,
    recipe: str | Recipe | None,
    weights: Source | None,
    seed: int | None,
    out: Path,
    options: Options,
) -> _Job:
    recipe, seed = recipes.get("A" if recipe is None else recipe), seed or 0
    _check_trains(recipe)
    _data.check_task(dataset)
    source = "imagenet" if weights is None else weights
    given, parent = resolve(source, architecture=options.architecture, seed=seed)
    policies = resolve_policies(recipe, given.architecture)
    precision = environment.resolve_precision(options.precision)
    examination = datasets.usable(
        dataset,
        max_excluded=options.max_excluded,
        shorter_side=given.architecture.input_size,
        progress=options.progress,
    )
    logger.info("new, at random: %s", policies.new_layers())
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
            "source": spelled(source),
            "identity": identity(given.architecture, given.arrays),
            "lineage": dict(parent),
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
        "notices": list(dataset.notices),
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
) -> _Job | None:
    """The job of a run that was interrupted: its recorded settings, to which whatever is given must agree.

    None if the run is finished.
    """
    recorded = run.manifest
    _manifest.check_complete(run)
    recipe = recipes.from_json(recorded["recipe"]) if recipe is None else recipes.get(recipe)
    used = recorded["environment"]["precision"]["used"]
    precision = environment.resolve_precision(used if options.precision == "auto" else options.precision)
    now = {
        **recorded,
        "recipe": recipes.to_json(recipe),
        "seed": recorded["seed"] if seed is None else seed,
        "dataset": _describe(dataset),
        "initial_weights": _initial_weights_now(recorded["initial_weights"], weights, options),
        "architecture": _architecture_now(recorded["architecture"], options),
        "keep_epochs": recorded["keep_epochs"] or options.keep_epochs,
        "environment": environment.describe(precision),
    }
    _manifest.check_settings(recorded, now, run=str(run.path))
    if run.state.get("status") == "finished":
        return None
    changed = _manifest.check_environment(
        recorded, now, run=str(run.path), allow_changed=options.allow_changed_environment
    )
    if changed:
        warnings.warn(f"{run.path} goes on in another environment: {'; '.join(changed)}", RunWarning, stacklevel=2)
    start = _own.read(run.path / "initial.h5")
    clean = _data.without_recorded(dataset, run.path / "excluded.csv")
    policies = resolve_policies(recipe, start.architecture)
    return _Job(run, clean, recipe, start, policies, precision, options, tuple(changed))


def _initial_weights_now(recorded: Mapping[str, Any], weights: Source | None, options: Options) -> Mapping[str, Any]:
    if weights is None or spelled(weights) == recorded["source"]:
        return recorded
    given, _ = resolve(weights, architecture=options.architecture)
    return {"source": spelled(weights), "identity": identity(given.architecture, given.arrays)}


def _architecture_now(recorded: Mapping[str, Any], options: Options) -> Mapping[str, Any]:
    return recorded if options.architecture is None else {**recorded, "variant": options.architecture}


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
    trained = Trained(_manifest.settings_digest(job.run.manifest), variables(model, job.architecture), model.optimizer)
    if keeper.checkpoint.exists():
        progress = _checkpoint.restore(keeper.checkpoint, trained)
        keeper.take_over(progress, with_arrays_of(model, job.start))
        logger.info("%s goes on after epoch %d of %d", folder, progress.epochs_done, recipe.epochs)
    if job.changed:
        keeper.progress = _with_environment(keeper.progress, job)
    try:
        _fit_epochs(job, model, trained, keeper, (train, validation))
    except BaseException as error:
        # On a full disk this fails too; the first error is the one to show.
        with contextlib.suppress(OutputError):
            keeper.write_tables("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error=str(error))
        raise
    keeper.write_tables("finished")


def _with_environment(progress: Progress, job: _Job) -> Progress:
    change = {
        "after_epoch": progress.epochs_done,
        "changed": list(job.changed),
        "environment": environment.describe(job.precision),
    }
    return dataclasses.replace(progress, environments=[*progress.environments, change])


def _batches(job: _Job, split: str) -> Batches:
    return Batches(
        job.dataset.split(split),
        size=job.architecture.input_size,
        batch_size=job.recipe.batch_size,
        n_classes=len(job.dataset.class_names),
    )


def _fit_epochs(job: _Job, model: keras.Model, trained: Trained, keeper: Keeper, data: tuple[Batches, Batches]) -> None:
    recipe, done = job.recipe, keeper.progress.epochs_done
    train, validation = data
    if done >= recipe.epochs:
        return
    rates = {"head_rate": recipe.head_rate, "body_rate": recipe.body_rate}
    show = ShowProgress(len(train.split), batch_size=recipe.batch_size, epochs=recipe.epochs, epochs_done=done)
    callbacks = [
        StopAtNaN(),
        KeepEpoch(keeper, trained, job.start, rates),
        Logs(str(job.run.path / "logs"), write_graph=False),
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
