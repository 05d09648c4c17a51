"""Adam as TensorFlow 1 computes it: Keras's differs from it by the rounding of one minus a beta, in the fifth digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

Tensor = Any


@keras.saving.register_keras_serializable("artlucid")
class LucidAdam(keras.optimizers.Adam):
    """Keras's Adam with the update of TensorFlow's own kernel, and powers of the betas as running products.

    Parameters
    ----------
    learning_rate, epsilon : float
        By default Lucid's; Keras's own epsilon is 1e-7.
    options
        As of `keras.optimizers.Adam`; neither `amsgrad` nor weight decay.
    """

    def __init__(self, learning_rate: float = 0.05, epsilon: float = 1e-8, **options: Any) -> None:
        super().__init__(learning_rate, epsilon=epsilon, **options)
        self._powers: tuple[tf.Variable, ...] = ()

    def build(self, variables: Sequence[tf.Variable]) -> None:
        """Make the moments, and the powers of the betas at the first update."""
        super().build(variables)
        self._powers = tuple(tf.Variable(beta, dtype=tf.float32) for beta in (self.beta_1, self.beta_2))

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Change one variable."""
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self._powers[0],
            beta2_power=self._powers[1],
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )

    def apply(self, grads: Sequence[Tensor], trainable_variables: Sequence[tf.Variable] | None = None) -> None:
        """Change all variables, then go on to the next powers."""
        super().apply(grads, trainable_variables)
        for power, beta in zip(self._powers, (self.beta_1, self.beta_2), strict=True):
            power.assign(power * beta)

    def begin_again(self) -> None:
        """Forget all updates."""
        for variable in (self.iterations, *self._momentums, *self._velocities):
            variable.assign(tf.zeros_like(variable.value))
        for power, beta in zip(self._powers, (self.beta_1, self.beta_2), strict=True):
            power.assign(beta)
