"""The pixels of a patch."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from artlucid.activations._boxes import Box
from artlucid.datasets.images import image_size, read_image


def cut_patch(path: str | os.PathLike[str], box: Box, *, side: int | None = None) -> npt.NDArray[np.uint8]:
    """Cut a box out of an image file.

    Parameters
    ----------
    path : path
        Read as `datasets.read_image` does: upright, RGB.
    box : Box
    side : int, optional
        Pixels that the box's shorter side is to have about; a larger image is decoded smaller, which is far faster. By
        default as many as the file has.

    Returns
    -------
    uint8 array of shape (height, width, 3)

    Raises
    ------
    DataError
        If the file cannot be read as an image.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (40, 20)).save(Path(folder, "black.png"))
    ...     cut_patch(Path(folder, "black.png"), Box(0.5, 0, 1, 1)).shape
    (20, 20, 3)
    """
    image = read_image(path, shorter_side=None if side is None else _shorter_side(image_size(path), box, side))
    left, top, right, bottom = box.in_pixels(image.shape[1], image.shape[0])
    return image[top:bottom, left:right]


def _shorter_side(size: tuple[int, int], box: Box, side: int) -> int | None:
    """Of the whole image, where its box is to have that side; None where the file has no more."""
    width, height = size
    own = min((box.right - box.left) * width, (box.bottom - box.top) * height)
    wanted = round(min(size) * side / own)
    return wanted if wanted < min(size) else None
