"""What TensorFlow would keep for ever of every step that is traced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.python.framework import ops

PREFIX = "CustomGradient-"
"""Of the names under which `tf.custom_gradient` registers a gradient, a new one in each trace."""


@contextmanager
def gradients_forgotten() -> Iterator[None]:
    """Take the gradients that are registered within the block out of TensorFlow's registry again.

    Each holds the graph that it was made in, so that the steps of hundreds of layers would fill the memory. Within the
    block what is traced must be differentiated: afterwards it cannot be.
    """
    registry = ops.gradient_registry._registry
    before = set(registry)
    try:
        yield
    finally:
        for name in set(registry) - before:
            if name.startswith(PREFIX):
                del registry[name]
