"""The nodes of a graph from outside, and the few questions asked of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.errors import WeightsError
from artlucid.models.weights._harmless import read_graph
from artlucid.models.weights._record import MOST_BYTES

Node = tf.compat.v1.NodeDef


@dataclass(frozen=True, eq=False)
class Graph:
    """A parsed graph.

    Attributes
    ----------
    path : Path
    nodes : mapping of str to NodeDef
    versions : VersionDef
        Of the TensorFlow that wrote it; ops have changed their meaning since.
    """

    path: Path
    nodes: Mapping[str, Node]
    versions: Any

    @classmethod
    def parse(cls, path: Path) -> Graph:
        """Read a file by `read_graph`, and refuse names that stand twice."""
        nodes: dict[str, Node] = {}
        graph = read_graph(path)
        for node in graph.node:
            if node.name in nodes:
                raise WeightsError(
                    f"The nodes of a graph must have different names. Received {path} with two nodes {node.name!r}. "
                    "It is damaged or made to mislead: get it again."
                )
            nodes[node.name] = node
        return cls(path, nodes, graph.versions)

    def follow(self, reference: str, through: Collection[str] = ("Identity",)) -> str:
        """The name of the node that an input comes from, past nodes that pass their first input on."""
        name = reference.removesuffix(":0")
        # As often as there are nodes, because a hostile graph may run in a circle.
        for _ in self.nodes:
            node = self.nodes.get(name)
            if node is None or node.op not in through:
                break
            name = self.input(node, 0).removesuffix(":0")
        return name

    def find(self, reference: str, *ops: str) -> Node | None:
        """The node that an input comes from, if it has one of these ops."""
        node = self.nodes.get(self.follow(reference))
        return node if node is not None and node.op in ops else None

    def inputs(self, node: Node) -> list[str]:
        """The inputs of a node that are tensors."""
        return [reference for reference in node.input if not reference.startswith("^")]

    def input(self, node: Node, index: int) -> str:
        """One input of a node; an empty reference, which leads nowhere, if it has fewer."""
        references = self.inputs(node)
        return references[index] if -len(references) <= index < len(references) else ""

    def shape(self, reference: str) -> tuple[int, ...] | None:
        """The shape of a constant; None if it is none."""
        node = self.find(reference, "Const")
        if node is None:
            return None
        return tuple(dimension.size for dimension in node.attr["value"].tensor.tensor_shape.dim)

    def constant(self, reference: str, most_bytes: int = MOST_BYTES) -> npt.NDArray[np.generic] | None:
        """The value of a constant; None if it is none."""
        node, shape = self.find(reference, "Const"), self.shape(reference)
        if node is None or shape is None:
            return None
        # Checked before the value is made: one number and a vast shape are a few bytes of file.
        if min(shape, default=0) < 0 or math.prod(shape) * 4 > most_bytes:
            self._refuse(node, f"shape {shape}")
        try:
            return np.asarray(tf.make_ndarray(node.attr["value"].tensor))
        except (TypeError, ValueError) as error:
            self._refuse(node, str(error))

    def _refuse(self, node: Node, found: str) -> NoReturn:
        raise WeightsError(
            "A constant must hold as many values as its shape says, and no more than a network has. "
            f"Received {self.path}, {node.name!r}: {found}. The file is damaged: get it again."
        )
