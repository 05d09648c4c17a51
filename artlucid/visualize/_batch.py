"""Pictures of channels of one layer, optimized together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from artlucid.export import lucid
from artlucid.models import Network
from artlucid.visualize import _draws, _noise, param, render
from artlucid.visualize._activations import Objective
from artlucid.visualize._channel import Channel
from artlucid.visualize._optimization import Ascent, Optimizer
from artlucid.visualize._options import Options
from artlucid.visualize._picture import Picture, problem_of
from artlucid.visualize._variables import Parameterization
from artlucid.visualize.objectives import handle_batch

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
    if settings.options.engine == "lucid":
        return [_by_lucid(network, channel, settings, on_step) for channel in batch]
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
    with _noise.seeded([_noise_seed(settings.seed, channel) for channel in batch]):
        return Parameterization(_param(len(batch), settings))


def _param(number: int, settings: Settings) -> Callable[[], Tensor]:
    width, height = settings.size
    colours = settings.options.colours or True
    return lambda: param.image(width, height, batch=number, decorrelate=colours, init=settings.start)


def _by_lucid(network: Network, channel: Channel, settings: Settings, on_step: Callable[[], object]) -> Picture:
    """A picture by the original Lucid, of its own parameterization where that can make it."""
    options, steps = settings.options, settings.steps
    objectives = np.empty(steps, np.float32)
    own = options.colours is None and settings.start is None

    def told(step: int, value: Any) -> None:
        objectives[step] = value
        on_step()

    def mean(T: Any) -> Tensor:
        return lucid.original().optvis.objectives.channel(channel.layer, channel.number)(T)

    def objective(T: Any) -> Tensor:
        return mean(T) if options.penalty is None else mean(T) + tf.reduce_sum(options.penalty(T))

    rendering = lucid.Rendering(
        lucid.model(network),
        objective,
        _param_of_lucid(settings.size) if own else _param(1, settings),
        transforms=_transforms_for_lucid(options),
        seed=_noise_seed(settings.seed, channel) % 2**31,
        watched=mean,
    )
    kept = sorted({*(step - 1 for step in options.snapshots), steps - 1})
    with _noise.seeded([_noise_seed(settings.seed, channel)]):
        images = dict(zip(kept, lucid.render(rendering, kept, told), strict=True))
    final = images[steps - 1][0]
    snapshots = {step: images[step - 1][0] for step in options.snapshots}
    return Picture(channel, final, objectives, snapshots, problem_of(objectives, final))


def _param_of_lucid(size: tuple[int, int]) -> Callable[[], Tensor]:
    width, height = size
    # 0.3.8 takes the height for the width.
    return lambda: lucid.original().optvis.param.image(height, width)


def _transforms_for_lucid(options: Options) -> Sequence[Callable[[Tensor], Tensor]] | None:
    if options.transforms_per_image:
        return [render.make_transform_f(options.transforms, per_image=True)]
    return options.transforms


def _noise_seed(seed: int, channel: Channel) -> int:
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
