"""The command `evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import (
    DATA_KINDS,
    Architecture,
    AsJson,
    Cache,
    CacheLimit,
    MaxExcluded,
    Metadata,
    NoCache,
    Quiet,
    SplitSeed,
    chosen_cache,
    in_bytes,
)
from artlucid.errors import MetricError


@command
def evaluate(
    models: Annotated[
        list[str],
        typer.Argument(
            help="A run directory, RUN@initial, a weights file, or several.", metavar="MODEL...", show_default=False
        ),
    ],
    data: Annotated[str, typer.Option(help=DATA_KINDS, show_default=False)],
    split: Annotated[str, typer.Option(help="test, val or train; only test gives test scores.")] = "test",
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Score the mean of the models' predictions, in place of each model.")
    ] = False,
    intervals: Annotated[
        bool,
        typer.Option(
            "--intervals",
            help="Give each score an interval over images, and each model but the first its paired difference from it.",
        ),
    ] = False,
    level: Annotated[float | None, typer.Option(help="Of the intervals. [default: 0.95]")] = None,
    resamples: Annotated[int | None, typer.Option(help="Of the images. [default: 1000]")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the resamples. [default: 0]")] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="FILE.csv to write: for each model and image its labels and predictions.")
    ] = None,
    batch_size: int = 32,
    precision: Annotated[str, typer.Option(help="float32, auto, bfloat16 or float16.")] = "float32",
    architecture: Architecture = None,
    max_excluded: MaxExcluded = 0.01,
    metadata: Metadata = None,
    split_seed: SplitSeed = None,
    cache: Cache = None,
    cache_limit: CacheLimit = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Score networks: top-1, 3, 5 and accuracy by class, or mean average precision where images have several labels."""
    from artlucid import datasets
    from artlucid import evaluate as evaluation
    from artlucid import models as networks

    options = evaluation.Options(
        batch_size=batch_size,
        precision=precision,
        max_excluded=max_excluded,
        progress=not quiet,
        intervals=_resampling(intervals, level=level, resamples=resamples, seed=seed),
        predictions=predictions,
        cache=chosen_cache(cache, no_cache),
        cache_limit=in_bytes(cache_limit),
    )
    loaded = [networks.load(model, architecture=architecture) for model in models]
    dataset = datasets.load(data, metadata=metadata, split_seed=split_seed)
    scores: Any = evaluation.evaluate(
        loaded if ensemble or len(loaded) > 1 else loaded[0], dataset, split=split, ensemble=ensemble, options=options
    )
    results = {"scores": [one.to_json() for one in scores]} if isinstance(scores, list) else scores.to_json()
    show(results, evaluation.as_text(scores), as_json)


def _resampling(wanted: bool, **settings: float | None) -> Any:
    """How intervals are made, or None where there are to be none."""
    from artlucid.metrics import Resampling

    given = {name: value for name, value in settings.items() if value is not None}
    if given and not wanted:
        raise MetricError(
            f"{', '.join(f'`--{name}`' for name in settings)} must come with `--intervals`. Received "
            f"{', '.join(f'--{name} {value}' for name, value in given.items())} without it. Add `--intervals`."
        )
    return Resampling(**given) if wanted else None
