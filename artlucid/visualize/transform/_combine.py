"""Several transformations as one, for a batch or for each of its images."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize.transform._checks import checked_image, checked_transforms

Tensor = Any
Transform = Callable[[Tensor], Tensor]

GREY = 0.5


def compose(transforms: Sequence[Transform]) -> Transform:
    """Do several transformations one after the other.

    Parameters
    ----------
    transforms : sequence of callable
        May be empty.

    Returns
    -------
    callable

    Raises
    ------
    VisualizationError
        If they are no sequence of callables.

    Examples
    --------
    >>> from artlucid.visualize import transform
    >>> transform.compose([transform.pad(2), transform.jitter(3)])(tf.zeros([1, 32, 32, 3])).shape.as_list()
    [1, 33, 33, 3]
    """
    steps = checked_transforms(transforms)

    def composed(x: Tensor) -> Tensor:
        for step in steps:
            x = step(x)
        return x

    return composed


def per_image(transforms: Sequence[Transform]) -> Transform:
    """Do transformations with draws of its own for each image of a batch: not in Lucid.

    The results may differ in size; unless all have the same known one, each is cut about its centre, or filled up with
    grey, to the size of the image before.

    Parameters
    ----------
    transforms : sequence of callable

    Returns
    -------
    callable
        For batches of a known number of images and a known size.

    Raises
    ------
    VisualizationError
        If they are no sequence of callables; when called, if the shape of the batch is not known.

    Examples
    --------
    >>> from artlucid.visualize import transform
    >>> transform.per_image(transform.standard_transforms)(tf.zeros([2, 64, 48, 3])).shape.as_list()
    [2, 64, 48, 3]
    """
    transformed = compose(transforms)

    def of_each(x: Tensor) -> Tensor:
        x = checked_image(x)
        batch, height, width, _ = x.shape
        if None in (batch, height, width):
            raise VisualizationError(
                "`per_image` must know the shape of the batch. Received an image of shape "
                f"{tuple(x.shape)}. Put it before what makes the size vary."
            )
        images = [transformed(x[index : index + 1]) - GREY for index in range(batch)]
        sizes = {tuple(image.shape[1:3]) for image in images}
        if len(sizes) == 1 and None not in next(iter(sizes)):
            return tf.concat(images, 0) + GREY
        return tf.concat([tf.image.resize_with_crop_or_pad(image, height, width) for image in images], 0) + GREY

    return of_each


def describe(transform: Transform) -> str:
    """How a transformation is written down: as the call that makes it, or by the name of a user's own function.

    Parameters
    ----------
    transform : callable

    Returns
    -------
    str

    Examples
    --------
    >>> from artlucid.visualize import transform
    >>> transform.describe(transform.jitter(8))
    'jitter(d=8)'
    """
    if not dataclasses.is_dataclass(transform) or isinstance(transform, type):
        return str(getattr(transform, "__qualname__", None) or repr(transform))
    name = re.sub("(?<=.)([A-Z])", r"_\1", type(transform).__name__).lower()
    given = {field.name: getattr(transform, field.name) for field in dataclasses.fields(transform)}
    shown = ", ".join(f"{key}={value!r}" for key, value in given.items() if value is not None)
    return f"{name}({shown})"
