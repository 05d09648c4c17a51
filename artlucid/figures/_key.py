"""What the lines, marks and boxes of a figure stand for: a line of text each, as many side by side as fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.lines import Line2D

from artlucid.figures import _text
from artlucid.figures._sheet import MARGIN, Sheet

# In inches.
_SAMPLE = 0.26
_SAMPLE_GAP = 0.06
_GAP = 0.16

_BASELINE = 0.73
"""Of the height of a line, from above; texts beside each other stand on one line, whatever letters they have."""

_MIDDLE = 0.53


@dataclass(frozen=True)
class Entry:
    """A text, and the properties of the line that stands before it."""

    label: str
    look: Mapping[str, Any]


class Key:
    """Entries as they will stand below each other.

    Parameters
    ----------
    entries : sequence of Entry
    width : float
        Of the sheet, in inches.
    """

    def __init__(self, entries: Sequence[Entry], width: float) -> None:
        room = width - 2 * MARGIN
        self.lines: list[list[tuple[float, str, Mapping[str, Any]]]] = [[]]
        left = 0.0
        for entry in entries:
            label = _text.wrapped(entry.label, room - _SAMPLE - _SAMPLE_GAP)
            needed = _SAMPLE + _SAMPLE_GAP + max(map(_text.width_of, label.split("\n")))
            if self.lines[-1] and left + needed > room:
                self.lines.append([])
                left = 0.0
            self.lines[-1].append((left, label, entry.look))
            left += needed + _GAP

    @property
    def height(self) -> float:
        return sum(map(_height, self.lines))

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw the entries from a height on, in inches."""
        for line in self.lines:
            for left, label, look in line:
                _draw_sample(sheet, MARGIN + left, top + _MIDDLE * _text.height_of("x"), look)
                for index, text in enumerate(label.split("\n")):
                    baseline = top + (index + _BASELINE) * _text.height_of("x")
                    sheet.text(MARGIN + left + _SAMPLE + _SAMPLE_GAP, baseline, text, va="baseline")
            top += _height(line)


def _height(line: Sequence[tuple[float, str, Mapping[str, Any]]]) -> float:
    return max((_text.height_of(label) for _, label, _ in line), default=0.0)


def _draw_sample(sheet: Sheet, left: float, middle: float, look: Mapping[str, Any]) -> None:
    places = [left, left + _SAMPLE / 2, left + _SAMPLE]
    heights = [1 - middle / sheet.height] * len(places)
    # A mark in the middle alone.
    sheet.figure.add_artist(Line2D([place / sheet.width for place in places], heights, markevery=[1], **look))
