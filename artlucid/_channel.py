"""A channel by its name: ``mixed4d_3x3_pre_relu:52``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from artlucid.errors import VisualizationError

PRE_RELU = "_pre_relu"
"""How the name of what stands before a layer's ReLU ends."""


@dataclass(frozen=True)
class Channel:
    """One channel of a layer.

    Attributes
    ----------
    layer : str
    number : int
        From 0 on, along the last axis.
    """

    layer: str
    number: int

    def __str__(self) -> str:
        return f"{self.layer}:{self.number}"

    @property
    def file_name(self) -> str:
        """Without suffix."""
        return f"{layer_file_name(self.layer)}-{self.number:04d}"


def layer_file_name(layer: str) -> str:
    """Name of a layer as a part of a file's name; a layer of a user's own network may have any name."""
    readable = "".join(letter if letter.isalnum() or letter in "_-." else "_" for letter in layer)
    # Two layers may be spelled alike once their slashes are gone.
    told_apart = "" if readable == layer else f"-{hashlib.sha256(layer.encode()).hexdigest()[:6]}"
    return f"{readable}{told_apart}"


def parse(text: str) -> Channel:
    """Read ``layer:channel``; a channel below 0 counts from the end.

    Raises
    ------
    VisualizationError
        If it is something else.
    """
    layer, _, number = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    try:
        if not layer.strip() or "_" in number:
            raise ValueError
        return Channel(layer.strip(), int(number))
    except ValueError as error:
        raise VisualizationError(
            f"A channel must be written `layer:number`. Received {text!r}. Use mixed4d_3x3_pre_relu:52, for example; "
            "`artlucid info MODEL` lists the layers."
        ) from error
