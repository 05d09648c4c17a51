"""Pictures of channels of one layer, optimized together: one compiled step for all batches of the layer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid._channel import Channel
from artlucid.models import Network
from artlucid.visualize import _draws, _noise, _side_by_side, param, render
from artlucid.visualize._activations import Objective
from artlucid.visualize._optimization import Ascent, Optimizer
from artlucid.visualize._own_channels import OwnChannels, own_channels
from artlucid.visualize._picture import Picture, problem_of
from artlucid.visualize._settings import Settings
from artlucid.visualize._variables import Parameterization
from artlucid.visualize.objectives import handle_batch

Tensor = Any

Renderer = Callable[[Network, Sequence[Channel], Callable[[], object]], list[Picture]]
"""From a network, channels of one layer, and what is called after each update, to a picture for each channel."""


class BatchRenderer:
    """Renders batches of one size; a step is compiled anew only for another layer, or for a network of another kind.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key: Any = None
        self._layer: OwnChannels
        self._image: Parameterization
        self._numbers: tf.Variable
        self._optimizer: Optimizer

    def __call__(self, network: Network, batch: Sequence[Channel], on_step: Callable[[], object]) -> list[Picture]:
        """Make a picture for each channel.

        Parameters
        ----------
        network : Network
        batch : sequence of Channel
            All of one layer.
        on_step : callable
            Called after each update.

        Returns
        -------
        list of Picture
            In the order of `batch`.
        """
        self.begin(network, batch)
        settings = self._settings
        objectives = np.empty((settings.steps, len(batch)), np.float32)
        snapshots = {}
        for step in range(settings.steps):
            objectives[step] = self.update()
            if step + 1 in settings.options.snapshots:
                snapshots[step + 1] = self.images()
            on_step()
        final = self.images()
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

    def begin(self, network: Network, batch: Sequence[Channel]) -> None:
        """Load the network and the noise that each image begins with, whatever else is in the batch."""
        key, make = own_channels(network, batch[0].layer, len(batch), self._settings)
        seeds = [noise_seed(self._settings.seed, channel) for channel in batch]
        with _noise.seeded(seeds):
            if key == self._key:
                self._optimizer.begin_again()
            else:
                self._compile(make(), len(batch))
                self._key = key
        self._numbers.assign([seed % 2**31 for seed in seeds])
        self._layer.load(network, [channel.number for channel in batch])

    def update(self) -> npt.NDArray[np.float32]:
        """Change the images once; gives their objectives before."""
        return np.asarray(self._optimizer.update())

    def _compile(self, layer: OwnChannels, number: int) -> None:
        """Make the variables of all images; the step is compiled when it is first used."""
        settings, options = self._settings, self._settings.options
        self._numbers = tf.Variable(tf.zeros([number], tf.int32), trainable=False)
        self._image = Parameterization(
            lambda: _side_by_side.image(settings.size, number, colours=options.colours, start=settings.start)
        )
        ascent = Ascent(
            layer.sight,
            layer.objective,
            self._image,
            _side_by_side.transformed(options.transforms, per_image=options.transforms_per_image),
            penalty=None if options.penalty is None else _of_each_image(options.penalty, number),
            draws=_draws.of_steps(settings.seed, self._numbers),
        )
        self._optimizer = Optimizer(ascent, render.make_optimizer())
        self._layer = layer

    def images(self) -> npt.NDArray[np.float32]:
        """As they are now, (batch, height, width, 3), values 0 … 1."""
        return np.asarray(_side_by_side.apart(self._image()))


def parameterization(number: int, settings: Settings) -> Callable[[], Tensor]:
    """What makes the variables of so many images, as Lucid lays them out."""
    width, height = settings.size
    colours = settings.options.colours or True
    return lambda: param.image(width, height, batch=number, decorrelate=colours, init=settings.start)


def noise_seed(seed: int, channel: Channel) -> int:
    """Of the noise that the picture of a channel begins with."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{channel}".encode()).digest()[:8], "little")


def _of_each_image(penalty: Objective, number: int) -> Objective:
    """The sum over images of the penalty of each alone, so that its strength does not depend on the batch."""

    def total(T: Any) -> Tensor:
        return tf.add_n([tf.reduce_sum(handle_batch(index)(penalty)(T)) for index in range(number)])

    return total
