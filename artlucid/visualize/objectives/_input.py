"""Objectives on the image itself, most of them to be subtracted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize.objectives._checks import checked_array
from artlucid.visualize.objectives._objective import Objective, wrap_objective

Tensor = Any


def penalty(function: Callable[[Tensor], Tensor], layer: str = "input", name: str | None = None) -> Objective:
    """Make an objective of a plain function of a tensor, written with Keras or TensorFlow: not in Lucid.

    Parameters
    ----------
    function : callable
        From the image, shape (batch, height, width, channels), or from the activations of a layer, to a scalar.
    layer : str
        What the function is given.
    name : str, optional
        By default the function's own, and "penalty" for a lambda.

    Returns
    -------
    Objective

    Raises
    ------
    VisualizationError
        If it is no function.

    Examples
    --------
    >>> from keras import ops
    >>> dark = penalty(lambda image: ops.mean(image), name="dark")
    >>> from artlucid.visualize import objectives
    >>> (objectives.channel("mixed4d", 5) - 0.1 * dark).name
    'channel, dark'
    """
    if not callable(function):
        raise VisualizationError(
            f"`function` must be a function of a tensor. Received {function!r}. Use `lambda image: ops.mean(image)`, "
            "for example."
        )
    name = name or getattr(function, "__name__", "penalty").replace("<lambda>", "penalty")
    return Objective(lambda T: function(T(layer)), name, f"{name.title()} [{layer}]")


@wrap_objective(handle_batch=True)
def total_variation(layer: str = "input") -> Any:
    """The sum of differences between neighbouring pixels, a value for each image.

    Parameters
    ----------
    layer : str
        The image, or a layer.

    Returns
    -------
    Objective

    References
    ----------
    Mahendran and Vedaldi, "Understanding deep image representations by inverting them", 2014.
    """
    return lambda T: tf.image.total_variation(T(layer))


@wrap_objective(handle_batch=True)
def L1(layer: str = "input", constant: float = 0) -> Any:
    """The sum of distances from a constant.

    Parameters
    ----------
    layer : str
    constant : float

    Returns
    -------
    Objective
    """
    return lambda T: tf.reduce_sum(tf.abs(T(layer) - constant))


@wrap_objective(handle_batch=True)
def L2(layer: str = "input", constant: float = 0, epsilon: float = 1e-6) -> Any:
    """The root of the sum of squared distances from a constant.

    Parameters
    ----------
    layer : str
    constant : float
    epsilon : float
        Added to the sum, so that the root has a gradient everywhere.

    Returns
    -------
    Objective
    """
    return lambda T: tf.sqrt(epsilon + tf.reduce_sum((T(layer) - constant) ** 2))


@wrap_objective()
def blur_input_each_step() -> Any:
    """Half the squared distance of the image from itself, blurred: k times it, subtracted, blurs a k-th of each step.

    Returns
    -------
    Objective

    References
    ----------
    Nguyen et al., "Deep neural networks are easily fooled", 2015.
    """
    return lambda T: _distance_from_blurred(T("input"))


@wrap_objective()
def blur_alpha_each_step() -> Any:
    """`blur_input_each_step` of the opacity alone.

    Returns
    -------
    Objective
    """
    return lambda T: _distance_from_blurred(_opacity(T("input")))


@wrap_objective()
def penalize_boundary_complexity(
    shp: tuple[int, ...], w: int = 20, mask: npt.ArrayLike | None = None, C: float = 0.5
) -> Any:
    """How far the border of the image is from one colour and from itself, blurred; as a negative number.

    Parameters
    ----------
    shp : sequence of int
        Shape of the image, (batch, height, width, channels).
    w : int
        Width of the border in pixels.
    mask : array-like of `shp`, optional
        Where the image is to be plain, in the place of a border.
    C : float
        The colour.

    Returns
    -------
    Objective
    """
    where = _border(shp, w) if mask is None else checked_array("mask", mask)

    def inner(T):
        image = T("input")
        _check_fits("mask" if mask is not None else "shp", where.shape, image)
        uneven = (_blurred(image, 5) - image) ** 2 + 0.8 * (image - C) ** 2
        return -tf.reduce_sum(uneven * where)

    return inner


@wrap_objective()
def input_diff(orig_img: npt.ArrayLike) -> Any:
    """The root of the mean squared distance from another image; of the image itself 0, with a gradient of 0.

    Parameters
    ----------
    orig_img : array-like of shape (height, width, channels), or with the batch before
        Values 0 … 1.

    Returns
    -------
    Objective
    """
    original = checked_array("orig_img", orig_img)

    def inner(T):
        image = T("input")
        _check_fits("orig_img", original.shape, image)
        return _root(tf.reduce_mean((image - original) ** 2))

    return inner


def _root(squares: Tensor) -> Tensor:
    """The square root, with a gradient of 0 at 0, where Lucid's is NaN."""
    positive = squares > 0
    return tf.where(positive, tf.sqrt(tf.where(positive, squares, 1.0)), 0.0)


def _border(shape: Any, width: int) -> npt.NDArray[np.float32]:
    """1 on the border of images, 0 within."""
    if np.shape(shape) != (4,) or None in tuple(shape):
        raise VisualizationError(
            f"`shp` must be the shape of the image, (batch, height, width, channels). Received {shape!r}. "
            "Use [1, 128, 128, 3], for example, or give a `mask`."
        )
    border = np.ones(tuple(shape), np.float32)
    border[:, width:-width, width:-width] = 0
    return border


def _check_fits(name: str, shape: Any, image: Tensor) -> None:
    try:
        fits = tf.broadcast_static_shape(tf.TensorShape(shape), image.shape).is_compatible_with(image.shape)
    except ValueError:
        fits = False
    if not fits:
        raise VisualizationError(
            f"`{name}` must fit the image. Received shape {tuple(shape)} for an image of shape {tuple(image.shape)}. "
            "Resize it, or make an image of its size."
        )


def _opacity(image: Tensor) -> Tensor:
    if image.shape[-1] != 4:
        raise VisualizationError(
            "`blur_alpha_each_step` must be given an image with opacity, four channels. Received "
            f"{image.shape[-1]}. Make it with `param.image(…, alpha=True)`."
        )
    return image[..., 3:]


def _distance_from_blurred(image: Tensor) -> Tensor:
    return 0.5 * tf.reduce_sum((image - tf.stop_gradient(_blurred(image, 3))) ** 2)


def _blurred(image: Tensor, side: int) -> Tensor:
    """The mean over a window whose rim counts half, within the image."""
    window = np.full((side, side), 0.5, np.float32)
    window[1:-1, 1:-1] = 1.0
    kernel = np.repeat(window[..., None, None], image.shape[-1], axis=2)

    def summed(values: Tensor) -> Tensor:
        return tf.nn.depthwise_conv2d(values, kernel, [1, 1, 1, 1], "SAME")

    return summed(image) / summed(tf.ones_like(image))
