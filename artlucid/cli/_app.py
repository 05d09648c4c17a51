"""The application: how a command is registered, what it says and how it ends."""

from __future__ import annotations

import functools
import json
import logging
import signal
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer

import artlucid
from artlucid._chatter import retracing_unsaid, tensorflow_silenced
from artlucid.errors import ArtlucidError

logger = logging.getLogger("artlucid")

app = typer.Typer(
    name="artlucid",
    help="Fine-tune networks on artworks, look inside them, measure what changed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"artlucid {artlucid.__version__}")
        raise typer.Exit


@app.callback()
def _artlucid(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Fine-tune networks on artworks, look inside them, measure what changed."""


def command(function: Callable[..., None], *, tensorflow: bool = True) -> Callable[..., None]:
    """Register a command: deliberate errors become a message and code 2, Ctrl-C becomes 130.

    Parameters
    ----------
    function : callable
        Its name is that of the command.
    tensorflow : bool
        Whether the command needs TensorFlow, whose chatter is then silenced.
    """

    @functools.wraps(function)
    def guarded(*arguments: Any, **options: Any) -> None:
        _set_up_messages(quiet=options.get("quiet", False))
        signal.signal(signal.SIGTERM, _terminate)
        try:
            if tensorflow:
                with tensorflow_silenced():
                    import_module("tensorflow")  # its chatter comes with the import
                retracing_unsaid()
            function(*arguments, **options)
        except ArtlucidError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as interruption:
            typer.echo("interrupted", err=True)
            raise typer.Exit(143 if isinstance(interruption, _Terminated) else 130) from None

    app.command(name=function.__name__.replace("_", "-"))(guarded)
    return guarded


class _Terminated(KeyboardInterrupt):
    """A cluster's way to end a job; what is under way ends as after Ctrl-C."""


def _terminate(*_: object) -> None:
    raise _Terminated


class _Messages(logging.Handler):
    """Writes to standard error without tearing a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        prefix = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        tqdm.write(prefix + record.getMessage(), file=sys.stderr)


def _set_up_messages(*, quiet: bool) -> None:
    logger.handlers[:] = [_Messages()]
    logger.setLevel(logging.ERROR if quiet else logging.INFO)
    warnings.showwarning = lambda message, *_, **__: logger.warning("%s", message)


def show(results: dict[str, Any], text: str, as_json: bool) -> None:
    """Print the results of a command."""
    shown = json.dumps(results, indent=2, ensure_ascii=False) if as_json else text
    # As bytes, because a file name need not be text.
    typer.echo(shown.encode("utf-8", "surrogateescape"))
