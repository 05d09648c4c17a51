"""The command `info`."""

from __future__ import annotations

from typing import Annotated

import typer

from artlucid.cli._app import command, show
from artlucid.cli._options import Architecture, AsJson, Quiet


@command
def info(
    thing: Annotated[
        str,
        typer.Argument(
            help="A run, any other MODEL, DATA, a weights file or export, FILE.toml or the name of a recipe, "
            "a comparison, a cache of activations, a folder of pictures.",
            metavar="MODEL|DATA|FILE",
            show_default=False,
        ),
    ],
    layers: Annotated[bool, typer.Option("--layers", help="List every layer of a network or a cache.")] = False,
    architecture: Architecture = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say what something is, how it was made, and what it consists of."""
    from artlucid import info as information

    facts = information.describe(thing, architecture=architecture, layers=layers)
    show(facts, information.as_text(facts), as_json)
