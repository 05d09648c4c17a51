"""The precision that pictures are made in: the fastest one that keeps their quality."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from artlucid import environment
from artlucid._channel import Channel
from artlucid.environment import Precision
from artlucid.errors import VisualizationError
from artlucid.models import Network
from artlucid.visualize._fast import path_to
from artlucid.visualize._options import Options

MEASURED = ("float32", "bfloat16")
"""Whose pictures were held against the original's: `docs/many-channels.md`."""


def precision_of(
    networks: Iterable[Network],
    channels: Iterable[Channel],
    options: Options,
    recorded: str | None = None,
    resolve: Callable[[str], Precision] = environment.resolve_precision,
) -> Precision:
    """Decide in which precision all pictures of a call are made.

    Parameters
    ----------
    networks : iterable of Network
    channels : iterable of Channel
    options : Options
        Of which `precision` is what was asked for.
    recorded : str, optional
        What the pictures of a folder that is gone on with were made in.
    resolve : callable
        What a precision comes to where the pictures are made; by default, here.

    Returns
    -------
    Precision

    Raises
    ------
    VisualizationError
        If another precision than float32 is asked for where there is no other.
    ModelError
        If there is no precision of that name.
    """
    asked = options.precision
    if asked == "auto" and recorded is not None:
        return _as_recorded(recorded, _hindrance(networks, channels, options))
    precision = resolve(asked)
    hindrance = _hindrance(networks, channels, options)
    if precision.used == "float32" or (hindrance is None and (asked != "auto" or precision.used in MEASURED)):
        return precision
    if asked == "auto":
        return Precision(asked, "float32", hindrance or f"pictures in {precision.used} were not measured")
    raise VisualizationError(
        f"`precision` must be float32 or auto, because {hindrance}. Received {asked!r}. Leave it out."
    )


def _as_recorded(recorded: str, hindrance: str | None) -> Precision:
    if hindrance is not None and recorded != "float32":
        raise VisualizationError(
            f"The pictures of a folder must be made in one precision. Received a folder in {recorded}, where the new "
            f"ones can be made in float32 alone, because {hindrance}. Choose another `--out`."
        )
    return Precision("auto", recorded, "as the pictures that are there")


def _hindrance(networks: Iterable[Network], channels: Iterable[Channel], options: Options) -> str | None:
    """Why pictures can be made in float32 alone; None if they need not be."""
    if options.engine == "lucid":
        return "the original Lucid renders in float32"
    if options.penalty is not None:
        return "a penalty may ask for any layer"
    layers = {channel.layer for channel in channels}
    for network in networks:
        if network.architecture is None:
            return f"{network.source} is no architecture of this library"
        outside = sorted(layer for layer in layers if path_to(network, layer) is None)
        if outside:
            return f"{outside[0]} lies beyond the backbone"
    return None
