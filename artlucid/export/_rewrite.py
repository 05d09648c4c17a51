"""From a frozen graph to one with Lucid's names that TensorFlow 1.15 opens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import tensorflow as tf

from artlucid.errors import ExportError
from artlucid.export._compatible import make_compatible, table
from artlucid.export._trace import INPUT, Traced
from artlucid.models.weights._graph import INNER

GraphDef = tf.compat.v1.GraphDef
Node = tf.compat.v1.NodeDef

# What TensorFlow takes as the name of a node.
NODE_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")


def rewrite(traced: Traced, aliases: Mapping[str, str], texts: Mapping[str, str]) -> GraphDef:
    """Give a frozen graph the names and the form in which it is written.

    Parameters
    ----------
    traced : Traced
    aliases : mapping of str to str
        Further names of layers, each with the layer's own.
    texts : mapping of str to str
        String constants by the names of their nodes.

    Returns
    -------
    GraphDef
        At its root the input, the weights, an identity for every layer and alias, and the texts; all else below
        `INNER`.

    Raises
    ------
    ExportError
        If TensorFlow 1.15 cannot compute it, or names cannot stand in a graph.
    """
    nodes = {node.name: node for node in traced.graph.node}
    graph = GraphDef()
    graph.versions.producer = table()["producer"]
    for name in _needed(nodes, traced.outputs.values()):
        node = graph.node.add()
        node.CopyFrom(nodes[name])
        node.name = _new_name(name, traced)
        node.device = ""
        node.ClearField("experimental_debug_info")
        node.input[:] = [_new_reference(reference, traced) for reference in _inputs(nodes, nodes[name])]
        make_compatible(node)
    for name, layer in [*((name, name) for name in traced.outputs), *aliases.items()]:
        source = _new_reference(_passed(nodes, traced.outputs[layer]), traced)
        graph.node.add(name=name, op="Identity", input=[source]).attr["T"].type = tf.float32.as_datatype_enum
    for name, text in texts.items():
        node = graph.node.add(name=name, op="Const")
        node.attr["dtype"].type = tf.string.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(text))
    _check_names(graph)
    return graph


def _split(reference: str) -> tuple[str, str]:
    name, _, index = reference.partition(":")
    return name, index or "0"


def _passed(nodes: Mapping[str, Node], reference: str) -> str:
    """The tensor that identities pass on."""
    while nodes[_split(reference)[0]].op == "Identity":
        reference = nodes[_split(reference)[0]].input[0]
    return reference


def _inputs(nodes: Mapping[str, Node], node: Node) -> list[str]:
    """What a node computes with, past identities; what only orders side effects is left out, as there are none."""
    references = [_passed(nodes, reference) for reference in node.input if not reference.startswith("^")]
    if node.op == "BiasAdd":
        references[1] = _flat_bias(nodes, references[1])
    return references


def _flat_bias(nodes: Mapping[str, Node], reference: str) -> str:
    """The constant of a bias, which Keras reshapes to four dimensions and back."""
    source = reference
    while nodes[_split(source)[0]].op in ("Identity", "Reshape", "Squeeze"):
        source = nodes[_split(source)[0]].input[0]
    constant = nodes[_split(source)[0]]
    flat = constant.op == "Const" and len(constant.attr["value"].tensor.tensor_shape.dim) == 1
    return source if flat else reference


def _needed(nodes: Mapping[str, Node], references: Iterable[str]) -> list[str]:
    """Names of the nodes that the outputs stand on, each after its inputs; freezing leaves them in no fixed order."""
    needed: dict[str, None] = {INPUT: None}
    waiting = [_split(_passed(nodes, reference))[0] for reference in references][::-1]
    while waiting:
        inputs = [_split(reference)[0] for reference in _inputs(nodes, nodes[waiting[-1]])]
        missing = [name for name in inputs if name not in needed]
        if missing:
            waiting += missing[::-1]
        else:
            needed[waiting.pop()] = None
    return list(needed)


def _new_name(name: str, traced: Traced) -> str:
    return name if name == INPUT else traced.constants.get(name, f"{INNER}/{name}")


def _new_reference(reference: str, traced: Traced) -> str:
    name, index = _split(reference)
    return _new_name(name, traced) + ("" if index == "0" else f":{index}")


def _check_names(graph: GraphDef) -> None:
    counts = Counter(node.name for node in graph.node)
    wrong = [name for name, count in counts.items() if count > 1 or not NODE_NAME.fullmatch(name)]
    if wrong:
        raise ExportError(
            "Names of layers must differ from each other and from those of the graph itself, and consist of letters, "
            f"digits and `_.-/`. Received {', '.join(map(repr, wrong))}. Rename these layers."
        )
