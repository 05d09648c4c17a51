"""What every text for a terminal needs: columns side by side, and nothing that steers it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any


def columns(rows: Iterable[Sequence[Any]], *, left: Collection[int] = (0,)) -> list[str]:
    r"""Columns side by side: these to the left, the others to the right as numbers are.

    Examples
    --------
    >>> print(*columns([("class", "images"), ("Baroque", 7)]), sep="\n")
    class    images
    Baroque       7
    """
    cells = [[clean(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if index in left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def clean(text: str) -> str:
    """A text from a file that cannot steer the terminal it is printed on."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", text)
