"""Other gradients for a network's operations, as Lucid's `optvis.overrides`.

They act on what is traced within a `tf.function`, or in a graph, and differentiated by `tf.gradients`; a `GradientTape`
takes no notice of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError

__all__ = [
    "avg_smoothed_maxpool_grad",
    "default_overrides",
    "default_overrides_map",
    "gradient_override_map",
    "identity_grad",
    "l2_smoothed_maxpool_grad",
    "linearization_overrides",
    "make_smoothed_maxpool_grad",
    "pooling_overrides",
    "pooling_overrides_map",
    "redirected_relu6_grad",
    "redirected_relu_grad",
    "relu_overrides",
    "relu_overrides_map",
    "use_gradient",
]

Tensor = Any
Gradient = Callable[[Any, Tensor], Tensor]

_registered: dict[Gradient, str] = {}


@contextmanager
def gradient_override_map(override_dict: Mapping[str, Gradient | str]) -> Iterator[None]:
    """Give operations that are made within the block other gradients.

    Parameters
    ----------
    override_dict : mapping of str to callable
        For a type of operation such as ``Relu``, a function from the operation and the gradient of its output to that
        of its input; or the name under which `tf.RegisterGradient` knows one.

    Raises
    ------
    VisualizationError
        Outside a graph, where it would have no effect; if a value is neither a function nor a name.
    """
    if tf.executing_eagerly():
        raise VisualizationError(
            "Gradients must be overridden where a graph is made. Received a call outside one, which would have no "
            "effect. Put it into a `tf.function`, and differentiate with `tf.gradients`."
        )
    names = {kind: _name_of(gradient) for kind, gradient in override_dict.items()}
    with tf.compat.v1.get_default_graph().gradient_override_map(names):
        yield


def _name_of(gradient: Gradient | str) -> str:
    """The name of a gradient for TensorFlow, which keeps every one that it was ever told."""
    if isinstance(gradient, str):
        return gradient
    if not callable(gradient):
        raise VisualizationError(
            "`override_dict` must have functions, or names of gradients that are registered. Received "
            f"{gradient!r}. Use {{'Relu': overrides.redirected_relu_grad}}, for example."
        )
    if gradient not in _registered:
        name = f"artlucid_{getattr(gradient, '__name__', 'gradient')}_{len(_registered)}"
        tf.RegisterGradient(name)(gradient)
        _registered[gradient] = name
    return _registered[gradient]


def use_gradient(grad_f: Gradient) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Decorate a function of one tensor so that it has another gradient.

    Parameters
    ----------
    grad_f : callable
        From an object with the function's ``inputs`` and ``outputs``, and the gradient of its output, to that of its
        input.

    Returns
    -------
    callable
        The decorator.

    Examples
    --------
    >>> @use_gradient(identity_grad)
    ... def rounded(x):
    ...     return tf.round(x)
    >>> rounded(tf.constant(1.4)).numpy().item()
    1.0
    """

    def decorate(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @tf.custom_gradient
        def with_gradient(*inputs: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
            output = function(*inputs)
            return output, lambda upstream: grad_f(_Call(inputs, output), upstream)

        return with_gradient

    return decorate


class _Call:
    """What `use_gradient` shows of a call in the place of an operation."""

    def __init__(self, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self.inputs = inputs
        self.outputs = [output]


def identity_grad(_op: Any, grad: Tensor) -> Tensor:
    """The gradient of the output as that of the input."""
    return grad


def redirected_relu_grad(op: Any, grad: Tensor) -> Tensor:
    """The gradient of a ReLU that does not block all of an image's gradient.

    Where nothing at all passes for an image, what would not push a negative input still lower passes. Here it acts for
    as long as it is in place; `render_vis` puts it in place for the first 17 updates, as Lucid's does of its own.
    """
    x = op.inputs[0]
    below = x < 0.0
    return _redirected(grad, below, tf.logical_and(below, grad > 0.0))


def redirected_relu6_grad(op: Any, grad: Tensor) -> Tensor:
    """`redirected_relu_grad` for a ReLU that is cut at 6: nor what would push an input above 6 still higher."""
    x = op.inputs[0]
    below, above = x < 0.0, x > 6.0
    outward = tf.logical_or(tf.logical_and(below, grad > 0.0), tf.logical_and(above, grad < 0.0))
    return _redirected(grad, tf.logical_or(below, above), outward)


def _redirected(grad: Tensor, blocked: Tensor, outward: Tensor) -> Tensor:
    rank = blocked.shape.rank
    if rank is None or rank < 2:
        raise VisualizationError(
            "A redirected gradient must have the batch as its first axis, and others. Received a ReLU of shape "
            f"{blocked.shape}. Override gradients of a network alone."
        )
    zeros = tf.zeros_like(grad)
    plain = tf.where(blocked, zeros, grad)
    passes = tf.norm(tf.reshape(plain, [tf.shape(plain)[0], -1]), axis=1) > 0.0
    return tf.where(tf.reshape(passes, [-1] + [1] * (rank - 1)), plain, tf.where(outward, zeros, grad))


def make_smoothed_maxpool_grad(smooth_type: str = "avg", epsilon: float = 1e-2) -> Gradient:
    """Make a gradient for max pooling that spreads over the whole window.

    Parameters
    ----------
    smooth_type : {"avg", "L2"}
        As if it were an average; or an average weighted by the inputs' own size.
    epsilon : float
        Added to what "L2" divides by.

    Returns
    -------
    callable

    Raises
    ------
    VisualizationError
        If `smooth_type` is another.
    """
    if smooth_type not in ("avg", "L2"):
        raise VisualizationError(f"`smooth_type` must be avg or L2. Received {smooth_type!r}. Choose one of these.")

    def smoothed_maxpool_grad(op: Any, grad: Tensor) -> Tensor:
        x = op.inputs[0]
        window = [op.get_attr("ksize"), op.get_attr("strides"), op.get_attr("padding").decode()]
        smooth = tf.nn.avg_pool2d(x if smooth_type == "avg" else x**2, *window)
        if smooth_type == "L2":
            smooth /= epsilon + tf.nn.avg_pool2d(tf.abs(x), *window)
        return tf.gradients(smooth, [x], grad)[0]

    return smoothed_maxpool_grad


avg_smoothed_maxpool_grad = make_smoothed_maxpool_grad("avg")
l2_smoothed_maxpool_grad = make_smoothed_maxpool_grad("L2")

relu_overrides_map: Mapping[str, Gradient] = MappingProxyType(
    {"Relu": redirected_relu_grad, "Relu6": redirected_relu6_grad}
)
pooling_overrides_map: Mapping[str, Gradient] = MappingProxyType({"MaxPool": avg_smoothed_maxpool_grad})
default_overrides_map: Mapping[str, Gradient] = MappingProxyType({**pooling_overrides_map, **relu_overrides_map})


def relu_overrides() -> Any:
    """Let gradients that a ReLU would block pass: a context."""
    return gradient_override_map(relu_overrides_map)


def pooling_overrides() -> Any:
    """Spread the gradients of max pooling over its windows: a context."""
    return gradient_override_map(pooling_overrides_map)


def default_overrides() -> Any:
    """Both `relu_overrides` and `pooling_overrides`: a context."""
    return gradient_override_map(default_overrides_map)


def linearization_overrides() -> Any:
    """Pass gradients through ReLUs as they are, and spread those of max pooling: a context."""
    return gradient_override_map({"Relu": identity_grad, **pooling_overrides_map})
