"""From an `Architecture` to a Keras functional model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import keras
from keras import layers

from artlucid.architectures import (
    Architecture,
    AveragePool,
    Classifier,
    Concatenation,
    Convolution,
    Dense,
    GlobalMean,
    Layer,
    MaxPool,
    Normalization,
)
from artlucid.errors import ModelError
from artlucid.models._layers import LocalResponseNormalization, Preprocess
from artlucid.recipes import Initialization

Tensor = Any


@dataclass(frozen=True)
class BuildOptions:
    """What a network is built with beside its architecture.

    Attributes
    ----------
    activation : {"softmax", "sigmoid"}
        What follows every classifier.
    auxiliary : bool
        Whether the auxiliary heads of deep supervision are built; they exist at the usual input size only.
    dtype : str
        A Keras dtype policy: ``float32``, ``mixed_bfloat16`` or ``mixed_float16``.
    kernel_penalty : float
        L2 penalty on the kernels of convolutions: this times the sum of their squares joins the loss.
    initialization : Initialization
        The distribution of random kernels and the value of biases.
    seed : int
        Each layer's random kernel comes from this and its name.
    """

    activation: str = "softmax"
    auxiliary: bool = False
    dtype: str = "float32"
    kernel_penalty: float = 0.0
    initialization: Initialization = field(default_factory=Initialization)
    seed: int = 0

    def initializers(self, layer: str) -> dict[str, Any]:
        """Keyword arguments for a Keras layer with weights."""
        digest = hashlib.sha256(f"{self.seed}/{layer}".encode()).digest()
        kernel = keras.initializers.get(
            {
                "class_name": self.initialization.kernel,
                "config": {"seed": int.from_bytes(digest[:4], "little") >> 1},
            }
        )
        bias = keras.initializers.Constant(self.initialization.bias)
        return {"kernel_initializer": kernel, "bias_initializer": bias, "dtype": self.dtype}

    @property
    def penalty(self) -> keras.regularizers.Regularizer | None:
        """The penalty as Keras takes it."""
        return keras.regularizers.L2(self.kernel_penalty) if self.kernel_penalty else None


@dataclass(frozen=True)
class _Context:
    architecture: Architecture
    options: BuildOptions
    classes: int
    tensors: dict[str, Tensor]


def _convolution(layer: Convolution, context: _Context) -> None:
    inputs = context.tensors[layer.source]
    padding = "same"
    # With stride 1 and an odd kernel both paddings are the same.
    if layer.stride > 1 and context.architecture.padding == "symmetric":
        inputs = layers.ZeroPadding2D(layer.kernel_size // 2, dtype=context.options.dtype, name=f"{layer.name}_pad")(
            inputs
        )
        padding = "valid"
    linear = layers.Conv2D(
        layer.filters,
        layer.kernel_size,
        strides=layer.stride,
        padding=padding,
        kernel_regularizer=context.options.penalty,
        name=f"{layer.name}_pre_relu",
        **context.options.initializers(layer.name),
    )(inputs)
    context.tensors[layer.name] = layers.ReLU(name=layer.name, dtype=context.options.dtype)(linear)


def _max_pool(layer: MaxPool, context: _Context) -> None:
    inputs = context.tensors[layer.source]
    padding = "same"
    # Caffe's ceil mode pads below and on the right only; zero is as good as minus infinity after a ReLU.
    if layer.stride > 1 and context.architecture.padding == "symmetric":
        inputs = layers.ZeroPadding2D(((0, 1), (0, 1)), dtype=context.options.dtype, name=f"{layer.name}_pad")(inputs)
        padding = "valid"
    context.tensors[layer.name] = layers.MaxPooling2D(
        layer.size, strides=layer.stride, padding=padding, name=layer.name, dtype=context.options.dtype
    )(inputs)


def _average_pool(layer: AveragePool, context: _Context) -> None:
    context.tensors[layer.name] = layers.AveragePooling2D(
        layer.size, strides=layer.stride, padding="valid", name=layer.name, dtype=context.options.dtype
    )(context.tensors[layer.source])


def _normalization(layer: Normalization, context: _Context) -> None:
    constants = context.architecture.local_response
    context.tensors[layer.name] = LocalResponseNormalization(
        constants.depth_radius,
        constants.bias,
        constants.alpha,
        constants.beta,
        name=layer.name,
        dtype=context.options.dtype,
    )(context.tensors[layer.source])


def _concatenation(layer: Concatenation, context: _Context) -> None:
    context.tensors[layer.name] = layers.Concatenate(name=layer.name, dtype=context.options.dtype)(
        [context.tensors[source] for source in layer.sources]
    )


def _global_mean(layer: GlobalMean, context: _Context) -> None:
    # In float32: a mean over 49 values is where half precision would lose most.
    context.tensors[layer.name] = layers.GlobalAveragePooling2D(name=layer.name, dtype="float32")(
        context.tensors[layer.source]
    )


def _dense(layer: Dense, context: _Context) -> None:
    inputs = context.tensors[layer.source]
    if len(inputs.shape) > 2:
        inputs = layers.Flatten(name=f"{layer.source}_flat", dtype=context.options.dtype)(inputs)
    linear = layers.Dense(layer.units, name=f"{layer.name}_pre_relu", **context.options.initializers(layer.name))(
        inputs
    )
    context.tensors[layer.name] = layers.ReLU(name=layer.name, dtype=context.options.dtype)(linear)


def _classifier(layer: Classifier, context: _Context) -> None:
    options = {**context.options.initializers(layer.name), "dtype": "float32"}
    logits = layers.Dense(context.classes, name=layer.name, **options)(context.tensors[layer.source])
    context.tensors[layer.name] = logits
    context.tensors[layer.predictions] = layers.Activation(
        context.options.activation, name=layer.predictions, dtype="float32"
    )(logits)


_BUILDERS: Mapping[type, Callable[[Any, _Context], None]] = MappingProxyType(
    {
        Convolution: _convolution,
        MaxPool: _max_pool,
        AveragePool: _average_pool,
        Normalization: _normalization,
        Concatenation: _concatenation,
        GlobalMean: _global_mean,
        Dense: _dense,
        Classifier: _classifier,
    }
)


def keras_layer_name(layer: Layer) -> str:
    """Name of the Keras layer that holds the weights of a layer of the table."""
    return layer.name if isinstance(layer, Classifier) else f"{layer.name}_pre_relu"


def _check_shape(architecture: Architecture, shape: tuple[int | None, ...], auxiliary: bool) -> None:
    usual, smallest = architecture.input_size, architecture.minimum_size
    if len(shape) != 3 or shape[-1] != 3:
        raise ModelError(
            f"`input_shape` must be (height, width, 3), in pixels or None. Received {shape}. "
            "Images are RGB, channels last."
        )
    if auxiliary and shape != (usual, usual, 3):
        raise ModelError(
            f"`input_shape` must be ({usual}, {usual}, 3) with auxiliary heads, whose dense layers fix the size. "
            f"Received {shape}. Leave deep supervision out for other sizes."
        )
    if any(side is not None and side < smallest for side in shape[:2]):
        raise ModelError(
            f"`input_shape` must be at least {smallest} pixels high and wide for {architecture}. "
            f"Received {shape}. Resize the images."
        )


def build(
    architecture: Architecture,
    *,
    classes: int,
    options: BuildOptions = BuildOptions(),
    input_shape: tuple[int | None, int | None, int] | None = None,
    input_tensor: Tensor | None = None,
) -> keras.Model:
    """Build a network from its table.

    Parameters
    ----------
    architecture : Architecture
    classes : int
        Width of every classifier; 0 leaves the heads out and ends at the last feature map.
    options : BuildOptions
    input_shape : tuple of (height, width, 3), optional
        In pixels; None for a side admits any. By default any size, or the usual one with auxiliary heads.
    input_tensor : Keras tensor, optional
        Takes the place of the input, and its shape that of `input_shape`.

    Returns
    -------
    keras.Model
        From RGB in 0 … 255, shape (batch, height, width, 3), to the predictions of the main head,
        or with auxiliary heads to a dictionary of predictions by the name of their layer.

    Raises
    ------
    ModelError
        If the shape is not one of RGB images, too small, or not the usual one with auxiliary heads.
    """
    side = architecture.input_size if options.auxiliary else None
    shape = (side, side, 3) if input_shape is None else tuple(input_shape)
    if input_tensor is not None:
        shape = tuple(input_tensor.shape[1:])
    _check_shape(architecture, shape, options.auxiliary)
    inputs = keras.Input(shape, dtype="float32", name="input") if input_tensor is None else input_tensor
    preprocess = Preprocess(architecture.preprocess.channel_order, architecture.preprocess.means, name="preprocess")
    context = _Context(architecture, options, classes, {"preprocess": preprocess(inputs)})
    with_heads = classes > 0
    for layer in architecture.layers(auxiliary=options.auxiliary) if with_heads else architecture.backbone[:-1]:
        _BUILDERS[type(layer)](layer, context)
    return keras.Model(inputs, _outputs(context, with_heads), name=architecture.name)


def _outputs(context: _Context, with_heads: bool) -> Tensor | dict[str, Tensor]:
    architecture = context.architecture
    if not with_heads:
        return context.tensors[architecture.backbone[-2].name]
    if not context.options.auxiliary:
        return context.tensors[architecture.head.classifier.predictions]
    names = [head.classifier.predictions for head in (*architecture.auxiliary_heads, architecture.head)]
    return {name: context.tensors[name] for name in names}
