"""The command `visualize`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import AllowChangedEnvironment, Architecture, AsJson, Dask, Model, Precision, Quiet, Threads
from artlucid.errors import VisualizationError

MOST_LINES = 100
"""Of single pictures."""


@command
def visualize(
    model: Model,
    channels: Annotated[
        list[str],
        typer.Argument(
            help="mixed4d_3x3_pre_relu:52, mixed4d_3x3:0-15, mixed4*:*, …; `artlucid info MODEL` lists the layers.",
            metavar="LAYER:CHANNEL...",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the pictures.", show_default=False)],
    beside: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Render the same channels in this model too, in a subfolder. Repeatable."),
    ] = None,
    steps: Annotated[int, typer.Option(help="Number of updates.")] = 2048,
    size: Annotated[str, typer.Option(help="Side in pixels, or WIDTHxHEIGHT.")] = "224",
    seed: int = 0,
    batch_size: Annotated[
        int | None, typer.Option(help="Pictures made together. [default: 16, or as many as are asked for of a layer]")
    ] = None,
    snapshot: Annotated[
        list[int] | None, typer.Option(metavar="STEP", help="Keep the pictures after so many updates too. Repeatable.")
    ] = None,
    init: Annotated[Path | None, typer.Option(help="An image to start from. [default: noise]")] = None,
    colours: Annotated[
        Path | None, typer.Option(help="FILE.json of `colour_statistics`. [default: ImageNet's colours]")
    ] = None,
    transforms_per_image: Annotated[
        bool, typer.Option("--transforms-per-image", help="Draw a transformation for each picture, not one for all.")
    ] = False,
    precision: Precision = "auto",
    engine: Annotated[str, typer.Option(help="artlucid, or lucid: the original one.")] = "artlucid",
    dask: Dask = None,
    threads: Threads = None,
    figure: Annotated[
        Path | None, typer.Option(help="FILE.png or FILE.pdf to write: models by channels in a grid.")
    ] = None,
    sheets: Annotated[
        str | None,
        typer.Option(
            metavar="ORDER",
            help="Write a contact sheet a layer, models side by side, ordered by `channel` or by final `objective`.",
        ),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say how many pictures, how long and how much memory, and make none.")
    ] = False,
    allow_changed_environment: AllowChangedEnvironment = False,
    architecture: Architecture = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make pictures of what channels look for, the same way in one network or in several."""
    from artlucid import figures, models
    from artlucid import visualize as visualization
    from artlucid._channel import Channel
    from artlucid._workers import _threads
    from artlucid.visualize import _sweep
    from artlucid.visualize._jobs import Request

    options = visualization.Options(
        batch_size=batch_size,
        snapshots=tuple(snapshot or ()),
        init=init,
        transforms_per_image=transforms_per_image,
        colours=None if colours is None else visualization.ColourStatistics.load(colours),
        precision=precision,
        engine=engine,
        dask=dask,
        threads=None if dask is None else threads,
        allow_changed_environment=allow_changed_environment,
        progress=not quiet,
    )
    if figure is not None:
        figures.check_suffix(figure)
    if sheets is not None:
        figures.check_order(sheets)
    _threads.let_memory_grow()
    if threads is not None and dask is None:
        _threads.use(_threads.every(threads))
    width_and_height = _width_and_height(size)
    networks = [models.load(source, architecture=architecture) for source in (model, *(beside or ()))]
    if plan:
        costs = visualization.plan(
            networks, channels, out=out, steps=steps, size=width_and_height, seed=seed, options=options
        )
        show(asdict(costs), _plan_as_text(costs), as_json)
        return
    swept = _sweep.swept_into(networks, Request(channels, steps, width_and_height, seed, options), out)
    _write_views(swept, sheets, figure)
    _sweep.tell_all(swept)
    rows = [
        {"model": one.source, **row}
        for one in swept
        for row in visualization.pictures(one.path)
        if Channel(row["layer"], row["channel"]) in one.problems
    ]
    show({"pictures": rows}, _as_text(rows), as_json)


def _write_views(swept: Sequence[Any], sheets: str | None, figure: Path | None) -> None:
    """What shows many pictures at once: contact sheets, the index, a figure."""
    from artlucid import figures, visualize

    out, *others = [one.path for one in swept]
    if sheets is not None:
        layers = dict.fromkeys(channel.layer for one in swept for channel in one.problems)
        figures.save_contact_sheets(_labelled(swept), layers=list(layers), order=sheets)
    # Also those that stood beside it in earlier calls.
    beside = {path.parent.name: path.parent for path in sorted(out.glob("*/pictures.json"))}
    visualize.write_index(out, {**{path.name: path for path in others}, **beside}, label=next(iter(_labelled(swept))))
    if figure is not None:
        figures.save(figures.optimized_images([out, *others], [str(channel) for channel in swept[0].problems]), figure)


def _labelled(swept: Sequence[Any]) -> dict[str, Path]:
    """A short name for each folder: of the model, and of the subfolder where there is one."""
    first = Path(swept[0].source).name or swept[0].source
    names = [first, *(one.path.name for one in swept[1:])]
    if first in names[1:]:
        names[0] = f"{first} (1)"
    return dict(zip(names, [one.path for one in swept], strict=True))


def _width_and_height(size: str) -> tuple[int, int]:
    try:
        sides = [int(side) for side in size.lower().split("x")]
        width, height = sides * 2 if len(sides) == 1 else sides
    except ValueError as error:
        raise VisualizationError(
            f"`--size` must be a side in pixels, or WIDTHxHEIGHT. Received {size!r}. Use 224, or 320x224."
        ) from error
    return width, height


def _as_text(rows: list[dict[str, Any]]) -> str:
    """A line a picture, or a line a layer where they are many."""
    if len(rows) > MOST_LINES:
        return _by_layer(rows)
    width = max(len(f"{row['layer']}:{row['channel']}") for row in rows)
    lines = []
    for row in rows:
        name = f"{row['layer']}:{row['channel']}"
        shown = row["file"] or "; ".join(row["notices"])
        lines.append(f"{name:<{width}}  {row['final_objective']:10.4g}  {shown}")
    return "\n".join(lines)


def _by_layer(rows: list[dict[str, Any]]) -> str:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["layer"], row["model"]), []).append(row)
    width = max(len(layer) for layer, _ in groups)
    lines = []
    for (layer, model), of_layer in groups.items():
        without = sum(row["file"] is None for row in of_layer)
        said = f", {without} without a picture" if without else ""
        lines.append(f"{layer:<{width}}  {len(of_layer) - without:5} pictures{said}  {model}")
    return "\n".join(lines)


def _plan_as_text(plan: Any) -> str:
    step = ", ".join(
        f"{seconds * 1000 / plan.batch_size:.1f} ms at {layer}" for layer, seconds in plan.measured.items()
    )
    there = f"; {plan.there} are there already" if plan.there else ""
    return "\n".join(
        [
            f"pictures   {plan.pictures} in {_number(plan.layers, 'layer')}, "
            f"{_number(plan.batches, 'batch', 'batches')} of {plan.batch_size}{there}",
            f"precision  {plan.precision}: {plan.reason}",
            f"time       about {_duration(plan.seconds)} on this machine; a step of a picture took {step or 'nothing'}",
            f"memory     {plan.memory / 2**30:.1f} GiB",
            f"disk       at most {plan.disk / 1e6:.0f} MB",
        ]
    )


def _number(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
