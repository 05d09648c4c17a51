"""Pictures of whole layers of one network or of several, in folders."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from artlucid._channel import Channel
from artlucid.errors import VisualizationError
from artlucid.models import Network, load
from artlucid.models._load import Source
from artlucid.visualize import _dask
from artlucid.visualize._channels import tell_problems
from artlucid.visualize._folder import SUBFOLDERS, opened
from artlucid.visualize._jobs import Request, jobs_of, render, units_of
from artlucid.visualize._options import Options
from artlucid.visualize._settings import Size


def sweep(
    models: Sequence[Source],
    channels: Sequence[str],
    *,
    out: str | Path | Sequence[str | Path],
    steps: int = 2048,
    size: Size = 224,
    seed: int = 0,
    options: Options | None = None,
) -> list[Path]:
    """Optimize an image for each of many channels, the same way in one network or in several, into folders.

    A step is compiled once for a layer and serves all its batches, in every network of one architecture. Each picture
    is written when it is done; started again, only what is missing is made, and every file has the same bits as if
    nothing had happened.

    Parameters
    ----------
    models : sequence of str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    channels : sequence of str
        Names and patterns, as in `channels`.
    out : path or sequence of path
        The folder for pictures of the first model; those of the others are in subfolders of their names. Or a folder
        for each model.
    steps, size, seed, options
        As in `channels`.

    Returns
    -------
    list of Path
        A folder for each model, for `pictures`, `figures` and `write_index`.

    Raises
    ------
    VisualizationError, ModelError, OutputError
        As `channels` does.
    RunError
        If another process writes to one of the folders.
    WorkersError
        If workers of Dask cannot be reached, see other files, differ from what the folder records, or die.

    Warns
    -----
    VisualizationWarning
        If channels are dead.
    WorkersWarning
        If there is no worker, or if one takes several tasks at a time.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import models, visualize
    >>> mini = models.load("none", architecture="mini")
    >>> options = visualize.Options(batch_size=4)
    >>> with tempfile.TemporaryDirectory() as out:
    ...     folders = visualize.sweep([mini], ["mixed4a_5x5:0-3"], out=out, steps=2, size=64, options=options)
    ...     len(visualize.pictures(folders[0]))
    4
    """
    place = Path(out) if isinstance(out, str | Path) else [Path(one) for one in out]
    swept = swept_into(models, Request(channels, steps, size, seed, options or Options()), place)
    tell_all(swept)
    return [folder.path for folder in swept]


@dataclass(frozen=True)
class Swept:
    """The folder of a network when all its pictures are there.

    Attributes
    ----------
    path : Path
    source : str
        Of the network.
    problems : mapping of Channel to str or None
        Of each picture that was asked for, also where it was there before.
    """

    path: Path
    source: str
    problems: Mapping[Channel, str | None]


def tell_all(swept: Sequence[Swept]) -> None:
    """Warn of dead channels; refuse numbers that are not finite."""
    for one in swept:
        tell_problems(one.problems, of=f" of {one.source}" if len(swept) > 1 else "")


def swept_into(models: Sequence[Source], request: Request, out: Path | Sequence[Path]) -> list[Swept]:
    """Make what is missing, as `sweep` does, and say nothing yet of what it shows."""
    networks = networks_of(models)
    paths = folders_of(networks, out) if isinstance(out, Path) else _one_each(networks, out)
    jobs = jobs_of(networks, request, paths[0])
    with ExitStack() as held:
        workers = None
        if request.options.dask is not None:
            workers = held.enter_context(_dask.workers(request.options, paths))
            jobs = workers.equipped(jobs, paths)
        allow_changed = request.options.allow_changed_environment
        folders = [
            held.enter_context(opened(path, job.record, allow_changed_environment=allow_changed))
            for path, job in zip(paths, jobs, strict=True)
        ]
        units = list(units_of(jobs, folders))
        if workers is None:
            render(jobs, units, lambda job, picture: folders[job].write(picture))
        else:
            for _ in workers.render(jobs, folders, units):
                pass
        return [
            Swept(folder.path, job.network.source, {channel: folder.problem(channel) for channel in job.wanted})
            for folder, job in zip(folders, jobs, strict=True)
        ]


def _one_each(networks: Sequence[Network], folders: Sequence[Path]) -> list[Path]:
    """Folders as they were given."""
    if len(set(folders)) != len(networks):
        raise VisualizationError(
            f"`out` must be one folder, or another one for each of the {len(networks)} models. Received "
            f"{', '.join(map(str, folders)) or 'none'}. Give each model its own."
        )
    return list(folders)


def networks_of(models: Sequence[Source]) -> list[Network]:
    """Load each model."""
    if isinstance(models, str | Path) or not isinstance(models, Sequence) or not models:
        raise VisualizationError(
            f"`models` must be a sequence of models. Received {models!r}. Give one in a list: [model]."
        )
    return [load(model) for model in models]


def folders_of(networks: Sequence[Network], out: Path) -> list[Path]:
    """A folder a network: the first one's is `out`; the others' are named by the last part of their sources."""
    names: list[str] = []
    for network in networks[1:]:
        name = Path(network.source).name
        name = "model" if name in ("", ".", "..") else name
        spellings = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
        names.append(next(free for free in spellings if free not in (*names, *SUBFOLDERS)))
    return [out, *(out / name for name in names)]
