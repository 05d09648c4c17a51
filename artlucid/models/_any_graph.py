"""Frozen graphs of no known architecture: networks to be looked into, not to be trained."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from artlucid import architectures
from artlucid.errors import WeightsError
from artlucid.models._graph_layer import FrozenGraph, GraphLayer
from artlucid.models._network import Network
from artlucid.models.weights._graph import METADATA
from artlucid.models.weights._graph_nodes import Graph
from artlucid.models.weights._harmless import read_graph

LUCID_METADATA = "lucid_metadata_json"
"""The constant in which Lucid looks for how a graph is fed."""

LONGEST_TEXT = 2**20
"""Of a manifest or a list of classes, in bytes."""

Feeding = Mapping[str, Any]


def frozen_graph(
    path: str | Path, *, value_range: tuple[float, float], input_name: str = "input", class_names: Sequence[str] = ()
) -> Network:
    """Load a frozen graph that does not say how it is fed; `load` reads those that do.

    Parameters
    ----------
    path : path
        A binary GraphDef, ``.pb``, of operations that only compute.
    value_range : tuple of float
        The values that it takes for black and for white: (0, 1), (-117, 138), ….
    input_name : str
        The placeholder for a batch of images, shape (batch, height, width, 3).
    class_names : sequence of str
        In the order of the last node's values, if known.

    Returns
    -------
    Network
        Of no known architecture: for visualization and extraction. Its layers are the graph's nodes.

    Raises
    ------
    WeightsError
        If the file is damaged, has an operation that does more than compute, or no such placeholder, or if the range
        is none.
    """
    return _network(Path(path), {"input_name": input_name, "image_value_range": value_range}, tuple(class_names))


def load_any(path: Path) -> Network | None:
    """Load a graph of no known architecture; None for one of a known architecture, which is read for its weights.

    Raises
    ------
    WeightsError
        As `frozen_graph`, or if nothing says how the graph is fed.
    """
    graph = Graph.parse(path)
    declared = _json_of(graph, METADATA) or {}
    if declared.get("variant") is not None or (not declared and _has_known_layers(graph)):
        return None
    manifest = _manifest_beside(path)
    feeding = _json_of(graph, LUCID_METADATA) or manifest
    if feeding is None:
        raise WeightsError(
            f"A graph of no known architecture must say how it is fed: in a node {LUCID_METADATA!r}, or in "
            f"{path.stem}.manifest.json beside it. Received {path} with neither. Save it with Lucid's `Model.save`, or "
            "load it with `models.frozen_graph(path, value_range=(0, 1), input_name='input')`."
        )
    names = declared.get("class_names") or _labels(path, manifest or {})
    return _network(path, feeding, tuple(map(str, names)))


def _has_known_layers(graph: Graph) -> bool:
    known = {f"{name}_w" for each in architectures.ARCHITECTURES.values() for name in each.convolutions}
    return any(name in graph.nodes for name in known)


def _json_of(graph: Graph, name: str) -> dict[str, Any] | None:
    """The object that a constant of text holds; None if there is no such constant."""
    if name not in graph.nodes:
        return None
    try:
        text = graph.constant(name, LONGEST_TEXT)
        found = json.loads(text.item())  # type: ignore[union-attr]
        if not isinstance(found, dict):
            raise ValueError("it is no object")
        return found
    except WeightsError:
        raise
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        raise WeightsError(
            f"The node {name!r} of a graph must hold JSON. Received {graph.path}, where it cannot be read ({error}). "
            "The file is damaged: get it again."
        ) from error


def _manifest_beside(path: Path) -> dict[str, Any] | None:
    """Lucid's manifest of this file: of its name, or the only one of the folder that speaks of it."""
    for place in (path.with_suffix(".manifest.json"), path.parent / "manifest.json"):
        if not place.is_file():
            continue
        try:
            found = json.loads(_text_of(place))
            if not isinstance(found, dict):
                raise ValueError("it is no object")
        except (OSError, RecursionError, ValueError) as error:
            raise WeightsError(
                f"The manifest of a graph must hold JSON. Received {place}, which cannot be read ({error}). "
                "It is damaged: get it again, or move it away."
            ) from error
        if Path(str(found.get("model_path", path.name))).name == path.name:
            return found
    return None


def _labels(path: Path, manifest: Mapping[str, Any]) -> list[str]:
    if isinstance(manifest.get("_labels"), list):
        return [str(name) for name in manifest["_labels"]]
    if not isinstance(manifest.get("labels_path"), str):
        return []
    place = (path.parent / manifest["labels_path"]).resolve()
    if not place.is_relative_to(path.parent.resolve()):
        raise WeightsError(
            f"The labels of a graph must lie in its folder. Received {manifest['labels_path']!r} beside {path}. "
            "Copy the file there, and name it without a folder."
        )
    return _text_of(place).splitlines() if place.is_file() else []


def _text_of(path: Path) -> str:
    if path.stat().st_size > LONGEST_TEXT:
        raise ValueError(f"it has more than {LONGEST_TEXT} bytes")
    return path.read_text(encoding="utf-8")


def _network(path: Path, feeding: Feeding, class_names: tuple[str, ...]) -> Network:
    graph_def = read_graph(path)
    low, high = _checked_range(path, feeding.get("image_value_range"))
    input_name, sides = _checked_input(path, graph_def, feeding)
    graph = FrozenGraph(graph_def, input_name, (low, high), (*sides, 3))
    if not graph.names:
        raise WeightsError(
            f"A graph must have nodes with a feature map or a vector an image. Received {path}, which has none. "
            "It is no image network: use another file."
        )
    inputs = keras.Input((*sides, 3), dtype="float32", name="input")
    outputs = GraphLayer(graph, [graph.names[-1]], name="graph")(inputs)
    digest = hashlib.sha256(f"{low} {high} {input_name}".encode() + graph_def.SerializeToString(deterministic=True))
    convolutions = {node.name for node in graph_def.node if "Conv" in node.op}
    return Network(
        keras_model=keras.Model(inputs, outputs, name=path.stem),
        architecture=None,
        class_names=class_names,
        identity=digest.hexdigest(),
        source=str(path.absolute()),
        analysed_layers=tuple(name for name in graph.names if name in convolutions),
    )


def _checked_range(path: Path, value_range: Any) -> tuple[float, float]:
    try:
        low, high = (float(value) for value in value_range)
    except (TypeError, ValueError):
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise WeightsError(
            "The value range of a graph must be two numbers, for black and for white, black below white. Received "
            f"{value_range!r} for {path}. Declare the range that it was trained on: (0, 1), (-117, 138), …."
        )
    return low, high


def _checked_input(path: Path, graph_def: Any, feeding: Feeding) -> tuple[str, tuple[int | None, int | None]]:
    """The name of the placeholder, and the sides of the images that it takes."""
    name = feeding.get("input_name")
    placeholders = {node.name: node for node in graph_def.node if node.op == "Placeholder"}
    if name not in placeholders or len(placeholders) > 1:
        raise WeightsError(
            f"The input of a graph must be its only placeholder. Received {name!r} for {path}, whose placeholders are "
            f"{', '.join(placeholders) or 'none'}. Name it, and freeze the graph without others."
        )
    shape = placeholders[name].attr["shape"].shape
    sides = [dimension.size if dimension.size > 0 else None for dimension in shape.dim]
    if not shape.unknown_rank and sides and (len(sides) != 4 or sides[3] not in (3, None)):
        raise WeightsError(
            f"The input of a graph must take images of shape (batch, height, width, 3). Received {sides} for {path}. "
            "Networks on RGB images, channels last, can be looked into."
        )
    return str(name), (sides[1], sides[2]) if len(sides) == 4 else (None, None)
