"""What figures and tables alike read from the saved tables of a comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from artlucid.architectures import ARCHITECTURES

_NUMBERS = re.compile(r"(\d+)")


def whole_layers(names: Iterable[str]) -> list[str]:
    """The layers that are not parts of another one, as their names say; each once, in their order.

    >>> whole_layers(["conv2d0", "mixed4d_3x3", "mixed4d", "mixed4d_pool_reduce"])
    ['conv2d0', 'mixed4d']
    """
    known = list(dict.fromkeys(map(str, names)))
    return [name for name in known if not any(name.startswith(f"{other}_") for other in known)]


def from_input_to_output(names: Iterable[str]) -> list[str]:
    """Layers in the order of a graph: of the architecture that has them all, or else as their names are numbered.

    The table of channels, whose lowest overlap comes first, does not tell it.

    >>> from_input_to_output(["mixed5b", "mixed4d", "mixed4d_5x5", "mixed4d_1x1", "conv2d0"])
    ['conv2d0', 'mixed4d_1x1', 'mixed4d_5x5', 'mixed4d', 'mixed5b']
    >>> from_input_to_output(["block10_conv", "block2_conv"])
    ['block2_conv', 'block10_conv']
    """
    wanted = list(dict.fromkeys(map(str, names)))
    for architecture in ARCHITECTURES.values():
        places = {layer.name: place for place, layer in enumerate(architecture.layers())}
        if set(wanted) <= set(places):
            return sorted(wanted, key=places.__getitem__)
    return sorted(wanted, key=_numbered)


def _numbered(name: str) -> list[tuple[int, str]]:
    """Text and numbers in turn, the numbers by their values."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _NUMBERS.split(name)]


def marked(column: pd.Series) -> pd.Series:
    """Where a column says yes: True, or the word as CSV has it; an empty cell says no."""
    return column.astype("string").str.lower().eq("true").fillna(False).astype(bool)
