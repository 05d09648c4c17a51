"""The command `compare`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import (
    DATA_KINDS,
    AllowChangedEnvironment,
    Architecture,
    AsJson,
    Cache,
    CacheLimit,
    Dask,
    MaxExcluded,
    Metadata,
    NoCache,
    Quiet,
    SplitSeed,
    Threads,
    chosen_cache,
    in_bytes,
)
from artlucid.cli._sheets import FOLDER, check_pictures, said_of, write_sheets

PATCHES = 9
GRIDS = "grids"


@command
def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            help="Two or more: a run directory, RUN@initial, RUN@epochs for all kept epochs, a weights file.",
            metavar="MODEL...",
            show_default=False,
        ),
    ],
    data: Annotated[str, typer.Option(help=DATA_KINDS, show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder to write; the same command goes on with one that is not finished.", show_default=False
        ),
    ],
    pairs: Annotated[str, typer.Option(help="first (with each other one) or all.")] = "first",
    k: Annotated[
        list[int] | None,
        typer.Option(help="Size of the sets of maximal activation images. Repeatable. [default: 100 and 1000]"),
    ] = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of optimized images. Repeatable: of each model with one seed, of the first with another."
        ),
    ] = None,
    pictures_network: Annotated[str, typer.Option(help="Whose features tell pictures apart.")] = "imagenet",
    sheets: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Write a contact sheet a layer of the folders of pictures, ordered by a column of channels.csv.",
        ),
    ] = None,
    highest_first: Annotated[
        bool, typer.Option("--highest-first", help="Of the column of --sheets, whose lowest values come first.")
    ] = False,
    top_split: Annotated[
        str, typer.Option(help="Of the maximal activation images: train, val, test or all.")
    ] = "train",
    cka_split: Annotated[str, typer.Option(help="Of CKA: test, val, train or all.")] = "test",
    patch: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Find the parts of the images that fire channels: fixed (a crop around the maximum) or gradient.",
        ),
    ] = None,
    patches: Annotated[int, typer.Option(help="With --patch: images a channel.")] = PATCHES,
    patch_channels: Annotated[
        int | None,
        typer.Option(
            help="With --patch: channels a pair, low overlap first. [default: all with fixed, 100 with gradient]",
            show_default=False,
        ),
    ] = None,
    grids: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYER:CHANNEL",
            help="Draw the maximal activation images of this channel in all models, as PNG and PDF. Repeatable.",
        ),
    ] = None,
    resamples: Annotated[int, typer.Option(help="For the intervals; 0 for none.")] = 1000,
    permutations: Annotated[int, typer.Option(help="For the floors of CKA; 0 for none.")] = 20,
    literal_entropy: Annotated[
        bool, typer.Option("--literal-entropy", help="Fractions of images, where an image has several labels.")
    ] = False,
    size: Annotated[
        int | None, typer.Option(help="Side of the images in pixels. [default: what the networks usually take]")
    ] = None,
    batch_size: int = 32,
    precision: Annotated[str, typer.Option(help="float32, auto, bfloat16 or float16.")] = "float32",
    dask: Dask = None,
    threads: Threads = None,
    allow_changed_environment: AllowChangedEnvironment = False,
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
    """Measure what changed from network to network: similarity, kernels, maximal activation images, their classes."""
    from artlucid import activations, datasets
    from artlucid import compare as comparing
    from artlucid import models as networks
    from artlucid._workers import _threads
    from artlucid.compare._candidates import expanded
    from artlucid.metrics import Permutations, Resampling

    check_pictures(sheets, pictures, highest_first)
    options = comparing.Options(
        k=tuple(k or (100, 1000)),
        literal_entropy=literal_entropy,
        resampling=Resampling(resamples=resamples) if resamples else None,
        permutations=Permutations(number=permutations) if permutations else None,
        top_split=top_split,
        cka_split=cka_split,
        pictures=tuple(pictures or ()),
        pictures_network=pictures_network,
        extraction=activations.Options(
            batch_size=batch_size,
            precision=precision,
            size=size,
            max_excluded=max_excluded,
            progress=not quiet,
            cache=chosen_cache(cache, no_cache),
            cache_limit=in_bytes(cache_limit),
        ),
        dask=dask,
        threads=None if dask is None else threads,
        allow_changed_environment=allow_changed_environment,
        patches=_chosen_patches(patch, patches, patch_channels, _checked_channels(grids or ())),
    )
    if threads is not None and dask is None:
        _threads.use(_threads.every(threads))
    loaded = [networks.load(source, architecture=architecture) for model in models for source in expanded(model)]
    dataset = datasets.load(data, metadata=metadata, split_seed=split_seed)
    found = comparing.compare(loaded, dataset, out=out, pairs=pairs, options=options)
    written = [] if sheets is None else write_sheets(found, loaded, sheets, highest_first)
    results: dict[str, Any] = {"out": str(out), "n_layers": len(found.layers), "n_channels": len(found.channels)}
    results |= {} if sheets is None else {"sheets": [str(path) for path in written]}
    results |= {"grids": _draw_grids(found, options.patches, grids)} if grids else {}
    text = comparing.as_text(found) + (f"\n{said_of(written)} in {out / FOLDER}" if written else "")
    show({**results, "pairs": found.manifest["pairs"]}, text, as_json)


def _checked_channels(channels: Sequence[str]) -> Sequence[str]:
    from artlucid._channel import parse

    return [str(parse(channel)) for channel in channels]


def _chosen_patches(kind: str | None, number: int, channels: int | None, also: Sequence[str]) -> Any:
    from artlucid.compare import Patches
    from artlucid.errors import ComparisonError

    if kind is not None:
        return Patches(kind, number, channels, tuple(also))
    if number != PATCHES or channels is not None:
        raise ComparisonError(
            "`--patches` and `--patch-channels` go with `--patch`. Received one of them without it. "
            "Add `--patch fixed` or `--patch gradient`."
        )
    return None


def _draw_grids(found: Any, patches: Any, channels: Sequence[str]) -> list[str]:
    """Draw the images of each channel, and its patches where there are some: the files that were written."""
    from artlucid import figures
    from artlucid._channel import parse

    written = []
    for channel in channels:
        path = found.path / GRIDS / parse(channel).file_name
        written += figures.save(figures.maximal_images(found, [channel]), path, formats=["png", "pdf"])
        if patches is not None:
            columns = math.isqrt(patches.number)
            shape = (columns, patches.number // columns)
            figure = figures.maximal_images(found, [channel], patch=patches.kind, shape=shape)
            written += figures.save(figure, path.with_name(f"{path.name}-{patches.kind}"), formats=["png", "pdf"])
    return [str(path) for path in written]
