"""Weights out of a frozen TensorFlow graph, held to what the graph computes; the graph is never run.

Two forms are read: the published inception5h file, which starts after the preprocessing, and what `export` writes.
In both the weights of layer ``X`` are the constants ``X_w`` and ``X_b``, and the layers have nodes of their names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from artlucid import architectures
from artlucid.architectures import Architecture, Classifier
from artlucid.errors import WeightsError
from artlucid.models.weights._graph_facts import differences
from artlucid.models.weights._graph_nodes import Graph
from artlucid.models.weights._record import (
    ACTIVATIONS,
    MOST_BYTES,
    Arrays,
    Weights,
    check,
    classes_of,
    expected_shapes,
    identity,
)

FORMAT = "artlucid.graph"
VERSION = 1
METADATA = "artlucid_metadata_json"
"""The constant in which an exported graph says what it is."""

INNER = "inner"
"""Below this name stand the nodes of an exported graph that are no layers."""

SUFFIXES: Mapping[str, str] = MappingProxyType({"kernel": "_w", "bias": "_b"})
"""What follows the name of a layer in the name of the constant with one of its arrays."""

_PARTS = {suffix: part for part, suffix in SUFFIXES.items()}
_ACTIVATIONS = {name.capitalize(): name for name in ACTIVATIONS}


@dataclass(frozen=True)
class Declaration:
    """What an exported graph says of itself; a file of another origin says nothing.

    `variant` is None for a wrapped network, and `content` the hash of all but what describes the graph.
    """

    variant: str | None = None
    class_names: tuple[str, ...] = ()
    identity: str | None = None
    content: str | None = None
    exported: bool = False


def is_known(graph: Graph) -> bool:
    """Whether a graph is of a known architecture, or meant to be: it declares one, or has weights of its layers."""
    declaration = declaration_of(graph)
    if declaration.exported:
        return declaration.variant is not None
    layers = {name for architecture in architectures.ARCHITECTURES.values() for name in architecture.convolutions}
    return any(f"{name}{SUFFIXES['kernel']}" in graph.nodes for name in layers)


def read(path: Path, variant: str | None = None) -> Weights:
    """Read the weights of a known architecture from a frozen graph.

    Parameters
    ----------
    path : Path
        A binary GraphDef, ``.pb``.
    variant : str, optional
        The variant wanted. By default the one that the file declares, or the only one that it fits.

    Returns
    -------
    Weights

    Raises
    ------
    WeightsError
        If the file is damaged or hostile, if it is of no known architecture, or if its arrays or what it computes
        (kernel sizes, strides, paddings, constants of LRN, what feeds what) differ from the variant.
    """
    graph = Graph.parse(path)
    declaration = declaration_of(graph)
    if declaration.exported and declaration.variant is None:
        raise _of_no_known_architecture(path, "which artlucid exported of a wrapped network")
    constants = _constants(graph)
    trained_as = _trained_as(graph, constants, declaration.variant, variant)
    arrays = _arrays(constants, trained_as)
    classes = classes_of(arrays, trained_as)
    check(arrays, trained_as, classes, source=str(path))
    _compare(graph, arrays, trained_as)
    _check_declaration(graph, declaration, classes, identity(trained_as, arrays))
    wanted = architectures.get(variant) if variant else trained_as
    return Weights(arrays, wanted, declaration.class_names, _activation(graph, trained_as))


def declaration_of(graph: Graph) -> Declaration:
    """Read what an exported graph says of itself."""
    if METADATA not in graph.nodes:
        return Declaration()
    try:
        text = graph.constant(METADATA)
        declared = json.loads(text.item())  # type: ignore[union-attr]
        if declared["format"] != FORMAT:
            raise ValueError(f"its format is {declared['format']!r}")
        if int(declared["version"]) > VERSION:
            raise _newer(graph.path, declared["version"])
        variant, content = declared["variant"], declared.get("content")
        return Declaration(
            variant=None if variant is None else str(variant),
            class_names=tuple(str(name) for name in declared["class_names"]),
            identity=str(declared["identity"]),
            content=None if content is None else str(content),
            exported=True,
        )
    except WeightsError:
        raise
    # JSON may be nested without end.
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise WeightsError(
            f"The node {METADATA!r} of a graph must say what artlucid exported, in the format {FORMAT!r}. Received "
            f"{graph.path}, where it cannot be read ({error!r}). The file is damaged: export it again."
        ) from error


def _newer(path: Path, version: int) -> WeightsError:
    return WeightsError(
        f"The version of an exported graph must be at most {VERSION}. Received {path} of version {version}. "
        "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
    )


def _of_no_known_architecture(path: Path, why: str) -> WeightsError:
    return WeightsError(
        f"A graph of weights must be of a known architecture. Received {path}, {why}. Known are "
        f"{', '.join(architectures.ARCHITECTURES)}. Others serve visualization and extraction: `models.load(path)`."
    )


def _check_declaration(graph: Graph, declaration: Declaration, classes: int, found: str) -> None:
    if declaration.identity not in (None, found):
        raise WeightsError(
            f"The arrays of a graph must have the identity that it records. Received {graph.path}, recorded "
            f"{declaration.identity}, found {found}. It was changed or damaged: get it again."
        )
    if len(declaration.class_names) not in (0, classes):
        raise WeightsError(
            f"A graph must name all its classes or none. Received {graph.path} with {len(declaration.class_names)} "
            f"names for {classes} classes. It was changed or damaged: get it again."
        )


def _constants(graph: Graph) -> dict[str, np.ndarray]:
    """The constants ``X_w`` and ``X_b`` at the root of the graph."""
    constants = {}
    left = MOST_BYTES
    for name in graph.nodes:
        if name[-2:] not in _PARTS or "/" in name:
            continue
        array = graph.constant(name, left)
        if array is None or array.dtype != np.float32:
            raise WeightsError(
                f"The weights in a graph must be float32 constants. Received {graph.path}, {name!r}: "
                f"{graph.nodes[name].op if array is None else array.dtype}. Freeze the network in float32."
            )
        left -= array.nbytes
        constants[name] = array
    return constants


def _trained_as(
    graph: Graph, constants: Mapping[str, np.ndarray], declared: str | None, wanted: str | None
) -> Architecture:
    """The variant that the graph must agree with."""
    if declared is None and wanted is None:
        return _fitting(graph, constants)
    if declared is None:
        assert wanted is not None
        named = architectures.get(wanted)
        return architectures.get(named.takes_weights_of) if named.takes_weights_of else named
    if declared not in architectures.ARCHITECTURES:
        raise WeightsError(
            f"A graph must be of a known architecture. Received {graph.path}, which declares {declared!r}; known are "
            f"{', '.join(architectures.ARCHITECTURES)}. Use weights of one of these."
        )
    if wanted not in (None, declared) and architectures.get(str(wanted)).takes_weights_of != declared:
        raise WeightsError(
            f"`architecture` must be the variant that the weights belong to. Received {wanted!r} for {graph.path}, "
            f"which declares {declared!r}. Leave `architecture` out."
        )
    return architectures.get(declared)


def _fitting(graph: Graph, constants: Mapping[str, np.ndarray]) -> Architecture:
    """The only variant that the graph fits; where there is none the nearest, so that what differs can be listed."""
    misfits = {
        architecture.variant: _misfit(graph, constants, architecture)
        for architecture in architectures.ARCHITECTURES.values()
        if any(f"{name}_w" in constants for name in architecture.convolutions)
    }
    if not misfits:
        raise _of_no_known_architecture(graph.path, "which has the layers of none")
    fitting = [variant for variant, misfit in misfits.items() if misfit == 0]
    if len(fitting) > 1:
        raise WeightsError(
            f"`architecture` must name the variant of a graph that fits several. Received none for {graph.path}, which "
            f"fits {', '.join(fitting)}. Name one of them (`--architecture`)."
        )
    return architectures.get(min(misfits, key=lambda variant: misfits[variant]))


def _misfit(graph: Graph, constants: Mapping[str, np.ndarray], architecture: Architecture) -> int:
    """How many arrays and facts differ."""
    arrays = _arrays(constants, architecture)
    allowed = expected_shapes(architecture, classes_of(arrays, architecture), auxiliary=True)
    wrong = [name for name, array in arrays.items() if array.shape != allowed.get(name)]
    missing = expected_shapes(architecture, classes_of(arrays, architecture)).keys() - arrays.keys()
    return len(wrong) + len(missing) + len(differences(graph, architecture, _heads(arrays, architecture)))


def _arrays(constants: Mapping[str, np.ndarray], architecture: Architecture) -> Arrays:
    """Constants by the names of their arrays; those of no layer keep their own, so that they are found surplus."""
    classifiers = {
        layer.graph_name: layer.name for layer in architecture.layers(auxiliary=True) if isinstance(layer, Classifier)
    }
    return {f"{classifiers.get(name[:-2], name[:-2])}/{_PARTS[name[-2:]]}": array for name, array in constants.items()}


def _heads(arrays: Arrays, architecture: Architecture) -> list[str]:
    """The auxiliary heads of which the graph has weights."""
    layers = {name.split("/")[0] for name in arrays}
    return [head.name for head in architecture.auxiliary_heads if layers & {layer.name for layer in head.layers}]


def _compare(graph: Graph, arrays: Arrays, architecture: Architecture, most: int = 6) -> None:
    """Refuse a graph that computes something else than the variant."""
    found = differences(graph, architecture, _heads(arrays, architecture))
    if found:
        more = f"; and {len(found) - most} more" if len(found) > most else ""
        raise WeightsError(
            f"A graph must compute what {architecture} does. Received {graph.path}, where {'; '.join(found[:most])}"
            f"{more}. Use weights of this variant, or name theirs with `architecture` (`--architecture`)."
        )


def _activation(graph: Graph, architecture: Architecture) -> str:
    """What follows the main classifier."""
    classifier = architecture.head.classifier
    logits = graph.follow(f"{classifier.graph_name}_pre_activation")
    for name in (classifier.graph_name, classifier.predictions):
        node = graph.find(name, *_ACTIVATIONS)
        if node is not None and graph.follow(graph.input(node, 0)) == logits:
            return _ACTIVATIONS[node.op]
    raise WeightsError(
        f"The classifier of a graph must end in softmax or sigmoid. Received {graph.path}, where neither "
        f"{classifier.graph_name!r} nor {classifier.predictions!r} is one of its values. Freeze the whole network."
    )
