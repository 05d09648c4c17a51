"""A network of any frozen graph, for visualization and extraction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import keras

from artlucid.errors import ModelError, WeightsError
from artlucid.models._network import Network
from artlucid.models._wrap import checked_layers, checked_range, rescaled
from artlucid.models.graphs._analysed import convolutions, predictions
from artlucid.models.graphs._declared import LUCID_METADATA, Declared, manifest_of, manifests, of_graph
from artlucid.models.graphs._layer import GraphLayer
from artlucid.models.graphs._program import Program, digest, program
from artlucid.models.weights._graph import INNER, METADATA, Declaration, declaration_of
from artlucid.models.weights._graph_nodes import Graph


def load_graph(
    path: str | Path,
    *,
    value_range: tuple[float, float] | None = None,
    input_name: str | None = None,
    layers: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
) -> Network:
    """Turn any frozen graph into a `Network` that takes RGB in 0 … 255, for visualization and extraction.

    `load` does the same for a graph of no known architecture that declares how it is fed: by Lucid's node
    ``lucid_metadata_json``, or by Lucid's manifest beside it, ``x.manifest.json`` or ``manifest.json``. This function
    is for graphs that do not; what is given here goes before what is declared.

    Parameters
    ----------
    path : str or path
        A binary GraphDef, ``.pb``, of ops that only compute.
    value_range : tuple of float, optional
        The values that the graph takes for black and for white: (0, 1), (-1, 1), (-117, 138), ….
    input_name : str, optional
        The placeholder that takes the images. By default the one that is declared, or the only one.
    layers : sequence of str, optional
        Names of the layers that are analysed, in the order wanted. By default those of the convolutions.
    class_names : sequence of str, optional
        In the order of the predictions; ``()`` for none.

    Returns
    -------
    Network
        Without a known architecture. Its layers are the graph's nodes whose first output is floating-point, comes of
        the images and has two or four dimensions; its predictions are the layer that stands on the most nodes.

    Raises
    ------
    ModelError
        If the value range is not known, or if what is given does not fit the graph.
    WeightsError
        If the file or what it declares is damaged or hostile, or if it takes anything but RGB images.

    Examples
    --------
    >>> import tempfile
    >>> import keras
    >>> from artlucid import export, models
    >>> inputs = keras.Input((32, 32, 3))
    >>> maps = keras.layers.Conv2D(4, 3, name="edges")(inputs)
    >>> network = models.wrap(keras.Model(inputs, maps), value_range=(-1, 1))
    >>> path = export.frozen_graph(network, Path(tempfile.mkdtemp()) / "edges.pb")
    >>> models.load_graph(path).layer_names
    ('edges',)
    """
    given = None if value_range is None else checked_range(value_range)
    names = None if class_names is None else tuple(class_names)
    return from_graph(Graph.parse(Path(path)), value_range=given, input_name=input_name, layers=layers, names=names)


def from_graph(
    graph: Graph,
    *,
    value_range: tuple[float, float] | None = None,
    input_name: str | None = None,
    layers: Sequence[str] | None = None,
    names: tuple[str, ...] | None = None,
) -> Network:
    """Build the network of a graph from what it declares and what is given."""
    own = declaration_of(graph)
    given = value_range is not None or input_name is not None
    identity = None if given else _verified(graph, own)
    fed = _fed(graph, known=value_range is not None and input_name is not None)
    low, high = value_range or fed.value_range or _undeclared(graph)
    hidden = f"{INNER}/" if own.exported else None
    checked = program(graph, input_name or fed.input_name, image_size=fed.image_size, hidden=hidden)
    output = predictions(checked)
    model = _model(checked, output, low, high)
    return Network(
        keras_model=model,
        architecture=None,
        class_names=own.class_names or _named(checked, output) if names is None else _fitting(names, checked, output),
        identity=identity or _identity(checked, low, high),
        source=str(graph.path.absolute()),
        analysed_layers=convolutions(checked) if layers is None else checked_layers(layers, model),
    )


def _model(checked: Program, output: str, low: float, high: float) -> keras.Model:
    inputs = keras.Input(checked.input_shape[1:], dtype="float32", name="input")
    outputs = GraphLayer(checked, (output,), name="graph")(rescaled(inputs, low, high))
    return keras.Model(inputs, outputs[0], name="graph_network")


def _verified(graph: Graph, own: Declaration) -> str | None:
    """The identity that an exported graph declares, which its content must bear out."""
    if own.content is None:
        return None
    found = digest(graph.nodes.values(), but=[METADATA])
    if own.content != found:
        raise WeightsError(
            f"The nodes of an exported graph must have the hash that it records. Received {graph.path}, recorded "
            f"{own.content}, found {found}. It was changed or damaged: export it again."
        )
    return own.identity


def _identity(checked: Program, low: float, high: float) -> str:
    # What describes the graph is no part of what it computes.
    content = digest(checked.graph.nodes.values(), but=[METADATA, LUCID_METADATA])
    return hashlib.sha256(f"{content} {checked.input_name} {low!r} {high!r}".encode()).hexdigest()


def _fed(graph: Graph, *, known: bool) -> Declared:
    """What the graph, or else its manifest, declares; nothing is read where all is known."""
    if known:
        return Declared()
    declared = of_graph(graph)
    if declared is None:
        manifest = manifest_of(graph.path)
        declared = None if manifest is None else manifest.feeding()
    return declared or Declared()


def _undeclared(graph: Graph) -> NoReturn:
    path = graph.path
    others = [str(file) for file in manifests(path)]
    beside = f"{', '.join(others)} beside it, which does not name it" if others else "no manifest beside it"
    example = {"model_path": path.name, "image_value_range": [0, 1], "input_name": "input"}
    raise ModelError(
        "A graph must declare which values it takes for black and white. Received "
        f"{path} without the node {LUCID_METADATA!r}, and with {beside}. Write {json.dumps(example)} into "
        f"{path.with_suffix('.manifest.json')}, with the values that it was trained on, or call "
        "`models.load_graph(path, value_range=(0, 1))`."
    )


def _named(checked: Program, output: str) -> tuple[str, ...]:
    """The names of the classes that the manifest gives."""
    manifest = manifest_of(checked.graph.path)
    return () if manifest is None else _fitting(manifest.class_names(), checked, output)


def _fitting(names: tuple[str, ...], checked: Program, output: str) -> tuple[str, ...]:
    classes = checked.layers[output][-1]
    if names and classes is not None and len(names) != classes:
        raise ModelError(
            f"A graph must have a name for each class, or for none. Received {len(names)} names for "
            f"{checked.graph.path}, whose predictions {output!r} are {classes}. Correct them, or call "
            "`models.load_graph(…, class_names=())`."
        )
    return names
