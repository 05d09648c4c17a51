"""From a dataset, a recipe and initial weights to a run directory."""

from __future__ import annotations

import dataclasses
import functools
import logging
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from artlucid import datasets, runs
from artlucid.datasets import Dataset
from artlucid.errors import RecipeError, RunWarning
from artlucid.finetune import _checkpoint, _data, _manifest, _rates
from artlucid.finetune._callbacks import KeepEpoch, ShowProgress, StopAtNaN, with_arrays_of
from artlucid.finetune._checkpoint import Progress, Trained
from artlucid.finetune._claim import claimed
from artlucid.finetune._jobs import Job, begin, take_up
from artlucid.finetune._keeper import SELECTED_BY, Keeper
from artlucid.finetune._logs import Logs
from artlucid.finetune._network import build_network, compile_network
from artlucid.finetune._options import Options
from artlucid.finetune._watched import measures_of, watched
from artlucid.inputs import Batches, ImageCache, open_cache
from artlucid.models._load import Source
from artlucid.models._network import set_arrays, variables
from artlucid.recipes import Recipe

logger = logging.getLogger("artlucid")


def fit(
    dataset: Dataset | str,
    *,
    recipe: str | Path | Recipe | None = None,
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
    recipe : str, path or Recipe, default "A"
        Anything that `recipes.load` takes: a row of Table 5, a TOML file, a recipe of your own.
        A resumed run uses the recorded one.
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
    check_seed(seed)
    cache = open_cache(options.cache, limit=options.cache_limit)
    with claimed(out, resume) as recorded:
        if recorded is None:
            _data.check_task(dataset)
            job = begin(dataset, recipe, weights, seed, out, options)
        else:
            _manifest.check_complete(recorded)
            job = take_up(dataset, recipe, weights, seed, recorded, options)
        if job is None:
            warnings.warn(f"{out} is finished: nothing to resume", RunWarning, stacklevel=2)
        else:
            _train(job, cache)
        return runs.open_run(out)


def check_seed(seed: int | None) -> None:
    """Refuse what is no seed; raises RecipeError."""
    if seed is not None and (not isinstance(seed, int) or seed < 0):
        raise RecipeError(f"`seed` must be an integer of at least 0. Received {seed!r}. Give 0, 1, 2, ….")


def _train(job: Job, cache: ImageCache | None) -> None:
    train, validation = (_batches(job, name, cache) for name in _data.TRAINING_SPLITS)
    keeper = new_keeper(job, notes=lambda: {"cache": None if cache is None else cache.to_json()})
    with job.devices.scope():
        run_epochs(job, keeper, _compiled(job), (train, validation))


def _compiled(job: Job) -> keras.Model:
    """The network at its first step."""
    model = build_network(
        job.recipe,
        job.architecture,
        classes=len(job.dataset.class_names),
        activation=job.start.activation,
        policies=job.policies,
        seed=job.run.manifest["seed"],
        dtype=job.precision.policy,
    )
    model = watched(model, job.supervision)
    compile_network(
        model,
        job.recipe,
        job.architecture,
        supervision=job.supervision,
        rates=job.policies.rates.values,
        steps_per_epoch=job.steps_per_epoch,
    )
    set_arrays(model, job.architecture, job.start.arrays)
    return model


def run_epochs(job: Job, keeper: Keeper, model: keras.Model, data: tuple[Batches, Batches]) -> None:
    """Train a compiled network from its checkpoint, or from its first step, to the recipe's last epoch.

    Parameters
    ----------
    job : Job
    keeper : Keeper
        Before the first epoch.
    model : keras.Model
        Of the whole network, or of a part of it; what the part lacks stays as the job begins with it.
    data : tuple of Batches
        For training and for validation; or whatever gives batches as they do.
    """
    recipe, folder = job.recipe, job.run.path
    trained = Trained(_manifest.settings_digest(job.run.manifest), variables(model, job.architecture), model.optimizer)
    if keeper.checkpoint.exists():
        progress = _checkpoint.restore(keeper.checkpoint, trained)
        keeper.take_over(progress, with_arrays_of(model, job.start))
        logger.info("%s goes on after epoch %d of %d", folder, progress.epochs_done, recipe.epochs)
    keeper.progress = with_environment(keeper.progress, job)
    with keeper.noting_failure():
        _fit_epochs(job, model, trained, keeper, data)
    keeper.write_tables("finished")
    logger.info("%s at the last step", _rates.shown(keeper.progress.history[-1], recipe))


def new_keeper(job: Job, notes: Callable[[], Mapping[str, Any]] = dict) -> Keeper:
    """What keeps the epochs of a job, before the first of them; `notes` join the state."""
    selected_by = SELECTED_BY[job.recipe.selection]
    return Keeper(job.run.path, Progress(), selected_by, job.run.manifest["keep_epochs"], notes)


def with_environment(progress: Progress, job: Job) -> Progress:
    """The same progress with what is different in the environment from when the run began, if anything is."""
    if not job.changed:
        return progress
    change = {
        "after_epoch": progress.epochs_done,
        "changed": list(job.changed),
        "environment": job.environment,
    }
    return dataclasses.replace(progress, environments=[*progress.environments, change])


def _batches(job: Job, split: str, cache: ImageCache | None) -> Batches:
    return Batches(
        job.dataset.split(split),
        size=job.architecture.input_size,
        batch_size=job.recipe.batch_size,
        n_classes=len(job.dataset.class_names),
        cache=cache,
    )


def _fit_epochs(job: Job, model: keras.Model, trained: Trained, keeper: Keeper, data: tuple[Batches, Batches]) -> None:
    recipe, done, supervision = job.recipe, keeper.progress.epochs_done, job.supervision
    train, validation = data
    if done >= recipe.epochs:
        return
    rates_at = functools.partial(_rates.rates_at, recipe, job.steps_per_epoch)
    show = ShowProgress(
        len(train.split),
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        epochs_done=done,
        supervision=supervision,
    )
    callbacks = [
        StopAtNaN(),
        *measures_of(model),
        KeepEpoch(keeper, trained, job.start, rates_at, supervision),
        Logs(supervision, str(job.run.path / "logs"), write_graph=False),
    ]
    if job.options.progress:
        callbacks.append(show)
    shuffled = train.shuffled(
        seed=job.run.manifest["seed"], epochs=range(done, recipe.epochs), augmentation=recipe.augmentation
    )
    in_order = job.devices.for_validation(
        validation.in_order(), n_images=len(validation.split), batch_size=recipe.batch_size
    )
    try:
        with train.readable_errors(), validation.readable_errors():
            model.fit(
                supervision.for_every_head(job.devices.for_training(shuffled)),
                initial_epoch=done,
                epochs=recipe.epochs,
                steps_per_epoch=job.steps_per_epoch,
                validation_data=supervision.for_every_head(in_order),
                callbacks=callbacks,
                verbose=0,
                shuffle=False,
            )
    finally:
        show.close()
