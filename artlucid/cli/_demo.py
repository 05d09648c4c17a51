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
    weights: Annotated[str, typer.Option(help="Real weights instead: imagenet, bvlc, a file.")] = "none",
    architecture: Architecture = None,
    seed: int = 0,
    epochs: Annotated[int | None, typer.Option(help="Another number than the recipe's.")] = None,
    precision: Precision = "auto",
    quick: Annotated[bool, typer.Option("--quick", help="Two epochs, to see that everything works.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """The whole job on small paintings that it draws itself: no download, under two minutes."""
    from artlucid import demo as demonstration
    from artlucid import finetune

    options = finetune.Options(precision=precision, architecture=architecture, progress=not quiet)
    made = demonstration.run(out, data=data, weights=weights, seed=seed, epochs=epochs, quick=quick, options=options)
    show(made.to_json(), _demo_text(made), as_json)


def _demo_text(made: Any) -> str:
    manifest, scores = made.run.manifest, made.scores
    data = manifest["dataset"]
    return "\n".join(
        [
            f"data      {data['specification']}: {data['images']['train']} training images, "
            f"{len(data['class_names'])} classes",
            f"training  recipe {manifest['recipe']['name']} ({manifest['recipe']['source']}), "
            f"{made.run.state['epochs_done']} epochs, {manifest['architecture']['variant']}, "
            f"{manifest['environment']['precision']['used']}, {made.seconds['finetune']:.0f} s",
            f"test      top-1 {scores.top_1:.1%} of {scores.images} images (chance {made.chance:.1%})",
            f"run       {made.run.path}  (weights, history.csv, logs/ for TensorBoard)",
            f"graph     {made.graph}  (opens in the original Lucid)",
        ]
    )
