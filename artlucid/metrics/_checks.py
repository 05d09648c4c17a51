"""What several metrics ask of their arguments."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt


def is_integer(value: object) -> TypeGuard[int]:
    """Whether a value is an integer of Python or NumPy; a truth value is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number of Python or NumPy; a truth value is none."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def is_part(value: object) -> TypeGuard[float]:
    """Whether a value is a number above 0 and below 1."""
    return is_number(value) and 0 < value < 1


def extent(labels: npt.NDArray[Any]) -> str:
    """The type of labels, and the least and the largest where they are numbers.

    >>> extent(np.array([0, 3])), extent(np.array(["Cubism"]))
    ('int64 in 0 … 3', '<U6')
    """
    return f"{labels.dtype} in {labels.min()} … {labels.max()}" if labels.dtype.kind in "fiub" else str(labels.dtype)
