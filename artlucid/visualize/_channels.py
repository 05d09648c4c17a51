"""Pictures of channels, in memory."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import numpy.typing as npt

from artlucid import models
from artlucid._channel import Channel
from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.models._load import Source
from artlucid.visualize._channel import channels_of
from artlucid.visualize._folder import opened
from artlucid.visualize._jobs import Request, jobs_of, render, units_of
from artlucid.visualize._options import Options, check_here
from artlucid.visualize._picture import PROBLEMS, Picture
from artlucid.visualize._settings import Size


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
    a network before and after its fine-tuning can be compared. All pictures are held in memory: for thousands of them
    use `sweep`.

    Parameters
    ----------
    model : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    channels : sequence of str
        ``layer:channel``, such as ``mixed4d_3x3_pre_relu:52``; numbers below 0 count from the end. ``layer:*`` stands
        for all of a layer, ``layer:0-15`` for some, and ``mixed4*:*`` for the convolutions whose names match.
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
        If a channel is not ``layer:number`` or out of range, if a pattern matches nothing, if size, steps or settings
        are not possible, if `out` is taken by something else, or if a picture ran into numbers that are not finite; the
        others are written then.
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
    check_here(options)
    network = models.load(model)
    folder_path = None if out is None else Path(out)
    request = Request(channels, steps, size, seed, options or Options())
    jobs = jobs_of([network], request, folder_path)
    allow_changed = request.options.allow_changed_environment
    held = (
        nullcontext()
        if folder_path is None
        else opened(folder_path, jobs[0].record, allow_changed_environment=allow_changed)
    )
    with held as folder:
        units = list(units_of(jobs, [folder]))
        missing = {channel for unit in units for channel in unit.channels}
        pictures = {one: folder.read(one) for one in jobs[0].wanted if folder is not None and one not in missing}

        def done(_job: int, picture: Picture) -> None:
            pictures[picture.channel] = picture
            if folder is not None:
                folder.write(picture)

        render(jobs, units, done)
    tell_problems({picture.channel: picture.problem for picture in pictures.values()})
    return np.stack([pictures[channel].image for channel in channels_of(network, channels)])


def tell_problems(problems: Mapping[Channel, str | None], of: str = "") -> None:
    """Name the pictures that show nothing: a warning for dead channels, an error for numbers that are not finite."""
    found = {kind: [str(channel) for channel, problem in problems.items() if problem == kind] for kind in PROBLEMS}
    if found["dead"]:
        warnings.warn(
            f"{_listed(found['dead'])}{of}: {PROBLEMS['dead']}. Try the channel before its ReLU (`_pre_relu`) or "
            "another seed; if it stays so, leave it out.",
            VisualizationWarning,
            stacklevel=3,
        )
    if found["not finite"]:
        raise VisualizationError(
            f"The objective of a picture must stay finite. Received {_listed(found['not finite'])}{of}, which did not. "
            "Check the network's weights and its value range; a penalty may be too strong."
        )


def _listed(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
