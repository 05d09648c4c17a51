"""The smallest box that holds most of what there is on a plane."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.errors import ActivationsError

Corners = tuple[int, int, int, int]


def smallest_box(energy: npt.ArrayLike, share: float = 0.9) -> Corners | None:
    """Find the box with the fewest cells that holds a share of a plane's sum.

    Parameters
    ----------
    energy : array-like of shape (height, width)
        Not negative.
    share : float
        Above 0, at most 1.

    Returns
    -------
    left, top, right, bottom : int
        The cells ``energy[top:bottom, left:right]``. Of boxes with equally many cells the one that holds most, then the
        lower one, then the one further up, then further left. None where everything is 0.

    Raises
    ------
    ActivationsError
        If the share is out of range, or the energy is negative, not finite or no plane.

    Notes
    -----
    The search is exact. Where a box of some height needs some width, a taller one needs no more, so that heights are
    gone through upwards and widths downwards, height + width steps in all; whether a size is enough is seen from an
    integral image, for all its places at once.

    Examples
    --------
    >>> smallest_box([[0, 0, 0], [0, 6, 3], [0, 0, 1]])
    (1, 1, 3, 2)
    >>> smallest_box([[0, 0, 0], [0, 6, 3], [0, 0, 1]], share=1)
    (1, 1, 3, 3)
    """
    values = _checked(energy, share)
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    sums[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    # A share of 1 is all there is, whatever rounding made of the parts.
    wanted = share * sums[-1, -1] * (1 - 1e-12)
    if not sums[-1, -1] > 0:
        return None
    height, width = values.shape
    narrowest = next(w for w in range(1, width + 1) if _most(sums, height, w)[0] >= wanted)
    found: tuple[int, float, int, int] | None = None
    held, w = (0.0, 0), width
    for h in range(1, height + 1):
        if found is not None and h * narrowest > found[0]:
            break
        held = _most(sums, h, w)
        if held[0] < wanted:
            continue
        while w > 1 and (narrower := _most(sums, h, w - 1))[0] >= wanted:
            held, w = narrower, w - 1
        if found is None or (h * w, -held[0]) < found[:2]:
            found = (h * w, -held[0], h, held[1])
    assert found is not None
    h, w = found[2], found[0] // found[2]
    top, left = divmod(found[3], width - w + 1)
    return left, top, left + w, top + h


def _most(sums: npt.NDArray[np.float64], height: int, width: int) -> tuple[float, int]:
    """The most that a box of that size holds, and its first place, row by row."""
    bands = sums[height:] - sums[:-height]
    held = bands[:, width:] - bands[:, :-width]
    place = int(held.argmax())
    return float(held.flat[place]), place


def _checked(energy: npt.ArrayLike, share: float) -> npt.NDArray[np.float64]:
    values: npt.NDArray[Any] = np.asarray(energy, np.float64)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all() or (values < 0).any():
        raise ActivationsError(
            "`energy` must be a plane of numbers that are finite and not negative. Received shape "
            f"{values.shape}. Give the squared gradient, summed over colours."
        )
    checked_share(share)
    return values


def checked_share(share: float) -> float:
    """Give the share if it is one; ActivationsError if not."""
    if not 0 < share <= 1:
        raise ActivationsError(f"`share` must be above 0 and at most 1. Received {share!r}. Give 0.9, for example.")
    return share
