"""The one resolver: everything that names a model becomes a `Network` here."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras

from artlucid import architectures, runs
from artlucid.errors import ModelError, RunWarning, WeightsError
from artlucid.models._build import BuildOptions, build
from artlucid.models._layers import Preprocess
from artlucid.models._names import program_of
from artlucid.models._network import Network, get_arrays, set_arrays, weights_of
from artlucid.models.graphs._network import from_graph
from artlucid.models.weights import _caffe, _download, _graph, _keras_file, _npz, _own
from artlucid.models.weights._graph_nodes import Graph
from artlucid.models.weights._record import Weights, identity

Source = str | Path | Network | runs.Run | keras.Model

# The longest suffix that fits decides.
READERS: Mapping[str, Callable[[Path, str | None], Weights]] = MappingProxyType(
    {
        ".pb": _graph.read,
        ".npz": _npz.read,
        ".caffemodel": _caffe.read,
        ".weights.h5": _keras_file.read_weights,
        ".keras": _keras_file.read_model,
        ".h5": _own.read,
    }
)

RANDOM = "none"
"""The specification of random weights."""

PUBLISHED: Mapping[str, Callable[[], Weights]] = MappingProxyType(
    {"imagenet": _download.inception5h, "bvlc": _download.bvlc}
)
"""Weights that are downloaded once, by the name of their specification."""

NAMES = frozenset({RANDOM, *PUBLISHED})


def load(source: Source, *, architecture: str | None = None, seed: int = 0) -> Network:
    """Load a network from anything that names one.

    Parameters
    ----------
    source : str, path, Run, Network or keras.Model
        A run directory (its best weights), ``RUN@initial``, ``RUN@last``, ``RUN@epoch-N``; ``imagenet``, ``bvlc``;
        ``none`` (random, by the seed); a ``.pb``, ``.npz``, ``.caffemodel``, ``.weights.h5``, ``.keras`` or ``.h5``
        file; a Keras model of `InceptionV1`. Others go through `wrap`. A ``.pb`` of no known architecture serves
        visualization and extraction, if it or a manifest beside it declares how it is fed (see `load_graph`).
    architecture : str, optional
        A variant, where the source leaves it open: with ``none``, with ``.weights.h5``, and ``gonthier``, which takes
        inception5h's weights.
    seed : int
        Of random weights.

    Returns
    -------
    Network

    Raises
    ------
    ModelError
        If nothing of that name exists, or if a graph does not declare its value range.
    WeightsError
        If a file is damaged, hostile or of another network.
    RunError
        If a run directory is damaged or lacks the weights asked for.

    Warns
    -----
    RunWarning
        If the best weights are meant of a run that is not finished.

    Examples
    --------
    >>> from artlucid import models
    >>> models.load("none", architecture="mini", seed=1).keras_model.count_params()
    637205
    """
    if isinstance(source, Network) and architecture is None:
        return source
    graph = None if architecture else _unknown_graph(source)
    if graph is not None:
        return from_graph(graph)
    weights, lineage = resolve(source, architecture=architecture, seed=seed)
    return from_weights(weights, source=spelled(source), lineage=lineage)


def _unknown_graph(source: Source) -> Graph | None:
    """A frozen graph that no known architecture is in."""
    path = Path(str(source))
    if not isinstance(source, str | Path) or path.suffix != ".pb" or not path.is_file():
        return None
    graph = Graph.parse(path)
    return None if _graph.is_known(graph) else graph


def spelled(source: Source) -> str:
    """How a source is written down, so that it is found again from any folder.

    Parameters
    ----------
    source : source

    Returns
    -------
    str
        The absolute path of a file or of a run directory, with ``@which`` where there is one; the name of published
        weights or ``none``; ``keras:NAME`` for a Keras model; a network's own source.
    """
    if isinstance(source, Network):
        return source.source
    if isinstance(source, keras.Model):
        return f"keras:{source.name}"
    named = not isinstance(source, runs.Run) and str(source) in NAMES
    return str(source) if named else str(Path(str(source)).absolute())


def resolve(source: Source, *, architecture: str | None = None, seed: int = 0) -> tuple[Weights, Mapping[str, Any]]:
    """Read the weights that a source names, auxiliary heads included.

    Returns
    -------
    weights : Weights
    lineage : mapping
        `Run.lineage` of the run that they come from; empty for other sources.

    Raises
    ------
    ModelError, WeightsError, RunError
        As `load`.

    Warns
    -----
    RunWarning
        If the best weights are meant of a run that is not finished.
    """
    if isinstance(source, Network):
        if source.architecture is None:
            kind = "wrapped network" if program_of(source.keras_model) is None else "frozen graph"
            raise ModelError(
                f"Weights to start from must be of a known architecture. Received a {kind}. "
                f"Use one of {', '.join(architectures.ARCHITECTURES)}."
            )
        return _as_variant(weights_of(source), architecture), source.lineage
    if isinstance(source, keras.Model):
        return _of_keras_model(source, architecture), {}
    if isinstance(source, runs.Run):
        return _of_run(source, architecture)
    specification = str(source)
    if specification == RANDOM:
        return _random(architecture, seed), {}
    if specification in PUBLISHED:
        return _as_variant(PUBLISHED[specification](), architecture), {}
    run = runs.find(specification)
    if run is not None:
        return _of_run(run, architecture)
    return _from_file(Path(specification), architecture), {}


def _of_run(run: runs.Run, variant: str | None) -> tuple[Weights, Mapping[str, Any]]:
    weights, lineage = _own.read(run.weights_file(), variant), run.lineage
    if lineage["status"] != "finished" and run.which == "best" and not run.explicit:
        warnings.warn(
            f"{run.path} is {lineage['status']} after {lineage['epochs_done']} epochs, not finished: its best weights "
            "so far are used. Say RUN@best to mean these.",
            RunWarning,
            stacklevel=4,
        )
    return weights, lineage


def _random(variant: str | None, seed: int) -> Weights:
    if variant is None:
        raise ModelError(
            "`architecture` must name the network when the weights are `none`. Received nothing. "
            f"Use one of {', '.join(architectures.ARCHITECTURES)} (`--architecture`)."
        )
    architecture = architectures.get(variant)
    model = build(architecture, classes=architecture.classes, options=BuildOptions(seed=seed))
    return weights_of(Network(model, architecture, (), "", "none"))


def _of_keras_model(model: keras.Model, variant: str | None) -> Weights:
    """The weights of a Keras model that was built here."""
    if not any(isinstance(layer, Preprocess) for layer in model.layers):
        raise ModelError(
            f"A Keras model must be one that artlucid built, or be wrapped. Received {model.name!r}, which takes "
            "values of an unknown range. Call `models.wrap(keras_model, value_range=(0, 1))`, or (-1, 1), … as trained."
        )
    described = json.loads(model.to_json())
    found, activation = _keras_file.architecture_of(described, f"the Keras model {model.name!r}", variant)
    return Weights(get_arrays(model, found), found, activation=activation)


def _as_variant(weights: Weights, variant: str | None) -> Weights:
    """The same arrays as another variant that takes them: inception5h's as gonthier."""
    if variant in (None, weights.architecture.variant):
        return weights
    wanted = architectures.get(variant)
    if wanted.takes_weights_of != weights.architecture.variant:
        raise WeightsError(
            f"`architecture` must be the variant of the weights, or one that takes them. Received {variant!r} for "
            f"weights of {weights.architecture.variant!r}. Leave `architecture` out."
        )
    return Weights(weights.arrays, wanted, weights.class_names, weights.activation)


def _from_file(path: Path, variant: str | None) -> Weights:
    if not path.is_file():
        raise ModelError(
            f"A model must be a run directory, a weights file, {', '.join(PUBLISHED)} or none. Received {str(path)!r}, "
            f"which {'is a folder without a run in it' if path.is_dir() else 'does not exist'}. "
            "Check the spelling and the current folder."
        )
    for suffix, reader in READERS.items():
        if path.name.endswith(suffix):
            return reader(path, variant)
    raise WeightsError(
        f"A weights file must end in one of {', '.join(READERS)}. Received {path}. "
        "Rename it if it is one of these, or convert it."
    )


def from_weights(weights: Weights, *, source: str, lineage: Mapping[str, Any] | None = None) -> Network:
    """Build the network that weights belong to, without auxiliary heads."""
    options = BuildOptions(activation=weights.activation)
    model = build(weights.architecture, classes=weights.classes, options=options)
    names = set(weights.architecture.weight_layers())
    main = {name: array for name, array in weights.arrays.items() if name.split("/")[0] in names}
    set_arrays(model, weights.architecture, main)
    return Network(
        keras_model=model,
        architecture=weights.architecture,
        class_names=weights.class_names,
        identity=identity(weights.architecture, weights.arrays),
        source=source,
        lineage=lineage or {},
    )
