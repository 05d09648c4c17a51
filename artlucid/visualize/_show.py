"""Show pictures where there is something to show them in."""

from __future__ import annotations

import io
import sys

import numpy as np
import numpy.typing as npt
from PIL import Image


def show(images: npt.NDArray[np.float32]) -> None:
    """Show a batch side by side in a notebook; elsewhere do nothing."""
    interactive = sys.modules.get("IPython")
    if interactive is None or interactive.get_ipython() is None:
        return
    display = interactive.display
    display.display(display.Image(data=as_png(np.hstack(images))))


def as_pixels(image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """An image of values 0 … 1 as bytes."""
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def as_png(image: npt.NDArray[np.float32]) -> bytes:
    """An image of values 0 … 1 as a PNG file; a single channel is grey, a fourth one is transparency."""
    pixels = as_pixels(image)
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, "png")
    return file.getvalue()
