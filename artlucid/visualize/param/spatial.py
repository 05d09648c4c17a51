"""Images in space: by their pixels, by their frequencies, or as a pyramid."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.visualize import _noise
from artlucid.visualize.param._checks import checked_initial, checked_number, checked_sd, checked_shape
from artlucid.visualize.param.lowres import lowres_tensor

Tensor = Any

CONTRAST = 4.0
"""What Lucid divides the image of a spectrum by."""


def pixel_image(shape: Sequence[int], sd: float | None = None, init_val: npt.ArrayLike | None = None) -> Tensor:
    """Make a variable that is the image itself.

    Parameters
    ----------
    shape : sequence of int
        (batch, height, width, channels), or another.
    sd : float, optional
        Standard deviation of the initial noise; 0.01 where it is left out.
    init_val : array-like of `shape`, optional
        What to begin with, rather than with noise; without the batch axis it is the same for every image.

    Returns
    -------
    float32 variable of `shape`

    Raises
    ------
    VisualizationError
        If the shape, the deviation or the initial value is none.

    Warns
    -----
    VisualizationWarning
        If both are given: there is no noise then, as in Lucid.

    Examples
    --------
    >>> pixel_image([1, 16, 24, 3]).shape.as_list()
    [1, 16, 24, 3]
    """
    shape = checked_shape("shape", shape)
    return tf.Variable(_noise_or(init_val, shape, sd, shape, batch_axis=0))


def rfft2d_freqs(h: int, w: int) -> npt.NDArray[np.float64]:
    """Give the frequencies of an image's spectrum, in cycles a pixel.

    Parameters
    ----------
    h, w : int
        Height and width in pixels.

    Returns
    -------
    float64 array of shape (h, w // 2 + 1), or (h, w // 2 + 2) for an odd width
        An odd width is that of an image a pixel wider, cut afterwards.

    Examples
    --------
    >>> rfft2d_freqs(2, 4).tolist()
    [[0.0, 0.25, 0.5], [0.5, 0.5590169943749475, 0.7071067811865476]]
    """
    h, w = checked_number("h", h), checked_number("w", w)
    vertical = np.fft.fftfreq(h)[:, None]
    horizontal = np.fft.fftfreq(w)[: w // 2 + 1 + w % 2]
    return np.sqrt(horizontal * horizontal + vertical * vertical)


def fft_image(
    shape: Sequence[int], sd: float | None = None, decay_power: float = 1, *, init_val: npt.ArrayLike | None = None
) -> Tensor:
    """Make an image from a variable that holds its spectrum, each frequency divided by itself.

    Parameters
    ----------
    shape : sequence of int
        (batch, height, width, channels), the width at least 2.
    sd : float, optional
        Standard deviation of the initial coefficients; 0.01 where it is left out.
    decay_power : float
        The power of the frequency that the coefficients are divided by.
    init_val : array-like of `shape`, optional
        The image to begin with, rather than noise; without the batch axis it is the same for every one. It comes out to
        within 1e-5 of its largest value.

    Returns
    -------
    float32 tensor of `shape`
        Its variable is (2, batch, channels, height, frequencies): real and imaginary parts.

    Raises
    ------
    VisualizationError
        If the shape, the deviation or the initial value is none.

    Warns
    -----
    VisualizationWarning
        If both are given: there is no noise then.

    Examples
    --------
    >>> fft_image([1, 16, 25, 3]).shape.as_list()
    [1, 16, 25, 3]
    """
    _, h, w, _ = shape = checked_shape("shape", shape, at_least=4, at_most=4)
    return image_of_spectrum(spectrum_variable(shape, sd, decay_power, init_val), h, w, decay_power)


def spectrum_variable(
    shape: tuple[int, ...], sd: float | None, decay_power: float, init_val: npt.ArrayLike | None
) -> tf.Variable:
    """The spectra of images of `shape` (batch, h, w, channels): float32 (2, batch, channels, h, frequencies)."""
    batch, h, w, ch = shape
    check_width(w)
    coefficients = (2, batch, ch, *rfft2d_freqs(h, w).shape)
    if init_val is None:
        return tf.Variable(_noise_or(None, coefficients, sd, shape, batch_axis=1))
    return tf.Variable(_spectrum_of(_noise_or(init_val, coefficients, sd, shape, batch_axis=1), decay_power))


def image_of_spectrum(spectrum: Tensor, h: int, w: int, decay_power: float) -> Tensor:
    """Scale a spectrum (2, batch, channels, h, frequencies) and transform it: float32 (batch, h, w, channels)."""
    return tf.transpose(planes_of_spectrum(spectrum, h, w, decay_power), (0, 2, 3, 1))


def planes_of_spectrum(spectrum: Tensor, h: int, w: int, decay_power: float) -> Tensor:
    """`image_of_spectrum` as it comes out: float32 (batch, channels, h, w)."""
    # Taken apart at once: the gradient of an index is a tensor of zeros for each.
    real, imaginary = tf.unstack(spectrum)
    # By a power of 2, which changes no bit.
    scale = (_scale(h, w, decay_power) / CONTRAST).astype(np.float32)
    return tf.signal.irfft2d(tf.complex(real * scale, imaginary * scale))[..., :w]


def check_width(w: int) -> None:
    """Refuse a width whose spectrum would be an image of width 0."""
    if w < 2:
        raise VisualizationError(
            f"The width of an image by its frequencies must be at least 2. Received {w}. Use `fft=False`, or "
            "`pixel_image`."
        )


def _scale(h: int, w: int, decay_power: float) -> npt.NDArray[np.float64]:
    """Frequencies weigh as in natural images; with the root of the size, rates suit pixels and spectra alike."""
    return 1.0 / np.maximum(rfft2d_freqs(h, w), 1.0 / max(w, h)) ** decay_power * np.sqrt(w * h)


def _spectrum_of(image: npt.NDArray[np.float32], decay_power: float) -> npt.NDArray[np.float32]:
    """The coefficients whose image is `image`."""
    _, h, w, _ = image.shape
    channels = np.moveaxis(image.astype(np.float64), 3, 1)
    if w % 2:  # between its neighbours, across the border
        channels = np.concatenate([channels, (channels[..., -1:] + channels[..., :1]) / 2], axis=-1)
    spectrum = np.fft.rfft2(channels * CONTRAST) / _scale(h, w, decay_power)
    return np.stack([spectrum.real, spectrum.imag]).astype(np.float32)


def _noise_or(
    init_val: npt.ArrayLike | None,
    variable: tuple[int, ...],
    sd: float | None,
    image: tuple[int, ...],
    *,
    batch_axis: int,
) -> npt.NDArray[np.float32]:
    """Noise of the shape of a variable, or the initial image."""
    deviation = checked_sd(sd)
    if init_val is None:
        return _noise.normal(variable, deviation, batch_axis=batch_axis)
    if sd is not None:
        warnings.warn(f"An initial image is taken without noise: sd={sd} has no effect.", VisualizationWarning, 3)
    return checked_initial("init_val", init_val, image).astype(np.float32)


def laplacian_pyramid_image(shape: Sequence[int], n_levels: int = 4, sd: float | None = None) -> Tensor:
    """Make an image that is the sum of variables of its size, of half of it, and so on.

    Parameters
    ----------
    shape : sequence of int
        (…, height, width, channels).
    n_levels : int
        How many; the smallest is of a ``2 ** (n_levels - 1)``-th of the size.
    sd : float, optional
        Standard deviation of the initial noise of each; 0.01 where it is left out.

    Returns
    -------
    float32 tensor of `shape`

    Raises
    ------
    VisualizationError
        If the shape or the deviation is none, or if the image is too small for so many levels.

    Examples
    --------
    >>> laplacian_pyramid_image([1, 16, 24, 3]).shape.as_list()
    [1, 16, 24, 3]
    """
    *before, h, w, ch = shape = checked_shape("shape", shape, at_least=3)
    halvings = checked_number("n_levels", n_levels) - 1
    if min(h, w) >> halvings == 0:
        raise VisualizationError(
            f"`n_levels` must leave a pixel of the smaller side, {min(h, w)}. Received {n_levels}. "
            f"Use {min(h, w).bit_length()} or fewer."
        )
    levels = ([*before, h >> level, w >> level, ch] for level in range(n_levels))
    return sum(lowres_tensor(shape, level, sd=sd) for level in levels)


def bilinearly_sampled_image(texture: Tensor, uv: Tensor) -> Tensor:
    """Look colours of a texture up at places between its pixels, as OpenGL does (GL_REPEAT, GL_LINEAR).

    Parameters
    ----------
    texture : float32 tensor of shape (texture height, texture width, channels)
    uv : float32 tensor of shape (…, 2)
        To the right and up, the texture being 0 … 1 each way; it repeats beyond.

    Returns
    -------
    float32 tensor of shape (…, channels)

    Raises
    ------
    VisualizationError
        If they have other shapes.

    Examples
    --------
    >>> texture = tf.reshape(tf.range(4.0), [2, 2, 1])
    >>> bilinearly_sampled_image(texture, tf.constant([[0.25, 0.75], [0.5, 0.5]])).numpy().tolist()
    [[0.0], [1.5]]
    """
    texture, uv = tf.convert_to_tensor(texture), tf.convert_to_tensor(uv)
    if texture.shape.rank != 3 or uv.shape[-1:] != [2]:
        raise VisualizationError(
            f"`texture` must be (height, width, channels), `uv` (…, 2). Received {texture.shape} and {uv.shape}. "
            "Take one image of a batch, `images[0]`."
        )
    h, w = tf.unstack(tf.shape(texture)[:2])
    right, up = tf.split(uv, 2, axis=-1)
    x = right * tf.cast(w, tf.float32) - 0.5
    y = (1.0 - up) * tf.cast(h, tf.float32) - 0.5
    left, top = tf.floor(x), tf.floor(y)

    def column(place: Tensor) -> Tensor:
        upper, lower = (tf.gather_nd(texture, _wrapped(row, place, h, w)) for row in (top, tf.math.ceil(y)))
        return upper * (1.0 - (y - top)) + lower * (y - top)

    return column(left) * (1.0 - (x - left)) + column(tf.math.ceil(x)) * (x - left)


def _wrapped(row: Tensor, column: Tensor, h: Tensor, w: Tensor) -> Tensor:
    return tf.concat([tf.cast(row, tf.int32) % h, tf.cast(column, tf.int32) % w], axis=-1)


# Lucid's older names.
naive = pixel_image
laplacian_pyramid = laplacian_pyramid_image
sample_bilinear = bilinearly_sampled_image
