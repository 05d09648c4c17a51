"""The command `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import Architecture, AsJson, Model, Quiet
from artlucid.errors import ExportError


@command
def export(
    model: Model,
    file: Annotated[Path, typer.Argument(help="FILE.pb for the original Lucid, or FILE.keras.", show_default=False)],
    architecture: Architecture = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write a network as a frozen graph that the original Lucid opens, or as Keras's file."""
    from artlucid import export as exporting
    from artlucid import models

    writers = {".pb": exporting.frozen_graph, ".keras": exporting.keras_file}
    if file.suffix not in writers:
        raise ExportError(f"FILE must end in {' or '.join(writers)}. Received {str(file)!r}. Name it so.")
    network = models.load(model, architecture=architecture)
    written = writers[file.suffix](network, file)
    results = {"file": str(written), "model": model, "identity": network.identity, "layers": list(network.layer_names)}
    show(results, f"{written}: {len(network.layer_names)} layers of {model}", as_json)
