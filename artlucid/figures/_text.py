"""Text in a figure: how wide it is, where its lines break, how much room they take."""

from __future__ import annotations

import re
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

POINTS = 72
"""An inch."""

SIZE = 7.0
"""Of all text, in points: the smallest that print allows."""

LINE_SPACING = 1.2

# Letters on whole pixels are up to this much wider than their outlines.
_HINTING = 1.04

_LINE_HEIGHT = 1.4 * SIZE / POINTS

# Comes with Matplotlib, so that a figure is the same on every machine.
FONT = FontProperties(family="DejaVu Sans", size=SIZE)

# Names of layers and runs have no spaces: a line may also end after these.
_PARTS = re.compile(r"[^\s_/\-@:.,]*[\s_/\-@:.,]?")


@lru_cache(maxsize=4096)
def width_of(line: str) -> float:
    """Width of a line, in inches, at most."""
    return _HINTING * float(text_to_path.get_text_width_height_descent(line, FONT, ismath=False)[0]) / POINTS


def height_of(text: str) -> float:
    """Room for all lines of a text, in inches; none for no text."""
    return _LINE_HEIGHT * (text.count("\n") + 1) if text else 0.0


def wrapped(text: str, width: float) -> str:
    """Break a text into lines of at most this width, in inches.

    Lines end where the text has line ends, after spaces, after the signs that join the parts of a name, and inside
    of a part only where that is wider than a line.
    """
    return "\n".join(line for paragraph in text.split("\n") for line in _lines(_printable(paragraph), width))


def shortened(text: str, width: float) -> str:
    """Leave out the middle of a line that is wider than this, in inches, and put an ellipsis in its place."""
    text = _printable(text)
    if width_of(text) <= width:
        return text
    parts = (f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}" for kept in range(len(text) - 1, 0, -1))
    return next((part for part in parts if width_of(part) <= width), "…")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _lines(text: str, width: float) -> list[str]:
    lines = [""]
    for part in _PARTS.findall(text):
        if lines[-1] and width_of((lines[-1] + part).rstrip()) > width:
            lines.append("")
        lines[-1] += part
        while width_of(lines[-1].rstrip()) > width and len(lines[-1].rstrip()) > 1:
            fitting = _letters_that_fit(lines[-1], width)
            lines[-1:] = [lines[-1][:fitting], lines[-1][fitting:]]
    return [line.rstrip() for line in lines]


def _letters_that_fit(line: str, width: float) -> int:
    return next((count for count in range(len(line) - 1, 1, -1) if width_of(line[:count]) <= width), 1)
