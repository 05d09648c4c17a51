"""Moving, resizing and turning images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize import _draws
from artlucid.visualize.transform._checks import checked_amount, checked_image, checked_values

Tensor = Any


_UNITS = ("degrees", "radians", "rads", "rad")


@dataclass(frozen=True)
class Jitter:
    """Cut a window out at a random place; made by `jitter`."""

    d: int
    seed: int | None = None

    def __call__(self, t_image: Tensor) -> Tensor:
        t_image = checked_image(t_image)
        height, width = t_image.shape[-3], t_image.shape[-2]
        for side in (height, width):
            if side is not None and side <= self.d:
                raise VisualizationError(
                    f"`jitter` must cut off less than the image has. Received jitter({self.d}) for an image of "
                    f"{width} x {height} pixels. Cut off less, or make a larger image."
                )
        draws, shape = _draws.current(), tf.shape(t_image)
        above, left = draws.integer(self.d + 1, self.seed), draws.integer(self.d + 1, self.seed)
        begin = tf.stack([0] * (len(t_image.shape) - 3) + [above, left, 0])
        window = tf.concat([shape[:-3], shape[-3:-1] - self.d, shape[-1:]], 0)
        cut = tf.slice(t_image, begin, window)
        sides = [None if side is None else side - self.d for side in (height, width)]
        return tf.ensure_shape(cut, [*t_image.shape[:-3], *sides, t_image.shape[-1]])


@dataclass(frozen=True)
class Pad:
    """Put a border around; made by `pad`."""

    w: int
    mode: str = "REFLECT"
    constant_value: float | str = 0.5

    def __call__(self, t_image: Tensor) -> Tensor:
        t_image = checked_image(t_image)
        mode = self.mode.upper()
        for side in t_image.shape[1:3]:
            if mode != "CONSTANT" and side is not None and self.w >= side + (mode == "SYMMETRIC"):
                raise VisualizationError(
                    f"`pad` must reflect less than the image has. Received {self} for an image of "
                    f"{t_image.shape[2]} x {t_image.shape[1]} pixels. Use `mode='constant'`, or a larger image."
                )
        value = _draws.current().uniform([]) if self.constant_value == "uniform" else self.constant_value
        around = [self.w, self.w]
        return tf.pad(t_image, [[0, 0], around, around, [0, 0]], mode, value)


@dataclass(frozen=True)
class RandomScale:
    """Resize by one of several factors; made by `random_scale`."""

    scales: tuple[float, ...]
    seed: int | None = None

    def __call__(self, t: Tensor) -> Tensor:
        t = checked_image(t)
        scale = _chosen(self.scales, tf.float32, self.seed)
        size = tf.cast(scale * tf.cast(tf.shape(t)[-3:-1], tf.float32), tf.int32)
        # Without half-pixel centres, as TensorFlow 1 resizes.
        return tf.raw_ops.ResizeBilinear(images=t, size=size, align_corners=False, half_pixel_centers=False)


@dataclass(frozen=True)
class RandomRotate:
    """Turn about the centre by one of several angles; made by `random_rotate`."""

    angles: tuple[float, ...]
    units: str = "degrees"
    seed: int | None = None

    def __call__(self, t: Tensor) -> Tensor:
        t = checked_image(t)
        angle = _chosen(self.angles, tf.float32, self.seed)
        # In this order, which decides the last bit.
        radians = 3.14 * angle / 180.0 if self.units.lower() == "degrees" else angle
        return tf.ensure_shape(_turned(t, radians), t.shape)


@dataclass(frozen=True)
class CropOrPadTo:
    """Cut or fill up to a size, about the centre; made by `crop_or_pad_to`."""

    height: int
    width: int

    def __call__(self, t_image: Tensor) -> Tensor:
        return tf.image.resize_with_crop_or_pad(checked_image(t_image), self.height, self.width)


def jitter(d: int, seed: int | None = None) -> Jitter:
    """Cut a window out at a random place: the image shrinks by `d` pixels.

    Parameters
    ----------
    d : int
        In pixels, in height and width; two draws of 0 … d.
    seed : int, optional
        Mixed into the draws, so that two transformations move differently.

    Returns
    -------
    callable

    Raises
    ------
    VisualizationError
        If `d` is no whole number of at least 0; when called, if the image has no more than `d` pixels.

    Examples
    --------
    >>> jitter(8)(tf.zeros([1, 64, 48, 3])).shape.as_list()
    [1, 56, 40, 3]
    """
    return Jitter(checked_amount("d", d), seed)


def pad(w: int, mode: str = "REFLECT", constant_value: float | str = 0.5) -> Pad:
    """Put a border of `w` pixels around the image.

    Parameters
    ----------
    w : int
        In pixels.
    mode : {"REFLECT", "SYMMETRIC", "CONSTANT"}
        In any case.
    constant_value : float or "uniform"
        Of a constant border; "uniform" draws a grey from 0 … 1 at each step.

    Returns
    -------
    callable

    Raises
    ------
    VisualizationError
        If a value is none of these; when called, if the image is smaller than what is to be reflected.

    Examples
    --------
    >>> pad(12, mode="constant")(tf.zeros([1, 64, 48, 3])).shape.as_list()
    [1, 88, 72, 3]
    """
    if not isinstance(mode, str) or mode.upper() not in ("REFLECT", "SYMMETRIC", "CONSTANT"):
        raise VisualizationError(
            f"`mode` must be REFLECT, SYMMETRIC or CONSTANT. Received {mode!r}. Choose one of these."
        )
    if constant_value != "uniform" and not (isinstance(constant_value, int | float) and math.isfinite(constant_value)):
        raise VisualizationError(
            f"`constant_value` must be a number or 'uniform'. Received {constant_value!r}. Use 0.5 for grey."
        )
    return Pad(checked_amount("w", w), mode, constant_value)


def random_scale(scales: Sequence[float], seed: int | None = None) -> RandomScale:
    """Resize the image by a factor drawn from several; sides are cut to whole pixels.

    Parameters
    ----------
    scales : sequence of float
        Each as likely as the others; one that stands twice is twice as likely.
    seed : int, optional
        Mixed into the draws.

    Returns
    -------
    callable
        Bilinear, without half-pixel centres.

    Raises
    ------
    VisualizationError
        If there are none, or one is not above 0.

    Examples
    --------
    >>> random_scale([0.5])(tf.zeros([1, 65, 64, 3])).shape.as_list()
    [1, 32, 32, 3]
    """
    return RandomScale(checked_values("scales", scales, above_zero=True), seed)


def random_rotate(angles: Sequence[float], units: str = "degrees", seed: int | None = None) -> RandomRotate:
    """Turn the image about its centre, counterclockwise, by an angle drawn from several.

    Parameters
    ----------
    angles : sequence of float
        Each as likely as the others.
    units : {"degrees", "radians", "rads", "rad"}
        Degrees are of a pi of 3.14, as in Lucid.
    seed : int, optional
        Mixed into the draws.

    Returns
    -------
    callable
        To the nearest pixel; what comes from outside is 0.

    Raises
    ------
    VisualizationError
        If there are no angles, or of an unknown unit.

    Examples
    --------
    >>> random_rotate([90])(tf.reshape(tf.range(4.0), [1, 2, 2, 1])).numpy().ravel().tolist()
    [1.0, 3.0, 0.0, 2.0]
    """
    if not isinstance(units, str) or units.lower() not in _UNITS:
        raise VisualizationError(
            f"`units` must be one of {', '.join(_UNITS)}. Received {units!r}. Choose one of these."
        )
    return RandomRotate(checked_values("angles", angles), units, seed)


def crop_or_pad_to(height: int, width: int) -> CropOrPadTo:
    """Cut the image, or put black around it, until it has a size: for networks that take one size only.

    Parameters
    ----------
    height, width : int
        In pixels.

    Returns
    -------
    callable

    Raises
    ------
    VisualizationError
        If a side is no whole number of at least 1.

    Examples
    --------
    >>> crop_or_pad_to(224, 224)(tf.zeros([1, 240, 200, 3])).shape.as_list()
    [1, 224, 224, 3]
    """
    return CropOrPadTo(checked_amount("height", height, least=1), checked_amount("width", width, least=1))


def _chosen(values: tuple[float, ...], dtype: Any, seed: int | None) -> Tensor:
    return tf.constant(values, dtype)[_draws.current().integer(len(values), seed)]


def _turned(t: Tensor, radians: Tensor) -> Tensor:
    size = tf.shape(t)[1:3]
    height, width = tf.unstack(tf.cast(size, tf.float32))
    cosine, sine = tf.cos(radians), tf.sin(radians)
    x, y = (width - 1) / 2, (height - 1) / 2
    left = x - (cosine * x - sine * y)
    above = y - (sine * x + cosine * y)
    # From places in the result to places in the image.
    matrix = tf.stack([cosine, -sine, left, sine, cosine, above, 0.0, 0.0])
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=t,
        transforms=matrix[None],
        output_shape=size,
        fill_value=0.0,
        interpolation="NEAREST",
        fill_mode="CONSTANT",
    )
