"""What the parameterizations take, and what they refuse."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.errors import VisualizationError

SD = 0.01
"""Standard deviation of initial noise where none is given, in the parameters' own unit, before the sigmoid."""

_FORMS = {3: "(…, height, width, channels)", 4: "(batch, height, width, channels)"}


def checked_number(name: str, value: Any) -> int:
    """A whole number, at least 1."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise VisualizationError(
            f"`{name}` must be a whole number, at least 1. Received {value!r}. Leave it out for the default, or give "
            "another."
        )
    return number


def checked_shape(name: str, shape: Any, *, at_least: int = 1, at_most: int | None = None) -> tuple[int, ...]:
    """A shape of whole numbers, at least 1, with so many axes."""
    try:
        axes = tuple(operator.index(side) for side in shape)
    except TypeError:
        axes = ()
    if len(axes) < at_least or len(axes) > (at_most or len(axes)) or min(axes, default=0) < 1:
        form = _FORMS.get(at_least, "a sequence with an entry an axis")
        raise VisualizationError(
            f"`{name}` must be {form}, whole numbers of at least 1. Received {shape!r}. "
            "An image of 224 pixels is [1, 224, 224, 3]."
        )
    return axes


def checked_sd(sd: float | None, *, zero: bool = False) -> float:
    """A standard deviation; 0.01 where none is given."""
    if sd is None:
        return SD
    if not (isinstance(sd, int | float | np.number) and (0 < sd < math.inf or (zero and sd == 0))):
        raise VisualizationError(
            f"`sd` must be a standard deviation above 0{' or 0' if zero else ''}. Received {sd!r}. Leave it out for "
            f"{SD}; without noise an image of one colour stays one."
        )
    return float(sd)


def checked_initial(name: str, value: Any, shape: Sequence[int]) -> npt.NDArray[np.float64]:
    """Finite values of that shape; without the batch axis they are those of every image."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.shape not in (tuple(shape), tuple(shape[1:])):
        received = f"shape {array.shape}" if array.size else type(value).__name__
        raise VisualizationError(
            f"`{name}` must be an array of shape {tuple(shape)} or {tuple(shape[1:])}. Received {received}. "
            "Resize the image, or ask for its size and its channels."
        )
    if not np.isfinite(array).all():
        raise VisualizationError(
            f"`{name}` must be finite. Received {np.count_nonzero(~np.isfinite(array))} values that are not. "
            "Look where they come from."
        )
    return np.broadcast_to(array, shape)
