"""Activations of several networks by the workers of Dask: what is handed out, and what comes back."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from artlucid import environment
from artlucid._workers import _scheduler, _threads
from artlucid.activations._extraction import _worker
from artlucid.activations._file import open_file, read_manifest, readable
from artlucid.activations._identity import identity_of
from artlucid.activations._options import Options
from artlucid.activations._part import part_of
from artlucid.datasets import Split
from artlucid.errors import ActivationsError, DataWarning, OutputError, WorkersError
from artlucid.models import Network

SECONDS_TO_BE_SEEN = 60.0
"""For a file that another machine wrote: a network's file system may tell of it later."""

TOKEN = ".workers"


@dataclass(frozen=True, eq=False)
class Wanted:
    """A cache that is to be there.

    Attributes
    ----------
    network : Network
    split : Split
    path : Path
    finished : bool
        Whether it is there already.
    """

    network: Network
    split: Split
    path: Path
    finished: bool


@dataclass(frozen=True)
class Crew:
    """Who makes caches, and how.

    Attributes
    ----------
    dask : str
        The address of a scheduler of Dask, or ``local:4``.
    threads : int, optional
        Of each process; by default as the caches that are there record it, or an equal part of the processors, or all
        that the first worker has.
    allow_changed_environment : bool
        Take workers that other versions run on, or other machines.
    """

    dask: str
    threads: int | None = None
    allow_changed_environment: bool = False


def extract_by_workers(wanted: Sequence[Wanted], options: Options, crew: Crew) -> Options:
    """Have the caches that are missing made by workers, each by one, all in one environment.

    Parameters
    ----------
    wanted : sequence of Wanted
        All in one folder.
    options : Options
    crew : Crew

    Returns
    -------
    Options
        With the precision that ``auto`` came to.

    Raises
    ------
    WorkersError
        If no worker can be reached, if one sees other files or computes otherwise than the caches that are there
        record, or if all die.
    ActivationsError, DataError, ModelError, OutputError
        As `extract`; what a worker refuses, with its address.
    """
    missing = [one for one in wanted if not one.finished]
    with _scheduler.reached(crew.dask) as processes:
        found = next(filter(None, map(_recorded, wanted)), None)
        threads = _threads.chosen(crew.threads, processes.own, [found[1]] if found else [])
        if found is None:
            common = processes.survey(threads, options.precision).environment
        else:
            common = {**found[1], **({} if threads is None else {"threads": dict(threads)})}
            _check_same(found, common, crew)
        if options.precision not in environment.PRECISIONS:
            options = replace(options, precision=_precision_of(common))
        if missing:
            for network in {one.network.identity: one.network for one in missing}.values():
                _scheduler.check_loadable(network)
            with _seen_by_workers(missing[0].path.parent) as token:
                _extract(processes, _plan(options, common, crew, token), missing, options.progress)
    return options


def _recorded(one: Wanted) -> tuple[Path, dict[str, Any]] | None:
    """In what environment a cache was begun, if it was."""
    for path in (one.path, part_of(one.path)):
        if path.is_file():
            with open_file(path) as file, readable(path):
                recorded = read_manifest(file, path).get("environment")
            if isinstance(recorded, dict):
                return path, recorded
    return None


def _check_same(found: tuple[Path, Mapping[str, Any]], common: Mapping[str, Any], crew: Crew) -> None:
    path, recorded = found
    if (differing := environment.differences(recorded, common)) and not crew.allow_changed_environment:
        raise WorkersError(
            f"The caches of a folder must be made in one environment. Received {path}, where {differing}. Leave "
            "`--threads` out, or allow it with `--allow-changed-environment`."
        )


def _precision_of(recorded: Mapping[str, Any]) -> str:
    precision = recorded.get("precision")
    used = precision.get("used") if isinstance(precision, Mapping) else None
    return used if used in environment.PRECISIONS else "float32"


@contextmanager
def _seen_by_workers(folder: Path) -> Iterator[Path]:
    """A file by which workers can tell that they see a folder."""
    token = folder.absolute() / TOKEN
    try:
        folder.mkdir(parents=True, exist_ok=True)
        token.touch()
    except OSError as error:
        raise OutputError(
            f"The folder of caches must be writable. Received {folder}: {error.strerror or error}. "
            "Change the rights, or use another `out` (`--out`)."
        ) from error
    try:
        yield token
    finally:
        token.unlink(missing_ok=True)


def _plan(options: Options, common: Mapping[str, Any], crew: Crew, token: Path) -> _worker.Plan:
    # A place of one's own is meant as who asked sees it.
    cache = options.cache if isinstance(options.cache, bool) else Path(os.path.abspath(options.cache))
    sent = replace(options, progress=False, cache=cache)
    plan = _worker.Plan(_scheduler.new_topic(), sent, common, crew.allow_changed_environment, token)
    token.write_text(plan.topic, encoding="utf-8")
    return plan


def _orders(missing: Sequence[Wanted]) -> list[_worker.Order]:
    splits = {id(one.split): replace(one.split, root=one.split.root.absolute()) for one in missing}
    images = {number: identity_of(split) for number, split in splits.items()}
    return [
        _worker.Order(
            one.network.source,
            _scheduler.variant_of(one.network),
            one.network.identity,
            splits[id(one.split)],
            images[id(one.split)],
            one.path.absolute(),
        )
        for one in missing
    ]


def _extract(processes: _scheduler.Workers, plan: _worker.Plan, missing: Sequence[Wanted], progress: bool) -> None:
    orders, done, said = _orders(missing), [0] * len(missing), dict[str, None]()
    bar = tqdm(
        total=sum(len(one.split) for one in missing),
        desc="activations",
        unit="img",
        file=sys.stderr,
        disable=None if progress else True,
        dynamic_ncols=True,
    )
    with bar:
        for number, told in processes.work(_worker.extract_order, plan, orders, lambda order: order.path.name):
            finished = told if isinstance(told, int) else len(missing[number].split)
            # Backwards, if the worker was lost before it wrote what it had told.
            bar.update(finished - done[number])
            done[number] = finished
            if not isinstance(told, int):
                _wait_for(missing[number].path)
                said |= dict.fromkeys(told)
    for text in said:
        warnings.warn(text, DataWarning, stacklevel=2)


def _wait_for(path: Path) -> None:
    """Until this machine sees a file that another one wrote."""
    end = time.monotonic() + SECONDS_TO_BE_SEEN
    # To list a folder makes a network's file system ask anew.
    while path.name not in os.listdir(path.parent):
        if time.monotonic() > end:
            raise ActivationsError(
                f"A cache must be seen by who asked for it. Received {path}, which a worker wrote and which is "
                f"not there after {SECONDS_TO_BE_SEEN:.0f} seconds. See whether the folder is shared, and ask again."
            )
        time.sleep(0.5)
