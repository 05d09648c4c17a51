"""A frozen graph as a Keras layer: any of its nodes can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

Tensor = Any

FLOATS = (tf.float32, tf.bfloat16, tf.float16)


@dataclass(frozen=True, eq=False)
class FrozenGraph:
    """A graph of harmless operations, and how it is fed.

    Attributes
    ----------
    graph_def : GraphDef
    input_name : str
        The node that takes the image.
    value_range : tuple of float
        What it takes for black and for white.
    image_shape : tuple of (height, width, 3)
        None for a side that may be any.
    """

    graph_def: tf.compat.v1.GraphDef
    input_name: str
    value_range: tuple[float, float]
    image_shape: tuple[int | None, int | None, int]
    names: tuple[str, ...] = field(init=False)
    """Nodes with a feature map or a vector an image, in graph order."""

    def __post_init__(self) -> None:
        with tf.Graph().as_default() as graph:
            tf.graph_util.import_graph_def(self.graph_def, name="")
        nodes = [op for op in graph.get_operations() if op.type not in ("Const", "Placeholder") and op.outputs]
        names = tuple(op.name for op in nodes if op.outputs[0].dtype in FLOATS and op.outputs[0].shape.rank in (2, 4))
        object.__setattr__(self, "names", names)


def is_graph(network: Any) -> bool:
    """Whether a network is a frozen graph of no known architecture."""
    return isinstance(network.keras_model.layers[-1], GraphLayer)


class GraphLayer(keras.layers.Layer):
    """Runs a graph on RGB in 0 … 255, as far as its outputs need it.

    Parameters
    ----------
    graph : FrozenGraph
    outputs : sequence of str
        Names of nodes.
    """

    def __init__(self, graph: FrozenGraph, outputs: Sequence[str], **options: Any) -> None:
        super().__init__(dtype="float32", trainable=False, **options)
        self.graph = graph
        self.outputs = tuple(outputs)

    def call(self, images: Tensor) -> list[Tensor]:
        """Give the outputs, one a name."""
        low, high = self.graph.value_range
        fed = tf.cast(images, tf.float32) * ((high - low) / 255) + low
        if tf.executing_eagerly():
            return list(tf.compat.v1.wrap_function(self._imported, [tf.TensorSpec(fed.shape, tf.float32)])(fed))
        # Into the graph that is being made, so that gradients that are overridden there reach its operations.
        return self._imported(fed)

    def _imported(self, fed: Tensor) -> list[Tensor]:
        wanted = [f"{name}:0" for name in self.outputs]
        return list(
            tf.graph_util.import_graph_def(
                self.graph.graph_def, input_map={self.graph.input_name: fed}, return_elements=wanted, name="graph"
            )
        )
