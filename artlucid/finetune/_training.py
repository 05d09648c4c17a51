"""From a dataset, a recipe and initial weights to a run directory."""

from __future__ import annotations

import dataclasses
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import keras

from artlucid import datasets, environment, runs
from artlucid.datasets import Dataset
from artlucid.errors import RecipeError, RunWarning
from artlucid.finetune import _checkpoint, _data, _manifest
from artlucid.finetune._callbacks import KeepEpoch, ShowProgress, StopAtNaN, with_arrays_of
from artlucid.finetune._checkpoint import Progress, Trained
from artlucid.finetune._claim import claimed
from artlucid.finetune._jobs import Job, begin, take_up
from artlucid.finetune._keeper import SELECTED_BY, Keeper
from artlucid.finetune._logs import Logs
from artlucid.finetune._network import build_network, compile_network
from artlucid.finetune._options import Options
from artlucid.inputs import Batches
from artlucid.models._load import Source
from artlucid.models._network import set_arrays, variables
from artlucid.recipes import Recipe

logger = logging.getLogger("artlucid")


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
    check_seed(seed)
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
            _train(job)
        return runs.open_run(out)


def check_seed(seed: int | None) -> None:
    """Refuse what is no seed; raises RecipeError."""
    if seed is not None and (not isinstance(seed, int) or seed < 0):
        raise RecipeError(f"`seed` must be an integer of at least 0. Received {seed!r}. Give 0, 1, 2, ….")


def _train(job: Job) -> None:
    recipe = job.recipe
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
    run_epochs(job, model, (train, validation))


def run_epochs(
    job: Job,
    model: keras.Model,
    data: tuple[Batches, Batches],
    measures: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Train a compiled network from its checkpoint, or from its first step, to the recipe's last epoch.

    Parameters
    ----------
    job : Job
    model : keras.Model
        Of the whole network, or of a part of it; what the part lacks stays as the job begins with it.
    data : tuple of Batches
        For training and for validation; or whatever gives batches as they do.
    measures : sequence of callbacks
        What they add to the logs of an epoch stands in the history.
    """
    recipe, folder = job.recipe, job.run.path
    keeper = new_keeper(job)
    trained = Trained(_manifest.settings_digest(job.run.manifest), variables(model, job.architecture), model.optimizer)
    if keeper.checkpoint.exists():
        progress = _checkpoint.restore(keeper.checkpoint, trained)
        keeper.take_over(progress, with_arrays_of(model, job.start))
        logger.info("%s goes on after epoch %d of %d", folder, progress.epochs_done, recipe.epochs)
    keeper.progress = with_environment(keeper.progress, job)
    with keeper.noting_failure():
        _fit_epochs(job, model, trained, keeper, data, measures)
    keeper.write_tables("finished")


def new_keeper(job: Job) -> Keeper:
    """What keeps the epochs of a job, before the first of them."""
    return Keeper(job.run.path, Progress(), SELECTED_BY[job.recipe.selection], job.run.manifest["keep_epochs"])


def with_environment(progress: Progress, job: Job) -> Progress:
    """The same progress with what is different in the environment from when the run began, if anything is."""
    if not job.changed:
        return progress
    change = {
        "after_epoch": progress.epochs_done,
        "changed": list(job.changed),
        "environment": environment.describe(job.precision),
    }
    return dataclasses.replace(progress, environments=[*progress.environments, change])


def _batches(job: Job, split: str) -> Batches:
    return Batches(
        job.dataset.split(split),
        size=job.architecture.input_size,
        batch_size=job.recipe.batch_size,
        n_classes=len(job.dataset.class_names),
    )


def _fit_epochs(
    job: Job,
    model: keras.Model,
    trained: Trained,
    keeper: Keeper,
    data: tuple[Batches, Batches],
    measures: Sequence[keras.callbacks.Callback],
) -> None:
    recipe, done = job.recipe, keeper.progress.epochs_done
    train, validation = data
    if done >= recipe.epochs:
        return
    rates = {"head_rate": recipe.head_rate, "body_rate": recipe.body_rate}
    show = ShowProgress(len(train.split), batch_size=recipe.batch_size, epochs=recipe.epochs, epochs_done=done)
    callbacks = [
        StopAtNaN(),
        *measures,
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
