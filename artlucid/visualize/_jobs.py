"""What is to be rendered: the channels of a network, with their settings and the folder that they go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tqdm import tqdm

from artlucid._channel import Channel
from artlucid.models import Network
from artlucid.visualize._batch import BatchRenderer, Renderer
from artlucid.visualize._channel import channels_of
from artlucid.visualize._folder import Folder, recorded
from artlucid.visualize._options import MOST_AT_ONCE, Options, check_threads
from artlucid.visualize._original_pictures import OriginalRenderer
from artlucid.visualize._picture import Picture
from artlucid.visualize._precision import precision_of
from artlucid.visualize._settings import Settings, Size, checked, described, width_and_height
from artlucid.visualize._value_range import check_value_range

RENDERERS: Mapping[str, Callable[[Settings], Renderer]] = MappingProxyType(
    {"artlucid": BatchRenderer, "lucid": OriginalRenderer}
)
"""By the name of an engine."""


@dataclass(frozen=True, eq=False)
class Request:
    """What was asked for.

    Attributes
    ----------
    channels : sequence of str
        Names and patterns.
    steps : int
    size : int or (int, int)
    seed : int
    options : Options
    """

    channels: Sequence[str]
    steps: int
    size: Size
    seed: int
    options: Options


@dataclass(frozen=True, eq=False)
class Job:
    """The pictures of one network.

    Attributes
    ----------
    network : Network
    wanted : tuple of Channel
        Each once.
    settings : Settings
    batch_size : int
    environment : mapping, optional
        In which the pictures are made; by default that of this process.
    """

    network: Network
    wanted: tuple[Channel, ...]
    settings: Settings
    batch_size: int
    environment: Mapping[str, Any] | None = None

    @property
    def record(self) -> dict[str, Any]:
        """What the manifest of its folder says."""
        own = described(self.network, self.settings, self.batch_size)
        return own if self.environment is None else {**own, "environment": self.environment}

    def missing(self, folder: Folder | None) -> list[Channel]:
        """The channels that a folder does not hold."""
        return [channel for channel in self.wanted if folder is None or not folder.holds(channel)]


def jobs_of(networks: Sequence[Network], request: Request, out: Path | None) -> list[Job]:
    """Hold a request to what is possible, and decide what it leaves open, for all networks alike.

    Parameters
    ----------
    networks : sequence of Network
    request : Request
    out : path, optional
        Whose pictures, if it holds any, are gone on with.

    Raises
    ------
    VisualizationError, ModelError
        As `channels`.
    """
    options = request.options
    check_threads(options)
    wanted = [tuple(dict.fromkeys(channels_of(network, request.channels))) for network in networks]
    before = {} if out is None else recorded(out)
    everything = [channel for channels in wanted for channel in channels]
    precision = precision_of(networks, everything, options, before.get("precision"))
    asked = Settings(request.steps, width_and_height(request.size), request.seed, options, precision)
    settings = [checked(network, asked) for network in networks]
    for network, channels in zip(networks, wanted, strict=True):
        check_value_range(network, channels, asked.size)
    batch_size = _batch_size(wanted, options, before.get("batch_size"))
    return [Job(*one, batch_size) for one in zip(networks, wanted, settings, strict=True)]


def _batch_size(wanted: Sequence[Sequence[Channel]], options: Options, before: int | None) -> int:
    """As asked for, or as recorded, or as many as the fullest layer has, up to the usual number."""
    if options.engine == "lucid":
        return 1
    fullest = max(len(of_layer) for channels in wanted for of_layer in by_layer(channels).values())
    return options.batch_size or before or min(fullest, MOST_AT_ONCE)


def by_layer(channels: Sequence[Channel]) -> dict[str, list[Channel]]:
    """Channels by their layer, in the order in which they come."""
    layers: dict[str, list[Channel]] = {}
    for channel in channels:
        layers.setdefault(channel.layer, []).append(channel)
    return layers


@dataclass(frozen=True, eq=False)
class Unit:
    """A batch of pictures of one layer of one network.

    Attributes
    ----------
    job : int
        Its place among the jobs.
    channels : tuple of Channel
        At most a batch.
    """

    job: int
    channels: tuple[Channel, ...]

    def filled_up(self, batch_size: int) -> tuple[Channel, ...]:
        """A whole batch, so that what a picture becomes does not depend on how many are missing."""
        return (*self.channels, *[self.channels[-1]] * (batch_size - len(self.channels)))


def units_of(jobs: Sequence[Job], folders: Sequence[Folder | None]) -> Iterator[Unit]:
    """What is missing, layer by layer for all networks, so that what is compiled for a layer serves them all."""
    missing = [by_layer(job.missing(folder)) for job, folder in zip(jobs, folders, strict=True)]
    for layer in dict.fromkeys(layer for layers in missing for layer in layers):
        for number, job in enumerate(jobs):
            of_layer = missing[number].get(layer, [])
            for begin in range(0, len(of_layer), job.batch_size):
                yield Unit(number, tuple(of_layer[begin : begin + job.batch_size]))


def render(jobs: Sequence[Job], units: Sequence[Unit], done: Callable[[int, Picture], object]) -> None:
    """Make pictures here, one batch after the other.

    Parameters
    ----------
    jobs : sequence of Job
    units : sequence of Unit
    done : callable
        Is told the number of the job and each picture.
    """
    options = jobs[0].settings.options
    # Networks of one size see images that are cut to it, and cannot share a step with others.
    renderers = {id(job.settings.options): RENDERERS[options.engine](job.settings) for job in jobs}
    with progress_bar(jobs, units) as bar:
        for unit in units:
            job, number = jobs[unit.job], len(unit.channels)
            bar.set_description(title_of(unit))
            render_batch = renderers[id(job.settings.options)]
            batch = unit.filled_up(job.batch_size)
            pictures = render_batch(job.network, batch, lambda: bar.update(number))  # noqa: B023
            for picture in pictures[:number]:
                done(unit.job, picture)


def progress_bar(jobs: Sequence[Job], units: Sequence[Unit]) -> tqdm[Any]:
    """Over the steps of all pictures."""
    settings = jobs[0].settings
    total = sum(len(unit.channels) for unit in units) * settings.steps
    return tqdm(total=total, unit="step", disable=None if settings.options.progress else True)


def title_of(unit: Unit) -> str:
    """For a progress bar."""
    first, number = unit.channels[0], len(unit.channels)
    return str(first) if number == 1 else f"{first.layer} ({number} channels)"
