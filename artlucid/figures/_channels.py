"""Channels by their names, and how a figure spells them."""

from __future__ import annotations

from collections.abc import Sequence

from artlucid._channel import PRE_RELU, Channel, parse
from artlucid.errors import VisualizationError


def parsed(text: str) -> Channel:
    """Read ``layer:channel``; without a network a channel below 0 cannot be counted from the end.

    Raises
    ------
    VisualizationError
        If it is something else.
    """
    channel = parse(text)
    if channel.number < 0:
        raise VisualizationError(
            f"A channel of a figure must be written `layer:number`, its number from 0 on. Received {text!r}. "
            "Use mixed4d_3x3_pre_relu:52, for example."
        )
    return channel


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
    return list(dict.fromkeys(str(parsed(channel)) for channel in channels))


def titles(channels: Sequence[str]) -> list[str]:
    r"""Spell channels for readers, over two lines.

    A channel before its ReLU is called by its layer's plain name, unless both stand in the same figure.

    >>> titles(["mixed4d_3x3_pre_relu:52"])
    ['mixed4d_3x3\nchannel 52']
    """
    found = [parsed(channel) for channel in channels]
    layers = {channel.layer for channel in found}
    return [_title(channel, layers) for channel in found]


def _title(channel: Channel, layers: set[str]) -> str:
    plain = channel.layer.removesuffix(PRE_RELU)
    return f"{channel.layer if plain in layers else plain}\nchannel {channel.number}"
