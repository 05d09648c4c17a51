"""Images as Fourier coefficients, as pixels and as pyramids, before they become colours."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.visualize import _noise
from artlucid.visualize.param._checks import checked_initial, checked_sd, checked_shape
from artlucid.visualize.param.lowres import lowres_tensor

Tensor = Any

QUARTER = 4.0
"""What Lucid divides an image of Fourier coefficients by."""


def pixel_image(shape: Sequence[int], sd: float | None = None, init_val: npt.ArrayLike | None = None) -> Tensor:
    """Make an image whose pixels are the variables.

    Parameters
    ----------
    shape : sequence of int
        (batch, height, width, channels).
    sd : float, optional
        Standard deviation of the initial noise; 0.01 where it is left out.
    init_val : array-like of `shape`, or of one image, optional
        Values to start from, in the place of noise.

    Returns
    -------
    float32 tensor of `shape`
        Any numbers; `to_valid_rgb` makes colours of them.

    Raises
    ------
    VisualizationError
        If the shape is no shape of images, `sd` not above 0, or `init_val` of another shape or not finite.

    Warns
    -----
    VisualizationWarning
        If both `sd` and `init_val` are given: there is no noise then.

    Examples
    --------
    >>> pixel_image([1, 8, 8, 3]).shape.as_list()
    [1, 8, 8, 3]
    """
    shape = checked_shape("shape", shape, at_least=4, at_most=4)
    if init_val is None:
        return tf.convert_to_tensor(tf.Variable(_noise.normal(shape, checked_sd(sd))))
    if sd is not None:
        warnings.warn("`sd` has no effect beside `init_val`: there is no noise.", VisualizationWarning, stacklevel=2)
    return tf.convert_to_tensor(tf.Variable(checked_initial("init_val", init_val, shape).astype(np.float32)))


def rfft2d_freqs(h: int, w: int) -> npt.NDArray[np.float64]:
    """Give the length of the frequency, in cycles a pixel, of each coefficient of a real Fourier transform.

    Parameters
    ----------
    h, w : int
        Height and width of the image in pixels.

    Returns
    -------
    array of shape (h, w // 2 + 1), or (h, w // 2 + 2) where `w` is odd
        One more than are needed for an odd width; the image has a column too many then, which is cut off.

    Examples
    --------
    >>> rfft2d_freqs(2, 4).round(3).tolist()
    [[0.0, 0.25, 0.5], [0.5, 0.559, 0.707]]
    """
    along_y = np.fft.fftfreq(h)[:, None]
    along_x = np.fft.fftfreq(w)[: w // 2 + 1 + w % 2]
    return np.sqrt(along_x * along_x + along_y * along_y)


def fft_image(
    shape: Sequence[int],
    sd: float | None = None,
    decay_power: float = 1,
    *,
    init_val: npt.ArrayLike | None = None,
) -> Tensor:
    """Make an image whose two-dimensional Fourier coefficients are the variables.

    Parameters
    ----------
    shape : sequence of int
        (batch, height, width, channels).
    sd : float, optional
        Standard deviation of the initial coefficients; 0.01 where it is left out.
    decay_power : float
        How fast the coefficients' scale falls with the frequency.
    init_val : array-like of `shape`, or of one image, optional
        The image to start from, in the place of noise.

    Returns
    -------
    float32 tensor of `shape`
        Any numbers; `to_valid_rgb` makes colours of them.

    Raises
    ------
    VisualizationError
        If the shape is no shape of images, `sd` not above 0, or `init_val` of another shape or not finite.

    Examples
    --------
    >>> fft_image([2, 8, 9, 3]).shape.as_list()
    [2, 8, 9, 3]
    """
    batch, h, w, ch = checked_shape("shape", shape, at_least=4, at_most=4)
    check_width(w)
    if init_val is None:
        coefficients = _noise.normal((2, batch, ch, *rfft2d_freqs(h, w).shape), checked_sd(sd), batch_axis=1)
    else:
        coefficients = _coefficients_of(checked_initial("init_val", init_val, (batch, h, w, ch)), decay_power)
    return image_of_spectrum(tf.Variable(coefficients), h, w, decay_power)


def check_width(w: int) -> None:
    """Refuse the one width that has no second frequency to make an odd width of."""
    if w == 1:
        raise VisualizationError(
            "An image of Fourier coefficients must be at least 2 pixels wide. Received a width of 1. "
            "Use `fft=False`, or `pixel_image`."
        )


def image_of_spectrum(coefficients: Tensor, h: int, w: int, decay_power: float) -> Tensor:
    """Transform real and imaginary parts, (2, batch, channels, *frequencies), into an image (batch, h, w, channels)."""
    # Not `coefficients[0]` and `[1]`: the gradient of a slice fills a tensor of zeros.
    real, imaginary = tf.unstack(coefficients)
    spectrum = tf.cast(_scale(h, w, decay_power), tf.complex64) * tf.complex(real, imaginary)
    image = tf.transpose(tf.signal.irfft2d(spectrum), (0, 2, 3, 1))
    return image[:, :h, :w, :] / QUARTER


def _scale(h: int, w: int, decay_power: float) -> npt.NDArray[np.float64]:
    """What coefficients are multiplied by: natural images' spectrum, and the root of the number of pixels."""
    frequencies = rfft2d_freqs(h, w)
    return np.sqrt(w * h) / np.maximum(frequencies, 1.0 / max(w, h)) ** decay_power


def _coefficients_of(images: npt.NDArray[np.float64], decay_power: float) -> npt.NDArray[np.float32]:
    """The coefficients of which `image_of_spectrum` makes these images."""
    _, h, w, _ = images.shape
    # An odd width has one column more in the transform; that column is cut off, so it may hold anything.
    padded = np.pad(images, ((0, 0), (0, 0), (0, w % 2), (0, 0)), mode="edge")
    spectrum = np.fft.rfft2(padded.transpose(0, 3, 1, 2)) * QUARTER / _scale(h, w, decay_power)
    return np.stack([spectrum.real, spectrum.imag]).astype(np.float32)


def laplacian_pyramid_image(shape: Sequence[int], n_levels: int = 4, sd: float | None = None) -> Tensor:
    """Make an image that is a sum of images of halved, quartered, … size, resized.

    Parameters
    ----------
    shape : sequence of int
        (…, height, width, channels).
    n_levels : int
        How many sizes.
    sd : float, optional
        Standard deviation of the initial noise; 0.01 where it is left out.

    Returns
    -------
    float32 tensor of `shape`
        Any numbers; `to_valid_rgb` makes colours of them.

    Raises
    ------
    VisualizationError
        If the shape is no shape of images, or the smallest size is none.

    Examples
    --------
    >>> laplacian_pyramid_image([1, 16, 24, 3]).shape.as_list()
    [1, 16, 24, 3]
    """
    *batch, h, w, channels = checked_shape("shape", shape, at_least=3)
    if not isinstance(n_levels, int) or n_levels < 1 or min(h, w) < 2 ** (n_levels - 1):
        raise VisualizationError(
            f"`n_levels` must be at least 1, and halve {w} x {h} pixels to no less than 1. Received {n_levels!r}. "
            "Use fewer levels, or a larger image."
        )
    levels = [
        lowres_tensor(shape, [*batch, h // 2**level, w // 2**level, channels], sd=sd) for level in range(n_levels)
    ]
    return tf.add_n(levels)


def bilinearly_sampled_image(texture: Tensor, uv: Tensor) -> Tensor:
    """Look up places of a texture, which repeats itself beyond its edges.

    Parameters
    ----------
    texture : float32 tensor of shape (texture_height, texture_width, channels)
    uv : float32 tensor of shape (height, width, 2)
        For each pixel, its place in the texture from the left and from the bottom, 0 … 1.

    Returns
    -------
    float32 tensor of shape (height, width, channels)

    Examples
    --------
    The middle of the pixel on the left, below:

    >>> texture = tf.constant([[[0.0], [1.0]], [[2.0], [3.0]]])
    >>> bilinearly_sampled_image(texture, tf.constant([[[0.25, 0.25]]])).numpy().ravel().tolist()
    [2.0]
    """
    height, width = tf.unstack(tf.shape(texture)[:2])
    along_x, along_y = tf.split(uv, 2, axis=-1)
    x = along_x * tf.cast(width, tf.float32) - 0.5
    y = (1.0 - along_y) * tf.cast(height, tf.float32) - 0.5
    left, right, above, below = tf.floor(x), tf.math.ceil(x), tf.floor(y), tf.math.ceil(y)

    def at(column: Tensor, row: Tensor) -> Tensor:
        wrapped = [tf.cast(row, tf.int32) % height, tf.cast(column, tf.int32) % width]
        return tf.gather_nd(texture, tf.concat(wrapped, axis=-1))

    share_right, share_below = x - left, y - above
    on_left = at(left, above) * (1.0 - share_below) + at(left, below) * share_below
    on_right = at(right, above) * (1.0 - share_below) + at(right, below) * share_below
    return on_left * (1.0 - share_right) + on_right * share_right


naive = pixel_image
laplacian_pyramid = laplacian_pyramid_image
sample_bilinear = bilinearly_sampled_image
