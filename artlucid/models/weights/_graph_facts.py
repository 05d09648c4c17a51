"""What the layers of a graph compute, as text beside what the architecture's table says of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

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
from artlucid.models.weights._graph_nodes import Graph, Node

ABSENT = "absent"

# What `LRN` means where a file leaves an attribute out.
LRN_DEFAULTS: Mapping[str, float] = MappingProxyType({"depth_radius": 5, "bias": 1.0, "alpha": 1.0, "beta": 0.5})


def differences(graph: Graph, architecture: Architecture, heads: Collection[str]) -> list[str]:
    """What the graph computes otherwise than the architecture, both sides a line.

    Parameters
    ----------
    graph : Graph
    architecture : Architecture
    heads : collection of str
        The auxiliary heads that the graph must have too.

    Returns
    -------
    list of str
        Empty if they agree in every kernel size, stride, padding and constant, and in what feeds what.
    """
    layers = [
        *architecture.backbone,
        *(layer for head in architecture.auxiliary_heads if head.name in heads for layer in head.layers),
        *architecture.head.layers,
    ]
    outputs = {graph.follow(name): name for name in ("preprocess", *(layer.name for layer in layers))}
    facts = _Facts(graph, architecture, outputs)
    pairs = [(layer.name, facts.of(layer), _wanted(layer, architecture)) for layer in layers]
    if "preprocess" in graph.nodes:
        pairs.append(("preprocess", facts.of_preprocess(), _wanted_preprocess(architecture)))
    return [f"{name}: graph {seen}, variant {wanted}" for name, seen, wanted in pairs if seen != wanted]


def _numbers(values: Collection[float]) -> str:
    # Six digits, because the graph's attributes are float32.
    return " ".join(f"{value:.6g}" for value in values)


def _window(op: str, size: str, stride: str, padding: str, source: str) -> str:
    return f"{op} {size}, stride {stride}, {padding}, of {source}"


# ---- What the table says ----


def _wanted(layer: Layer, architecture: Architecture) -> str:
    return _WANTED[type(layer)](layer, architecture)


def _wanted_preprocess(architecture: Architecture) -> str:
    return f"{architecture.preprocess.channel_order} minus {_numbers(architecture.preprocess.means)}"


def _wanted_window(
    op: str, size: int, layer: Convolution | MaxPool, architecture: Architecture, pad: Sequence[int]
) -> str:
    # With stride 1 both paddings are the same.
    same = layer.stride == 1 or architecture.padding == "same"
    padding = "SAME" if same else f"padded {_numbers(pad)} VALID"
    return _window(op, f"{size}x{size}", f"{layer.stride}x{layer.stride}", padding, layer.source)


def _wanted_convolution(layer: Convolution, architecture: Architecture) -> str:
    pad = [layer.kernel_size // 2] * 4
    return f"Relu of {_wanted_window('Conv2D', layer.kernel_size, layer, architecture, pad)}"


def _wanted_max_pool(layer: MaxPool, architecture: Architecture) -> str:
    # Caffe's ceil mode: nothing above and on the left.
    return _wanted_window("MaxPool", layer.size, layer, architecture, [0, 1, 0, 1])


def _wanted_average_pool(layer: AveragePool, architecture: Architecture) -> str:
    return _window("AvgPool", f"{layer.size}x{layer.size}", f"{layer.stride}x{layer.stride}", "VALID", layer.source)


def _wanted_normalization(layer: Normalization, architecture: Architecture) -> str:
    constants = architecture.local_response
    return f"LRN {_numbers([getattr(constants, name) for name in LRN_DEFAULTS])} of {layer.source}"


_WANTED: Mapping[type, Callable[[Any, Architecture], str]] = MappingProxyType(
    {
        Convolution: _wanted_convolution,
        MaxPool: _wanted_max_pool,
        AveragePool: _wanted_average_pool,
        Normalization: _wanted_normalization,
        Concatenation: lambda layer, _: f"concatenation of {' '.join(layer.sources)}",
        GlobalMean: lambda layer, _: f"mean over space of {layer.source}",
        Dense: lambda layer, _: f"Relu of MatMul of {layer.source}",
        Classifier: lambda layer, _: f"MatMul of {layer.source}",
    }
)


# ---- What the graph says ----


@dataclass(frozen=True)
class _Facts:
    """Describes layers of a graph in the words of `_wanted`."""

    graph: Graph
    architecture: Architecture
    outputs: Mapping[str, str]
    """The layer that each node is the output of."""

    def of(self, layer: Layer) -> str:
        if isinstance(layer, Convolution | Dense):
            return self._activated(layer)
        if isinstance(layer, Classifier):
            return self._linear(f"{layer.graph_name}_pre_activation", layer.graph_name, "MatMul")
        return self._described(layer.name)

    def of_preprocess(self) -> str:
        graph = self.graph
        subtraction = graph.find("preprocess", "Sub")
        if subtraction is None:
            return self._op("preprocess")
        images, means = graph.input(subtraction, 0), graph.constant(graph.input(subtraction, 1))
        reverse = graph.find(images, "ReverseV2")
        if reverse is not None and self._list(graph.input(reverse, 1)) in ([-1], [3]):
            images = graph.input(reverse, 0)
        order = "BGR" if reverse is not None else "RGB"
        if graph.find(images, "Placeholder") is None:
            order = f"{order} of {self._op(images)}"
        return f"{order} minus {ABSENT if means is None else _numbers(means.ravel().tolist())}"

    def _activated(self, layer: Convolution | Dense) -> str:
        linear = f"{layer.name}_pre_relu"
        relu = self.graph.find(layer.name, "Relu")
        if relu is None:
            return self._op(layer.name)
        source = self.graph.follow(self.graph.input(relu, 0))
        if source != self.graph.follow(linear):
            return f"Relu of {source}"
        return f"Relu of {self._linear(linear, layer.name, 'Conv2D' if isinstance(layer, Convolution) else 'MatMul')}"

    def _linear(self, name: str, weights: str, op: str) -> str:
        """A product with ``<weights>_w`` plus ``<weights>_b``."""
        graph = self.graph
        bias = graph.find(name, "BiasAdd")
        product = None if bias is None else graph.find(graph.input(bias, 0), op)
        if bias is None or product is None:
            return self._op(name)
        used = graph.follow(graph.input(product, 1)), graph.follow(graph.input(bias, 1))
        if used != (f"{weights}_w", f"{weights}_b"):
            return f"{op} with {' and '.join(used)}"
        return self._described(product.name)

    def _described(self, name: str) -> str:
        node = self.graph.nodes.get(self.graph.follow(name))
        return _DESCRIBE[node.op](self, node) if node is not None and node.op in _DESCRIBE else self._op(name)

    def _convolution(self, node: Node) -> str:
        shape = self.graph.shape(self.graph.input(node, 1)) or ()
        return self._windowed(node, "x".join(map(str, shape[:2])))

    def _pool(self, node: Node) -> str:
        return self._windowed(node, self._sides(node, "ksize"))

    def _average_pool(self, node: Node) -> str:
        side = self.architecture.input_size // 32
        # In the published graph the global mean is a pool as large as the last feature map; its stride is idle.
        if self._sides(node, "ksize") == f"{side}x{side}" and node.attr["padding"].s == b"VALID":
            return f"mean over space of {self._source(self.graph.input(node, 0))}"
        return self._pool(node)

    def _windowed(self, node: Node, size: str) -> str:
        source, pad = self._padded(self.graph.input(node, 0))
        padding = node.attr["padding"].s.decode(errors="replace")
        # Files older than these attributes leave them out.
        layout = node.attr["data_format"].s.decode(errors="replace") or "NHWC"
        dilations = self._sides(node, "dilations") or "1x1"
        words = [
            *([f"padded {_numbers(pad)}"] if any(pad) else []),
            padding,
            *([layout] if layout != "NHWC" else []),
            *([f"dilated {dilations}"] if dilations != "1x1" else []),
        ]
        return _window(node.op, size, self._sides(node, "strides"), " ".join(words), source)

    def _normalization(self, node: Node) -> str:
        values = [
            default if name not in node.attr else node.attr[name].i if name == "depth_radius" else node.attr[name].f
            for name, default in LRN_DEFAULTS.items()
        ]
        return f"LRN {_numbers(values)} of {self._source(self.graph.input(node, 0))}"

    def _concatenation(self, node: Node) -> str:
        inputs = self.graph.inputs(node)
        # The old op takes the axis first.
        axis, parts = (inputs[:1], inputs[1:]) if node.op == "Concat" else (inputs[-1:], inputs[:-1])
        axes = [number for reference in axis for number in self._list(reference)]
        along = "" if axes in ([3], [-1]) else f" along {_numbers(axes)}"
        return f"concatenation of {' '.join(map(self._source, parts))}{along}"

    def _mean(self, node: Node) -> str:
        axes = self._list(self.graph.input(node, 1))
        return f"mean over {'space' if axes == [1, 2] else axes} of {self._source(self.graph.input(node, 0))}"

    def _product(self, node: Node) -> str:
        transposed = node.attr["transpose_a"].b or node.attr["transpose_b"].b
        # Past the reshape that flattens a feature map, which keeps the order of values.
        source = self._source(self.graph.follow(self.graph.input(node, 0), ("Identity", "Reshape")))
        return f"MatMul{' transposed' if transposed else ''} of {source}"

    def _padded(self, reference: str) -> tuple[str, list[int]]:
        """The layer that an input comes from, and the zeros put around it on the way."""
        pad = self.graph.find(reference, "Pad")
        if pad is None:
            return self._source(reference), []
        amounts = self._list(self.graph.input(pad, 1))
        only_space = len(amounts) == 8 and not any(amounts[:2] + amounts[-2:])
        return self._source(self.graph.input(pad, 0)), amounts[2:-2] if only_space else amounts

    def _source(self, reference: str) -> str:
        """The layer that an input comes from; the name of the node where it is no layer."""
        name = self.graph.follow(reference)
        # The published graph is fed what comes after the preprocessing.
        if "preprocess" not in self.graph.nodes and self.graph.find(name, "Placeholder") is not None:
            return "preprocess"
        return self.outputs.get(name, name)

    def _list(self, reference: str) -> list[int]:
        value = self.graph.constant(reference, most_bytes=1024)
        return [] if value is None or value.dtype.kind != "i" else value.ravel().tolist()

    def _sides(self, node: Node, attribute: str) -> str:
        values = list(node.attr[attribute].list.i)
        return "x".join(map(str, values[1:3] if values[:1] == [1] == values[3:] else values))

    def _op(self, name: str) -> str:
        node = self.graph.nodes.get(self.graph.follow(name))
        return ABSENT if node is None else node.op


_DESCRIBE: Mapping[str, Callable[[_Facts, Node], str]] = MappingProxyType(
    {
        "AvgPool": _Facts._average_pool,
        "Concat": _Facts._concatenation,
        "ConcatV2": _Facts._concatenation,
        "Conv2D": _Facts._convolution,
        "LRN": _Facts._normalization,
        "MatMul": _Facts._product,
        "MaxPool": _Facts._pool,
        "Mean": _Facts._mean,
    }
)
