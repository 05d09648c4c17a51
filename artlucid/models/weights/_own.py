"""artlucid's own weights file: HDF5, ``<layer>/kernel`` and ``<layer>/bias``, attributes that say what it is."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from artlucid.architectures import ARCHITECTURES, Architecture
from artlucid.errors import WeightsError
from artlucid.models.weights._hdf5 import open_checked, read_arrays, read_attributes
from artlucid.models.weights._record import ACTIVATIONS, Weights, check, content, identity

FORMAT = "artlucid.weights"
VERSION = 1
ATTRIBUTES = ("architecture", "variant", "activation", "class_names", "identity")


def to_bytes(weights: Weights) -> bytes:
    """Serialize weights; the same weights give the same bytes, unless they have more than 4,000 classes."""
    # Attributes of the first HDF5 format hold so many names; the later format writes the time into every group.
    libver = ("v108", "v108") if len(weights.class_names) > 4000 else None
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=libver) as file:
        for name, array in sorted(weights.arrays.items()):
            file.create_dataset(name, data=array)
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
        file.attrs["architecture"] = weights.architecture.name
        file.attrs["variant"] = weights.architecture.variant
        file.attrs["activation"] = weights.activation
        file.attrs["class_names"] = np.array(weights.class_names, dtype=h5py.string_dtype())
        file.attrs["identity"] = identity(weights.architecture, weights.arrays)
        file.attrs["content"] = content(weights)
    return buffer.getvalue()


def read(path: Path, variant: str | None = None) -> Weights:
    """Read a file that `to_bytes` made, and hold it to its own hashes."""
    with open_checked(path) as file:
        attributes = read_attributes(file, path)
        _check_format(attributes, path)
        weights = Weights(read_arrays(file, path), *_described(attributes, path))
    architecture = weights.architecture
    _check_variant(path, architecture.variant, variant)
    check(weights.arrays, architecture, weights.classes, source=str(path))
    if len(weights.class_names) not in (0, weights.classes):
        raise WeightsError(
            f"A weights file must name all its classes or none. Received {path} with {len(weights.class_names)} names "
            f"for {weights.classes} classes. It was changed or damaged: get it again."
        )
    _check_hash(path, "identity", attributes, identity(architecture, weights.arrays))
    if "content" in attributes:  # what other programs write in this format may lack it
        _check_hash(path, "content", attributes, content(weights))
    return weights


def _check_hash(path: Path, name: str, attributes: Mapping[str, Any], found: str) -> None:
    recorded = str(attributes[name])
    if found != recorded:
        raise WeightsError(
            f"A weights file must have the {name} that it records. Received {path}, recorded {recorded[:12]}…, found "
            f"{found[:12]}…. It was changed or damaged: get it again."
        )


def _described(attributes: Mapping[str, Any], path: Path) -> tuple[Architecture, tuple[str, ...], str]:
    """Architecture, class names and activation, as the attributes give them."""
    name, variant, activation = (str(attributes[name]) for name in ("architecture", "variant", "activation"))
    architecture = ARCHITECTURES.get(variant)
    if architecture is None or architecture.name != name or activation not in ACTIVATIONS:
        raise WeightsError(
            f"A weights file must be of a known architecture and activation. Received {path} of "
            f"{name}/{variant} with {activation!r}. Use one of "
            f"{', '.join(map(str, ARCHITECTURES.values()))} with {' or '.join(ACTIVATIONS)}."
        )
    return architecture, _class_names(attributes["class_names"], path), activation


def _class_names(names: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(names, np.ndarray) or names.ndim != 1 or not all(isinstance(name, str) for name in names):
        raise WeightsError(
            f"The class names of a weights file must be a list of texts. Received {path} with {type(names).__name__} "
            f"of type {getattr(names, 'dtype', 'none')}. It was changed or damaged: get it again."
        )
    return tuple(names)


def _check_format(attributes: Mapping[str, Any], path: Path) -> None:
    found, version = attributes.get("format"), attributes.get("version")
    if not isinstance(found, str) or found != FORMAT or not isinstance(version, np.integer) or version < 1:
        raise WeightsError(
            f"A `.h5` file of weights must have the format {FORMAT!r} and a version, an integer from 1. Received "
            f"{path} with format {found!r}, version {version}. Files of Keras end in `.weights.h5` or `.keras`."
        )
    if version > VERSION:
        raise WeightsError(
            f"The version of a weights file must be at most {VERSION}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )
    absent = [name for name in ATTRIBUTES if name not in attributes]
    if absent:
        raise WeightsError(
            f"A weights file must have the attributes {', '.join(ATTRIBUTES)}. Received {path} without "
            f"{', '.join(absent)}. It was changed or damaged: get it again."
        )


def _check_variant(path: Path, found: str, wanted: str | None) -> None:
    if wanted not in (None, found):
        raise WeightsError(
            f"`architecture` must be the variant that the weights belong to. Received {wanted!r} for {path}, which "
            f"holds {found!r}. Leave `architecture` out."
        )
