"""Graphs from outside: a ``.pb`` is a program, so its ops are checked before anything else is done with it."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError

from artlucid.errors import WeightsError
from artlucid.models.weights._record import MOST_BYTES

HARMLESS = frozenset(
    {
        # No computation.
        "Const", "Identity", "NoOp", "Placeholder", "PlaceholderWithDefault", "StopGradient",
        # Convolution, dense, pooling, normalization.
        "AvgPool", "BiasAdd", "Conv2D", "DepthwiseConv2dNative", "FusedBatchNorm", "FusedBatchNormV2",
        "FusedBatchNormV3", "LRN", "MatMul", "MaxPool", "MaxPoolV2",
        # Activations.
        "Elu", "LeakyRelu", "LogSoftmax", "Relu", "Relu6", "Selu", "Sigmoid", "Softmax", "Softplus", "Softsign",
        "Tanh",
        # Arithmetic, value by value.
        "Abs", "Add", "AddN", "AddV2", "Cast", "Div", "Erf", "Exp", "Floor", "Log", "Maximum", "Minimum", "Mul",
        "Neg", "Pow", "RealDiv", "Reciprocal", "Rsqrt", "Sqrt", "Square", "SquaredDifference", "Sub",
        # Reductions.
        "Max", "Mean", "Min", "Prod", "Sum",
        # Shapes and arrangement.
        "Concat", "ConcatV2", "ExpandDims", "GatherV2", "MirrorPad", "Pack", "Pad", "PadV2", "Reshape",
        "ResizeBilinear", "ResizeNearestNeighbor", "ReverseV2", "Shape", "Slice", "Split", "SplitV", "Squeeze",
        "StridedSlice", "Transpose", "Unpack",
    }
)  # fmt: skip
"""Ops that only compute their outputs from their inputs: no file, no process, no state, no other function."""


def read_graph(path: Path) -> tf.compat.v1.GraphDef:
    """Parse a GraphDef and hold it to the harmless ops; nothing in it is run.

    Parameters
    ----------
    path : Path

    Returns
    -------
    GraphDef

    Raises
    ------
    WeightsError
        If the file is too large, damaged or empty, if it brings functions of its own, or if one of its ops is not
        in `HARMLESS`.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise WeightsError(
                f"A graph must be at most {MOST_BYTES // 2**20} MiB. Received {path} of "
                f"{path.stat().st_size // 2**20} MiB. It is no network that is known here."
            )
        graph = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise WeightsError(
            f"A `.pb` file must be a TensorFlow GraphDef. Received {path}, which cannot be read ({error}). "
            "It is damaged, cut short or something else: get it again."
        ) from error
    check_harmless(graph, path)
    return graph


def check_harmless(graph: tf.compat.v1.GraphDef, path: Path) -> None:
    """Refuse a graph without nodes, with functions of its own, or with an op that is not in `HARMLESS`."""
    if not graph.node:
        raise WeightsError(
            f"A graph must have nodes. Received {path}, which has none. It is cut short or no GraphDef: get it again."
        )
    for function in graph.library.function:
        _refuse(path, f"the function {function.signature.name!r} in its library")
    if graph.library.ByteSize():
        _refuse(path, "a function library")
    for node in graph.node:
        if node.op not in HARMLESS:
            _refuse(path, f"the op {node.op!r} at node {node.name!r}")


def _refuse(path: Path, found: str) -> None:
    raise WeightsError(
        f"A graph from outside must consist of harmless ops: a `.pb` is a program. Received {path} with {found}. "
        "Nothing of it was run. Do not trust this file; if you do, freeze it again without training or input ops."
    )
