"""Writes graphs in the form of the published inception5h file, node by node with the attributes of its time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from artlucid.architectures import (
    Architecture,
    AveragePool,
    Classifier,
    Concatenation,
    Convolution,
    Dense,
    GlobalMean,
    Layer,
    MaxPool,
    Normalization,
)
from artlucid.models.weights._record import expected_shapes

GraphDef = tf.compat.v1.GraphDef


def random_arrays(architecture: Architecture, classes: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Arrays of backbone and all heads that keep the size of activations."""
    generator = np.random.default_rng(seed)
    arrays = {}
    for name, shape in expected_shapes(architecture, classes, auxiliary=True).items():
        scale = np.sqrt(2 / np.prod(shape[:-1])) if name.endswith("kernel") else 0.1
        arrays[name] = generator.normal(0, scale, shape).astype(np.float32)
    return arrays


class PublishedGraph:
    """Collects nodes; `graph` is the GraphDef."""

    def __init__(self, architecture: Architecture, arrays: dict[str, np.ndarray]) -> None:
        self.architecture = architecture
        self.arrays = arrays
        self.graph = GraphDef()
        self.graph.versions.producer = 8
        self.add("input", "Placeholder", dtype=tf.float32)
        heads = [*architecture.auxiliary_heads, architecture.head]
        for layer in architecture.layers(auxiliary=True):
            getattr(self, f"_{type(layer).__name__.lower()}")(layer)
        for index, head in enumerate(reversed(heads)):
            self.add(f"output{index or ''}", "Identity", [head.classifier.graph_name], T=tf.float32)

    def node(self, name: str) -> Any:
        return next(node for node in self.graph.node if node.name == name)

    def write(self, path: Path) -> Path:
        path.write_bytes(self.graph.SerializeToString())
        return path

    def add(self, name: str, op: str, inputs: Iterable[str] = (), **attributes: Any) -> str:
        node = self.graph.node.add(name=name, op=op, input=inputs)
        for key, value in attributes.items():
            attribute = node.attr[key]
            if isinstance(value, tf.DType):
                attribute.type = value.as_datatype_enum
            elif isinstance(value, np.ndarray):
                attribute.tensor.CopyFrom(tf.make_tensor_proto(value))
            elif isinstance(value, list):
                attribute.list.i.extend(value)
            elif isinstance(value, bytes):
                attribute.s = value
            elif isinstance(value, float):
                attribute.f = value
            else:
                attribute.i = value
        return name

    def constant(self, name: str, value: Any) -> str:
        array = np.asarray(value)
        return self.add(name, "Const", dtype=tf.as_dtype(array.dtype), value=array)

    def _integers(self, name: str, value: Any) -> str:
        return self.constant(name, np.asarray(value, np.int32))

    def _source(self, layer: Layer) -> str:
        return "input" if layer.source == "preprocess" else layer.source

    def _pad(self, layer: Layer, above: int, below: int) -> str:
        amounts = [[0, 0], [above, below], [above, below], [0, 0]]
        shape = self._integers(f"{layer.name}_pad/paddings", amounts)
        return self.add(f"{layer.name}_pad", "Pad", [self._source(layer), shape], T=tf.float32, Tpaddings=tf.int32)

    def _window(self, layer: Layer, above: int, below: int) -> tuple[str, dict[str, Any]]:
        same = self.architecture.padding == "same" or layer.stride == 1
        source = self._source(layer) if same else self._pad(layer, above, below)
        strides = [1, layer.stride, layer.stride, 1]
        return source, {"T": tf.float32, "strides": strides, "padding": b"SAME" if same else b"VALID"}

    def _weights(self, layer: str, graph_name: str) -> tuple[str, str]:
        return (
            self.constant(f"{graph_name}_w", self.arrays[f"{layer}/kernel"]),
            self.constant(f"{graph_name}_b", self.arrays[f"{layer}/bias"]),
        )

    def _convolution(self, layer: Convolution) -> None:
        kernel, bias = self._weights(layer.name, layer.name)
        source, attributes = self._window(layer, layer.kernel_size // 2, layer.kernel_size // 2)
        linear = f"{layer.name}_pre_relu"
        self.add(f"{linear}/conv", "Conv2D", [source, kernel], **attributes)
        self.add(linear, "BiasAdd", [f"{linear}/conv", bias], T=tf.float32)
        self.add(layer.name, "Relu", [linear], T=tf.float32)

    def _maxpool(self, layer: MaxPool) -> None:
        source, attributes = self._window(layer, 0, 1)
        self.add(layer.name, "MaxPool", [source], ksize=[1, layer.size, layer.size, 1], **attributes)

    def _averagepool(self, layer: AveragePool) -> None:
        size, stride = [1, layer.size, layer.size, 1], [1, layer.stride, layer.stride, 1]
        self.add(layer.name, "AvgPool", [layer.source], T=tf.float32, ksize=size, strides=stride, padding=b"VALID")

    def _normalization(self, layer: Normalization) -> None:
        constants = self.architecture.local_response
        self.add(
            layer.name, "LRN", [layer.source], depth_radius=constants.depth_radius, bias=constants.bias,
            alpha=constants.alpha, beta=constants.beta,
        )  # fmt: skip

    def _concatenation(self, layer: Concatenation) -> None:
        axis = self._integers(f"{layer.name}/concat_dim", 3)
        self.add(layer.name, "Concat", [axis, *layer.sources], T=tf.float32, N=len(layer.sources))

    def _globalmean(self, layer: GlobalMean) -> None:
        side = self.architecture.input_size // 32
        size, stride = [1, side, side, 1], [1, 1, 1, 1]
        self.add(layer.name, "AvgPool", [layer.source], T=tf.float32, ksize=size, strides=stride, padding=b"VALID")

    def _flat(self, source: str, width: int) -> str:
        shape = self._integers(f"{source}/reshape/shape", [-1, width])
        return self.add(f"{source}/reshape", "Reshape", [source, shape], T=tf.float32)

    def _product(self, layer: Dense | Classifier, graph_name: str, linear: str) -> str:
        kernel, bias = self._weights(layer.name, graph_name)
        flat = self._flat(layer.source, self.arrays[f"{layer.name}/kernel"].shape[0])
        self.add(f"{linear}/matmul", "MatMul", [flat, kernel], T=tf.float32)
        return self.add(linear, "BiasAdd", [f"{linear}/matmul", bias], T=tf.float32)

    def _dense(self, layer: Dense) -> None:
        self.add(layer.name, "Relu", [self._product(layer, layer.name, f"{layer.name}_pre_relu")], T=tf.float32)

    def _classifier(self, layer: Classifier) -> None:
        linear = self._product(layer, layer.graph_name, f"{layer.graph_name}_pre_activation")
        self.add(layer.graph_name, "Softmax", [linear], T=tf.float32)


def run(graph: GraphDef, images: np.ndarray, names: Iterable[str], node: str = "input") -> dict[str, np.ndarray]:
    """Compute tensors of a graph by their names."""
    names = list(names)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.import_graph_def(graph, name="")
        values = session.run([f"{name}:0" for name in names], {f"{node}:0": images})
    return dict(zip(names, values, strict=True))
