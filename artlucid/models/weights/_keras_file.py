"""Keras's own files: `.weights.h5`, which knows no layer names, and `.keras`."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras

from artlucid import architectures
from artlucid.architectures import ARCHITECTURES, Architecture
from artlucid.errors import WeightsError
from artlucid.models import _names
from artlucid.models._build import BuildOptions, build
from artlucid.models._network import get_arrays
from artlucid.models.weights._hdf5 import open_checked
from artlucid.models.weights._record import Weights, check, check_finite


def read_weights(path: Path, variant: str | None = None) -> Weights:
    """Read a `.weights.h5` that Keras saved of a network built here."""
    if variant is None:
        raise WeightsError(
            "`architecture` must name the network of a `.weights.h5`, in which Keras keeps no layer names. "
            f"Received {path} without it. Use one of {', '.join(ARCHITECTURES)} (`--architecture`)."
        )
    architecture = architectures.get(variant)
    with open_checked(path) as file:
        classes, auxiliary = _classes(file, path)
    model = build(architecture, classes=classes, options=BuildOptions(auxiliary=auxiliary))
    try:
        model.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        raise WeightsError(
            f"A `.weights.h5` must have the layers of {architecture} in their order. Received {path}: {error}. "
            "Name the right network with `architecture` (`--architecture`)."
        ) from error
    arrays = get_arrays(model, architecture)
    check_finite(arrays, source=str(path))
    return Weights(arrays, architecture)


def _classes(file: h5py.File, path: Path) -> tuple[int, bool]:
    dense = [name for name in file.get("layers", ()) if name.split("_")[0] == "dense"]
    kernels = [file[f"layers/{name}/vars/0"] for name in dense if f"layers/{name}/vars/0" in file]
    if not kernels:
        raise WeightsError(
            f"A `.weights.h5` must hold a classifier. Received {path} without a dense layer. "
            "Save the whole network with `model.save_weights`."
        )
    return int(kernels[-1].shape[-1]), len(kernels) > 1


def read_model(path: Path, variant: str | None = None) -> Weights:
    """Read a `.keras` file of a network built here; nothing in it is executed."""
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise WeightsError(
            f"A `.keras` file must hold a network that loads in Keras's safe mode. Received {path}: {error}. "
            "It is damaged, or holds code: load it yourself and use `models.wrap`."
        ) from error
    architecture = _architecture_of(model, path, variant)
    arrays = get_arrays(model, architecture)
    classifier = arrays.get(f"{architecture.head.classifier.name}/kernel")
    check(arrays, architecture, architecture.classes if classifier is None else classifier.shape[-1], source=str(path))
    activation = "softmax" if _names.has_softmax(model, architecture) else "sigmoid"
    return Weights(arrays, architecture, activation=activation)


def _architecture_of(model: keras.Model, path: Path, variant: str | None) -> Architecture:
    """The known architecture whose preprocessing, normalization and padding the model has."""
    candidates = [architectures.get(variant)] if variant else list(ARCHITECTURES.values())
    for architecture in candidates:
        rebuilt = build(architecture, classes=architecture.classes)
        if _structure(rebuilt) == _structure(model):
            return architecture
    raise WeightsError(
        f"A `.keras` file must hold a network of {', '.join(str(candidate) for candidate in candidates)}. "
        f"Received {path}, which holds another. Load it with Keras and use `models.wrap`."
    )


def _structure(model: keras.Model) -> list[tuple[str, str, str]]:
    """Class, name and settings of every layer, without what training and the number of classes change."""
    left_out = {"kernel_initializer", "bias_initializer", "kernel_regularizer", "dtype", "trainable", "units"}
    described = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer | keras.layers.Activation):
            continue
        config = {key: str(value) for key, value in layer.get_config().items() if key not in left_out}
        described.append((type(layer).__name__, layer.name, str(sorted(config.items()))))
    return described
