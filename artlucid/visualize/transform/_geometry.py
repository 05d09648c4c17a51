"""Moving, resizing and turning images."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize import _draws
from artlucid.visualize.objectives._checks import SIZE, with_map_of_at_least
from artlucid.visualize.transform._checks import checked_amount, checked_image, checked_seed, checked_values

Tensor = Any

_UNITS = ("degrees", "radians", "rads", "rad")


@dataclass(frozen=True)
class Jitter:
    """Cut a window out at a random place; made by `jitter`."""

    d: int
    seed: int | None = None

    def __call__(self, t_image: Tensor) -> Tensor:
        t_image = self._large_enough(checked_image(t_image))
        above, left = self._place(_draws.current())
        batch, height, width, channels = tf.unstack(tf.shape(t_image))
        window = [batch, height - self.d, width - self.d, channels]
        cut = tf.slice(t_image, [0, above, left, 0], window)
        sides = [None if side is None else side - self.d for side in t_image.shape[1:3]]
        return tf.ensure_shape(cut, [t_image.shape[0], *sides, t_image.shape[3]])

    def _place(self, draws: _draws.Draws) -> tuple[Tensor, Tensor]:
        # From one seed TensorFlow's own generator gives the same number twice, and all moves would be diagonal.
        other = None if self.seed is None else ~self.seed
        return draws.integer(self.d + 1, self.seed), draws.integer(self.d + 1, other)

    def _large_enough(self, t_image: Tensor) -> Tensor:
        return with_map_of_at_least(
            t_image,
            (self.d + 1, self.d + 1),
            f"`jitter` must cut off less than the image has. Received jitter({self.d}) for an image of {SIZE} pixels. "
            "Cut off less, or make a larger image.",
        )


@dataclass(frozen=True)
class RandomScale:
    """Resize by one of several factors; made by `random_scale`."""

    scales: tuple[float, ...]
    seed: int | None = None

    def __call__(self, t: Tensor) -> Tensor:
        t = self._large_enough(checked_image(t))
        scale = _chosen(self.scales, self.seed)
        size = tf.cast(scale * tf.cast(tf.shape(t)[-3:-1], tf.float32), tf.int32)
        # Without half-pixel centres, as TensorFlow 1 resizes.
        return tf.raw_ops.ResizeBilinear(images=t, size=size, align_corners=False, half_pixel_centers=False)

    def _large_enough(self, t: Tensor) -> Tensor:
        smallest = min(self.scales)
        side = math.ceil(1 / smallest)
        return with_map_of_at_least(
            t,
            (side, side),
            f"`random_scale` must leave a pixel of the image. Received the scale {smallest} for an image of {SIZE} "
            "pixels. Leave it out, or make a larger image.",
        )


@dataclass(frozen=True)
class RandomRotate:
    """Turn about the centre by one of several angles; made by `random_rotate`."""

    angles: tuple[float, ...]
    units: str = "degrees"
    seed: int | None = None

    def __call__(self, t: Tensor) -> Tensor:
        t = checked_image(t)
        angle = _chosen(self.angles, self.seed)
        # In this order, which decides the last bit.
        radians = 3.14 * angle / 180.0 if self.units.lower() == "degrees" else angle
        return tf.ensure_shape(_turned(t, radians), t.shape)


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
        If `d` is no whole number of at least 0, or `seed` none; when called, if the image has no more than `d` pixels.

    Examples
    --------
    >>> jitter(8)(tf.zeros([1, 64, 48, 3])).shape.as_list()
    [1, 56, 40, 3]
    """
    return Jitter(checked_amount("d", d), checked_seed(seed))


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
        If there are none, or one is not above 0; when called, if nothing is left of the image by the smallest.

    Examples
    --------
    >>> random_scale([0.5])(tf.zeros([1, 65, 64, 3])).shape.as_list()
    [1, 32, 32, 3]
    """
    return RandomScale(checked_values("scales", scales, above_zero=True), checked_seed(seed))


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
    return RandomRotate(checked_values("angles", angles), units, checked_seed(seed))


def _chosen(values: tuple[float, ...], seed: int | None) -> Tensor:
    return tf.constant(values, tf.float32)[_draws.current().integer(len(values), seed)]


def _turned(t: Tensor, radians: Tensor) -> Tensor:
    """Turn by gathering pixels: the op computes a pixel's place anew for each channel, and here once for all images."""
    size = tf.shape(t)[1:3]
    places = tf.reshape(tf.range(1, tf.reduce_prod(size) + 1), [1, size[0], size[1], 1])
    # Exact also where an image has more pixels than float32 has whole numbers.
    places = tf.cast(places, tf.float64)

    @tf.custom_gradient
    def gathered(t: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        def gradient(upstream: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                tape.watch(places)
                sources = _turned_by_op(places, radians)
            return _gathered(upstream, tape.gradient(sources, places, output_gradients=places))

        return _gathered(t, _turned_by_op(places, radians)), gradient

    return gathered(t)


def _gathered(t: Tensor, places: Tensor) -> Tensor:
    """The pixels of each image at places that count from 1; 0 is black."""
    batch, _, _, channels = tf.unstack(tf.shape(t))
    pixels = tf.reshape(t, [batch, -1, channels])
    with_black = tf.concat([tf.zeros([batch, 1, channels], t.dtype), pixels], axis=1)
    turned = tf.gather(with_black, tf.reshape(tf.cast(places, tf.int32), [-1]), axis=1)
    return tf.reshape(turned, tf.shape(t))


def _turned_by_op(t: Tensor, radians: Tensor) -> Tensor:
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
