"""A graph from outside, held to what can be run: its constants, its input, and the layers that it has."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import tensorflow as tf

from artlucid.errors import WeightsError
from artlucid.models.weights._graph_nodes import Graph, Node
from artlucid.models.weights._record import MOST_BYTES

Shape = tuple[int | None, ...]

PLACEHOLDERS = ("Placeholder", "PlaceholderWithDefault")

MOST_VALUES = 2**28
"""A tensor of one image with more values than this is no activation of a network."""


@dataclass(frozen=True, eq=False)
class Program:
    """A graph that can be run on images.

    Attributes
    ----------
    graph : Graph
        As it was read.
    definition : GraphDef
        The same without control inputs: nothing in it has effects that need an order.
    input_name : str
        The node that takes the images, in the graph's own value range.
    input_shape : tuple
        (None, height, width, 3); None for sides that the graph leaves open.
    layers : mapping of str to tuple
        The shape of every floating-point tensor of two or four dimensions that comes of the images, by the name of its
        node, in graph order.
    image_size : tuple
        The usual height and width; None for any.
    """

    graph: Graph
    definition: tf.compat.v1.GraphDef
    input_name: str
    input_shape: Shape
    layers: Mapping[str, Shape]
    image_size: tuple[int | None, int | None]

    def part(self, names: Collection[str]) -> tf.compat.v1.GraphDef:
        """The nodes that some of the layers stand on."""
        needed: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting += [reference.partition(":")[0] for reference in self.graph.inputs(self.graph.nodes[name])]
        kept = [node for node in self.definition.node if node.name in needed]
        return tf.compat.v1.GraphDef(node=kept, versions=self.definition.versions)

    def kind(self, name: str) -> str:
        """The op that computes a layer."""
        return str(self.graph.nodes[self.graph.follow(name)].op)

    def parameters(self) -> int:
        """How many numbers the graph holds in floating-point constants of at least one dimension."""
        return sum(
            math.prod(self.graph.shape(name) or (0,))
            for name, node in self.graph.nodes.items()
            if node.op == "Const" and tf.as_dtype(node.attr["dtype"].type).is_floating
        )


def program(
    graph: Graph,
    input_name: str | None,
    *,
    image_size: tuple[int | None, int | None] | None = None,
    hidden: str | None = None,
) -> Program:
    """Check a graph and find its layers; nothing of it is run.

    Parameters
    ----------
    graph : Graph
    input_name : str or None
        The node that takes the images; None for the only placeholder.
    image_size : tuple, optional
        The usual height and width, where the graph leaves them open.
    hidden : str, optional
        What the names of nodes begin with that are no layers.

    Returns
    -------
    Program

    Raises
    ------
    WeightsError
        If the graph is damaged, if it holds constants or tensors of an excessive size, if it is fed anything but RGB
        images, or if it has no layer.
    """
    _check_constants(graph)
    _check_layout(graph)
    node = _input(graph, input_name)
    shape = _input_shape(graph, node)
    definition = _without_control(graph)
    found = _inferred(graph, definition, node.name, shape)
    names = _descendants(graph, node.name)
    layers = {
        name: found[name]
        for name in graph.nodes
        if name in names and name in found and not (hidden and name.startswith(hidden))
    }
    if not layers:
        _refuse(graph, "compute layers of its input", f"no layer that comes of {node.name!r}", "Freeze it anew")
    sizes = tuple(own or usual for own, usual in zip(shape[1:3], image_size or (None, None), strict=True))
    return Program(graph, definition, node.name, shape, layers, (sizes[0], sizes[1]))


def digest(nodes: Iterable[Node], but: Collection[str] = ()) -> str:
    """Hash of all nodes, attributes and constants; nodes that only describe the graph can be left out."""
    found = hashlib.sha256()
    for node in nodes:
        if node.name in but:
            continue
        found.update(repr((node.name, node.op, list(node.input))).encode())
        # Attribute by attribute: the order in which a map is written down is not fixed.
        for key in sorted(node.attr):
            value = node.attr[key].SerializeToString()
            found.update(f"{key} {len(value)} ".encode() + value)
    return found.hexdigest()


def _refuse(graph: Graph, rule: str, received: str, advice: str) -> NoReturn:
    raise WeightsError(f"A graph must {rule}. Received {graph.path} with {received}. {advice}.")


def _check_constants(graph: Graph) -> None:
    left = MOST_BYTES
    for name, node in graph.nodes.items():
        if node.op != "Const":
            continue
        array = graph.constant(name, left)
        assert array is not None
        left -= array.nbytes
        if array.dtype.kind == "f" and np.isnan(array).any():
            _refuse(graph, "hold no NaN", f"NaN in {name!r}", "It is damaged or its training diverged: use another")


def _check_layout(graph: Graph) -> None:
    for name, node in graph.nodes.items():
        layout = node.attr["data_format"].s if "data_format" in node.attr else b"NHWC"
        if layout.startswith(b"NC"):
            found = f"{layout.decode(errors='replace')} at node {name!r}"
            _refuse(graph, "have its channels last, NHWC", found, "Freeze it for the CPU")


def _input(graph: Graph, name: str | None) -> Node:
    """The placeholder of the images, which must be all that a graph is fed."""
    needed = [node.name for node in graph.nodes.values() if node.op == "Placeholder"]
    if name is None:
        if len(needed) != 1:
            found = f"{len(needed)} placeholders ({', '.join(needed[:6]) or 'none'}) and no `input_name`"
            _refuse(graph, "say which node takes the images", found, "Name it: `models.load_graph(…, input_name=…)`")
        return graph.nodes[needed[0]]
    node = graph.nodes.get(name.removesuffix(":0"))
    if node is None or node.op not in PLACEHOLDERS:
        found = f"`input_name` {name!r}, which is {'no node' if node is None else f'the op {node.op!r}'}"
        advice = f"Its placeholders are: {', '.join(needed[:6]) or 'none'}"
        _refuse(graph, "take its images at a placeholder", found, advice)
    others = [other for other in needed if other != node.name]
    if others:
        advice = "Freeze it with constants in their place"
        _refuse(graph, "be fed nothing but images", f"further placeholders {', '.join(others[:6])}", advice)
    return node


def _input_shape(graph: Graph, node: Node) -> Shape:
    dtype = tf.as_dtype(node.attr["dtype"].type or tf.float32.as_datatype_enum)
    if dtype != tf.float32:
        _refuse(graph, "take images as float32", f"{dtype.name} at {node.name!r}", "Freeze it behind the decoding")
    declared = node.attr["shape"].shape
    # Old files write a scalar where they mean any shape.
    if "shape" not in node.attr or declared.unknown_rank or not declared.dim:
        return (None, None, None, 3)
    sides = [None if dimension.size < 0 else dimension.size for dimension in declared.dim]
    if len(sides) != 4 or sides[3] not in (None, 3) or 0 in sides:
        advice = "Other numbers of channels, and channels first, cannot be fed: put a conversion into the graph"
        _refuse(graph, "take RGB images (batch, height, width, 3)", f"{tuple(sides)} at {node.name!r}", advice)
    return (None, sides[1], sides[2], 3)


def _without_control(graph: Graph) -> tf.compat.v1.GraphDef:
    definition = tf.compat.v1.GraphDef()
    definition.versions.CopyFrom(graph.versions)
    for node in graph.nodes.values():
        copy = definition.node.add()
        copy.CopyFrom(node)
        copy.device = ""
        copy.input[:] = graph.inputs(node)
    return definition


def _inferred(graph: Graph, definition: tf.compat.v1.GraphDef, name: str, shape: Shape) -> dict[str, Shape]:
    """The shapes of the tensors that can be layers."""
    shapes = {}
    with tf.Graph().as_default() as scratch:
        images = tf.compat.v1.placeholder(tf.float32, shape)
        try:
            tf.graph_util.import_graph_def(definition, input_map={f"{name}:0": images}, name="graph")
        except (TypeError, ValueError, tf.errors.OpError) as error:
            reason = str(error).strip().splitlines()[0]
            _refuse(graph, "be whole", f"nodes that do not fit each other ({reason})", "It is damaged: get it again")
        for operation in scratch.get_operations():
            for tensor in operation.outputs[:1]:
                _check_size(graph, tensor)
                if tensor.dtype.is_floating and tensor.shape.rank in (2, 4):
                    shapes[operation.name.removeprefix("graph/")] = tuple(tensor.shape.as_list())
    return shapes


def _check_size(graph: Graph, tensor: tf.Tensor) -> None:
    sides = tensor.shape.as_list() if tensor.shape.rank is not None else []
    if math.prod(side for side in sides if side is not None) > MOST_VALUES:
        found = f"a tensor of shape {tuple(sides)} at {tensor.op.name.removeprefix('graph/')!r}"
        _refuse(graph, f"compute tensors of at most {MOST_VALUES} values", found, "Do not trust this file")


def _descendants(graph: Graph, name: str) -> set[str]:
    """The nodes that the images reach."""
    readers: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        for reference in graph.inputs(node):
            readers.setdefault(reference.partition(":")[0], []).append(node.name)
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = [reader for reader in readers.get(waiting.pop(), []) if reader not in found]
        found.update(new)
        waiting += new
    return found
