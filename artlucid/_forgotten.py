"""What TensorFlow would keep for ever of every function that is traced."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from tensorflow.python.framework import ops

PREFIX = "CustomGradient-"
"""Of the names under which `custom_gradient` registers a gradient, a new one in each trace."""


@contextmanager
def gradients_forgotten() -> Iterator[None]:
    """Take the gradients that are registered within the block out of TensorFlow's registry again.

    Each holds the graph that it was made in, so that the graphs of hundreds of layers, or of many networks, would fill
    the memory. Within the block what is traced must be differentiated: afterwards it cannot be.
    """
    before = set(ops.gradient_registry._registry)
    try:
        yield
    finally:
        forget_gradients(but=before)


def forget_gradients(*, but: Collection[str] = ()) -> None:
    """Take gradients out of TensorFlow's registry, but those of some names.

    What was traced before cannot be differentiated afterwards, so that this is for who knows all that the process has
    traced: a command, not a library.
    """
    registry = ops.gradient_registry._registry
    for name in set(registry) - set(but):
        if name.startswith(PREFIX):
            del registry[name]
