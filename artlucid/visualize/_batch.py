"""Pictures of channels of one layer, optimized together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.models import Network
from artlucid.visualize import _noise, param, render
from artlucid.visualize._channel import Channel
from artlucid.visualize._optimization import Ascent, Optimizer
from artlucid.visualize._options import Options
from artlucid.visualize._picture import Picture, problem_of
from artlucid.visualize._variables import Parameterization

Tensor = Any


@dataclass(frozen=True)
class Settings:
    """How pictures are made.

    Attributes
    ----------
    steps : int
        Number of updates.
    size : (int, int)
        Width and height in pixels.
    seed : int
    options : Options
    start : array of shape (height, width, 3), optional
        The image that `Options.init` names.
    """

    steps: int
    size: tuple[int, int]
    seed: int
    options: Options
    start: npt.NDArray[np.float32] | None = None


def rendered(
    network: Network, batch: Sequence[Channel], settings: Settings, on_step: Callable[[], object] = lambda: None
) -> list[Picture]:
    """Optimize an image for each channel.

    Parameters
    ----------
    network : Network
    batch : sequence of Channel
        All of one layer.
    settings : Settings
    on_step : callable
        Called after each update.

    Returns
    -------
    list of Picture
        In the order of `batch`.
    """
    image = _image(batch, settings)
    optimizer = Optimizer(_ascent(network, batch, image, settings), render.make_optimizer())
    objectives = np.empty((settings.steps, len(batch)), np.float32)
    snapshots = {}
    for step in range(settings.steps):
        objectives[step] = optimizer.update()
        if step + 1 in settings.options.snapshots:
            snapshots[step + 1] = image().numpy()
        on_step()
    final = image().numpy()
    return [
        Picture(
            channel,
            final[index],
            objectives[:, index],
            {step: images[index] for step, images in snapshots.items()},
            problem_of(objectives[:, index], final[index]),
        )
        for index, channel in enumerate(batch)
    ]


def _image(batch: Sequence[Channel], settings: Settings) -> Parameterization:
    """The variables of all images; each begins with a noise of its own, whatever else is in the batch."""
    width, height = settings.size
    colours = settings.options.colours or True

    def image() -> Tensor:
        return param.image(width, height, batch=len(batch), decorrelate=colours, init=settings.start)

    with _noise.seeded([_noise_seed(settings.seed, channel) for channel in batch]):
        return Parameterization(image)


def _noise_seed(seed: int, channel: Channel) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{channel}".encode()).digest()[:8], "little")


def _ascent(network: Network, batch: Sequence[Channel], image: Parameterization, settings: Settings) -> Ascent:
    options = settings.options
    return Ascent(
        network,
        _means(batch),
        image,
        render.make_transform_f(options.transforms, per_image=options.transforms_per_image),
        penalty=options.penalty,
        seed=settings.seed,
    )


def _means(batch: Sequence[Channel]) -> Callable[[Any], Tensor]:
    """Each image's mean of its channel over space."""
    layer, numbers = batch[0].layer, [channel.number for channel in batch]

    def means(T: Any) -> Tensor:
        values = T(layer)
        own = tf.stack([values[index, ..., number] for index, number in enumerate(numbers)])
        return tf.reduce_mean(tf.reshape(own, [len(numbers), -1]), axis=1)

    return means
