"""A frozen graph in the form that the original Lucid opens, with its manifest and labels beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

import artlucid
from artlucid import models
from artlucid.export._manifest import identification, provenance
from artlucid.export._rewrite import rewrite
from artlucid.export._target import checked
from artlucid.export._trace import INPUT, aliases, trace
from artlucid.files import write_atomically, write_json
from artlucid.models import Network
from artlucid.models._load import Source
from artlucid.models._network import usual_size
from artlucid.models.graphs._declared import LUCID_METADATA
from artlucid.models.graphs._program import digest
from artlucid.models.weights._graph import FORMAT, METADATA, VERSION

GraphDef = tf.compat.v1.GraphDef

VALUE_RANGE = [0, 255]


def frozen_graph(model: Source, path: str | Path) -> Path:
    """Write a network as a frozen graph that the original Lucid opens, on TensorFlow 1.15.

    Every layer has a node of its plain name, such as ``mixed4d_3x3_pre_relu``. The node ``input`` takes RGB in
    0 … 255, whatever the weights were trained on. Beside ``x.pb`` stand ``x.manifest.json``, with which Lucid knows
    layers and labels too, and ``x.labels.txt`` where the classes have names.

    Parameters
    ----------
    model : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    path : str or path
        Ends in ``.pb``; its folder is made if need be. Files that are there stay whole until the new ones are.

    Returns
    -------
    Path
        `path`. `artlucid.models.load` reads it back: as the network that it was if the architecture is a known one,
        else for visualization and extraction, with the same identity.

    Raises
    ------
    ExportError
        If the path has another suffix, or if the network needs an op or attribute
        that TensorFlow 1.15 does not know.
    OutputError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import export, models
    >>> folder = Path(tempfile.mkdtemp())
    >>> export.frozen_graph(models.load("none", architecture="mini"), folder / "mini.pb").name
    'mini.pb'
    >>> sorted(path.name for path in folder.iterdir())
    ['mini.manifest.json', 'mini.pb']
    """
    path = checked(path, ".pb")
    network = models.load(model)
    content = graph_def(network).SerializeToString(deterministic=True)
    labels = path.with_suffix(".labels.txt")
    if network.class_names:
        write_atomically(labels, "".join(f"{name}\n" for name in network.class_names).encode())
    write_atomically(path, content)
    # After the graph, because it vouches for it by its hash.
    write_json(path.with_suffix(".manifest.json"), _manifest(network, path, hashlib.sha256(content).hexdigest()))
    if not network.class_names:
        labels.unlink(missing_ok=True)
    return path


def graph_def(network: Network) -> GraphDef:
    texts = {METADATA: "", LUCID_METADATA: json.dumps(feeding(network))}
    graph = rewrite(trace(network), aliases(network), texts)
    declared = {
        "format": FORMAT,
        "version": VERSION,
        **identification(network),
        "class_names": list(network.class_names),
        "content": digest(graph.node, but=[METADATA]),
        "artlucid": artlucid.__version__,
    }
    node = next(node for node in graph.node if node.name == METADATA)
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(json.dumps(declared)))
    return graph


def feeding(network: Network) -> dict[str, Any]:
    """What Lucid must know to feed the graph."""
    return {"input_name": INPUT, "image_shape": [*usual_size(network), 3], "image_value_range": VALUE_RANGE}


def _manifest(network: Network, path: Path, digest: str) -> dict[str, Any]:
    """Lucid's manifest, and how the graph was made; Lucid makes an attribute of its model of every key."""
    return {
        "type": "frozen",
        "model_path": f"./{path.name}",
        **feeding(network),
        **_labels(network, path),
        **_dataset(network),
        "layers": layers(network),
        "format": FORMAT,
        "version": VERSION,
        **identification(network),
        "sha256": digest,
        **provenance(network),
    }


def _labels(network: Network, path: Path) -> dict[str, Any]:
    if not network.class_names:
        return {}
    # Lucid opens `labels_path` from the current folder, unlike `model_path`; it does not when it has `_labels` already.
    return {"labels_path": path.with_suffix(".labels.txt").name, "_labels": list(network.class_names)}


def _dataset(network: Network) -> dict[str, Any]:
    """What a network that comes from a run was trained on."""
    trained_on = network.lineage.get("dataset")
    return {"dataset": trained_on["specification"]} if isinstance(trained_on, Mapping) else {}


def layers(network: Network) -> list[dict[str, Any]]:
    own_names = {name: name for name in network.layer_names} | aliases(network)
    layers = []
    for name, layer in own_names.items():
        shape = models.layer_output(network, layer).shape
        layers.append({"name": name, "depth": shape[-1], "tags": ["conv" if len(shape) == 4 else "dense"]})
    return layers
