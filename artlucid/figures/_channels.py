"""Channels by their names, and how a figure spells them."""

from __future__ import annotations

from collections.abc import Sequence

from artlucid.errors import VisualizationError

_LINEAR = "_pre_relu"


def parsed(text: str) -> tuple[str, int]:
    """Read ``layer:channel``.

    Raises
    ------
    VisualizationError
        If it is something else.
    """
    layer, _, number = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    if not layer.strip() or not number.strip().isdecimal():
        raise VisualizationError(
            f"A channel must be written `layer:number`, its number from 0 on. Received {text!r}. "
            "Use mixed4d_3x3_pre_relu:52, for example."
        )
    return layer.strip(), int(number)


def name_of(layer: str, number: int) -> str:
    """Give the name of a channel: ``mixed4d_3x3_pre_relu:52``."""
    return f"{layer}:{number}"


def checked(channels: Sequence[str]) -> list[str]:
    """Names of channels in one spelling, each once, in the order given.

    Raises
    ------
    VisualizationError
        If there are none, or one is not ``layer:number``.
    """
    if isinstance(channels, str) or not len(channels):
        raise VisualizationError(
            "`channels` must be a sequence of names such as mixed4d_3x3_pre_relu:52. "
            f"Received {channels!r}. Give at least one, in a list."
        )
    return list(dict.fromkeys(name_of(*parsed(channel)) for channel in channels))


def titles(channels: Sequence[str]) -> list[str]:
    r"""Spell channels for readers, over two lines.

    A channel before its ReLU is called by its layer's plain name, unless both stand in the same figure.

    >>> titles(["mixed4d_3x3_pre_relu:52"])
    ['mixed4d_3x3\nchannel 52']
    """
    layers = {parsed(channel)[0] for channel in channels}
    return [_title(*parsed(channel), layers) for channel in channels]


def _title(layer: str, number: int, layers: set[str]) -> str:
    plain = layer.removesuffix(_LINEAR)
    return f"{layer if plain in layers else plain}\nchannel {number}"
