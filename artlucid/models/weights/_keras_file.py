"""Keras's own files, `.weights.h5` and `.keras`: read as plain data, nothing in them is built or run."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import h5py

from artlucid import architectures
from artlucid.architectures import ARCHITECTURES, Architecture
from artlucid.errors import WeightsError
from artlucid.models._build import BuildOptions, build, keras_layer_name
from artlucid.models.weights._hdf5 import open_checked, read_arrays, read_attributes
from artlucid.models.weights._record import (
    ACTIVATIONS,
    MOST_BYTES,
    PARTS,
    Arrays,
    Weights,
    check,
    classes_of,
    identity,
)

# Two graphs compute the same whatever these settings of their layers are. What follows the classifier is read apart,
# and the widths of dense layers are held to the arrays.
LEFT_OUT = frozenset({"kernel_initializer", "bias_initializer", "kernel_regularizer", "dtype", "trainable", "units"})

FORMAT = "artlucid.keras"
VERSION = 1
MANIFEST_SUFFIX = ".keras.manifest.json"
"""`x.manifest.json` beside `x.keras` says what Keras does not keep."""

Structure = Mapping[str, tuple[str, Mapping[str, Any], tuple[str, ...]]]
"""By the name of each layer: its class, its settings, the names of the layers that it takes."""


def read_weights(path: Path, variant: str | None = None) -> Weights:
    """Read a `.weights.h5` that Keras saved of a network built here; its classifier is taken for a softmax."""
    if variant is None:
        raise WeightsError(
            "`architecture` must name the network of a `.weights.h5`, in which Keras keeps only the arrays. "
            f"Received {path} without it. Use one of {', '.join(ARCHITECTURES)} (`--architecture`)."
        )
    architecture = architectures.get(variant)
    with open_checked(path) as file:
        return Weights(_arrays(file, architecture, path), architecture)


def _arrays(file: h5py.File, architecture: Architecture, path: Path) -> Arrays:
    """Keras numbers the groups of its layers, and writes the layer's name into an attribute."""
    groups = file.get("layers")
    if not isinstance(groups, h5py.Group):
        raise WeightsError(
            f"A `.weights.h5` must have the group `layers`. Received {path} without it. "
            "Save the whole network with `model.save_weights`, in Keras 3."
        )
    own_names = {keras_layer_name(layer): layer.name for layer in architecture.layers(auxiliary=True)}
    parts = {str(index): part for index, part in enumerate(PARTS)}
    arrays = {}
    for place, array in read_arrays(groups, path).items():
        group, _, part = place.rpartition("/")
        name = str(read_attributes(groups[group], path).get("name", group))
        arrays[f"{own_names.get(name, name)}/{parts.get(part, part)}"] = array
    check(arrays, architecture, classes_of(arrays, architecture), source=str(path))
    return arrays


def read_model(path: Path, variant: str | None = None) -> Weights:
    """Read a `.keras` file of a network built here, and its class names from the manifest beside it, if there is one.

    Raises
    ------
    WeightsError
        If the file is damaged or of another network, or if the manifest is damaged or of other weights.
    """
    config, content = _members(path)
    architecture, activation = architecture_of(config, path, variant)
    with open_checked(path, io.BytesIO(content)) as file:
        arrays = _arrays(file, architecture, path)
    return Weights(arrays, architecture, _class_names(path, architecture, arrays), activation)


def _class_names(path: Path, architecture: Architecture, arrays: Arrays) -> tuple[str, ...]:
    beside = path.with_suffix(MANIFEST_SUFFIX)
    manifest = read_manifest(beside) if beside.exists() else {}
    if manifest.get("format") != FORMAT:
        return ()
    version, names = manifest.get("version"), manifest.get("class_names")
    if isinstance(version, int) and version > VERSION:
        raise WeightsError(
            f"The version of a manifest must be at most {VERSION}. Received {beside} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )
    found = identity(architecture, arrays)
    if manifest.get("identity") != found:
        raise WeightsError(
            f"The manifest beside a `.keras` file must record its identity. Received {beside}, recorded "
            f"{manifest.get('identity')}, found {found}. One of the two was changed or replaced: export both again."
        )
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not texts or len(names) not in (0, classes_of(arrays, architecture)):
        raise WeightsError(
            f"The manifest beside a `.keras` file must name all its classes or none. Received {beside} with {names!r} "
            f"for {classes_of(arrays, architecture)} classes. It was changed or damaged: export both again."
        )
    return tuple(names)


def read_manifest(path: Path) -> Mapping[str, Any]:
    """The content of a manifest; raises WeightsError if it is no JSON."""
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"A manifest must be readable JSON. Received {path} ({error}). "
            "It is damaged: remove it, or export both files again."
        ) from error
    return content if isinstance(content, dict) else {}


def _members(path: Path) -> tuple[Any, bytes]:
    """The network as JSON, and its weights as HDF5."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MOST_BYTES:
                raise ValueError(f"it unpacks to {size} bytes, more than {MOST_BYTES}")
            return json.loads(archive.read("config.json")), archive.read("model.weights.h5")
    # An archive may be encrypted or packed in an unknown way, and JSON nested without end.
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightsError(
            f"A `.keras` file must be an archive that Keras 3 saved. Received {path}, which cannot be read ({error}). "
            "It is damaged, cut short or something else: get it again."
        ) from error


def architecture_of(config: Any, source: Path | str, variant: str | None = None) -> tuple[Architecture, str]:
    """The known architecture that a network has in every layer, and what follows its classifier.

    Parameters
    ----------
    config : object
        The network as Keras describes it in JSON.
    source : path or str
        For the error.
    variant : str, optional
        The only one that is admitted.

    Raises
    ------
    WeightsError
        If it is none of them; what differs from the nearest is listed.
    """
    try:
        found = structure(config)
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError) as error:
        raise WeightsError(
            f"A `.keras` file must describe a functional network. Received {source}, where it cannot be read "
            f"({error!r}). Load it with Keras and use `models.wrap`."
        ) from error
    candidates = [architectures.get(variant)] if variant else list(ARCHITECTURES.values())
    differing = {}
    for architecture in candidates:
        wanted = _wanted(architecture.variant, any(name in found for name in _auxiliary_layers(architecture)))
        names = [name for name in {**found, **wanted} if wanted.get(name) != found.get(name)]
        if not names:
            return architecture, _activation(config, architecture, source)
        differing[str(architecture)] = names
    nearest = min(differing, key=lambda candidate: len(differing[candidate]))
    raise WeightsError(
        f"A `.keras` file must hold a network of {', '.join(differing)}, in its own layers. Received "
        f"{source}, which differs from {nearest} in {', '.join(differing[nearest][:6])}. "
        "Name the right variant, or load it with Keras and use `models.wrap`."
    )


def structure(config: Any) -> Structure:
    """What a network computes, from Keras's description of it in JSON."""
    layers = config["config"]["layers"]
    described = {}
    for layer in layers:
        if layer["class_name"] == "InputLayer":
            continue
        left_out = LEFT_OUT | {"activation"} if layer["class_name"] == "Activation" else LEFT_OUT
        settings = {key: value for key, value in layer["config"].items() if key not in left_out}
        kind = layer["registered_name"] or f"{layer['module']}.{layer['class_name']}"
        described[layer["config"]["name"]] = (kind, settings, tuple(_sources(layer["inbound_nodes"])))
    inputs = {layer["config"]["name"] for layer in layers} - described.keys()
    return {
        name: (kind, settings, tuple("input" if source in inputs else source for source in sources))
        for name, (kind, settings, sources) in described.items()
    }


def _sources(described: Any) -> Iterable[str]:
    """The layers whose outputs the description of a call names, wherever they stand in it."""
    if isinstance(described, dict) and "keras_history" in described:
        yield described["keras_history"][0]
    elif isinstance(described, dict | list):
        for part in described.values() if isinstance(described, dict) else described:
            yield from _sources(part)


@cache
def _wanted(variant: str, auxiliary: bool) -> Structure:
    architecture = architectures.get(variant)
    model = build(architecture, classes=architecture.classes, options=BuildOptions(auxiliary=auxiliary))
    return structure(json.loads(model.to_json()))


def _auxiliary_layers(architecture: Architecture) -> set[str]:
    return {keras_layer_name(layer) for head in architecture.auxiliary_heads for layer in head.layers}


def _activation(config: Any, architecture: Architecture, source: Path | str) -> str:
    name = architecture.head.classifier.predictions
    found = next(layer["config"] for layer in config["config"]["layers"] if layer["config"]["name"] == name)
    if found["activation"] not in ACTIVATIONS:
        raise WeightsError(
            f"The classifier of a network must end in {' or '.join(ACTIVATIONS)}. Received {source}, where it ends in "
            f"{found['activation']!r}. Load it with Keras and use `models.wrap`."
        )
    return str(found["activation"])
