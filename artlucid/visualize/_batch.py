"""Pictures of channels of one layer, optimized together."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from artlucid._channel import Channel
from artlucid.models import Network
from artlucid.visualize import _draws, _noise, param, render
from artlucid.visualize._activations import Objective
from artlucid.visualize._optimization import Ascent, Optimizer
from artlucid.visualize._picture import Picture, problem_of
from artlucid.visualize._settings import Settings
from artlucid.visualize._variables import Parameterization
from artlucid.visualize.objectives import handle_batch

Tensor = Any


Renderer = Callable[[Sequence[Channel], Settings, Callable[[], object]], list[Picture]]
"""From channels of one layer, settings, and what is called after each update, to a picture for each of them."""


def renderer(network: Network) -> Renderer:
    """What renders a batch of channels of this network."""
    return functools.partial(_rendered, network)


def _rendered(
    network: Network, batch: Sequence[Channel], settings: Settings, on_step: Callable[[], object]
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
    with _noise.seeded([noise_seed(settings.seed, channel) for channel in batch]):
        return Parameterization(parameterization(len(batch), settings))


def parameterization(number: int, settings: Settings) -> Callable[[], Tensor]:
    """What makes the variables of so many images."""
    width, height = settings.size
    colours = settings.options.colours or True
    return lambda: param.image(width, height, batch=number, decorrelate=colours, init=settings.start)


def noise_seed(seed: int, channel: Channel) -> int:
    """Of the noise that the picture of a channel begins with."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{channel}".encode()).digest()[:8], "little")


def _ascent(network: Network, batch: Sequence[Channel], image: Parameterization, settings: Settings) -> Ascent:
    options = settings.options
    return Ascent(
        network,
        _means(batch),
        image,
        render.make_transform_f(options.transforms, per_image=options.transforms_per_image),
        penalty=None if options.penalty is None else _of_each_image(options.penalty, len(batch)),
        draws=_draws.of_steps(settings.seed),
    )


def _of_each_image(penalty: Objective, number: int) -> Objective:
    """The sum over images of the penalty of each alone, so that its strength does not depend on the batch."""

    def total(T: Any) -> Tensor:
        return tf.add_n([tf.reduce_sum(handle_batch(index)(penalty)(T)) for index in range(number)])

    return total


def _means(batch: Sequence[Channel]) -> Callable[[Any], Tensor]:
    """Each image's mean of its channel over space."""
    layer, numbers = batch[0].layer, [channel.number for channel in batch]

    def means(T: Any) -> Tensor:
        values = T(layer)
        own = tf.stack([values[index, ..., number] for index, number in enumerate(numbers)])
        return tf.reduce_mean(tf.reshape(own, [len(numbers), -1]), axis=1)

    return means
