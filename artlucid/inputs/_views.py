"""What of an image file is decoded, and kept in the cache."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artlucid.datasets import read_image

Images = npt.NDArray[np.uint8]


def centre_crop(image: Images, size: int) -> Images:
    """Cut the square of that side from the middle of an image whose sides are at least as long.

    Parameters
    ----------
    image : uint8 array of shape (height, width, 3)
    size : int
        In pixels.

    Returns
    -------
    uint8 array of shape (size, size, 3)

    Examples
    --------
    >>> centre_crop(np.zeros((4, 6, 3), np.uint8), 4).shape
    (4, 4, 3)
    """
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return image[top : top + size, left : left + size]


@dataclass(frozen=True)
class View:
    """An image at the size that it is used in, as `read_image` resizes it.

    Attributes
    ----------
    shorter_side : int
        In pixels.
    whole : bool
        Whether the whole image is kept, or the square in its middle alone.

    Examples
    --------
    >>> View(224).fits((224, 224, 3)), View(224).fits((224, 300, 3)), View(224, whole=True).fits((224, 300, 3))
    (True, False, True)
    """

    shorter_side: int
    whole: bool = False

    def read(self, path: str | os.PathLike[str]) -> Images:
        """Decode a file, with the errors of `read_image`: uint8 array of shape (height, width, 3)."""
        image = read_image(path, shorter_side=self.shorter_side)
        return image if self.whole else np.ascontiguousarray(centre_crop(image, self.shorter_side))

    def fits(self, shape: tuple[int, int, int]) -> bool:
        """Say whether an image of this view can have that shape."""
        height, width, channels = shape
        return channels == 3 and min(height, width) == self.shorter_side and (self.whole or height == width)
