"""A white sheet on which everything is placed in inches, so that nothing depends on the user's Matplotlib style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from artlucid.errors import VisualizationError
from artlucid.figures import _text

INK = "black"
PAPER = "white"
GREY = "0.6"

MARGIN = 0.05
"""Around the sheet, in inches."""

TALLEST = 200.0
"""Inches; at 300 dots an inch Matplotlib draws no more than 2**16 of them."""


@dataclass(frozen=True)
class Box:
    """A rectangle on a sheet: its upper left corner, from that of the sheet, and its sides, in inches."""

    left: float
    top: float
    width: float
    height: float


class Sheet:
    """A figure of fixed size.

    Parameters
    ----------
    width, height : float
        In inches.

    Raises
    ------
    VisualizationError
        If it is too tall to be drawn.
    """

    def __init__(self, width: float, height: float) -> None:
        if height > TALLEST:
            raise VisualizationError(
                f"A figure must be at most {TALLEST:.0f} inches tall. Received what needs {height:.0f}. Give fewer "
                "channels at once, or more `columns_per_band`."
            )
        self.width = width
        self.height = height
        self.figure = Figure(figsize=(width, height), facecolor=PAPER, edgecolor=PAPER)
        self.figure.set_layout_engine("none")  # whatever the user's style says

    def axes(self, box: Box, label: str) -> Axes:
        """Give axes that fill a box, without a frame."""
        sides = (box.width / self.width, box.height / self.height)
        corner = (box.left / self.width, 1 - (box.top + box.height) / self.height)
        return self.figure.add_axes((*corner, *sides), label=label, facecolor=PAPER, frameon=False)

    def text(self, left: float, top: float, text: str, **alignment: Any) -> None:
        """Write wrapped text from a point on, in inches: to its right and below it unless aligned otherwise."""
        self.figure.text(
            left / self.width,
            1 - top / self.height,
            text,
            fontproperties=_text.FONT,
            color=INK,
            linespacing=_text.LINE_SPACING,
            parse_math=False,  # a name may hold dollar signs
            **{"ha": "left", "va": "top", **alignment},
        )


def check_count(value: int, argument: str) -> None:
    """Refuse what is no number of columns, with a VisualizationError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise VisualizationError(
            f"`{argument}` must be a positive integer. Received {value!r}. Give the number of columns, for example 3."
        )
