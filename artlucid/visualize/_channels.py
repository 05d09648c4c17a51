"""Pictures of a handful of channels, in memory or in a folder."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from artlucid import models
from artlucid._channel import Channel
from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.models import Network
from artlucid.models._load import Source
from artlucid.visualize import _batch, _original_pictures
from artlucid.visualize._batch import Renderer
from artlucid.visualize._channel import channels_of
from artlucid.visualize._folder import Folder, opened, recorded_batch_size
from artlucid.visualize._options import MOST_AT_ONCE, Options
from artlucid.visualize._picture import PROBLEMS, Picture
from artlucid.visualize._settings import Settings, Size, checked, described, width_and_height
from artlucid.visualize._value_range import check_value_range

RENDERERS: Mapping[str, Callable[[Network], Renderer]] = MappingProxyType(
    {"artlucid": _batch.renderer, "lucid": _original_pictures.renderer}
)
"""By the name of an engine."""


def channels(
    model: Source,
    channels: Sequence[str],
    *,
    steps: int = 2048,
    size: Size = 224,
    seed: int = 0,
    out: str | Path | None = None,
    options: Options | None = None,
) -> npt.NDArray[np.float32]:
    """Optimize an image for each channel, so that the mean of the channel over space becomes high.

    The same seed and batch size give the same pictures, and the same noise and transformations in every model: those of
    a network before and after its fine-tuning can be compared.

    Parameters
    ----------
    model : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    channels : sequence of str
        ``layer:channel``, such as ``mixed4d_3x3_pre_relu:52``; numbers below 0 count from the end.
    steps : int
        Number of updates.
    size : int or (int, int)
        Side of the pictures in pixels, or their width and height.
    seed : int
        The draws of a step come from it and the step, the noise at the start from it, the layer and the channel.
    out : path, optional
        A folder for PNG files such as ``mixed4d_3x3_pre_relu-0052.png``, with ``curves/``, ``snapshots/`` and
        ``manifests/``. Pictures that are there already, made with the same settings, are not made again.
    options : Options, optional

    Returns
    -------
    array of shape (n_channels, height, width, 3), float32
        Values 0 … 1, in the order of `channels`; those that `out` held already as their files have them.

    Raises
    ------
    VisualizationError
        If a channel is not ``layer:number`` or out of range, if size, steps or settings are not possible, if `out` is
        taken by something else, or if a picture ran into numbers that are not finite; the others are written then.
    ModelError
        If there is no such model or layer; the nearest names are given.
    OutputError
        If a file cannot be written.

    Warns
    -----
    VisualizationWarning
        If a channel is dead, or if the network hardly tells black from white.

    References
    ----------
    Figures 1 to 4, 7, 8, 10, 12, 13 and 16 of the paper.

    Examples
    --------
    >>> from artlucid import models, visualize
    >>> mini = models.load("none", architecture="mini")
    >>> visualize.channels(mini, ["mixed4d_3x3_pre_relu:5"], steps=2, size=64).shape
    (1, 64, 64, 3)
    """
    network = models.load(model)
    options = options or Options()
    asked = channels_of(network, channels)
    wanted = tuple(dict.fromkeys(asked))
    settings = checked(network, Settings(steps, width_and_height(size), seed, options))
    check_value_range(network, wanted, settings.size)
    folder_path = None if out is None else Path(out)
    batch_size = _batch_size(wanted, options, folder_path)
    record = described(network, settings, batch_size)
    allow_changed = settings.options.allow_changed_environment
    held = (
        nullcontext() if folder_path is None else opened(folder_path, record, allow_changed_environment=allow_changed)
    )
    with held as folder:
        pictures = _all_pictures(network, wanted, settings, batch_size, folder)
    _tell_problems(pictures.values())
    return np.stack([pictures[channel].image for channel in asked])


def _batch_size(wanted: Sequence[Channel], options: Options, out: Path | None) -> int:
    """As asked for, or as recorded, or as many as the fullest layer has, up to the usual number."""
    recorded = None if out is None else recorded_batch_size(out)
    if options.engine == "lucid":
        return 1
    fullest = max(len(of_layer) for of_layer in _by_layer(wanted))
    return options.batch_size or recorded or min(fullest, MOST_AT_ONCE)


def _by_layer(wanted: Sequence[Channel]) -> list[list[Channel]]:
    layers: dict[str, list[Channel]] = {}
    for channel in wanted:
        layers.setdefault(channel.layer, []).append(channel)
    return list(layers.values())


def _all_pictures(
    network: Network, wanted: Sequence[Channel], settings: Settings, batch_size: int, folder: Folder | None
) -> dict[Channel, Picture]:
    """Those that the folder holds, and the others, each written when its batch is done."""
    pictures = {channel: folder.read(channel) for channel in wanted if folder is not None and folder.holds(channel)}
    missing = [channel for channel in wanted if channel not in pictures]
    if not missing:
        return pictures
    render = RENDERERS[settings.options.engine](network)
    with tqdm(
        total=len(missing) * settings.steps, unit="step", disable=None if settings.options.progress else True
    ) as bar:
        for batch in _batches(missing, batch_size):
            # A last smaller batch is filled up, so that its pictures do not depend on how many there are.
            full = [*batch, *[batch[-1]] * (batch_size - len(batch))]
            bar.set_description(str(batch[0]) if len(batch) == 1 else f"{batch[0].layer} ({len(batch)} channels)")
            for picture in render(full, settings, lambda: bar.update(len(batch)))[: len(batch)]:  # noqa: B023
                pictures[picture.channel] = picture
                if folder is not None:
                    folder.write(picture)
    return pictures


def _batches(missing: Sequence[Channel], batch_size: int) -> Iterator[tuple[Channel, ...]]:
    for of_layer in _by_layer(missing):
        for begin in range(0, len(of_layer), batch_size):
            yield tuple(of_layer[begin : begin + batch_size])


def _tell_problems(pictures: Any) -> None:
    """Name the pictures that show nothing: a warning for dead channels, an error for numbers that are not finite."""
    found = {problem: [str(one.channel) for one in pictures if one.problem == problem] for problem in PROBLEMS}
    if found["dead"]:
        warnings.warn(
            f"{_listed(found['dead'])}: {PROBLEMS['dead']}. Try the channel before its ReLU (`_pre_relu`) or another "
            "seed; if it stays so, leave it out.",
            VisualizationWarning,
            stacklevel=3,
        )
    if found["not finite"]:
        raise VisualizationError(
            f"The objective of a picture must stay finite. Received {_listed(found['not finite'])}, which did not. "
            "Check the network's weights and its value range; a penalty may be too strong."
        )


def _listed(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
