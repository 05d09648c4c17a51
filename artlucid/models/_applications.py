"""InceptionV1 with the signature of `keras.applications`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from artlucid import architectures
from artlucid.architectures import Architecture
from artlucid.errors import ModelError, WeightsError
from artlucid.models._build import BuildOptions, build
from artlucid.models._load import resolve
from artlucid.models._network import set_arrays, variables
from artlucid.models.weights._record import ACTIVATIONS, Weights

Tensor = Any

logger = logging.getLogger("artlucid")


def InceptionV1(  # noqa: PLR0913 - name and arguments as in keras.applications
    include_top: bool = True,
    weights: str | None = "imagenet",
    input_tensor: Tensor | None = None,
    input_shape: tuple[int | None, int | None, int] | None = None,
    pooling: str | None = None,
    classes: int | None = None,
    classifier_activation: str = "softmax",
    name: str | None = None,
    *,
    variant: str | None = None,
    deep_supervision: bool = False,
    seed: int = 0,
) -> keras.Model:
    """Build InceptionV1 as a Keras functional model, with Lucid's layer names.

    Parameters
    ----------
    include_top : bool
        Whether the classifier is there; without it the output is the last feature map.
    weights : str or None
        Anything that `load` takes (``imagenet``, ``bvlc``, a file, a run directory), or None for random weights.
    input_tensor : Keras tensor, optional
        Takes the place of the input.
    input_shape : tuple of (height, width, 3), optional
        Sides in pixels, at least 64 (mini: 32), None for any. By default any size; 224 with deep supervision.
    pooling : {None, "avg", "max"}
        Without the classifier: pool the last feature map over space.
    classes : int, optional
        By default those of the weights, or of the variant's published ones. Another number gives a new random
        classifier.
    classifier_activation : {"softmax", "sigmoid"}
    name : str, optional
        Of the Keras model.
    variant : {"inception5h", "bvlc", "gonthier", "mini"}, optional
        By default that of the weights; inception5h for random ones.
    deep_supervision : bool
        Whether the auxiliary heads are there too; the output is then a dictionary of predictions.
    seed : int
        Of random weights.

    Returns
    -------
    keras.Model
        From RGB in 0 … 255, shape (batch, height, width, 3).

    Raises
    ------
    ModelError
        If an argument is out of range.
    WeightsError
        If the weights are damaged or of another network.

    Examples
    --------
    >>> from artlucid import models
    >>> models.InceptionV1(weights=None, variant="mini", classes=6).output_shape
    (None, 6)
    """
    _check_choice("classifier_activation", classifier_activation, ACTIVATIONS)
    _check_choice("pooling", pooling, (None, "avg", "max"))
    _check_top(include_top, classes, deep_supervision)
    loaded = None if weights is None else resolve(weights, architecture=variant, seed=seed)[0]
    architecture = architectures.get(variant or "inception5h") if loaded is None else loaded.architecture
    wanted = classes or (architecture.classes if loaded is None else loaded.classes)
    model = build(
        architecture,
        classes=wanted if include_top else 0,
        options=BuildOptions(activation=classifier_activation, auxiliary=deep_supervision, seed=seed),
        input_shape=input_shape,
        input_tensor=input_tensor,
    )
    if loaded is not None:
        set_arrays(model, architecture, _fitting(loaded, model, architecture, wanted))
    if pooling and not include_top:
        model = keras.Model(model.input, _POOLINGS[pooling]()(model.output), name=model.name)
    if name:
        model.name = name
    return model


_POOLINGS = {"avg": keras.layers.GlobalAveragePooling2D, "max": keras.layers.GlobalMaxPooling2D}


def _fitting(weights: Weights, model: keras.Model, architecture: Architecture, classes: int) -> dict[str, Any]:
    """The arrays for the layers that the model has, without classifiers of another width; says what stays random."""
    skipped = architecture.classifiers if classes != weights.classes else ()
    present = variables(model, architecture)
    fitting = {
        name: array for name, array in weights.arrays.items() if name in present and name.split("/")[0] not in skipped
    }
    new = list(dict.fromkeys(name.split("/")[0] for name in present if name not in fitting))
    may_be_new = {layer.name for head in (architecture.head, *architecture.auxiliary_heads) for layer in head.layers}
    lacking = [layer for layer in new if layer not in may_be_new]
    if lacking:
        raise WeightsError(
            f"`weights` must have the arrays of every layer but those of the heads. Received none for "
            f"{', '.join(lacking)}. Use whole weights of {architecture}."
        )
    if new:
        logger.info("new, random: %s", ", ".join(new))
    return fitting


def _check_top(include_top: bool, classes: int | None, deep_supervision: bool) -> None:
    if classes is not None and classes < 1:
        raise ModelError(
            f"`classes` must be at least 1. Received {classes}. Leave the classifier out with `include_top=False`."
        )
    if deep_supervision and not include_top:
        raise ModelError(
            "`deep_supervision` must go with the classifiers. Received it with `include_top=False`. Leave one out."
        )


def _check_choice(argument: str, value: Any, choices: tuple[Any, ...]) -> None:
    if value not in choices:
        raise ModelError(
            f"`{argument}` must be one of {', '.join(map(repr, choices))}. Received {value!r}. Choose one of these."
        )


def preprocess_input(x: Tensor, data_format: str | None = None) -> Tensor:
    """Return `x` as it is: every network here takes RGB in 0 … 255 and preprocesses in its first layer.

    Parameters
    ----------
    x : array or tensor
        Images, RGB in 0 … 255.
    data_format : str, optional
        Only ``channels_last`` exists here.

    Returns
    -------
    array or tensor
        The same object.
    """
    _check_choice("data_format", data_format, (None, "channels_last"))
    return x


def decode_predictions(
    preds: npt.ArrayLike, top: int = 5, *, class_names: Sequence[str]
) -> list[list[tuple[str, float]]]:
    """Name the classes with the highest predictions.

    Parameters
    ----------
    preds : array-like of shape (n_images, n_classes)
        Predictions in 0 … 1.
    top : int
        How many an image.
    class_names : sequence of str
        In the order of the predictions, such as `Network.class_names`.

    Returns
    -------
    list of list of (str, float)
        For each image, highest first; ties in the order of the classes.

    Raises
    ------
    ModelError
        If the number of names is not that of the classes.

    Examples
    --------
    >>> decode_predictions([[0.1, 0.7, 0.2]], top=2, class_names=["boat", "horse", "sheep"])
    [[('horse', 0.7), ('sheep', 0.2)]]
    """
    predictions = np.asarray(preds)
    if predictions.ndim != 2 or predictions.shape[1] != len(class_names):
        raise ModelError(
            f"`preds` must have shape (n_images, {len(class_names)}), a column a class name. Received shape "
            f"{predictions.shape}. Pass the names of the network that made the predictions."
        )
    order = np.argsort(-predictions, axis=1, kind="stable")[:, :top]
    return [
        [(class_names[index], float(row[index])) for index in indices]
        for row, indices in zip(predictions, order, strict=True)
    ]
