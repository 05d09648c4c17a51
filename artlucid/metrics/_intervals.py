"""How intervals are made, and what they are."""

from __future__ import annotations

from dataclasses import dataclass

from artlucid.errors import MetricError
from artlucid.metrics._checks import is_integer, is_part

METHODS = ("BCa", "percentile")

FEWEST_RESAMPLES = 100


@dataclass(frozen=True)
class Resampling:
    """How intervals are made from resamples of the images, drawn with replacement.

    Attributes
    ----------
    level : float
        How often such an interval is to hold the true value, above 0 and below 1.
    resamples : int
        At least 100.
    method : {"BCa", "percentile"}
        ``BCa`` corrects the percentiles for bias and skew, at the cost of one more resample for each image. The average
        precision of a class with few positives is biased upwards, in a sample and even more in its resamples, so that
        there it holds the true value more often than ``percentile`` does.
    seed : int
        Of the resamples.

    Raises
    ------
    MetricError
        If one of these is out of range.

    References
    ----------
    Efron and Tibshirani, An introduction to the bootstrap, 1993, chapters 13 and 14.
    """

    level: float = 0.95
    resamples: int = 1000
    method: str = "BCa"
    seed: int = 0

    def __post_init__(self) -> None:
        if not is_part(self.level):
            raise MetricError(
                f"`level` of an interval must be above 0 and below 1. Received {self.level!r}. "
                "Give 0.95, for example, for 95 %."
            )
        for name, least in (("resamples", FEWEST_RESAMPLES), ("seed", 0)):
            value = getattr(self, name)
            if not is_integer(value) or value < least:
                raise MetricError(
                    f"`{name}` of an interval must be an integer of at least {least}. Received {value!r}. "
                    f"Give {getattr(type(self), name)}, for example."
                )
        if self.method not in METHODS:
            raise MetricError(
                f"`method` of an interval must be one of {', '.join(METHODS)}. Received {self.method!r}. "
                "Choose one of these."
            )


@dataclass(frozen=True)
class Interval:
    """Where the true value of a score lies, as far as the images tell.

    Attributes
    ----------
    low, high : float
        In the unit of the score.
    level, resamples, method, seed
        Of the `Resampling`.
    """

    low: float
    high: float
    level: float
    resamples: int
    method: str
    seed: int


@dataclass(frozen=True)
class PairedIntervals:
    """Intervals of several networks on the same images.

    Attributes
    ----------
    scores : tuple of Interval
        Of the score of each network.
    differences : tuple of Interval
        Of the score of each network but the first, less that of the first.
    """

    scores: tuple[Interval, ...]
    differences: tuple[Interval, ...]
