"""Pixels on a figure, one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from PIL import Image

from artlucid.figures import _text

DOTS = 300
"""Pixels an inch; as many as `save` writes."""


class Pixels(Artist):
    """An image that is copied into the file where that has `DOTS` an inch, and scaled once where it has not.

    An image of Matplotlib's own is resampled in floats even then: of a large sheet, in more than a gigabyte.

    Parameters
    ----------
    pixels : uint8 array of shape (height, width, 3)
    left, bottom : float
        From the figure's lower left corner, in inches.
    """

    def __init__(self, pixels: npt.NDArray[np.uint8], left: float, bottom: float) -> None:
        super().__init__()
        self.pixels = pixels
        self.left = left
        self.bottom = bottom

    def draw(self, renderer: RendererBase) -> None:
        """Draw on what Matplotlib draws on."""
        inch = renderer.points_to_pixels(_text.POINTS)
        scaled = _scaled(self.pixels, inch * renderer.get_image_magnification() / DOTS)
        context = renderer.new_gc()
        renderer.draw_image(context, self.left * inch, self.bottom * inch, scaled)
        context.restore()


def _scaled(pixels: npt.NDArray[np.uint8], scale: float) -> npt.NDArray[np.uint8]:
    """With opacity, the lowest row first, as renderers want it."""
    image = Image.fromarray(pixels[::-1])
    size = [max(1, round(scale * side)) for side in image.size]
    return np.array(image.resize((size[0], size[1]), Image.Resampling.LANCZOS).convert("RGBA"))
