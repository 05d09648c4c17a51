"""What figures and tables alike read from the saved tables of a comparison."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd


def whole_layers(names: Iterable[str]) -> list[str]:
    """The layers that are not parts of another one, as their names say; each once, in their order.

    >>> whole_layers(["conv2d0", "mixed4d_3x3", "mixed4d", "mixed4d_pool_reduce"])
    ['conv2d0', 'mixed4d']
    """
    known = list(dict.fromkeys(map(str, names)))
    return [name for name in known if not any(name.startswith(f"{other}_") for other in known)]


def marked(column: pd.Series) -> pd.Series:
    """Where a column says yes: True, or the word as CSV has it; an empty cell says no."""
    return column.astype("string").str.lower().eq("true").fillna(False).astype(bool)
