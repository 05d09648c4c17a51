"""Channels by their names, held to what a network has."""

from __future__ import annotations

from collections.abc import Sequence

from artlucid._channel import Channel, parse
from artlucid.errors import VisualizationError
from artlucid.models import Network, layer_output


def channels_of(network: Network, texts: Sequence[str]) -> tuple[Channel, ...]:
    """Read names of channels, and hold them to what the network has.

    Raises
    ------
    VisualizationError
        If there are none, if one is not ``layer:number``, or out of range.
    ModelError
        If there is no such layer; the nearest names are given.
    """
    if isinstance(texts, str) or not texts:
        raise VisualizationError(
            f"`channels` must be a sequence of names such as mixed4d_3x3_pre_relu:52. Received {texts!r}. "
            "Give at least one, in a list."
        )
    return tuple(_in_range(network, parse(text)) for text in texts)


def _in_range(network: Network, channel: Channel) -> Channel:
    depth = layer_output(network, channel.layer).shape[-1]
    number = channel.number + depth if channel.number < 0 else channel.number
    if not 0 <= number < depth:
        raise VisualizationError(
            f"A channel must be one of the {depth} of its layer. Received {channel}. "
            f"Use {channel.layer}:0 to {channel.layer}:{depth - 1}; numbers below 0 count from the end."
        )
    return Channel(channel.layer, number)
