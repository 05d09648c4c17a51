"""Options that several commands share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.errors import DataError

Quiet = Annotated[bool, typer.Option("--quiet", help="Write nothing to standard error if all goes well.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]
DATA_KINDS = "rasta:PATH, paintings:PATH, iconart:PATH, folder:PATH, synthetic:styles or synthetic:objects."
Data = Annotated[str, typer.Argument(help=DATA_KINDS, metavar="DATA", show_default=False)]
Metadata = Annotated[
    Path | None, typer.Option(help="A table with a column `path` and further ones, such as artist, date, museum.")
]
SplitSeed = Annotated[
    int | None, typer.Option(help="Chooses the validation images where a table names none. [default: 0]")
]
Model = Annotated[
    str, typer.Argument(help="A run directory, RUN@initial, a weights file, imagenet, bvlc.", show_default=False)
]
Precision = Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")]
Architecture = Annotated[
    str | None, typer.Option(help="inception5h, bvlc, gonthier or mini, where the weights leave it open.")
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Folder for decoded images. [default: decoded in $ARTLUCID_CACHE or ~/.keras/artlucid]"),
]
CacheLimit = Annotated[
    float | None,
    typer.Option(help="Gigabytes for decoded images. [default: a quarter of the disk's free space, at most 32]"),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Decode the images anew in every epoch.")]
NoNearDuplicates = Annotated[
    bool, typer.Option("--no-near-duplicates", help="Do not search for images that look the same: 3 ms an image.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change the recipe: head_rate=0.005. Repeatable."),
]
Weights = Annotated[
    str | None, typer.Option(help="imagenet, bvlc, none, a file or a run directory. [default: imagenet]")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run, with its recorded settings.")]
AllowChangedEnvironment = Annotated[
    bool, typer.Option("--allow-changed-environment", help="Resume with other versions or on another machine.")
]
Dask = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="By workers of Dask: tcp://host:8786, or local:N for N processes here."),
]
Threads = Annotated[
    int | None, typer.Option(help="Of each process. [default: all processors, shared between those of local:N]")
]
MaxExcluded = Annotated[float, typer.Option(help="Largest part of the images that may be unusable.")]


def chosen_cache(folder: Path | None, no_cache: bool) -> bool | Path:
    """What `--cache` and `--no-cache` ask for, as the library takes it."""
    if folder is not None and no_cache:
        raise DataError(
            f"One of `--cache` and `--no-cache` may be given. Received `--no-cache` and `--cache {folder}`. "
            "Leave one of them out."
        )
    return not no_cache if folder is None else folder


def in_bytes(gigabytes: float | None) -> int | None:
    """What `--cache-limit` asks for."""
    if gigabytes is not None and not math.isfinite(gigabytes):
        raise DataError(f"`--cache-limit` must be a number of gigabytes. Received {gigabytes}. Give 20, for example.")
    return None if gigabytes is None else round(gigabytes * 1e9)


def chosen_changes(settings: list[str], numbers: dict[str, int | None]) -> dict[str, Any]:
    """The changes of a recipe by `--set`, and by options of their own such as `--epochs`, which win over it."""
    from artlucid import recipes

    return {**recipes.parse_changes(settings), **{name: value for name, value in numbers.items() if value is not None}}
