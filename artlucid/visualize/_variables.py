"""The variables of a parameterization, which is a plain function that makes them with `tf.Variable`.

In TensorFlow 1 such a function runs once, and its variables stand in the graph. Here it runs once to make them, and
again whenever a step is traced; what it makes then is what it made before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError

Tensor = Any


class Parameterization:
    """A function without arguments that makes an image, and the variables that it makes for it.

    Parameters
    ----------
    function : callable
        Gives a tensor (batch, height, width, channels); makes its variables with `tf.Variable`, the same ones in the
        same order each time.
    """

    def __init__(self, function: Callable[[], Tensor]) -> None:
        self._function = function
        self.variables: list[tf.Variable] = []
        with tf.variable_creator_scope(self._record):
            self._shape = function().shape

    def _record(self, create: Callable[..., tf.Variable], **options: Any) -> tf.Variable:
        variable = create(**options)
        self.variables.append(variable)
        return variable

    @contextmanager
    def _made_before(self) -> Iterator[None]:
        made = iter(self.variables)

        def next_one(_create: Callable[..., tf.Variable], **_options: Any) -> tf.Variable:
            variable = next(made, None)
            if variable is None:
                raise VisualizationError(
                    "A parameterization must make the same variables each time that it is called. Received one that "
                    f"made {len(self.variables)} at first, and then more. Let nothing but its arguments decide."
                )
            return variable

        with tf.variable_creator_scope(next_one):
            yield

    def __call__(self) -> Tensor:
        """The image of the variables' present values."""
        with self._made_before():
            return self._function()

    def begin_again(self) -> None:
        """Give the variables the values with which the function makes them now."""
        made = iter(self.variables)

        def assigned(_create: Callable[..., tf.Variable], *, initial_value: Any, **_options: Any) -> tf.Variable:
            variable = next(made)
            variable.assign(initial_value() if callable(initial_value) else initial_value)
            return variable

        with tf.variable_creator_scope(assigned):
            self._function()

    @property
    def trainable(self) -> list[tf.Variable]:
        """The variables that are optimized."""
        return [variable for variable in self.variables if variable.trainable]

    @property
    def shape(self) -> tf.TensorShape:
        """Of the image: (batch, height, width, channels)."""
        return self._shape
