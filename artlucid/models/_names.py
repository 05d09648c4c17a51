"""One name space for layers: Lucid's, also for tensors that are not on the path to the output."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from artlucid.architectures import Architecture, Classifier, Concatenation, Convolution, Dense
from artlucid.errors import ModelError
from artlucid.models.graphs._layer import GraphLayer
from artlucid.models.graphs._program import Program

Tensor = Any


def known_names(keras_model: keras.Model, architecture: Architecture | None) -> tuple[str, ...]:
    """Every name that has a tensor, in graph order.

    Parameters
    ----------
    keras_model : keras.Model
    architecture : Architecture or None
        None for a wrapped network, whose names are its own layers', and for a graph, whose names are its nodes'.
    """
    if architecture is None:
        program = program_of(keras_model)
        if program is not None:
            return tuple(program.layers)
        layers = _wrapped(keras_model).layers
        return tuple(layer.name for layer in layers if not isinstance(layer, keras.layers.InputLayer))
    present = {layer.name for layer in keras_model.layers}
    names = ["preprocess"]
    for layer in architecture.layers(auxiliary=True):
        if layer.name not in present:
            continue
        if isinstance(layer, Convolution | Dense | Concatenation):
            names.append(f"{layer.name}_pre_relu")
        names.append(layer.name)
        if isinstance(layer, Classifier):
            names.append(layer.predictions)
    return tuple(names)


def graph_names(architecture: Architecture, *, softmax: bool) -> dict[str, str]:
    """Lucid's further names: of the logits, and of the predictions where they are a softmax."""
    aliases = {}
    for head in (architecture.head, *architecture.auxiliary_heads):
        classifier = head.classifier
        aliases[f"{classifier.graph_name}_pre_activation"] = classifier.name
        if softmax:
            aliases[classifier.graph_name] = classifier.predictions
    return aliases


def tensors(keras_model: keras.Model, architecture: Architecture | None, names: Sequence[str]) -> list[Tensor]:
    """The symbolic outputs of several layers, that share what they have in common, in the order of `names`.

    Raises
    ------
    ModelError
        If a name is of no layer; the nearest names are given.
    """
    own = [_known(keras_model, architecture, name) for name in names]
    if architecture is None:
        return _of_wrapped(keras_model, own) if own else []
    blocks = _blocks(architecture)
    # A layer that is named twice is built once.
    found = {name: _of_known(keras_model, name, blocks) for name in dict.fromkeys(own)}
    return [found[name] for name in own]


def _known(keras_model: keras.Model, architecture: Architecture | None, name: str) -> str:
    """A layer's own name; it must have one."""
    names = known_names(keras_model, architecture)
    own = canonical(keras_model, architecture, name)
    if own not in names:
        raise ModelError(
            f"`layer` must be a layer of the network. Received {name!r}. "
            f"The nearest names are {', '.join(difflib.get_close_matches(name, names, n=3, cutoff=0.3)) or 'none'}; "
            f"there are {len(names)}, from {names[0]} to {names[-1]}."
        )
    return own


def _of_known(keras_model: keras.Model, name: str, blocks: Mapping[str, tuple[str, ...]]) -> Tensor:
    if name not in blocks:
        return keras_model.get_layer(name).output
    parts = [keras_model.get_layer(f"{source}_pre_relu").output for source in blocks[name]]
    return keras.layers.Concatenate(name=name)(parts)


def _of_wrapped(keras_model: keras.Model, names: Sequence[str]) -> list[Tensor]:
    # All at once: one by one, each would bring the layers before it along again.
    inner, rescaled = _wrapped(keras_model), keras_model.get_layer("rescale").output
    if isinstance(inner, GraphLayer):
        found = dict.fromkeys(names)
        outputs = dict(zip(found, GraphLayer(inner.program, tuple(found))(rescaled), strict=True))
        return [outputs[name] for name in names]
    part = keras.Model(inner.inputs, [inner.get_layer(name).output for name in names])
    return keras.tree.flatten(part(rescaled))


def _wrapped(keras_model: keras.Model) -> Any:
    """What the network that rescales its input holds: the user's own model, or a graph in a layer."""
    return keras_model.layers[-1]


def program_of(keras_model: keras.Model) -> Program | None:
    """The graph that a network runs; None if it runs none."""
    inner = _wrapped(keras_model)
    return inner.program if isinstance(inner, GraphLayer) else None


def canonical(keras_model: keras.Model, architecture: Architecture | None, name: str) -> str:
    """A layer's own name, also for Lucid's ``softmax2`` and ``softmax2_pre_activation``."""
    if architecture is None:
        return name
    return graph_names(architecture, softmax=has_softmax(keras_model, architecture)).get(name, name)


def has_softmax(keras_model: keras.Model, architecture: Architecture) -> bool:
    """Whether the main head ends in a softmax."""
    predictions = architecture.head.classifier.predictions
    return any(
        layer.name == predictions and layer.activation is keras.activations.softmax for layer in keras_model.layers
    )


def _blocks(architecture: Architecture) -> dict[str, tuple[str, ...]]:
    return {
        f"{layer.name}_pre_relu": layer.sources for layer in architecture.backbone if isinstance(layer, Concatenation)
    }
