"""The command `demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import Architecture, AsJson, Precision, Quiet


@command
def demo(
    out: Annotated[Path, typer.Option(help="Folder for all that is made.")] = Path("artlucid-demo"),
    data: Annotated[str, typer.Option(help="Real data instead: rasta:PATH, folder:PATH.")] = "synthetic:styles",
    then: Annotated[
        str | None,
        typer.Option(help="A second task, several labels an image. [default: synthetic:objects, after drawn data]"),
    ] = None,
    weights: Annotated[str, typer.Option(help="Real weights instead: imagenet, bvlc, a file.")] = "none",
    architecture: Architecture = None,
    seed: int = 0,
    epochs: Annotated[int | None, typer.Option(help="Another number than the recipes'.")] = None,
    precision: Precision = "auto",
    quick: Annotated[bool, typer.Option("--quick", help="Two epochs, to see that everything works.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """The whole job on small paintings that it draws itself: no download, under five minutes."""
    from artlucid import demo as demonstration
    from artlucid import finetune

    made = demonstration.run(
        out,
        data=data,
        then=then,
        weights=weights,
        seed=seed,
        epochs=demonstration.QUICK_EPOCHS if quick else epochs,
        options=finetune.Options(precision=precision, architecture=architecture, progress=not quiet),
    )
    show(made.to_json(), "\n".join([*_first_task(made), *_second_task(made), *_look(made)]), as_json)


def _first_task(made: Any) -> list[str]:
    manifest, scores = made.run.manifest, made.scores
    data = manifest["dataset"]
    return [
        f"data      {data['specification']}: {data['images']['train']} training images, "
        f"{len(data['class_names'])} classes",
        f"training  recipe {manifest['recipe']['name']} ({manifest['recipe']['source']}), "
        f"{made.run.state['epochs_done']} epochs, {manifest['architecture']['variant']}, "
        f"{manifest['environment']['precision']['used']}, {made.seconds['finetune']:.0f} s",
        f"test      top-1 {scores.top_1:.1%} of {scores.images} images (chance {made.chance:.1%})",
        f"run       {made.run.path}  (weights, history.csv, logs/ for TensorBoard)",
        f"graph     {made.graph}  (opens in the original Lucid)",
    ]


def _second_task(made: Any) -> list[str]:
    if not made.starts:
        return []
    data = made.starts[0].run.manifest["dataset"]
    width = max(len(start.description) for start in made.starts)
    return [
        "",
        f"second    {data['specification']}: {data['images']['train']} training images, "
        f"{len(data['class_names'])} classes, several an image",
        f"test      mean average precision on {made.starts[0].scores.images} images (chance {made.second_chance:.1%})",
        *(
            f"          {start.scores.mean_average_precision:6.1%}  {start.description:<{width}}  {start.run.path}"
            for start in made.starts
        ),
    ]


def _look(made: Any) -> list[str]:
    from artlucid._terminal import columns

    manifest = made.comparison.manifest
    names = dict(zip(made.comparison.models, made.networks, strict=True))
    k = manifest["settings"]["k"][0]
    rows = [("before", "after", "mean CKA", f"overlap {k}", "chance")]
    rows += [
        (
            names[pair["model_a"]],
            names[pair["model_b"]],
            _decimal(pair["cka_mean"]),
            _decimal(pair[f"overlap_{k}_mean"]),
            _decimal(pair[f"overlap_{k}_chance"]),
        )
        for pair in manifest["pairs"]
    ]
    return [
        "",
        f"compared  {made.comparison.path}  (on {manifest['dataset']['specification']})",
        *(f"          {line}" for line in columns(rows, left=(0, 1))),
        f"channels  {made.figure}  (what some of them look for)",
        "",
        f"Open in a browser: {made.page.path.absolute()}",
    ]


def _decimal(value: float | None) -> str:
    """Of few images, such as those of a small folder of one's own, overlap is not known."""
    return "–" if value is None else f"{value:.2f}"
