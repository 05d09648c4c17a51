"""The command `activations`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    Model,
    NoCache,
    Quiet,
    SplitSeed,
    chosen_cache,
    in_bytes,
)


@command
def activations(
    model: Model,
    data: Annotated[str, typer.Option(help=DATA_KINDS, show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            help="FILE.h5 to write; the same command goes on with one that is not finished.", show_default=False
        ),
    ],
    split: Annotated[str, typer.Option(help="test, val, train or all.")] = "test",
    size: Annotated[
        int | None, typer.Option(help="Side of the images in pixels. [default: what the network usually takes]")
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
    """Write what every channel answers to every image: its mean, its maximum and where that is, after ReLU."""
    from artlucid import activations as caches
    from artlucid import datasets
    from artlucid import models as networks

    options = caches.Options(
        batch_size=batch_size,
        precision=precision,
        size=size,
        max_excluded=max_excluded,
        progress=not quiet,
        cache=chosen_cache(cache, no_cache),
        cache_limit=in_bytes(cache_limit),
    )
    network = networks.load(model, architecture=architecture)
    images = datasets.load(data, metadata=metadata, split_seed=split_seed).split(split)
    made = caches.extract(network, images, out=out, options=options)
    dataset = made.manifest["dataset"]
    results = {
        "file": str(out),
        "model": made.manifest["model"]["source"],
        "model_identity": made.manifest["model"]["identity"],
        "data": dataset["specification"],
        "data_identity": dataset["identity"],
        "split": dataset["split"],
        "images": len(made),
        "excluded": [f"{file['path']}: {file['reason']}" for file in dataset["excluded"]],
        "layers": list(made.layers),
        "channels": sum(made[layer].shape[1] for layer in made.stored_layers),
        "precision": made.manifest["environment"]["precision"],
    }
    text = (
        f"{out}: {results['channels']} channels of {len(made.stored_layers)} layers of {results['model']} "
        f"for {len(made)} images of {dataset['specification']}, {dataset['split']}"
    )
    show(results, text, as_json)
