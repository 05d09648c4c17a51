"""Numbers as the scripts of a page hold them: short, and null where there is none."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def plain(values: npt.ArrayLike, digits: int = 3) -> list[float | int | None]:
    """Rounded numbers; whole ones as integers.

    >>> plain([0.12345, 1.0, float("nan")])
    [0.123, 1, None]
    """
    found = np.round(np.asarray(values, dtype=np.float64), digits)
    return [
        None if not np.isfinite(value) else int(value) if value == int(value) else value for value in found.tolist()
    ]


def scattered(places: npt.NDArray[np.int64], values: npt.ArrayLike, size: int) -> npt.NDArray[np.float64]:
    """Values at their places in an array that is otherwise NaN."""
    found = np.full(size, np.nan)
    found[places] = np.asarray(values, dtype=np.float64)
    return found


def coded(texts: Iterable[str]) -> tuple[list[str], list[int]]:
    """Texts that repeat, as a list of each once and their places in it.

    >>> coded(iter(["a", "b", "a"]))
    (['a', 'b'], [0, 1, 0])
    """
    places: dict[str, int] = {}
    numbers = [places.setdefault(text, len(places)) for text in texts]
    return list(places), numbers
