"""The command `visualize`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated, Any

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import AllowChangedEnvironment, Architecture, AsJson, Model, Quiet
from artlucid.errors import VisualizationError


@command
def visualize(
    model: Model,
    channels: Annotated[
        list[str],
        typer.Argument(
            help="mixed4d_3x3_pre_relu:52, for example; `artlucid info MODEL` lists the layers.",
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
    engine: Annotated[str, typer.Option(help="artlucid, or lucid: the original one.")] = "artlucid",
    figure: Annotated[
        Path | None, typer.Option(help="FILE.png or FILE.pdf to write: models by channels in a grid.")
    ] = None,
    allow_changed_environment: AllowChangedEnvironment = False,
    architecture: Architecture = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make pictures of what channels look for, the same way in one network or in several."""
    from artlucid import figures, models
    from artlucid import visualize as visualization
    from artlucid.visualize._channel import channels_of

    options = visualization.Options(
        batch_size=batch_size,
        snapshots=tuple(snapshot or ()),
        init=init,
        transforms_per_image=transforms_per_image,
        colours=None if colours is None else visualization.ColourStatistics.load(colours),
        engine=engine,
        allow_changed_environment=allow_changed_environment,
        progress=not quiet,
    )
    if figure is not None:
        figures.check_suffix(figure)
    width_and_height = _width_and_height(size)
    networks = [models.load(source, architecture=architecture) for source in (model, *(beside or ()))]
    folders = [out, *(out / name for name in _folder_names(beside or []))]
    rows = []
    for network, folder in zip(networks, folders, strict=True):
        asked = {(channel.layer, channel.number) for channel in channels_of(network, channels)}
        visualization.channels(
            network, channels, steps=steps, size=width_and_height, seed=seed, out=folder, options=options
        )
        rows += [
            {"model": network.source, **row}
            for row in visualization.pictures(folder)
            if (row["layer"], row["channel"]) in asked
        ]
    if figure is not None:
        figures.save(
            figures.optimized_images(folders, [str(channel) for channel in channels_of(networks[0], channels)]), figure
        )
    show({"pictures": rows}, _as_text(rows), as_json)


def _width_and_height(size: str) -> tuple[int, int]:
    try:
        sides = [int(side) for side in size.lower().split("x")]
        width, height = sides * 2 if len(sides) == 1 else sides
    except ValueError as error:
        raise VisualizationError(
            f"`--size` must be a side in pixels, or WIDTHxHEIGHT. Received {size!r}. Use 224, or 320x224."
        ) from error
    return width, height


def _folder_names(models: list[str]) -> list[str]:
    """A subfolder a model, by the last part of how it was named; numbered where two are the same."""
    names: list[str] = []
    for model in models:
        name = Path(model).name or model
        spellings = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
        names.append(
            next(free for free in spellings if free not in (*names, "curves", "manifests", "sheets", "snapshots"))
        )
    return names


def _as_text(rows: list[dict[str, Any]]) -> str:
    width = max(len(f"{row['layer']}:{row['channel']}") for row in rows)
    lines = []
    for row in rows:
        name = f"{row['layer']}:{row['channel']}"
        shown = row["file"] or "; ".join(row["notices"])
        lines.append(f"{name:<{width}}  {row['final_objective']:10.4g}  {shown}")
    return "\n".join(lines)
