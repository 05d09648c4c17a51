"""A training with all that was decided: of a run that begins, or of one that is taken up again."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from artlucid import datasets, environment, recipes, runs
from artlucid.architectures import Architecture
from artlucid.datasets import Dataset
from artlucid.errors import RunWarning
from artlucid.files import write_atomically
from artlucid.finetune import _data, _manifest, _rates
from artlucid.finetune._checkpoint import Progress
from artlucid.finetune._devices import DEVICES, Devices, recorded_devices, resolve_devices
from artlucid.finetune._keeper import SELECTED_BY, Keeper
from artlucid.finetune._lookalikes import near_duplicates
from artlucid.finetune._network import (
    Policies,
    build_network,
    new_layers,
    resolve_policies,
    shown,
    starting_arrays,
)
from artlucid.finetune._options import Options
from artlucid.finetune._supervision import Supervision, supervise
from artlucid.finetune._task import TASKS
from artlucid.models._load import RANDOM, Source, resolve, spelled
from artlucid.models._network import get_arrays, set_arrays
from artlucid.models.weights import _own
from artlucid.models.weights._record import Weights, identity
from artlucid.recipes import Recipe

logger = logging.getLogger("artlucid")

Amend = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Job:
    """A training with all that was decided."""

    run: runs.Run
    dataset: Dataset
    recipe: Recipe
    start: Weights
    policies: Policies
    precision: environment.Precision
    devices: Devices
    options: Options
    changed: tuple[str, ...] = ()
    """What is different in the environment from when the run began."""

    @property
    def architecture(self) -> Architecture:
        return self.start.architecture

    @property
    def environment(self) -> dict[str, Any]:
        """What a manifest records of it."""
        return _environment(self.precision, self.devices)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of the training split, the last of which may be smaller."""
        return _steps_per_epoch(self.dataset, self.recipe)

    @property
    def supervision(self) -> Supervision:
        """What the heads are held to."""
        dataset = self.dataset
        return supervise(self.recipe, self.architecture, task=dataset.task, classes=len(dataset.class_names))


def begin(
    dataset: Dataset,
    recipe: str | Path | Recipe | None,
    weights: Source | None,
    seed: int | None,
    out: Path,
    options: Options,
    amend: Amend = dict,
) -> Job:
    """Decide everything about a new run, and write what it begins with; `amend` has the last word on the manifest."""
    recipe, seed = recipes.load("A" if recipe is None else recipe), seed or 0
    source = "imagenet" if weights is None else weights
    given, parent = resolve(source, architecture=options.architecture, seed=seed)
    supervise(recipe, given.architecture, task=dataset.task, classes=len(dataset.class_names))
    policies = resolve_policies(recipe, given.architecture)
    precision = environment.resolve_precision(options.precision)
    devices = resolve_devices(options.devices or DEVICES[0])
    examination = datasets.usable(
        dataset,
        max_excluded=options.max_excluded,
        shorter_side=given.architecture.input_size,
        progress=options.progress,
    )
    _data.warn_of_absent_classes(examination.dataset)
    lookalikes = (
        near_duplicates(examination, parent, progress=options.progress) if options.near_duplicates else "not searched"
    )
    new = new_layers(given.arrays, policies)
    logger.info("new, at random: %s", shown(new, policies))
    if len(new) == len(policies.random.values) and source != RANDOM:
        logger.info("of %s only the architecture is used", spelled(source))
    start = _starting_weights(given, dataset, recipe, policies, seed)
    decided = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "recipe": recipes.to_json(recipe),
        "policies": policies.to_json(),
        "new_layers": new,
        "final_rates": _rates.planned(recipe, _steps_per_epoch(examination.dataset, recipe), options.shortened_from),
        "seed": seed,
        "architecture": {"name": start.architecture.name, "variant": start.architecture.variant},
        "dataset": _describe(dataset),
        "excluded": len(examination.excluded),
        "duplicates": [[list(place) for place in group] for group in examination.duplicates],
        "near_duplicates": lookalikes,
        "initial_weights": {
            "source": spelled(source),
            "identity": identity(given.architecture, given.arrays),
            "lineage": dict(parent),
        },
        "keep_epochs": options.keep_epochs,
        "environment": _environment(precision, devices),
    }
    manifest = amend(decided)
    if "final_rates" in manifest:
        logger.info("planned: %s at the last step", _rates.shown(manifest["final_rates"], recipe))
        _rates.warn_if_far(recipe, manifest["final_rates"], options.shortened_from)
    _data.write_excluded(out / "excluded.csv", examination)
    write_atomically(out / "initial.h5", _own.to_bytes(start))
    keeper = Keeper(out, Progress(), SELECTED_BY[recipe.selection], options.keep_epochs)
    keeper.write_tables("running")
    run = runs.create(out, manifest)
    return Job(run, examination.dataset, recipe, start, policies, precision, devices, options)


def _environment(precision: environment.Precision, devices: Devices) -> dict[str, Any]:
    return {**environment.describe(precision), "devices": devices.to_json()}


def _steps_per_epoch(dataset: Dataset, recipe: Recipe) -> int:
    return -(-len(dataset.train) // recipe.batch_size)


def _describe(dataset: Dataset) -> dict[str, Any]:
    return {
        "specification": dataset.specification,
        "identity": dataset.identity,
        "task": dataset.task,
        "class_names": list(dataset.class_names),
        "images": {name: len(split) for name, split in dataset.splits.items()},
        "notices": list(dataset.notices),
        "metadata_columns": list(dataset.metadata_columns),
    }


def _starting_weights(given: Weights, dataset: Dataset, recipe: Recipe, policies: Policies, seed: int) -> Weights:
    """The weights at the first step: those given, under a new head and whatever else starts at random."""
    class_names, activation = dataset.class_names, TASKS[dataset.task].activation
    model = build_network(
        recipe,
        given.architecture,
        classes=len(class_names),
        activation=activation,
        policies=policies,
        seed=seed,
        dtype="float32",
    )
    set_arrays(model, given.architecture, starting_arrays(given.arrays, policies))
    return Weights(get_arrays(model, given.architecture), given.architecture, class_names, activation)


def take_up(
    dataset: Dataset,
    recipe: str | Path | Recipe | None,
    weights: Source | None,
    seed: int | None,
    run: runs.Run,
    options: Options,
    amend: Amend = dict,
) -> Job | None:
    """The job of a run that was interrupted: its recorded settings, to which whatever is given must agree.

    None if the run is finished.
    """
    recorded = run.manifest
    if recipe is None:
        recipe = recipes.from_json(recorded["recipe"])
    else:
        # Where a recipe comes from is no setting: a file may have moved, and Python's own changes leave no trace there.
        recipe = replace(recipes.load(recipe), source=recorded["recipe"].get("source", ""))
    used = recorded["environment"]["precision"]["used"]
    precision = environment.resolve_precision(used if options.precision == "auto" else options.precision)
    devices = resolve_devices(options.devices or recorded_devices(recorded["environment"]))
    now = {
        **recorded,
        "recipe": recipes.to_json(recipe),
        "seed": recorded["seed"] if seed is None else seed,
        "dataset": _describe(dataset),
        "initial_weights": _initial_weights_now(recorded["initial_weights"], weights, options),
        "architecture": _architecture_now(recorded["architecture"], options),
        "keep_epochs": recorded["keep_epochs"] or options.keep_epochs,
        "environment": _environment(precision, devices),
    }
    _manifest.check_settings(recorded, amend(now), run=str(run.path))
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
    return Job(run, clean, recipe, start, policies, precision, devices, options, tuple(changed))


def _initial_weights_now(recorded: Mapping[str, Any], weights: Source | None, options: Options) -> Mapping[str, Any]:
    if weights is None or spelled(weights) == recorded["source"]:
        return recorded
    given, _ = resolve(weights, architecture=options.architecture)
    return {"source": spelled(weights), "identity": identity(given.architecture, given.arrays)}


def _architecture_now(recorded: Mapping[str, Any], options: Options) -> Mapping[str, Any]:
    return recorded if options.architecture is None else {**recorded, "variant": options.architecture}
