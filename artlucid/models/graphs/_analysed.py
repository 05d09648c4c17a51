"""Which layers of a graph stand for its convolutions, and which for its predictions."""

from __future__ import annotations

from collections.abc import Mapping

from artlucid.models.graphs._program import Program
from artlucid.models.weights._graph_nodes import Graph, Node

CONVOLUTIONS = frozenset({"Conv2D", "DepthwiseConv2dNative"})

BIASES = frozenset({"Add", "AddV2", "BiasAdd"})
"""Ops that add a bias where their second input is a constant."""


def convolutions(program: Program) -> tuple[str, ...]:
    """The layers that hold the outputs of the convolutions: with their bias, under a plain name where there is one."""
    readers = _readers(program.graph)
    found = [_named(program, readers, node) for node in program.graph.nodes.values() if node.op in CONVOLUTIONS]
    return tuple(dict.fromkeys(name for name in found if name is not None))


def predictions(program: Program) -> str:
    """The layer that stands on the most nodes; of several, the first."""
    nodes = program.graph.nodes
    # A bit a node: those that a node stands on.
    bits = {name: 1 << index for index, name in enumerate(nodes)}
    below: dict[str, int] = {}
    waiting = list(program.layers)[::-1]
    while waiting:
        sources = [reference.partition(":")[0] for reference in program.graph.inputs(nodes[waiting[-1]])]
        missing = [source for source in sources if source not in below]
        if missing:
            waiting += missing
            continue
        name = waiting.pop()
        below[name] = bits[name]
        for source in sources:
            below[name] |= below[source]
    return max(program.layers, key=lambda name: below[name].bit_count())


def _readers(graph: Graph) -> dict[str, list[Node]]:
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes.values():
        for reference in graph.inputs(node):
            readers.setdefault(reference.removesuffix(":0"), []).append(node)
    return readers


def _named(program: Program, readers: Mapping[str, list[Node]], convolution: Node) -> str | None:
    """The layer of a convolution; in a graph whose nodes are not all layers, the first one behind it."""
    node = convolution
    for _ in program.graph.nodes:
        after = [reader for reader in readers.get(node.name, []) if reader.op != "Identity"]
        biased = len(after) == 1 and _adds_bias(program.graph, after[0])
        name = _name(program, readers, node)
        if name is not None and not biased:
            return name
        if len(after) != 1:
            return name
        node = after[0]
    return None


def _adds_bias(graph: Graph, node: Node) -> bool:
    return node.op in BIASES and graph.shape(graph.input(node, 1)) is not None


def _name(program: Program, readers: Mapping[str, list[Node]], node: Node) -> str | None:
    """The name of an identity at the root of the graph, or the node's own if it is a layer."""
    plain = [reader.name for reader in readers.get(node.name, []) if reader.op == "Identity" and "/" not in reader.name]
    names = [name for name in (node.name if "/" not in node.name else "", *plain, node.name) if name in program.layers]
    return names[0] if names else None
