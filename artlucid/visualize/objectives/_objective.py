"""An objective, and how several become one."""

from __future__ import annotations

import functools
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from artlucid._channel import parse
from artlucid.errors import VisualizationError
from artlucid.visualize.objectives._checks import is_integer

Tensor = Any
Activations = Callable[[str], Any]
Function = Callable[[Activations], Tensor]

_LONGEST_ARGUMENT = 15


class Objective:
    """A function of a network's activations, with a name; sums and products of objectives are objectives.

    Parameters
    ----------
    objective_func : callable
        From ``T`` to a scalar tensor, or to one value for each image.
    name, description : str
        For people.

    Examples
    --------
    >>> from artlucid.visualize import objectives
    >>> both = objectives.channel("mixed4a", 3) - 0.5 * objectives.channel("mixed4a", 7)
    >>> both.name
    'channel, channel'
    """

    def __init__(self, objective_func: Function, name: str = "", description: str = "") -> None:
        self.objective_func = objective_func
        self.name = name
        self.description = description

    def __call__(self, T: Activations) -> Tensor:
        value = self.objective_func(T)
        if value is None:
            raise VisualizationError(
                f"An objective must give a tensor. Received None from {self.description or self.name or 'one'}. "
                "End its function with `return`."
            )
        return value

    def __add__(self, other: Any) -> Objective:
        if _is_number(other):
            return Objective(lambda T: self(T) + float(other), self.name, self.description)
        return Objective.sum([self, _operand(other)])

    __radd__ = __add__

    def __neg__(self) -> Objective:
        return self * -1

    def __sub__(self, other: Any) -> Objective:
        return self + (-other if _is_number(other) else -_operand(other))

    def __rsub__(self, other: Any) -> Objective:
        return -self + other

    def __mul__(self, other: Any) -> Objective:
        if _is_number(other):
            return Objective(lambda T: self(T) * float(other), self.name, self.description)
        factor = _operand(other)
        return Objective(lambda T: self(T) * factor(T), self.name, self.description)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"Objective({self.description or self.name})"

    @staticmethod
    def sum(objs: Sequence[Objective]) -> Objective:
        """Add several objectives.

        Parameters
        ----------
        objs : sequence of Objective or callable
            At least one.

        Returns
        -------
        Objective

        Raises
        ------
        VisualizationError
            If there are none, or one is no objective.
        """
        parts = [_operand(one) for one in objs]
        if not parts:
            raise VisualizationError("A sum must have at least one objective. Received none. Give one, or more.")

        def total(T: Activations) -> Tensor:
            first, *others = (part(T) for part in parts)
            return functools.reduce(lambda left, right: left + right, others, first)

        described = " +\n".join(part.description for part in parts)
        return Objective(total, ", ".join(part.name for part in parts), f"Sum({described})")


def wrap_objective(require_format: Any = None, handle_batch: bool = False) -> Any:
    """Turn a function that gives an objective's function into one that gives an `Objective`: a decorator.

    Both of Lucid's forms are taken, ``@wrap_objective()`` and the older ``@wrap_objective``.

    Parameters
    ----------
    require_format : {None, "NHWC"}
        Give the activations of a dense layer, shape (batch, channels), as (batch, 1, 1, channels). In the older form
        the function stands here.
    handle_batch : bool
        Without effect, as in Lucid; the objectives that take a `batch` see to it themselves.

    Returns
    -------
    callable
        With the name, the arguments and the docstring of the function.

    Raises
    ------
    VisualizationError
        If the format is another; when an objective is made, if the function gives no function of ``T``.

    Examples
    --------
    >>> import tensorflow as tf
    >>> @wrap_objective()
    ... def brightness(layer="input"):
    ...     def inner(T):
    ...         return tf.reduce_mean(T(layer))
    ...     return inner
    >>> brightness("input").description
    'Brightness [input]'
    """
    if callable(require_format):
        return _factory(require_format, None)
    if require_format not in (None, "NHWC"):
        raise VisualizationError(
            f"`require_format` must be None or 'NHWC'. Received {require_format!r}. Layers give (batch, height, width, "
            "channels) here in any case."
        )
    return functools.partial(_factory, require_format=require_format)


def _factory(f: Callable[..., Function], require_format: str | None) -> Callable[..., Objective]:
    @functools.wraps(f)
    def make(*arguments: Any, **options: Any) -> Objective:
        function = f(*arguments, **options)
        if not callable(function):
            raise VisualizationError(
                f"`{f.__name__}` must give a function of T to be wrapped as an objective. Received {function!r}. "
                "Let it define `def inner(T): …` and `return inner`."
            )
        shown = ", ".join(_shortened(one) for one in (*arguments, *options.values()))

        def objective_func(T: Activations) -> Tensor:
            return function(_with_space(T) if require_format == "NHWC" else T)

        return Objective(objective_func, f.__name__, f"{f.__name__.title()} [{shown}]")

    return make


def handle_batch(batch: int | None = None) -> Callable[[Function], Function]:
    """Let a function of ``T`` see one image of the batch alone, as a batch of one: a decorator.

    Raises
    ------
    VisualizationError
        When called, if the batch has no such image.
    """

    def decorate(function: Function) -> Function:
        def of_one(T: Activations) -> Tensor:
            return function(lambda name: _one_of(T(name), batch))

        return function if batch is None else of_one

    return decorate


def as_objective(obj: Any) -> Any:
    """Make an objective of what may stand for one.

    Parameters
    ----------
    obj : Objective, callable or str
        ``"layer:channel"`` is ``channel(layer, channel)``; a number below 0 counts from the end.

    Returns
    -------
    Objective or callable
        Objectives and functions as they are.

    Raises
    ------
    VisualizationError
        If it is something else.

    Examples
    --------
    >>> as_objective("mixed4d:52").description
    'Channel [mixed4d, 52]'
    """
    if callable(obj):
        return obj
    from artlucid.visualize.objectives._activations import channel

    if not isinstance(obj, str):
        raise VisualizationError(
            f"An objective must be an `Objective`, a function of T, or a string `layer:channel`. Received {obj!r}. "
            "Use objectives.channel('mixed4d', 52), for example."
        )
    asked = parse(obj)
    return channel(asked.layer, asked.number)


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _operand(other: Any) -> Objective:
    """What may be added: objectives, and functions of ``T``."""
    if isinstance(other, Objective):
        return other
    if callable(other):
        name = getattr(other, "__name__", type(other).__name__)
        return Objective(other, name, name)
    raise VisualizationError(
        f"Objectives must be combined with numbers, objectives or functions of T. Received {other!r}. "
        "Turn a string into one with `objectives.as_objective`."
    )


def _shortened(argument: Any) -> str:
    text = str(argument)
    return "..." if len(text) > _LONGEST_ARGUMENT or "\n" in text else text


def _with_space(T: Activations) -> Activations:
    def with_space(name: str) -> Any:
        values = T(name)
        return values[:, None, None, :] if len(getattr(values, "shape", ())) == 2 else values

    return with_space


def _one_of(values: Any, batch: Any) -> Any:
    if not hasattr(values, "shape"):
        return values
    number = values.shape[0]
    if not is_integer(batch) or (number is not None and not -number <= batch < number):
        raise VisualizationError(
            f"`batch` must be the number of an image of the batch. Received {batch!r} for a batch of {number}. "
            "Make the image with `param.image(…, batch=…)`, or choose another one."
        )
    return values[batch:][:1]
