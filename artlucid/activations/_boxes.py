"""Boxes in images: from the square that a network sees to the whole image, whatever its size."""

from __future__ import annotations

import os
from dataclasses import dataclass

from artlucid.datasets.images import image_size, resized
from artlucid.errors import ActivationsError


@dataclass(frozen=True)
class Box:
    """A part of an image, in fractions of its width and height as it is seen, upright.

    Attributes
    ----------
    left, top, right, bottom : float
        0 at the left and upper border, 1 at the right and lower one.

    Raises
    ------
    ActivationsError
        If it is empty, or not inside the image.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ActivationsError(
                "A box must have 0 <= left < right <= 1 and 0 <= top < bottom <= 1. Received "
                f"{self.left}, {self.top}, {self.right}, {self.bottom}. Give fractions of the image's width and height."
            )

    def in_pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in an image of that size, at least a pixel each way."""
        left, right = _whole(self.left, self.right, width)
        top, bottom = _whole(self.top, self.bottom, height)
        return left, top, right, bottom


def _whole(start: float, stop: float, length: int) -> tuple[int, int]:
    first = min(round(start * length), length - 1)
    return first, max(round(stop * length), first + 1)


@dataclass(frozen=True)
class SeenSquare:
    """What a network sees of an image: its shorter side resized to that of a square, and the middle cut out.

    Attributes
    ----------
    size : int
        Side of the square in pixels.
    width, height : int
        Of the resized image, upright.
    """

    size: int
    width: int
    height: int

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """A box in the whole image from one in pixels of the square."""
        across, down = (self.width - self.size) // 2, (self.height - self.size) // 2
        return Box(
            (across + left) / self.width,
            (down + top) / self.height,
            (across + right) / self.width,
            (down + bottom) / self.height,
        )


def seen_square(path: str | os.PathLike[str], size: int) -> SeenSquare:
    """What a network that takes squares of that side sees of a file, as `inputs` cuts it; DataError as `read_image`."""
    return SeenSquare(size, *resized(image_size(path), size))
