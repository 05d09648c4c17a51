"""From a Keras model to a frozen graph in float32, with the names under which its tensors and weights are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from artlucid.architectures import Classifier
from artlucid.errors import ExportError
from artlucid.models import Network, _names
from artlucid.models._layers import LocalResponseNormalization
from artlucid.models._network import layer_outputs, variables
from artlucid.models.graphs._layer import GraphLayer
from artlucid.models.weights._graph import SUFFIXES

INPUT = "input"

Tensor = Any


@dataclass(frozen=True)
class Traced:
    """A frozen graph, not yet in the form in which it is written.

    Attributes
    ----------
    graph : GraphDef
    outputs : mapping of str to str
        The tensor in the graph of every layer, by its name.
    constants : mapping of str to str
        The name that each of the graph's constants has in Lucid's graph; others keep theirs.
    """

    graph: tf.compat.v1.GraphDef
    outputs: Mapping[str, str]
    constants: Mapping[str, str]


class TensorFlowLRN(LocalResponseNormalization):
    """The same normalization as the one op that it is in Lucid's graph."""

    def call(self, inputs: Tensor) -> Tensor:
        """Apply the op."""
        return tf.nn.lrn(inputs, self.depth_radius, self.bias, self.alpha, self.beta)


def trace(network: Network) -> Traced:
    """Freeze every layer of a network that has a name."""
    copy = replace(network, keras_model=_copy_in_float32(network))
    names = copy.layer_names
    model = keras.Model(copy.keras_model.inputs, layer_outputs(copy, names), name="network")
    signature = tf.TensorSpec(copy.keras_model.inputs[0].shape, tf.float32, name=INPUT)
    function = tf.function(lambda images: tf.nest.flatten(model(images, training=False)))
    concrete = function.get_concrete_function(signature)
    frozen = convert_variables_to_constants_v2(concrete)
    outputs = dict(zip(names, (tensor.name for tensor in frozen.outputs), strict=True))
    return Traced(frozen.graph.as_graph_def(), outputs, _constants(copy, concrete))


def aliases(network: Network) -> dict[str, str]:
    """Lucid's further names of layers that the network has, each with the layer's own."""
    if network.architecture is None:
        return {}
    softmax = _names.has_softmax(network.keras_model, network.architecture)
    names = _names.graph_names(network.architecture, softmax=softmax)
    return {alias: name for alias, name in names.items() if name in network.layer_names}


def _copy_in_float32(network: Network) -> keras.Model:
    """The same layers and weights, whatever precision they were trained in, on images of any size where they can be."""
    model = network.keras_model
    # Dense layers behind a feature map fix its size: auxiliary heads, and whatever a wrapped network has.
    free = network.architecture is not None and not any(isinstance(x, keras.layers.Flatten) for x in model.layers)
    sides = (None, None) if free else model.inputs[0].shape[1:3]
    inputs = keras.Input((*sides, 3), dtype="float32", name=INPUT)
    # Cloning would also compile the copy as the model is.
    bare = keras.Model(model.inputs, model.outputs, name=model.name)
    try:
        copy = keras.models.clone_model(bare, [inputs], clone_function=_layer_in_float32, recursive=True)
    except (TypeError, ValueError) as error:
        raise ExportError(
            f"A network must consist of layers that can be built anew from their settings. Received {network.source}: "
            f"{error}. Give its own layers `get_config`, and leave `Lambda` layers out."
        ) from error
    copy.set_weights(model.get_weights())
    return copy


def _layer_in_float32(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, GraphLayer):
        return GraphLayer(layer.program, layer.names, name=layer.name)
    kind = TensorFlowLRN if isinstance(layer, LocalResponseNormalization) else type(layer)
    return kind.from_config({**layer.get_config(), "dtype": "float32"})


def _constants(network: Network, concrete: Any) -> dict[str, str]:
    architecture = network.architecture
    if architecture is None:
        return {}
    graph_names = {
        layer.name: layer.graph_name for layer in architecture.layers(auxiliary=True) if isinstance(layer, Classifier)
    }
    captured = {id(outside): inside.op.name for outside, inside in concrete.graph.captures}
    names = {}
    for name, variable in variables(network.keras_model, architecture).items():
        layer, part = name.split("/")
        names[captured[id(variable.value.handle)]] = f"{graph_names.get(layer, layer)}{SUFFIXES[part]}"
    return names
