"""The kernels of networks, and how far they are apart: whole ones, and filter by filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from artlucid.errors import MetricError
from artlucid.metrics import kernel_cosine, kernel_distance
from artlucid.models import Network
from artlucid.models._names import program_of
from artlucid.models._network import variables

Kernels = Mapping[str, npt.NDArray[np.float32]]
Doubles = npt.NDArray[np.float64]


def kernels_of(network: Network) -> dict[str, npt.NDArray[np.float32]]:
    """The kernels of a network's convolutions, (height, width, in, out); none of a frozen graph of another kind."""
    if network.architecture is not None:
        found = variables(network.keras_model, network.architecture)
        return {name: found[f"{name}/kernel"].numpy() for name in network.architecture.convolutions}
    if program_of(network.keras_model) is not None:
        return {}
    inner: Any = network.keras_model.layers[-1]
    # Others have filters along another axis.
    return {layer.name: np.asarray(layer.kernel) for layer in inner.layers if type(layer) is keras.layers.Conv2D}


@dataclass(frozen=True, eq=False)
class Distances:
    """How far two kernels are apart.

    Attributes
    ----------
    kernel_distance, kernel_distance_relative, kernel_cosine : float
        Of the whole; NaN where undefined.
    of_filters, of_filters_relative : float64 arrays of shape (n_channels,)
    notice : str
        Why something is undefined.
    """

    kernel_distance: float
    kernel_distance_relative: float
    kernel_cosine: float
    of_filters: Doubles
    of_filters_relative: Doubles
    notice: str = ""


def distances(kernel_a: npt.NDArray[np.float32], kernel_b: npt.NDArray[np.float32]) -> Distances:
    """Measure the distance of two kernels of one shape."""
    reasons = []
    values = {}
    for name, measure in (
        ("kernel_distance_relative", lambda: kernel_distance(kernel_a, kernel_b, relative=True)),
        ("kernel_cosine", lambda: kernel_cosine(kernel_a, kernel_b)),
    ):
        try:
            values[name] = measure()
        except MetricError:
            values[name] = np.nan
            reasons.append(f"{name}: a kernel of zeros")
    apart, norms = _norms(kernel_b.astype(np.float64) - kernel_a), _norms(kernel_a.astype(np.float64))
    relative = np.divide(apart, norms, out=np.full_like(apart, np.nan), where=norms > 0)
    return Distances(
        kernel_distance(kernel_a, kernel_b), **values, of_filters=apart, of_filters_relative=relative,
        notice="; ".join(reasons),
    )  # fmt: skip


def _norms(kernel: Doubles) -> Doubles:
    return np.asarray(np.sqrt(np.square(kernel).sum(axis=tuple(range(kernel.ndim - 1)))))
