"""artlucid's own weights file: HDF5, ``<layer>/kernel`` and ``<layer>/bias``, attributes that say what it is."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np

from artlucid import architectures
from artlucid.errors import WeightsError
from artlucid.models.weights._hdf5 import open_checked
from artlucid.models.weights._record import Weights, check, identity

FORMAT = "artlucid.weights"
VERSION = 1


def to_bytes(weights: Weights) -> bytes:
    """Serialize weights; the same weights give the same bytes."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in weights.arrays.items():
            file.create_dataset(name, data=array)
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
        file.attrs["architecture"] = weights.architecture.name
        file.attrs["variant"] = weights.architecture.variant
        file.attrs["activation"] = weights.activation
        file.attrs["class_names"] = np.array(weights.class_names, dtype=h5py.string_dtype())
        file.attrs["identity"] = identity(weights.architecture, weights.arrays)
    return buffer.getvalue()


def read(path: Path, variant: str | None = None) -> Weights:
    """Read a file that `to_bytes` made, and hold it to its own identity."""
    with open_checked(path) as file:
        _check_format(file, path)
        architecture = architectures.get(str(file.attrs["variant"]))
        arrays = {
            f"{layer}/{part}": np.asarray(file[layer][part][()], dtype=np.float32)
            for layer in file
            for part in file[layer]
        }
        class_names = tuple(str(name) for name in file.attrs["class_names"])
        weights = Weights(arrays, architecture, class_names, str(file.attrs["activation"]))
        recorded = str(file.attrs["identity"])
    _check_variant(path, architecture.variant, variant)
    classifier = f"{architecture.head.classifier.name}/kernel"
    classes = arrays[classifier].shape[-1] if classifier in arrays else architecture.classes
    check(arrays, architecture, classes, source=str(path))
    if identity(architecture, arrays) != recorded:
        raise WeightsError(
            f"The arrays of a weights file must have the identity that it records. Received {path}, recorded "
            f"{recorded[:12]}…, found {identity(architecture, arrays)[:12]}…. It was changed or damaged: get it again."
        )
    return weights


def _check_format(file: h5py.File, path: Path) -> None:
    found = file.attrs.get("format")
    if found != FORMAT:
        raise WeightsError(
            f"A `.h5` file of weights must have the format {FORMAT!r}. Received {path} with format {found!r}. "
            "Files of Keras end in `.weights.h5` or `.keras`."
        )
    version = int(file.attrs["version"])
    if version > VERSION:
        raise WeightsError(
            f"The version of a weights file must be at most {VERSION}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )


def _check_variant(path: Path, found: str, wanted: str | None) -> None:
    if wanted not in (None, found):
        raise WeightsError(
            f"`architecture` must be the variant that the weights belong to. Received {wanted!r} for {path}, which "
            f"holds {found!r}. Leave `architecture` out."
        )
