"""Gradient ascent on an image: one compiled step for the first updates, another one for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from artlucid._forgotten import gradients_forgotten
from artlucid.errors import VisualizationError
from artlucid.visualize import _draws
from artlucid.visualize._activations import Look, Objective
from artlucid.visualize._refusals import refusals
from artlucid.visualize._variables import Parameterization

Tensor = Any
Transform = Callable[[Tensor], Tensor]

REDIRECTED_STEPS = 17
"""Updates during which blocked gradients pass a ReLU: Lucid's global step 0 … 16."""


@dataclass(frozen=True, eq=False)
class Ascent:
    """What is optimized, and how.

    Attributes
    ----------
    sight : callable
        From objectives and the shape of the image to a `Look`: `sight_of` a network.
    objective : callable
        From ``T`` to a scalar, or to a value for each image.
    image : Parameterization
    transform : callable
        What is done to the image before the network sees it.
    penalty : callable, optional
        Joins the objective, but not its values: from ``T`` to a scalar.
    redirect : bool
        Whether blocked gradients pass a ReLU during the first updates.
    draws : callable
        From the number of a step, a tensor, to the transformations' draws in it; by default other ones each time.
    """

    sight: Callable[[Sequence[Objective], tf.TensorShape], Look]
    objective: Objective
    image: Parameterization
    transform: Transform
    penalty: Objective | None = None
    redirect: bool = True
    draws: Callable[[Tensor], _draws.Draws] = _draws.free


class Optimizer:
    """An `Ascent` under way.

    Parameters
    ----------
    ascent : Ascent
    optimizer : keras.optimizers.Optimizer
        Not yet built.

    Attributes
    ----------
    updates : int
        How often the image was changed.
    """

    def __init__(self, ascent: Ascent, optimizer: keras.optimizers.Optimizer) -> None:
        self._ascent = ascent
        self._optimizer = optimizer
        self._optimizer.build(ascent.image.trainable)
        self._look = ascent.sight(self._objectives, ascent.image.shape)
        self._steps: dict[bool, Callable[[Tensor], Tensor]] = {}
        self.updates = 0

    @property
    def _objectives(self) -> list[Objective]:
        ascent = self._ascent
        return [ascent.objective] if ascent.penalty is None else [ascent.objective, ascent.penalty]

    def update(self) -> Tensor:
        """Change the image once.

        Returns
        -------
        tensor
            The objective before the change.
        """
        redirected = self._ascent.redirect and self.updates < REDIRECTED_STEPS
        with refusals():
            if redirected not in self._steps:
                self._steps[redirected] = _compiled(self._traced(redirected=redirected))
            value = self._steps[redirected](tf.constant(self.updates))
        self.updates += 1
        return value

    def begin_again(self) -> None:
        """Go back to the beginning, with the variables' first values as they are made now; nothing is compiled anew."""
        self._ascent.image.begin_again()
        self._optimizer.begin_again()
        self.updates = 0

    def activations(self, step: Tensor, *, redirected: bool, look: Look | None = None) -> Callable[[str], Any]:
        """What the network makes of the image at a step, ``T``, within a `tf.function`."""
        # A parameterization may draw too, such as one with `param.image_sample`.
        with _draws.drawing(self._ascent.draws(step)):
            image = self._ascent.image()
            seen = self._ascent.transform(image)
        return (look or self._look)(seen, image, redirected)

    def image(self) -> Tensor:
        """The image, with the draws of the step that comes next."""
        with _draws.drawing(self._ascent.draws(tf.constant(self.updates))):
            return self._ascent.image()

    def evaluator(self, objectives: Sequence[Objective]) -> Callable[[], list[Tensor]]:
        """A function that gives objectives at the present image, with the draws of the step that comes next."""
        look = self._ascent.sight(objectives, self._ascent.image.shape)

        def values(step: Tensor) -> list[Tensor]:
            activations = self.activations(step, redirected=False, look=look)
            return [objective(activations) for objective in objectives]

        compiled = _compiled(values)

        def evaluate() -> list[Tensor]:
            with refusals():
                return list(compiled(tf.constant(self.updates)))

        return evaluate

    def _traced(self, *, redirected: bool) -> Callable[[Tensor], Tensor]:
        def step(number: Tensor) -> Tensor:
            activations = self.activations(number, redirected=redirected)
            value, *penalties = (objective(activations) for objective in self._objectives)
            variables = self._ascent.image.trainable
            # `tf.gradients`, because a `GradientTape` takes no notice of gradients that are overridden by name.
            gradients = tf.gradients([-part for part in (value, *penalties)], variables)
            _check_gradients(gradients)
            # After the value: the update changes what it depends on.
            with tf.control_dependencies([value]):
                self._optimizer.apply(_with_zeros(gradients, variables), variables)
            return value

        return step


def _compiled(function: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
    """A function of a step's number, traced once."""
    with gradients_forgotten():
        return tf.function(function, autograph=False).get_concrete_function(tf.TensorSpec([], tf.int32))


def _check_gradients(gradients: Sequence[Tensor | None]) -> None:
    if all(gradient is None for gradient in gradients):
        raise VisualizationError(
            "An objective must depend on the image. Received one whose value has no gradient with respect to it. "
            "Compute it from `T(layer)` or `T('input')` with differentiable operations."
        )


def _with_zeros(gradients: Sequence[Tensor | None], variables: Sequence[tf.Variable]) -> list[Tensor]:
    return [
        tf.zeros_like(variable) if gradient is None else gradient
        for gradient, variable in zip(gradients, variables, strict=True)
    ]
