"""The command `reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import Architecture, AsJson, Precision, Quiet


@command
def reproduce(
    items: Annotated[
        list[str] | None,
        typer.Argument(
            help="table1 … table4, figure1 … figure17, findings, or all. [default: all]",
            metavar="[ITEM]...",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for all that is made; the same command goes on there.", show_default=False)
    ] = ...,  # type: ignore[assignment]
    rasta: Annotated[str | None, typer.Option(help="RASTA, or any data with one label an image.")] = None,
    iconart: Annotated[str | None, typer.Option(help="IconArt, or any data with several labels an image.")] = None,
    paintings: Annotated[str | None, typer.Option(help="Paintings, or any data with several labels an image.")] = None,
    weights: Annotated[str, typer.Option(help="That all begins with: imagenet, bvlc, none, a file.")] = "imagenet",
    architecture: Architecture = None,
    seeds: Annotated[str, typer.Option(help="A training each.")] = "0,1",
    images_per_class: Annotated[
        int | None, typer.Option(help="Chosen for each class, in each split: a rehearsal.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="At most, of each training: a rehearsal.")] = None,
    steps: Annotated[int, typer.Option(help="Updates of the optimized images.")] = 2048,
    size: Annotated[int | None, typer.Option(help="Of the optimized images. [default: the network's]")] = None,
    channels: Annotated[int, typer.Option(help="Of each figure that shows channels.")] = 4,
    resamples: Annotated[int, typer.Option(help="Choices of images that intervals are made from, at least 20.")] = 200,
    precision: Precision = "auto",
    dask: Annotated[
        str | None, typer.Option(help="Who makes optimized images and activations: a scheduler's address, or local:N.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print the steps and an estimate of their time, no more.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """The paper's tables, figures and findings, on its data or on others, whole or as a rehearsal."""
    from artlucid import reproduce as reproducing

    settings = reproducing.Settings(
        rasta=rasta,
        iconart=iconart,
        paintings=paintings,
        weights=weights,
        architecture=architecture,
        seeds=_seeds(seeds),
        images_per_class=images_per_class,
        epochs=epochs,
        steps=steps,
        size=size,
        channels=channels,
        resamples=resamples,
        precision=precision,
        dask=dask,
        progress=not quiet,
    )
    if plan:
        _show_plan(reproducing.plan(items or [], out=out, settings=settings), as_json)
        return
    made = reproducing.reproduce(items or [], out=out, settings=settings, after_step=_forget_networks)
    results = {**made.results, "left_out": made.left_out, "page": str(made.path / "index.md")}
    show(results, "\n".join(_made(made)), as_json)


def _forget_networks() -> None:
    """Free what Keras and TensorFlow would keep of networks for as long as the process lives."""
    import keras

    from artlucid._forgotten import forget_gradients

    forget_gradients()
    keras.backend.clear_session()


def _seeds(text: str) -> tuple[int, ...]:
    from artlucid.errors import ReproductionError

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise ReproductionError(
            f"`--seeds` must be integers with commas between them. Received {text!r}. Give 0,1, for example."
        ) from error


def _show_plan(planned: Any, as_json: bool) -> None:
    from dataclasses import asdict

    from artlucid._terminal import columns

    rows = [("step", "", "time")]
    rows += [
        (step.name, "done" if step.done else "to do", "" if step.done else _time(step.seconds))
        for step in planned.steps
    ]
    to_do = sum(not step.done for step in planned.steps)
    text = [
        *columns(rows, left=(0, 1)),
        "",
        *(f"left out: {name}, for want of {why}" for name, why in planned.left_out.items()),
        f"{to_do} of {len(planned.steps)} steps to do, about {_time(planned.seconds)} ({planned.basis})",
    ]
    show(asdict(planned), "\n".join(line.rstrip() for line in text), as_json)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _made(made: Any) -> list[str]:
    from artlucid._terminal import columns
    from artlucid.reproduce._states import ROLES

    rows = [("finding", "data", "verdict", "")]
    rows += [(one.of.title, ROLES[one.data], one.verdict, one.reason) for one in made.readings]
    lines = columns(rows, left=(0, 1, 2, 3))
    lines += ["", *(f"left out: {name}, for want of {why}" for name, why in made.left_out.items())]
    return [*(line.rstrip() for line in lines), f"page {made.path / 'index.md'}"]
