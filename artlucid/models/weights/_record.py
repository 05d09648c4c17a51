"""Weights as they leave a file: arrays by name, and what is known of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.architectures import Architecture, AveragePool, Classifier, Convolution, Dense, GlobalMean, Layer, MaxPool
from artlucid.errors import WeightsError

ACTIVATIONS = ("softmax", "sigmoid")
"""What may follow a classifier."""

PARTS = ("kernel", "bias")
"""The arrays of a layer with weights."""

MOST_BYTES = 2**30
"""A file that holds or unpacks to more than this is no network that is known here; they have less than a tenth."""

Arrays = Mapping[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Weights:
    """Arrays of a network by ``<layer>/kernel`` and ``<layer>/bias``.

    Attributes
    ----------
    arrays : mapping of str to float32 array
        Kernels are (height, width, in, out) or (in, out).
    architecture : Architecture
    class_names : tuple of str
        Empty where the file does not name its classes.
    activation : {"softmax", "sigmoid"}
        What follows the classifier.
    """

    arrays: Arrays
    architecture: Architecture
    class_names: tuple[str, ...] = ()
    activation: str = "softmax"

    @property
    def classes(self) -> int:
        """Width of the main classifier."""
        return classes_of(self.arrays, self.architecture)


def identity(architecture: Architecture, arrays: Arrays) -> str:
    """Hash of the architecture, its variant and the arrays of backbone and main head.

    Parameters
    ----------
    architecture : Architecture
    arrays : mapping of str to array

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(str(architecture).encode())
    for layer in architecture.weight_layers():
        for part in PARTS:
            name = f"{layer}/{part}"
            array = np.ascontiguousarray(arrays[name], dtype="<f4")
            digest.update(f"{name}{array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def content(weights: Weights) -> str:
    """Hash of all that a weights file holds, beyond `identity`: class names, activation, auxiliary heads too.

    Parameters
    ----------
    weights : Weights

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    described = [str(weights.architecture), weights.activation, list(weights.class_names)]
    digest = hashlib.sha256(json.dumps(described).encode())
    for name, array in sorted(weights.arrays.items()):
        digest.update(f"{name}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
    return digest.hexdigest()


def expected_shapes(architecture: Architecture, classes: int, *, auxiliary: bool = False) -> dict[str, tuple[int, ...]]:
    """The shape of every array of a network with that many classes."""
    channels, sides = {"preprocess": 3}, {"preprocess": architecture.input_size}
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in architecture.layers(auxiliary=auxiliary):
        source = layer.sources[0] if hasattr(layer, "sources") else layer.source
        sides[layer.name] = _side(layer, sides[source], architecture.padding)
        if isinstance(layer, Convolution):
            side = layer.kernel_size
            shapes[f"{layer.name}/kernel"] = (side, side, channels[layer.source], layer.filters)
            channels[layer.name] = layer.filters
        elif isinstance(layer, Dense):
            shapes[f"{layer.name}/kernel"] = (sides[layer.source] ** 2 * channels[layer.source], layer.units)
            channels[layer.name] = layer.units
        elif isinstance(layer, Classifier):
            shapes[f"{layer.name}/kernel"] = (channels[layer.source], classes)
            channels[layer.name] = classes
        elif hasattr(layer, "sources"):
            channels[layer.name] = sum(channels[source] for source in layer.sources)
        else:
            channels[layer.name] = channels[layer.source]
        if f"{layer.name}/kernel" in shapes:
            shapes[f"{layer.name}/bias"] = (channels[layer.name],)
    return shapes


def _side(layer: Layer, side: int, padding: str) -> int:
    """Side of a layer's feature map at the usual input size; 1 from the first dense layer on."""
    if isinstance(layer, GlobalMean | Dense | Classifier):
        return 1
    if isinstance(layer, AveragePool):
        return (side - layer.size) // layer.stride + 1
    stride = layer.stride if isinstance(layer, Convolution | MaxPool) else 1
    if isinstance(layer, MaxPool) and stride > 1 and padding == "symmetric":
        return (side + 1 - layer.size) // stride + 1
    return -(-side // stride)


def as_float32(array: Any, *, name: str, source: str) -> npt.NDArray[np.float32]:
    """Copy an array of any floating-point type, of NumPy or of an HDF5 file; other types are no weights."""
    if array.dtype.kind != "f":
        raise WeightsError(
            f"The arrays of a weights file must hold floating-point numbers. Received {source}, where {name!r} is of "
            f"type {array.dtype}. It is no array of weights: get the file again, or save them as float32."
        )
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused by name
        return np.asarray(array[()], dtype=np.float32)


def classes_of(arrays: Arrays, architecture: Architecture) -> int:
    """Width of the main classifier, as far as the arrays have one."""
    kernel = arrays.get(f"{architecture.head.classifier.name}/kernel")
    return architecture.classes if kernel is None or kernel.ndim != 2 else int(kernel.shape[1])


def check(arrays: Arrays, architecture: Architecture, classes: int, *, source: str) -> None:
    """Hold arrays to what the architecture needs: nothing missing, surplus, misshapen or not finite.

    The auxiliary heads are optional, each as a whole.

    Raises
    ------
    WeightsError
        With both sides listed.
    """
    classes = max(classes, 1)
    needed = expected_shapes(architecture, classes)
    allowed = expected_shapes(architecture, classes, auxiliary=True)
    missing = [name for name in needed if name not in arrays]
    surplus = [name for name in arrays if name not in allowed]
    for head in architecture.auxiliary_heads:
        parts = [name for name in allowed if name.split("/")[0] in {layer.name for layer in head.layers}]
        present = [name for name in parts if name in arrays]
        missing += [name for name in parts if present and name not in arrays]
    misshapen = [
        f"{name}: {arrays[name].shape} in the file, {shape} in the network"
        for name, shape in allowed.items()
        if name in arrays and arrays[name].shape != shape
    ]
    if missing or surplus or misshapen:
        raise WeightsError(
            f"The arrays of a weights file must be exactly those of {architecture}. Received {source}, where "
            f"missing: {_listed(missing)}; surplus: {_listed(surplus)}; of another shape: {_listed(misshapen)}. "
            "Use weights of this network, or name theirs with `architecture` (`--architecture`)."
        )
    check_finite(arrays, source=source)


def check_finite(arrays: Arrays, *, source: str) -> None:
    """Refuse NaN and infinity, naming the arrays."""
    bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if bad:
        raise WeightsError(
            f"Weights must be finite. Received {source} with NaN or infinity in {_listed(bad)}. "
            "The file is damaged or its training diverged: use another."
        )


def _listed(names: Collection[str], most: int = 6) -> str:
    shown = list(names)[:most]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(shown) + more) or "none"
