"""Channels by their names and by patterns, held to what a network has."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence

from artlucid._channel import PRE_RELU, Channel, parse
from artlucid.errors import VisualizationError
from artlucid.models import Network, layer_output

WILD = re.compile(r"[*?\[]")


def channels_of(network: Network, texts: Sequence[str]) -> tuple[Channel, ...]:
    """Read names of channels and patterns, and hold them to what the network has.

    Parameters
    ----------
    network : Network
    texts : sequence of str
        ``layer:7``, ``layer:-1``, ``layer:0-15`` or ``layer:*``. A layer may be a pattern with ``*``, ``?`` and
        ``[…]``: it stands for the convolutions of that name before their ReLUs, or else for other layers of that name.

    Returns
    -------
    tuple of Channel
        In the order in which they are asked for, and within a pattern in that of the network.

    Raises
    ------
    VisualizationError
        If there are none, if one is not ``layer:number``, or out of range, or a pattern matches nothing.
    ModelError
        If there is no such layer; the nearest names are given.
    """
    if isinstance(texts, str) or not texts:
        raise VisualizationError(
            f"`channels` must be a sequence of names such as mixed4d_3x3_pre_relu:52. Received {texts!r}. "
            "Give at least one, in a list."
        )
    return tuple(channel for text in texts for channel in _meant(network, text))


def _meant(network: Network, text: str) -> Iterator[Channel]:
    layer, _, numbers = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    layer, numbers = layer.strip(), numbers.strip()
    several = re.fullmatch(r"(\d+)-(\d+)", numbers)
    if not layer or not (several or numbers == "*" or re.fullmatch(r"[+-]?\d+", numbers)):
        parse(text)  # says what is wrong
    if not (several or numbers == "*" or _is_pattern(network, layer)):
        yield _in_range(network, parse(text))
        return
    for name in _layers(network, layer):
        depth = layer_output(network, name).shape[-1]
        if numbers == "*":
            yield from (Channel(name, number) for number in range(depth))
        elif several:
            first, last = map(int, several.groups())
            _in_range(network, Channel(name, last))
            if last < first:
                raise VisualizationError(
                    f"A range of channels must go upwards. Received {text!r}. Write {layer}:{last}-{first}."
                )
            yield from (Channel(name, number) for number in range(first, last + 1))
        else:
            yield _in_range(network, parse(f"{name}:{numbers}"))


def _is_pattern(network: Network, layer: str) -> bool:
    """Whether a layer has the letters of a pattern, and is not called so itself."""
    return WILD.search(layer) is not None and layer not in network.layer_names


def _layers(network: Network, pattern: str) -> list[str]:
    """The layers that a pattern means, in the network's order."""
    if not _is_pattern(network, pattern):
        return [pattern]
    names = network.layer_names
    bare = pattern.removesuffix(PRE_RELU)
    # Each channel once: those of a block are those of its convolutions, and a ReLU only hides what they look for.
    convolutions = [] if network.architecture is None else network.architecture.convolutions
    found = [f"{name}_pre_relu" for name in convolutions if fnmatch.fnmatchcase(name, bare)]
    for others in (network.analysed_layers, names):
        found = found or [name for name in others if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise VisualizationError(
            f"A pattern must match layers of the network. Received {pattern!r}, which matches none. Use `mixed4*:*`, "
            f"for example; the layers are {', '.join(names[:4])} … {names[-1]}, and `artlucid info MODEL` lists them."
        )
    return found


def _in_range(network: Network, channel: Channel) -> Channel:
    depth = layer_output(network, channel.layer).shape[-1]
    number = channel.number + depth if channel.number < 0 else channel.number
    if not 0 <= number < depth:
        raise VisualizationError(
            f"A channel must be one of the {depth} of its layer. Received {channel}. "
            f"Use {channel.layer}:0 to {channel.layer}:{depth - 1}; numbers below 0 count from the end."
        )
    return Channel(channel.layer, number)
