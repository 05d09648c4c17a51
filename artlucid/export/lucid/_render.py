"""The original Lucid's rendering, with a seed and a view of each step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.export.lucid._original import original

Images = list[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Rendering:
    """What the original is given: everything but the thresholds as its `render_vis` takes it.

    Attributes
    ----------
    model : lucid.modelzoo.vision_base.Model
    objective : str, Objective or callable
        The original's, or any function of ``T`` that makes operations of TensorFlow.
    param_f : callable, optional
    optimizer : tf.compat.v1.train.Optimizer, optional
    transforms : list of callable, optional
    relu_gradient_override : bool
    seed : int, optional
        Of the initial noise and of the draws. Without one NumPy's own generator goes on, as in the original.
    watched : callable, optional
        From ``T`` to the value that each step is told with; by default the objective.
    """

    model: Any
    objective: Any
    param_f: Callable[[], Any] | None = None
    optimizer: Any = None
    transforms: Sequence[Callable[[Any], Any]] | None = None
    relu_gradient_override: bool = True
    seed: int | None = None
    watched: Callable[[Any], Any] | None = None


def render(
    rendering: Rendering, thresholds: Sequence[int], on_step: Callable[[int, Any], object] = lambda step, value: None
) -> Images:
    """Let the original Lucid render.

    Parameters
    ----------
    rendering : Rendering
    thresholds : sequence of int
        Steps, from 0 on, after which the image is kept.
    on_step : callable
        Told each step and the objective before its update.

    Returns
    -------
    list of array of shape (batch, height, width, channels)
        As many as there are thresholds, values 0 … 1.
    """
    transforms = None if rendering.transforms is None else list(rendering.transforms)
    images: Images = []
    with (
        tf.Graph().as_default(),
        tf.compat.v1.Session() as session,
        _numpy_seeded(rendering.seed),
        _without_deprecations(),
    ):
        tf.compat.v1.set_random_seed(rendering.seed)
        T = original().optvis.render.make_vis_T(
            rendering.model,
            rendering.objective,
            rendering.param_f,
            rendering.optimizer,
            transforms,
            rendering.relu_gradient_override,
        )
        watched = T("loss") if rendering.watched is None else rendering.watched(T)
        session.run(tf.compat.v1.global_variables_initializer())
        for step in range(max(thresholds) + 1):
            value, _ = session.run([watched, T("vis_op")])
            on_step(step, value)
            if step in thresholds:
                images.append(session.run(T("input")))
    return images


@contextmanager
def _without_deprecations() -> Iterator[None]:
    """Keep TensorFlow from telling that what Lucid calls is old."""
    log = logging.getLogger("tensorflow")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextmanager
def _numpy_seeded(seed: int | None) -> Iterator[None]:
    """Seed NumPy's own generator, from which Lucid draws its noise, and leave it afterwards as it was."""
    if seed is None:
        yield
        return
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
