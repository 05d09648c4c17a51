"""Holds nodes to what TensorFlow 1.15 knows, on which the original Lucid runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from artlucid.errors import ExportError

Node = tf.compat.v1.NodeDef


@cache
def table() -> Mapping[str, Any]:
    """The attributes of every harmless op in TensorFlow 1.15, and the version of its graphs.

    ``benchmarks/make_op_table.py`` writes it with the real one.
    """
    return json.loads((files("artlucid.export") / "tensorflow_1_15.json").read_text(encoding="utf-8"))


def make_compatible(node: Node) -> None:
    """Remove from a node, in place, the attributes that TensorFlow 1.15 does not know.

    Raises
    ------
    ExportError
        If the op is not in the table, if such an attribute is not at its default, or if a known one has a value that
        is newer.
    """
    known = table()["ops"].get(node.op)
    if known is None:
        raise ExportError(
            f"A frozen graph must consist of ops that only compute. Received {node.op!r} at node {node.name!r}. "
            "Leave the layer out that needs it, or use `export.keras_file`."
        )
    for name in list(node.attr):
        if name.startswith("_"):
            del node.attr[name]
        elif name not in known:
            if node.attr[name] != _default(node.op, name):
                _refuse(node, name)
            del node.attr[name]
        elif known[name] is not None and _value(node.attr[name]) not in known[name]:
            _refuse(node, name)


def _default(op: str, attribute: str) -> Any:
    definition = op_def_registry.get(op)
    return next(entry.default_value for entry in definition.attr if entry.name == attribute)


def _value(attribute: Any) -> str:
    return tf.dtypes.as_dtype(attribute.type).name if attribute.type else attribute.s.decode()


def _refuse(node: Node, attribute: str) -> None:
    value = " ".join(str(node.attr[attribute]).split())
    raise ExportError(
        f"A frozen graph must open in TensorFlow 1.15. Received the op {node.op!r} at node {node.name!r} with the "
        f"attribute {attribute!r} at {value}, which it does not know. Build the layer without it, or use "
        "`export.keras_file`."
    )
