"""A tensor that is interpolated from a smaller one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError
from artlucid.visualize import _noise
from artlucid.visualize.param._checks import checked_sd, checked_shape
from artlucid.visualize.param.resize_bilinear_nd import resize_bilinear_nd

Tensor = Any

Offset = bool | int | float | Sequence[bool | int | float] | None


def lowres_tensor(
    shape: Sequence[int], underlying_shape: Sequence[int], offset: Offset = None, sd: float | None = None
) -> Tensor:
    """Make a tensor whose values are interpolated between those of a smaller variable.

    Parameters
    ----------
    shape : sequence of int
        Of the result.
    underlying_shape : sequence of int
        Of the variable, with as many axes. An axis of length 1 is shared along it: by all images of the batch, say.
    offset : bool, int, float, sequence of these, or None
        By how many entries the result is moved along every axis, or along each; fractions are cut off. True is half an
        entry of the variable.
    sd : float, optional
        Standard deviation of the initial noise; 0.01 where it is left out.

    Returns
    -------
    float32 tensor of `shape`

    Raises
    ------
    VisualizationError
        If the shapes do not fit each other, or if an offset is negative or longer than its axis.

    Examples
    --------
    An image, and what its batch has in common:

    >>> from artlucid.visualize import param
    >>> t = param.fft_image([4, 64, 64, 3]) + param.lowres_tensor([4, 64, 64, 3], [1, 32, 32, 3])
    >>> param.to_valid_rgb(t, decorrelate=True).shape.as_list()
    [4, 64, 64, 3]
    """
    shape = checked_shape("shape", shape)
    underlying_shape = checked_shape("underlying_shape", underlying_shape)
    _check_same_number(shape, underlying_shape)
    t = resize_bilinear_nd(tf.Variable(_noise.normal(underlying_shape, checked_sd(sd))), shape)
    if offset is None:
        return t
    padding = [(before, 0) for before in _offsets(offset, shape, underlying_shape)]
    return tf.slice(tf.pad(t, padding, "SYMMETRIC"), [0] * len(shape), shape)


def _check_same_number(shape: tuple[int, ...], underlying_shape: tuple[int, ...]) -> None:
    if len(shape) != len(underlying_shape):
        raise VisualizationError(
            f"`underlying_shape` must have an entry for each axis of `shape`. Received {list(underlying_shape)} for "
            f"{list(shape)}. Give 1 for an axis along which all is the same."
        )


def _offsets(offset: Any, shape: tuple[int, ...], underlying_shape: tuple[int, ...]) -> list[int]:
    given = list(offset) if isinstance(offset, Sequence) else [offset] * len(shape)
    halves = [side / underlying / 2 for side, underlying in zip(shape, underlying_shape, strict=True)]
    if len(given) == len(shape):
        entries = [int(half if one is True else one) for one, half in zip(given, halves, strict=True)]
        if all(0 <= entry <= side for entry, side in zip(entries, shape, strict=True)):
            return entries
    raise VisualizationError(
        f"`offset` must be one number, or one for each axis, from 0 to its length. Received {offset!r} for "
        f"{list(shape)}. True moves by half an entry of the variable."
    )
