"""One optimized image with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from artlucid._channel import Channel
from artlucid.visualize._optimization import REDIRECTED_STEPS

PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "dead": "dead channel: it gave the same at every step, so that no gradient reached the picture from this start",
        "not finite": "not finite: the objective or the picture ran into infinity or NaN",
    }
)
"""What is said of a picture that shows nothing of the network."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One optimized image.

    Attributes
    ----------
    channel : Channel
    image : array of shape (height, width, 3), float32
        Values 0 … 1.
    objectives : array of shape (steps,), float32
        The channel's mean before each update.
    snapshots : mapping of int to array
        The image after so many updates.
    problem : str or None
        A key of `PROBLEMS` if it shows nothing of the network.
    """

    channel: Channel
    image: npt.NDArray[np.float32]
    objectives: npt.NDArray[np.float32]
    snapshots: Mapping[int, npt.NDArray[np.float32]] = field(default_factory=lambda: MappingProxyType({}))
    problem: str | None = None


def problem_of(objectives: npt.NDArray[np.float32], image: npt.NDArray[np.float32]) -> str | None:
    """Why a picture shows nothing of the network; None if it does."""
    if not np.isfinite(objectives).all() or not np.isfinite(image).all():
        return "not finite"
    # What a living channel gives changes with each draw of the transformations, if only in the last bit.
    free = objectives[REDIRECTED_STEPS:] if len(objectives) > REDIRECTED_STEPS + 1 else objectives
    return "dead" if len(free) > 1 and (free == free[0]).all() else None
