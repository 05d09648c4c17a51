"""`render_vis` by the original Lucid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid import models
from artlucid.errors import VisualizationError
from artlucid.export import lucid
from artlucid.models._load import Source
from artlucid.visualize import _noise, transform
from artlucid.visualize._activations import Objective
from artlucid.visualize._channel import channels_of
from artlucid.visualize._optimization import Transform
from artlucid.visualize._show import show

Images = list[npt.NDArray[np.float32]]


def images_by_original(
    model: Source,
    objective_f: Any,
    param_f: Any,
    optimizer: Any,
    transforms: Sequence[Transform] | None,
    kept_at: frozenset[int],
    verbose: bool,
    relu_gradient_override: bool,
    print_objectives: Sequence[Objective] | None,
    *,
    seed: int | None,
    per_image: bool,
) -> Images:
    """The same by the original Lucid; what is left to its defaults is its own."""
    if print_objectives:
        raise VisualizationError(
            "`print_objectives` must be left out with the original Lucid. Received some. Render with this library, or "
            "call the original's own `render_vis`."
        )
    if callable(optimizer):
        optimizer = optimizer()
    if optimizer is not None and not isinstance(optimizer, tf.compat.v1.train.Optimizer):
        raise VisualizationError(
            "`optimizer` of the original Lucid must be one of TensorFlow 1. Received "
            f"{type(optimizer).__name__}. Use `tf.compat.v1.train.AdamOptimizer(0.05)`, or leave it out."
        )
    if per_image:
        transforms = [transform.per_image(transform.standard_transforms if transforms is None else transforms)]
    network = models.load(model)
    if isinstance(objective_f, str):
        (channel,) = channels_of(network, [objective_f])
        objective_f = str(channel)
    rendering = lucid.Rendering(
        lucid.model(network), objective_f, param_f, optimizer, transforms, relu_gradient_override, seed
    )

    def report(step: int, value: Any) -> None:
        if verbose and step in kept_at:
            print(step, value)

    with _noise.seeded([seed]):
        images = lucid.render(rendering, sorted(kept_at), report)
    if verbose:
        for image in images:
            show(image)
    return images
