"""From an effect, known for each training on all images and on choices of them, to an interval and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import scipy.stats

LEVEL = 0.95

_FINE = 801
"""Quantiles of the spread over trainings; odd, so that none is the infinite one."""

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An effect in the mean over trainings, and where it may lie for other trainings and other images.

    Attributes
    ----------
    value, low, high : float
        Above 0 in the paper's direction.
    trainings : int
    """

    value: float
    low: float
    high: float
    trainings: int


def interval_of(effect: Doubles) -> Interval:
    """The interval of an effect over trainings and images.

    Parameters
    ----------
    effect : float64 array of shape (n_trainings, 1 + n_resamples)
        The first column on all images; the others on choices of images, the same for all trainings and for both sides
        of a difference. No resamples where no images are involved.

    Returns
    -------
    Interval
        The mean over the trainings, plus how the mean moves with the choice of images, plus the standard error over
        trainings times Student's t with n - 1 degrees of freedom: of the sum of the two, each with each, the middle
        95 %. Trainings drawn with replacement, of which there are two or three, would give intervals that are too
        short: those of two trainings would leave out a true value every other time. Of one training nothing is known
        of others: the interval is over images alone.

    Examples
    --------
    >>> import numpy as np
    >>> interval_of(np.array([[0.2], [0.2], [0.2]]))
    Interval(value=0.2, low=0.2, high=0.2, trainings=3)
    """
    whole, of_images = effect[:, 0], effect[:, 1:].mean(axis=0)
    of_images = of_images[np.isfinite(of_images)]
    moves = of_images - of_images.mean() if of_images.size else np.zeros(1)
    number, value = len(whole), float(whole.mean())
    error = np.zeros(1)
    if number > 1:
        parts = (np.arange(_FINE) + 0.5) / _FINE
        error = whole.std(ddof=1) / np.sqrt(number) * scipy.stats.t.ppf(parts, number - 1)
    low, high = np.quantile(value + moves[:, None] + error, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high), number)


SEEN = "seen"
NOT_SEEN = "not seen"
TOO_SMALL = "cannot be seen at this size"
FOR_THE_EYE = "for the eye"
NOT_MADE = "not made"

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        SEEN: "the interval lies above no effect, in the paper's direction",
        NOT_SEEN: "the interval lies below no effect, or below an effect of the size that would matter",
        TOO_SMALL: "the interval holds both no effect and one that would matter, or there is one training only",
        FOR_THE_EYE: "no number decides it: look at the figures",
        NOT_MADE: "what it is decided by was not made",
    }
)
"""What each verdict means."""


def verdict_of(interval: Interval, worth: float) -> tuple[str, str]:
    """The verdict on an effect, and its reason.

    Parameters
    ----------
    interval : Interval
    worth : float
        The least effect that would matter, above 0.

    Returns
    -------
    verdict : str
        A key of `VERDICTS`.
    reason : str
    """
    if interval.trainings < 2:
        return TOO_SMALL, "one training only: nothing is known of others"
    if interval.low > 0:
        return SEEN, f"but an effect of {worth:g} is ruled out" if interval.high < worth else ""
    if interval.high < 0:
        return NOT_SEEN, "the interval lies below no effect"
    if interval.high < worth:
        return NOT_SEEN, f"an effect of {worth:g} is ruled out"
    return TOO_SMALL, f"neither no effect nor one of {worth:g} is ruled out"
