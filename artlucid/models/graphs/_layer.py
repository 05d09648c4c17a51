"""A Keras layer that runs a frozen graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import keras
import tensorflow as tf

from artlucid.models.graphs._program import Program

Tensor = Any


class GraphLayer(keras.layers.Layer):
    """Runs the part of a graph that some of its layers stand on.

    Its ops are made where it is called, so that gradients which are overridden there reach them.

    Parameters
    ----------
    program : Program
    names : sequence of str
        The layers wanted, each once.
    name : str, optional
        Of the Keras layer.
    """

    def __init__(self, program: Program, names: Sequence[str], name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32", trainable=False)
        self.program = program
        self.names = tuple(names)
        self._part: tf.compat.v1.GraphDef | None = None
        self._run = tf.function(
            self._imported, input_signature=[tf.TensorSpec(program.input_shape, tf.float32)], autograph=False
        )

    def call(self, inputs: Tensor) -> list[Tensor]:
        """The outputs of the layers, float32, in the order of their names."""
        return cast("list[Tensor]", self._run(inputs) if tf.executing_eagerly() else self._imported(inputs))

    def compute_output_spec(self, inputs: Tensor) -> list[keras.KerasTensor]:
        """What shape inference found, unless the images are of a particular size."""
        if tuple(inputs.shape) != self.program.input_shape:
            return cast("list[keras.KerasTensor]", super().compute_output_spec(inputs))
        return [keras.KerasTensor(self.program.layers[name], "float32") for name in self.names]

    def _imported(self, images: Tensor) -> list[Tensor]:
        if self._part is None:
            self._part = self.program.part(self.names)
        found = tf.graph_util.import_graph_def(
            self._part,
            input_map={f"{self.program.input_name}:0": images},
            return_elements=[f"{name}:0" for name in self.names],
            name=self.name,
        )
        return [tensor if tensor.dtype == tf.float32 else tf.cast(tensor, tf.float32) for tensor in found]
