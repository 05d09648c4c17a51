"""The command `report`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import AsJson, Metadata, Quiet
from artlucid.errors import ReportError


@partial(command, tensorflow=False)
def report(
    directory: Annotated[
        Path, typer.Argument(help="The folder that `artlucid compare` wrote.", metavar="DIR", show_default=False)
    ],
    out: Annotated[Path | None, typer.Option(help="Folder to write. [default: DIR/page]")] = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of optimized images. Repeatable. [default: those that the comparison records]"),
    ] = None,
    without_pictures: Annotated[
        bool, typer.Option("--without-pictures", help="Leave the optimized images out.")
    ] = False,
    scores: Annotated[
        list[Path] | None, typer.Option(help="What `artlucid evaluate --json` printed, as a file. Repeatable.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=NAME", help="What a model of the tables is called on the page. Repeatable."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Of the page. [default: what was compared]")] = None,
    data: Annotated[
        str | None, typer.Option(help="Where the images are now, if they moved; and for `--metadata`.")
    ] = None,
    metadata: Metadata = None,
    without_images: Annotated[
        bool, typer.Option("--without-images", help="Make the page though the images are gone: it names them.")
    ] = False,
    thumbnails: Annotated[int, typer.Option(help="Shorter side of the images on the page, in pixels.")] = 128,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write a page to browse the channels of a comparison; it opens from the disk."""
    from artlucid import _comparison, datasets
    from artlucid import report as reporting

    if pictures and without_pictures:
        raise ReportError(
            f"One of `--pictures` and `--without-pictures` may be given. Received `--pictures {pictures[0]}` and "
            "`--without-pictures`. Leave one of them out."
        )
    found = _comparison.read(directory)
    dataset = data
    if metadata is not None:
        dataset = datasets.load(data or found.manifest["dataset"]["specification"], metadata=metadata)
    options = reporting.Options(
        title=title,
        labels=dict(map(_named, label or ())),
        pictures=() if without_pictures else pictures,
        scores=tuple(scores or ()),
        dataset=dataset,
        images=not without_images,
        thumbnails=thumbnails,
        progress=not quiet,
    )
    page = reporting.write(found, out=out, options=options)
    results = {
        "page": str(page.path),
        "n_channels": page.n_channels,
        "n_layers": page.n_layers,
        "n_thumbnails": page.n_thumbnails,
        "n_pictures": page.n_pictures,
        "notices": list(page.notices),
    }
    show(results, f"{page.path}", as_json)


def _named(text: str) -> tuple[str, str]:
    model, sign, name = text.rpartition("=")
    if not sign or not model or not name:
        raise ReportError(f"`--label` must be MODEL=NAME. Received {text!r}. Give runs/styles=styles, for example.")
    return model, name
