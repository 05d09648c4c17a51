"""The command `visualize`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import AllowChangedEnvironment, Architecture, AsJson, Model, Precision, Quiet
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
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="By workers of Dask: tcp://host:8786, or local:N for N processes here."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Of each process. [default: all processors, shared between those of local:N]")
    ] = None,
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
    from artlucid.visualize import _threads
    from artlucid.visualize._channel import channels_of

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
    _let_memory_grow()
    if threads is not None and dask is None:
        _threads.use(_threads.every(threads))
    width_and_height = _width_and_height(size)
    networks = [models.load(source, architecture=architecture) for source in (model, *(beside or ()))]
    request = {"out": out, "steps": steps, "size": width_and_height, "seed": seed, "options": options}
    if plan:
        costs = visualization.plan(networks, channels, **request)
        show(asdict(costs), _plan_as_text(costs), as_json)
        return
    folders = visualization.sweep(networks, channels, **request)
    asked = [channels_of(network, channels) for network in networks]
    labelled = _labelled(folders, networks)
    if sheets is not None:
        layers = dict.fromkeys(channel.layer for wanted in asked for channel in wanted)
        figures.save_contact_sheets(labelled, layers=list(layers), order=sheets)
    (label, _), *others = labelled.items()
    visualization.write_index(out, dict(others), label=label)
    rows = [
        {"model": network.source, **row}
        for network, folder, wanted in zip(networks, folders, asked, strict=True)
        for row in _rows_of(folder, wanted)
    ]
    if figure is not None:
        figures.save(figures.optimized_images(folders, [str(channel) for channel in asked[0]]), figure)
    show({"pictures": rows}, _as_text(rows), as_json)


def _labelled(folders: Sequence[Path], networks: Sequence[Any]) -> dict[str, Path]:
    """A short name for each folder: of the model, and of the subfolder where there is one."""
    first = Path(networks[0].source).name or networks[0].source
    names = [first, *(folder.name for folder in folders[1:])]
    if first in names[1:]:
        names[0] = f"{first} (1)"
    return dict(zip(names, folders, strict=True))


def _rows_of(folder: Path, wanted: Iterable[Any]) -> list[dict[str, Any]]:
    """What a folder says of these channels."""
    from artlucid.visualize import pictures

    names = {(channel.layer, channel.number) for channel in wanted}
    return [row for row in pictures(folder) if (row["layer"], row["channel"]) in names]


def _let_memory_grow() -> None:
    """Leave the rest of a GPU's memory to other processes: TensorFlow takes all of it unless it is told."""
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


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
            f"pictures   {plan.pictures} in {plan.layers} layers, {plan.batches} batches of {plan.batch_size}{there}",
            f"precision  {plan.precision}: {plan.reason}",
            f"time       about {_duration(plan.seconds)} on this machine; a step of a picture took {step or 'nothing'}",
            f"memory     {plan.memory / 2**30:.1f} GiB",
            f"disk       at most {plan.disk / 1e6:.0f} MB",
        ]
    )


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
