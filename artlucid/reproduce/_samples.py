"""A measure of several trainings, on all images and on choices of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Samples:
    """A measure of several trainings by layer: on all images, and on choices of them.

    Attributes
    ----------
    layers : tuple of str
        One without a name for what is of the whole network.
    values : float64 array of shape (n_trainings, n_layers, 1 + n_resamples)
        The first of the last axis is on all images. NaN where it is not defined, and where a layer is frozen.
    """

    layers: tuple[str, ...]
    values: npt.NDArray[np.float64]
