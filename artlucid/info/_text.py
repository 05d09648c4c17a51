"""Facts as lines for a terminal: labels beside values, a chain as a tree."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from artlucid._terminal import clean

WIDTH = 100

Rows = Sequence[tuple[str, str]]
"""A label and what stands beside it; without a value the row is left out."""


def block(rows: Rows, *, indent: str = "") -> list[str]:
    """Labels in one column, values beside them, wrapped at `WIDTH`."""
    rows = [(label, clean(value)) for label, value in rows if value.strip()]
    column = max((len(label) for label, _ in rows), default=0) + 2
    room = max(WIDTH - len(indent) - column, 40)
    lines = []
    for label, value in rows:
        wrapped = textwrap.wrap(value, room, break_long_words=False, break_on_hyphens=False)
        for head, part in zip([label, *[""] * (len(wrapped) - 1)], wrapped, strict=True):
            lines.append(f"{indent}{head:{column}}{part}")
    return lines


def tree(chain: Sequence[tuple[str, Rows]]) -> list[str]:
    """A chain of titles with rows, each the origin of the one above it."""
    lines = []
    for level, (title, rows) in enumerate(chain):
        lines.append(("    " * (level - 1) + "└── " if level else "") + clean(title))
        branch = "│   " if level + 1 < len(chain) else "    "
        lines += block(rows, indent="    " * level + branch)
    return lines


def listed(names: Any, most: int = 8) -> str:
    """The first names of a list, and how many there are."""
    if not isinstance(names, list | tuple) or not names:
        return ""
    shown = ", ".join(str(name) for name in names[:most])
    return f"{len(names)}: {shown}{', …' if len(names) > most else ''}"


def counts(numbers: Any) -> str:
    """Numbers by what they count: ``1200 train, 240 val``."""
    return ", ".join(f"{count} {name}" for name, count in numbers.items()) if isinstance(numbers, Mapping) else ""


def number(value: Any, form: str) -> str:
    """A number in a form such as ``.4f``; whatever else a file holds there as it is."""
    return format(value, form) if isinstance(value, int | float) else str(value)
