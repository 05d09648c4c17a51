"""What chance gives: the similarity of features whose images do not belong together."""

from __future__ import annotations

from dataclasses import dataclass

from artlucid.errors import MetricError
from artlucid.metrics._checks import is_integer, is_part


@dataclass(frozen=True)
class Permutations:
    """How the floor of a similarity is made: the images of one network in another order.

    Attributes
    ----------
    number : int
        At least 20.
    level : float
        Of the quantile, above 0 and below 1.
    seed : int
        Of the orders.

    Raises
    ------
    MetricError
        If one of these is out of range.
    """

    number: int = 100
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("number", 20), ("seed", 0)):
            value = getattr(self, name)
            if not is_integer(value) or value < least:
                raise MetricError(
                    f"`{name}` of permutations must be an integer of at least {least}. Received {value!r}. "
                    f"Give {getattr(type(self), name)}, for example."
                )
        if not is_part(self.level):
            raise MetricError(
                f"`level` of permutations must be above 0 and below 1. Received {self.level!r}. "
                "Give 0.95 for the value that chance exceeds once in twenty."
            )


@dataclass(frozen=True)
class Floor:
    """What a similarity is where the images of the two networks do not belong together.

    Attributes
    ----------
    mean : float
        Over all orders of the images, exact.
    quantile : float
        Of the orders that were drawn.
    number, level, seed
        Of the `Permutations`.
    """

    mean: float
    quantile: float
    number: int
    level: float
    seed: int
