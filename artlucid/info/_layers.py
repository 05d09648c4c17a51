"""The layers of a network: name, channels, kind."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from artlucid import models
from artlucid.architectures import (
    Architecture,
    AveragePool,
    Classifier,
    Concatenation,
    Convolution,
    Dense,
    GlobalMean,
    MaxPool,
    Normalization,
)
from artlucid.models import Network
from artlucid.models._names import program_of

LINEAR: Mapping[type, str] = MappingProxyType(
    {Convolution: "convolution", Dense: "dense", Concatenation: "concatenation before the ReLUs"}
)
"""The kind of ``<name>_pre_relu``, by the record of the layer."""

NAMED: Mapping[type, str] = MappingProxyType(
    {
        Convolution: "ReLU",
        Dense: "ReLU",
        Concatenation: "concatenation",
        MaxPool: "maximum",
        AveragePool: "average",
        Normalization: "local response normalization",
        GlobalMean: "global mean",
        Classifier: "dense",
    }
)
"""The kind of the layer that has the record's own name."""


def layers_of(network: Network) -> list[dict[str, Any]]:
    """Every layer that `models.layer_output` gives, in graph order."""
    kinds = _kinds(network.architecture) if network.architecture is not None else _wrapped_kinds(network)
    return [
        {"name": name, "depth": models.layer_output(network, name).shape[-1], "kind": kinds[name]}
        for name in network.layer_names
    ]


def _kinds(architecture: Architecture) -> dict[str, str]:
    kinds = {"preprocess": "preprocessing"}
    for layer in architecture.layers(auxiliary=True):
        kinds[layer.name] = NAMED[type(layer)]
        if type(layer) in LINEAR:
            kinds[f"{layer.name}_pre_relu"] = LINEAR[type(layer)]
        if isinstance(layer, Classifier):
            kinds[layer.predictions] = "activation"
    return kinds


def _wrapped_kinds(network: Network) -> dict[str, str]:
    """By Keras's own names of classes, in a graph by TensorFlow's of ops."""
    program = program_of(network.keras_model)
    if program is not None:
        return {name: program.kind(name) for name in program.layers}
    # The model lies in the last layer of the one that rescales.
    return {layer.name: type(layer).__name__ for layer in network.keras_model.layers[-1].layers}
