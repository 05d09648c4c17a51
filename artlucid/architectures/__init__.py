"""Networks as tables: what is built, which layers are analysed, which belong together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from artlucid.architectures._records import (
    Architecture,
    AveragePool,
    Classifier,
    Concatenation,
    Convolution,
    Dense,
    GlobalMean,
    Head,
    Layer,
    LocalResponse,
    MaxPool,
    Normalization,
    Preprocess,
)
from artlucid.architectures.inception_v1 import INCEPTION_V1
from artlucid.errors import ModelError

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "AveragePool",
    "Classifier",
    "Concatenation",
    "Convolution",
    "Dense",
    "GlobalMean",
    "Head",
    "Layer",
    "LocalResponse",
    "MaxPool",
    "Normalization",
    "Preprocess",
    "get",
]

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {architecture.variant: architecture for architecture in INCEPTION_V1}
)
"""Every known architecture by the name of its variant."""


def get(variant: str) -> Architecture:
    """Return the architecture of a variant.

    Parameters
    ----------
    variant : str
        A key of `ARCHITECTURES`.

    Returns
    -------
    Architecture

    Raises
    ------
    ModelError
        If there is none of that name.

    Examples
    --------
    >>> get("inception5h").preprocess
    Preprocess(channel_order='RGB', means=(117.0, 117.0, 117.0))
    """
    if variant not in ARCHITECTURES:
        raise ModelError(
            f"`architecture` must name a known variant. Received {variant!r}. Use one of {', '.join(ARCHITECTURES)}."
        )
    return ARCHITECTURES[variant]
