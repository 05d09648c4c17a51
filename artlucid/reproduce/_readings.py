"""The findings decided: a reading of each, for each dataset that it is about."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.reproduce._findings import FINDINGS, Finding
from artlucid.reproduce._samples import Samples
from artlucid.reproduce._states import PAIRINGS, ROLES
from artlucid.reproduce._verdicts import FOR_THE_EYE, NOT_MADE, TOO_SMALL, Interval, interval_of, verdict_of

MOST = 0.5
"""Of the choices of images: on so many a measure must be defined, or its interval would be that of a few."""


@dataclass(frozen=True)
class Reading:
    """A finding of the paper, and what is seen of it here.

    Attributes
    ----------
    finding : str
        A key of `FINDINGS`.
    data : str
        A key of `ROLES`.
    verdict, reason : str
    interval : Interval or None
    """

    finding: str
    data: str
    verdict: str
    reason: str = ""
    interval: Interval | None = None

    @property
    def of(self) -> Finding:
        """Its row of the table."""
        return FINDINGS[self.finding]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, with the row of the table."""
        row = self.of
        told = {"title": row.title, "words": row.words, "where": row.where, "measure": row.measure}
        interval = None if self.interval is None else asdict(self.interval)
        return {
            "finding": self.finding,
            "data": self.data,
            **told,
            "verdict": self.verdict,
            "reason": self.reason,
            "interval": interval,
            "worth": row.worth,
            "figures": list(row.figures),
        }


def readings(evidence: Mapping[tuple[str, str], Samples], data: Collection[str] = tuple(ROLES)) -> list[Reading]:
    """Decide every finding, for each dataset that it is about and that is there.

    Parameters
    ----------
    evidence : mapping of (str, str) to Samples
        By what a measure is of and its name.
    data : collection of str
        Keys of `ROLES`.

    Returns
    -------
    list of Reading
    """
    return [_read(name, role, evidence) for name, row in FINDINGS.items() for role in row.data if role in data]


def _read(name: str, role: str, evidence: Mapping[tuple[str, str], Samples]) -> Reading:
    row = FINDINGS[name]
    if row.effect is None:
        return Reading(name, role, FOR_THE_EYE)
    needs = row.needs_of(role)
    there = [evidence[need] for need in needs if need in evidence]
    if not there or (len(there) < len(needs) and not row.some_do):
        return Reading(name, role, NOT_MADE, _what_makes([need[0] for need in needs if need not in evidence]))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a mean over nothing is NaN, which is looked at below
        effect = row.effect(there)
    if not _is_defined(effect):
        return Reading(name, role, TOO_SMALL, "the measure is not defined on so few images or channels")
    interval = interval_of(effect)
    return Reading(name, role, *verdict_of(interval, row.worth), interval)


def _is_defined(effect: npt.NDArray[np.float64]) -> bool:
    """Whether an effect is known for each training, and on most choices of images, so that its interval is one."""
    whole, of_images = np.isfinite(effect[:, 0]), np.isfinite(effect[:, 1:]).all(axis=0)
    return bool(len(whole) and whole.all() and (not of_images.size or of_images.mean() > MOST))


def _what_makes(missing: Sequence[str]) -> str:
    names = list(dict.fromkeys(missing))
    twice = any(PAIRINGS[name].b.later for name in names if name in PAIRINGS)
    return f"needs {', '.join(names)}: the item findings makes it" + (" of two seeds or more" if twice else "")
