"""Where the random numbers of a step come from: a seed and the step, or a given list, or TensorFlow's own generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import tensorflow as tf

Tensor = Any


class Draws(Protocol):
    """A source of random numbers; every call gives new ones."""

    def integer(self, below: Tensor, seed: int | None = None) -> Tensor:
        """An int32 scalar in 0 … `below` - 1."""

    def uniform(self, shape: Sequence[int], seed: int | None = None) -> Tensor:
        """float32 in [0, 1)."""

    def normal(self, shape: Sequence[int], seed: int | None = None) -> Tensor:
        """float32 with mean 0 and standard deviation 1."""

    def of_image(self, index: int) -> Draws:
        """For one image of a batch alone."""


class SeededDraws:
    """Numbers that depend on the seed, on the step, and on how many draws of the step came before.

    Parameters
    ----------
    seed : int
    step : int or int scalar tensor
        A tensor in a compiled loop.
    images : int32 tensor of shape (batch,), optional
        A number for each image of a batch, for draws of its own.
    """

    def __init__(self, seed: int, step: Tensor, images: Tensor | None = None) -> None:
        self._key = tf.stack([tf.cast(seed % 2**31, tf.int32), tf.cast(step, tf.int32)])
        self._images = images
        self._count = 0

    def of_image(self, index: int) -> Draws:
        """For one image of a batch: of its own, if images have numbers, wherever it stands; else those that follow."""
        if self._images is None:
            return self
        draws = SeededDraws(0, 0)
        draws._key = tf.random.fold_in(self._key, self._images[index])
        return draws

    def _next(self, seed: int | None) -> Tensor:
        self._count += 1
        key = tf.random.fold_in(self._key, self._count)
        return key if seed is None else tf.random.fold_in(key, seed % 2**31)

    def integer(self, below: Tensor, seed: int | None = None) -> Tensor:
        """An int32 scalar in 0 … `below` - 1."""
        return tf.random.stateless_uniform([], self._next(seed), 0, below, tf.int32)

    def uniform(self, shape: Sequence[int], seed: int | None = None) -> Tensor:
        """float32 in [0, 1)."""
        return tf.random.stateless_uniform(shape, self._next(seed))

    def normal(self, shape: Sequence[int], seed: int | None = None) -> Tensor:
        """float32 with mean 0 and standard deviation 1."""
        return tf.random.stateless_normal(shape, self._next(seed))


class GivenDraws:
    """Numbers of a list, one after the other: the draws of another program, or those of a test."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = iter(values)

    def integer(self, below: Tensor, seed: int | None = None) -> Tensor:
        """The next value, as an int32 scalar."""
        return tf.cast(next(self._values), tf.int32)

    def uniform(self, shape: Sequence[int], seed: int | None = None) -> Tensor:
        """The next value, as float32."""
        return tf.cast(next(self._values), tf.float32)

    normal = uniform

    def of_image(self, index: int) -> Draws:
        """The values that follow."""
        return self


class FreeDraws:
    """TensorFlow's own generator: other numbers each time, unless a transformation has a seed of its own."""

    def integer(self, below: Tensor, seed: int | None = None) -> Tensor:
        """An int32 scalar in 0 … `below` - 1."""
        return tf.random.uniform([], 0, below, tf.int32, seed=seed)

    def uniform(self, shape: Sequence[int], seed: int | None = None) -> Tensor:
        """float32 in [0, 1)."""
        return tf.random.uniform(shape, seed=seed)

    def normal(self, shape: Sequence[int], seed: int | None = None) -> Tensor:
        """float32 with mean 0 and standard deviation 1."""
        return tf.random.normal(shape, seed=seed)

    def of_image(self, index: int) -> Draws:
        """Other numbers, as always."""
        return self


def free(step: Tensor) -> Draws:
    """Other draws each time, whatever the step."""
    return FreeDraws()


def of_steps(seed: int | None, images: Tensor | None = None) -> Callable[[Tensor], Draws]:
    """The draws of each step by its number: seeded ones, or other ones each time for None."""
    return free if seed is None else lambda step: SeededDraws(seed, step, images)


_current: ContextVar[Draws | None] = ContextVar("artlucid_draws", default=None)


def current() -> Draws:
    """The draws that transformations take at the moment."""
    return _current.get() or FreeDraws()


@contextmanager
def drawing(draws: Draws) -> Iterator[None]:
    """Let transformations take their numbers from `draws`."""
    token = _current.set(draws)
    try:
        yield
    finally:
        _current.reset(token)
