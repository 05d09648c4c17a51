"""Pictures of channels by the original Lucid, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from artlucid._channel import Channel
from artlucid.export import lucid
from artlucid.models import Network
from artlucid.visualize import _noise, render
from artlucid.visualize._batch import noise_seed, parameterization
from artlucid.visualize._options import Options
from artlucid.visualize._picture import Picture, problem_of
from artlucid.visualize._settings import Settings

Tensor = Any


class OriginalRenderer:
    """Renders channels one after the other; a network is converted once.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._converted: dict[str, Any] = {}

    def __call__(self, network: Network, batch: Sequence[Channel], on_step: Callable[[], object]) -> list[Picture]:
        """Make a picture for each channel."""
        if network.identity not in self._converted:
            self._converted = {network.identity: lucid.model(network)}
        model = self._converted[network.identity]
        return [_picture(model, channel, self._settings, on_step) for channel in batch]


def _picture(model: Any, channel: Channel, settings: Settings, on_step: Callable[[], object]) -> Picture:
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

    seed = noise_seed(settings.seed, channel)
    rendering = lucid.Rendering(
        model,
        objective,
        _param_of_lucid(settings.size) if own else parameterization(1, settings),
        transforms=_transforms_for_lucid(options),
        seed=seed % 2**31,
        watched=mean,
    )
    kept = sorted({*(step - 1 for step in options.snapshots), steps - 1})
    with _noise.seeded([seed]):
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
