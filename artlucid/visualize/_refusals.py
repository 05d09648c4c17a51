"""What can only be refused while a step runs, such as the size of a map, which the transformations draw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from artlucid.errors import VisualizationError

Tensor = Any

_MARK = "refused: "
_END = " :refused"


def required(values: Tensor, condition: Tensor, message: Tensor) -> Tensor:
    """The same values, unless the condition does not hold when they are computed.

    Parameters
    ----------
    values : tensor
    condition : bool scalar tensor
    message : string scalar tensor
        Of the error that `refusals` makes of it.
    """
    with tf.control_dependencies([tf.debugging.Assert(condition, [tf.strings.join([_MARK, message, _END])])]):
        return tf.identity(values)


@contextmanager
def refusals() -> Iterator[None]:
    """Raise what a step refuses as a VisualizationError."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        found = re.search(f"{_MARK}(.*?){_END}", str(error.message), re.DOTALL)
        if found is None:
            raise
        raise VisualizationError(found.group(1)) from None
