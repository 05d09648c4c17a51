"""The transformations of training images, by the names that recipes use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from artlucid.errors import RecipeError
from artlucid.inputs._views import Images, View

Cut = Callable[[Images, int, np.random.Generator], Images]


@dataclass(frozen=True)
class Augmentation:
    """How an image of training is cut.

    Attributes
    ----------
    view : callable
        From the side of the square that the network sees to the `View` that squares are cut from.
    cut : callable or None
        From an image of that view, the side of the square and a random generator to the square: uint8 of shape
        (size, size, 3). None where the view is the square.
    """

    view: Callable[[int], View]
    cut: Cut | None


def transformed_slightly(image: Images, size: int, generator: np.random.Generator) -> Images:
    """Flip a square horizontally with probability 1/2, and shift it by up to an eighth of its side: 28 of 224 pixels.

    Both shifts are whole pixels, drawn evenly. What comes in at the border repeats the outermost pixels, as by
    default in Keras's ``ImageDataGenerator``, with which the paper's experiments were made.
    """
    flipped = generator.random() < 0.5
    down, right = generator.integers(-(size // 8), size // 8, size=2, endpoint=True)
    rows, columns = (np.clip(np.arange(size) - shift, 0, size - 1) for shift in (down, right))
    if flipped:
        columns = size - 1 - columns
    # Single bytes, because NumPy is slow at copying runs of three.
    in_bytes = (3 * columns[:, None] + np.arange(3)).ravel()
    shifted: Images = image.reshape(size, -1).take(rows, axis=0).take(in_bytes, axis=1).reshape(image.shape)
    return shifted


def cropped_at_random(image: Images, size: int, generator: np.random.Generator) -> Images:
    """Cut a square from anywhere in an image, every place as likely as any other."""
    top, left = (generator.integers(0, side - size, endpoint=True) for side in image.shape[:2])
    return image[top : top + size, left : left + size]


def _enlarged(size: int) -> View:
    return View(round(size * 256 / 224), whole=True)


AUGMENTATIONS: Mapping[str, Augmentation] = MappingProxyType(
    {
        "none": Augmentation(View, None),
        "small_transformation": Augmentation(View, transformed_slightly),
        # 256 pixels for a network of 224, in this proportion for others.
        "random_crops": Augmentation(_enlarged, cropped_at_random),
    }
)
"""By the `augmentation` of a recipe."""


def get(augmentation: str) -> Augmentation:
    """Return an augmentation by its name; RecipeError if there is none."""
    if augmentation not in AUGMENTATIONS:
        raise RecipeError(
            f"`augmentation` must be one of {', '.join(AUGMENTATIONS)}. Received {augmentation!r}. Choose one of these."
        )
    return AUGMENTATIONS[augmentation]
