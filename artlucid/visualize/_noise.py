"""Where the initial noise of an image comes from: a seed for the whole batch, or one for each image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import numpy.typing as npt

Seed = int | Sequence[int] | None

_generators: ContextVar[tuple[np.random.Generator, ...] | None] = ContextVar("artlucid_noise", default=None)


def normal(shape: Sequence[int], sd: float, *, batch_axis: int = 0) -> npt.NDArray[np.float32]:
    """Draw normal noise for a variable of a parameterization.

    Parameters
    ----------
    shape : sequence of int
    sd : float
        Standard deviation.
    batch_axis : int
        The axis along which the images lie. Where it is as long as there are seeds, each image has its noise from a
        seed of its own, so that it does not depend on what else is in the batch.

    Returns
    -------
    array of `shape`, float32
    """
    shape = tuple(shape)
    generators = _generators.get() or (np.random.default_rng(),)
    if len(generators) > 1 and shape[batch_axis] == len(generators):
        one = shape[:batch_axis] + shape[batch_axis + 1 :]
        return np.stack([_draw(generator, one, sd) for generator in generators], axis=batch_axis)
    return _draw(generators[0], shape, sd)


def _draw(generator: np.random.Generator, shape: tuple[int, ...], sd: float) -> npt.NDArray[np.float32]:
    return generator.normal(scale=sd, size=shape).astype(np.float32)


@contextmanager
def seeded(seeds: Sequence[Seed]) -> Iterator[None]:
    """Let initial noise come from these seeds, one for the batch or one an image; None is other noise each time."""
    token = _generators.set(tuple(np.random.default_rng(seed) for seed in seeds))
    try:
        yield
    finally:
        _generators.reset(token)
