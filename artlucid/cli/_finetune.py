"""The command `finetune`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import (
    AllowChangedEnvironment,
    Architecture,
    AsJson,
    Cache,
    CacheLimit,
    Changes,
    Data,
    MaxExcluded,
    Metadata,
    NoCache,
    NoNearDuplicates,
    Precision,
    Quiet,
    Resume,
    SplitSeed,
    Weights,
    chosen_cache,
    chosen_changes,
    in_bytes,
)
from artlucid.cli._runs import best_row, recorded_run

if TYPE_CHECKING:
    from artlucid.recipes import Recipe


@command
def finetune(
    data: Data,
    out: Annotated[Path, typer.Option(help="The run directory.", show_default=False)],
    recipe: Annotated[str | None, typer.Option(help="A row of Table 5 (A, B, …), or FILE.toml. [default: A]")] = None,
    settings: Changes = None,
    weights: Weights = None,
    seed: Annotated[int | None, typer.Option(help="Of the head and the order of images. [default: 0]")] = None,
    epochs: Annotated[int | None, typer.Option(help="Another number than the recipe's.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Another number than the recipe's.")] = None,
    precision: Precision = "auto",
    architecture: Architecture = None,
    resume: Resume = False,
    devices: Annotated[
        str | None, typer.Option(help="one, or all: every GPU takes a part of each batch. [default: one]")
    ] = None,
    keep_epochs: Annotated[bool, typer.Option("--keep-epochs", help="Keep each epoch's weights.")] = False,
    max_excluded: MaxExcluded = 0.01,
    metadata: Metadata = None,
    split_seed: SplitSeed = None,
    allow_changed_environment: AllowChangedEnvironment = False,
    no_near_duplicates: NoNearDuplicates = False,
    cache: Cache = None,
    cache_limit: CacheLimit = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a network on a dataset and keep everything about it in a run directory."""
    from artlucid import datasets, recipes
    from artlucid import finetune as training

    recorded = recorded_run(out, resume, "finetune")
    options = training.Options(
        precision=precision,
        architecture=architecture,
        keep_epochs=keep_epochs,
        max_excluded=max_excluded,
        allow_changed_environment=allow_changed_environment,
        cache=chosen_cache(cache, no_cache),
        cache_limit=in_bytes(cache_limit),
        devices=devices,
        near_duplicates=not no_near_duplicates,
        progress=not quiet,
        shortened_from=None if recipe is None else recipes.load(recipe),
    )
    run = training.fit(
        datasets.load(data, metadata=metadata, split_seed=split_seed),
        recipe=_chosen_recipe(recipe, recorded, settings or [], {"epochs": epochs, "batch_size": batch_size}),
        weights=weights,
        seed=seed,
        out=out,
        resume=resume,
        options=options,
    )
    show(*_finetune_results(run), as_json)


def _chosen_recipe(
    name: str | None, recorded: Any, settings: list[str], numbers: dict[str, int | None]
) -> Recipe | str | None:
    """The recipe that was named, else the recorded one, with what the command line changes."""
    from artlucid import recipes

    changes = chosen_changes(settings, numbers)
    if not changes:
        return name
    if name is None and recorded is not None:
        return recipes.changed(recipes.from_json(recorded.manifest["recipe"]), changes)
    return recipes.changed(recipes.load(name or "A"), changes)


_SCORES = {"top_1": "top-1", "label_f1": "F1 of the labels", "mean_average_precision": "mean average precision"}
"""What the scores in the history of a training are called."""


def _finetune_results(run: Any) -> tuple[dict[str, Any], str]:
    state, best = run.state, best_row(run)
    # NaN where the epoch is of an artlucid that did not measure it yet.
    scores = {name: best[f"val_{name}"] for name in _SCORES if not math.isnan(best.get(f"val_{name}", math.nan))}
    results = {
        "run": str(run.path),
        "epochs": state["epochs_done"],
        "best_epoch": state["best_epoch"],
        "validation": {"head_loss": best["val_head_loss"], "loss": best["val_loss"], **scores},
        "precision": run.manifest["environment"]["precision"],
        "changed_environments": state.get("environments", []),
    }
    text = (
        f"{run.path}: best epoch {state['best_epoch']} of {state['epochs_done']}, validation loss "
        f"{best['val_head_loss']:.4f}"
    )
    text += "".join(f", validation {_SCORES[name]} {value:.1%}" for name, value in scores.items())
    return results, text
