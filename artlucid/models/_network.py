"""A network with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from artlucid.architectures import Architecture, Classifier, Convolution, Dense
from artlucid.models import _names
from artlucid.models._build import keras_layer_name
from artlucid.models.weights._record import Weights

Tensor = Any


@dataclass(frozen=True, eq=False)
class Network:
    """A Keras model that takes RGB in 0 … 255, with what is known of it.

    Attributes
    ----------
    keras_model : keras.Model
        From (batch, height, width, 3), RGB in 0 … 255, to predictions.
    architecture : Architecture or None
        None for a wrapped network and for a frozen graph of another kind.
    class_names : tuple of str
        In the order of the predictions; empty where unknown.
    identity : str
        Hash of architecture, variant and arrays: equal networks have equal identities.
    source : str
        What was loaded, as it was spelled.
    lineage : mapping
        `Run.lineage` of the run that the network comes from; empty for other sources.
    analysed_layers : tuple of str
        The layers at which networks are compared; by default those of the architecture.
    """

    keras_model: keras.Model
    architecture: Architecture | None
    class_names: tuple[str, ...]
    identity: str
    source: str
    lineage: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    analysed_layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.architecture is not None and not self.analysed_layers:
            object.__setattr__(self, "analysed_layers", self.architecture.analysed_layers)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Every name that `layer_output` takes, in graph order."""
        return _names.known_names(self.keras_model, self.architecture)


def layer_output(network: Network, name: str) -> Tensor:
    """The output of a layer as a symbolic tensor, built on demand; of a layer that is called twice, its first.

    Parameters
    ----------
    network : Network
    name : str
        Lucid's name: ``conv2d0``, ``mixed4d_3x3_pre_relu``, ``mixed4d_pre_relu``, ``softmax2``, …

    Returns
    -------
    Keras tensor
        For `keras.Model(network.keras_model.input, layer_output(network, name))`.

    Raises
    ------
    ModelError
        If there is no such layer; the nearest names are given.

    Examples
    --------
    >>> from artlucid import models
    >>> mini = models.load("none", architecture="mini")
    >>> models.layer_output(mini, "mixed4d_pre_relu").shape
    (None, None, None, 132)
    """
    return layer_outputs(network, [name])[0]


def layer_outputs(network: Network, names: Sequence[str]) -> list[Tensor]:
    """The outputs of several layers as `layer_output` gives them; a model of them computes what they share once."""
    return _names.tensors(network.keras_model, network.architecture, names)


def own_name(network: Network, name: str) -> str:
    """The name of a layer in its architecture's table, also for Lucid's further names."""
    return _names.canonical(network.keras_model, network.architecture, name)


def usual_size(network: Network) -> tuple[int | None, int | None]:
    """Height and width of the images that a network usually takes, or the only ones that it does; None for any."""
    if network.architecture is not None:
        return network.architecture.input_size, network.architecture.input_size
    program = _names.program_of(network.keras_model)
    return network.keras_model.inputs[0].shape[1:3] if program is None else program.image_size


def get_arrays(keras_model: keras.Model, architecture: Architecture) -> dict[str, npt.NDArray[np.float32]]:
    """Copy the arrays of every layer that the model has, by ``<layer>/kernel`` and ``<layer>/bias``."""
    arrays = {}
    for name, variable in variables(keras_model, architecture).items():
        arrays[name] = variable.numpy().astype(np.float32)
    return arrays


def set_arrays(keras_model: keras.Model, architecture: Architecture, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Set the variables that `arrays` names; each must be a variable of the model."""
    known = variables(keras_model, architecture)
    for name, array in arrays.items():
        known[name].assign(array)


def variables(keras_model: keras.Model, architecture: Architecture) -> dict[str, keras.Variable]:
    """The variables of a model by ``<layer>/kernel`` and ``<layer>/bias``, in graph order."""
    present = {layer.name: layer for layer in keras_model.layers}
    found = {}
    for layer in architecture.layers(auxiliary=True):
        if isinstance(layer, Convolution | Dense | Classifier) and keras_layer_name(layer) in present:
            keras_layer = present[keras_layer_name(layer)]
            found[f"{layer.name}/kernel"] = keras_layer.kernel
            found[f"{layer.name}/bias"] = keras_layer.bias
    return found


def weights_of(network: Network) -> Weights:
    """Copy a network's weights; it must be of a known architecture."""
    assert network.architecture is not None
    activation = "softmax" if _names.has_softmax(network.keras_model, network.architecture) else "sigmoid"
    arrays = get_arrays(network.keras_model, network.architecture)
    return Weights(arrays, network.architecture, network.class_names, activation)
