"""Several transformations as one, for a batch or for each of its images, and how they are written down."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize import _draws
from artlucid.visualize.transform._checks import checked_image, checked_size, checked_transforms

Tensor = Any
Transform = Callable[[Tensor], Tensor]

GREY = 0.5


@dataclass(frozen=True)
class Compose:
    """Do one transformation after the other; made by `compose`."""

    transforms: tuple[Transform, ...]

    def __call__(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x


@dataclass(frozen=True)
class PerImage:
    """Transform each image of a batch with draws of its own; made by `per_image`."""

    transforms: tuple[Transform, ...]
    size: tuple[int, int] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        x = checked_image(x)
        if x.shape[0] is None or (self.size is None and None in x.shape[1:3]):
            raise VisualizationError(
                "`per_image` must know how many images there are, and their size where it is given none. Received "
                f"shape {x.shape}. Put it before what makes the size vary, or give it a `size`."
            )
        size = self.size or self._size_of_all(x)
        # What is put around them is 0.
        images = [self._transformed(x, index) - GREY for index in range(x.shape[0])]
        return tf.concat([tf.image.resize_with_crop_or_pad(image, *size) for image in images], 0) + GREY

    def _transformed(self, x: Tensor, index: int) -> Tensor:
        with _draws.drawing(_draws.current().of_image(index)):
            return Compose(self.transforms)(x[index : index + 1])

    def _size_of_all(self, x: Tensor) -> Sequence[int]:
        # Traced with draws that nobody knows yet: so what varies does so even if this call's draws agree.
        traced = tf.function(Compose(self.transforms), autograph=False)
        with _draws.drawing(_draws.FreeDraws()):
            size = traced.get_concrete_function(tf.TensorSpec([1, *x.shape[1:]], x.dtype)).output_shapes[1:3]
        return tuple(x.shape[1:3] if None in size else size)


def compose(transforms: Sequence[Transform]) -> Compose:
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
    return Compose(checked_transforms(transforms))


def per_image(transforms: Sequence[Transform], *, size: Sequence[int] | None = None) -> PerImage:
    """Do transformations with draws of its own for each image of a batch: not in Lucid.

    The results may differ in size; unless all have the same known one, each is cut about its centre, or filled up with
    grey, to the size of the image before.

    Parameters
    ----------
    transforms : sequence of callable
        They see batches of one image.
    size : sequence of 2 int, optional
        Height and width in pixels to which each result is cut or filled up in any case.

    Returns
    -------
    callable
        For batches of a known number of images.

    Raises
    ------
    VisualizationError
        If they are no sequence of callables, or the size is none; when called, if the shape of the batch is not known.

    Examples
    --------
    >>> from artlucid.visualize import transform
    >>> transform.per_image(transform.standard_transforms)(tf.zeros([2, 64, 48, 3])).shape.as_list()
    [2, 64, 48, 3]
    """
    return PerImage(checked_transforms(transforms), checked_size(size))


def describe(transform: Transform) -> str:
    """How a transformation is written down: as the call that makes it, or by the name of a user's own function.

    The same in every process, so that a folder of pictures can be gone on with.

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
    >>> transform.describe(transform.compose([transform.jitter(8), tf.image.flip_left_right]))
    'compose(transforms=[jitter(d=8), flip_left_right])'
    """
    if dataclasses.is_dataclass(transform) and not isinstance(transform, type):
        return _as_call(transform)
    if isinstance(transform, functools.partial):
        given = [*map(repr, transform.args), *(f"{key}={value!r}" for key, value in transform.keywords.items())]
        return f"partial({', '.join([describe(transform.func), *given])})"
    return str(getattr(transform, "__qualname__", type(transform).__qualname__))


def _as_call(transform: Any) -> str:
    name = re.sub("(?<=.)([A-Z])", r"_\1", type(transform).__name__).lower()
    given = {field.name: getattr(transform, field.name) for field in dataclasses.fields(transform)}
    return f"{name}({', '.join(f'{key}={_shown(value)}' for key, value in given.items() if value is not None)})"


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and all(map(callable, value)):
        return f"[{', '.join(map(describe, value))}]"
    return repr(value)
