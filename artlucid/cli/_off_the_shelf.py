"""The command `off-the-shelf`."""

from __future__ import annotations

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
    Quiet,
    Resume,
    SplitSeed,
    Weights,
    chosen_cache,
    chosen_changes,
    in_bytes,
)
from artlucid.cli._runs import best_row, recorded_run
from artlucid.errors import RecipeError

if TYPE_CHECKING:
    from artlucid.recipes import Recipe


@command
def off_the_shelf(
    data: Data,
    out: Annotated[Path, typer.Option(help="The run directory.", show_default=False)],
    weights: Weights = None,
    head: Annotated[
        str | None, typer.Option(help="dense, as the paper's, or svm: a hyperplane a class. [default: dense]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the head and the order of images. [default: 0]")] = None,
    settings: Changes = None,
    epochs: Annotated[int | None, typer.Option(help="Of the dense head; another number than 20.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Of the dense head; another number than 32.")] = None,
    features: Annotated[
        Path | None, typer.Option(help="A run of the same images and network, whose features are used again.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="float32, auto, bfloat16 or float16. [default: float32]")
    ] = None,
    architecture: Architecture = None,
    resume: Resume = False,
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
    """Train a new head on the features of a frozen network, computed once, and keep it as a run."""
    from artlucid import datasets
    from artlucid import finetune as training

    recorded = recorded_run(out, resume, "off-the-shelf")
    options = training.OffTheShelfOptions(
        precision=precision,
        architecture=architecture,
        max_excluded=max_excluded,
        allow_changed_environment=allow_changed_environment,
        near_duplicates=not no_near_duplicates,
        cache=chosen_cache(cache, no_cache),
        cache_limit=in_bytes(cache_limit),
        progress=not quiet,
        shortened_from=training.HEADS["dense"],
        features=features,
    )
    run = training.off_the_shelf(
        datasets.load(data, metadata=metadata, split_seed=split_seed),
        weights=weights,
        head=_chosen_head(head, recorded, settings or [], {"epochs": epochs, "batch_size": batch_size}),
        seed=seed,
        out=out,
        resume=resume,
        options=options,
    )
    show(*_off_the_shelf_results(run), as_json)


def _chosen_head(
    name: str | None, recorded: Any, settings: list[str], numbers: dict[str, int | None]
) -> Recipe | str | None:
    """The head that was named, else the recorded one, with what the command line changes."""
    from artlucid import finetune as training
    from artlucid import recipes

    changes = chosen_changes(settings, numbers)
    if not changes or (name is not None and name not in training.HEADS):
        return name
    if "svm" in (name, recorded and recorded.manifest.get("head")):
        raise RecipeError(
            "`--set`, `--epochs` and `--batch-size` belong to the dense head. Received them for svm, which has none of "
            "these. Leave them out, or use `--head dense`."
        )
    if name is None and recorded is not None:
        return recipes.changed(recipes.from_json(recorded.manifest["recipe"]), changes)
    return recipes.changed(training.HEADS["dense"], changes)


def _off_the_shelf_results(run: Any) -> tuple[dict[str, Any], str]:
    state, best = run.state, best_row(run)
    validation = {name.removeprefix("val_"): value for name, value in best.items() if name.startswith("val_")}
    results = {
        "run": str(run.path),
        "head": run.manifest["head"],
        "epochs": state["epochs_done"],
        "best_epoch": state["best_epoch"],
        "validation": validation,
        "precision": run.manifest["environment"]["precision"],
        "changed_environments": state.get("environments", []),
    }
    scores = {"top-1": validation.get("top_1"), "mean average precision": validation.get("mean_average_precision")}
    text = f"{run.path}: {run.manifest['head']} head, best epoch {state['best_epoch']} of {state['epochs_done']}, "
    text += f"validation loss {validation['head_loss']:.4f}"
    return results, text + "".join(
        f", validation {name} {value:.1%}" for name, value in scores.items() if value is not None
    )
