"""What a worker of Dask does: batches of pictures, written by itself to the folder that all share."""

from __future__ import annotations

import functools
import os
import platform
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from artlucid import environment, runs
from artlucid._channel import Channel
from artlucid.environment import Precision
from artlucid.errors import ArtlucidError, VisualizationError
from artlucid.models import Network, load
from artlucid.visualize import _threads
from artlucid.visualize._batch import Renderer
from artlucid.visualize._folder import Folder, differences, manifest_digest
from artlucid.visualize._jobs import RENDERERS, Unit
from artlucid.visualize._settings import Settings

STEPS_BETWEEN_REPORTS = 16

_one_at_a_time = threading.Lock()
"""TensorFlow's threads are those of the process: two batches at once would only be in each other's way."""


@dataclass(frozen=True, eq=False)
class Order:
    """A job, in what can be sent.

    Attributes
    ----------
    source : str
        Of the network.
    variant : str, optional
        Of its architecture.
    identity : str
        Of the network.
    settings : Settings
    batch_size : int
    kind : int
        Jobs of one kind share what is compiled.
    folder : Folder
        Begun, with an absolute path.
    digest : str
        Of the file that says how its pictures are made.
    """

    source: str
    variant: str | None
    identity: str
    settings: Settings
    batch_size: int
    kind: int
    folder: Folder
    digest: str


@dataclass(frozen=True, eq=False)
class Plan:
    """All orders of a sweep.

    Attributes
    ----------
    topic : str
        Of the events that tell how far each unit is; no other sweep has it.
    orders : tuple of Order
        In the place of the jobs.
    allow_changed_environment : bool
    """

    topic: str
    orders: tuple[Order, ...]
    allow_changed_environment: bool


@dataclass(frozen=True)
class Survey:
    """What a worker computes with.

    Attributes
    ----------
    environment : mapping
    precision : Precision
        What was asked for comes to this there.
    """

    environment: Mapping[str, Any]
    precision: Precision


@dataclass(frozen=True)
class Desk:
    """What a process keeps from one unit of a sweep to the next.

    Attributes
    ----------
    networks : dict
        By their identities.
    renderers : dict
        By the kind of an order.
    """

    networks: dict[str, Network] = field(default_factory=dict)
    renderers: dict[int, Renderer] = field(default_factory=dict)


def itself(plan: Plan) -> Plan:
    """A task, so that a plan is sent once to each worker, and again wherever it was lost."""
    return plan


def survey(threads: Mapping[str, int] | None, asked: str) -> Survey:
    """What this process computes with: so many threads, or as many as it has.

    Parameters
    ----------
    threads : mapping, optional
    asked : str
        A precision, or ``auto``.
    """
    with _one_at_a_time, _named():
        _threads.let_memory_grow()
        if threads is not None:
            _threads.use(threads)
        precision = environment.resolve_precision(asked)
        return Survey(environment.describe(precision), precision)


def render_unit(plan: Plan, unit: Unit, number: int) -> list[tuple[Channel, str | None]]:
    """Make those pictures of a unit that are not there, and write them.

    Parameters
    ----------
    plan : Plan
    unit : Unit
    number : int
        Of the unit, for the reports.

    Returns
    -------
    list of (Channel, str or None)
        With what is wrong with the picture, as in `Picture`.

    Raises
    ------
    VisualizationError
        If this process sees other files than who asked, or computes otherwise than the folder says.
    OutputError
        If a picture cannot be written.
    """
    with _one_at_a_time, _named():
        _threads.let_memory_grow()
        order = plan.orders[unit.job]
        folder = _own_folder(order, plan.allow_changed_environment)
        missing = tuple(channel for channel in unit.channels if not folder.holds(channel))
        found = {one: folder.read(one).problem for one in unit.channels if one not in missing}
        if missing:
            desk = _desk(plan.topic)
            network = _network(desk, order)
            if order.kind not in desk.renderers:
                desk.renderers[order.kind] = RENDERERS[order.settings.options.engine](order.settings)
            batch = replace(unit, channels=missing).filled_up(order.batch_size)
            pictures = desk.renderers[order.kind](network, batch, _Reports(plan.topic, number))
            for picture in pictures[: len(missing)]:
                folder.write(picture)
                found[picture.channel] = picture.problem
        return [(channel, found[channel]) for channel in unit.channels]


@functools.lru_cache(maxsize=1)
def _desk(topic: str) -> Desk:
    """Cleared for another sweep."""
    return Desk()


class _Reports:
    """Tells who asked how many steps of a unit are done, now and then."""

    def __init__(self, topic: str, number: int) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._topic, self._number, self._steps = topic, number, 0

    def __call__(self) -> None:
        self._steps += 1
        if self._steps % STEPS_BETWEEN_REPORTS == 0:
            self._worker.log_event(self._topic, [self._number, self._steps])


def _own_folder(order: Order, allow_changed_environment: bool) -> Folder:
    """The shared folder, with this process's environment for the pictures' manifests."""
    path, recorded = order.folder.path, order.folder.manifest["environment"]
    if manifest_digest(path) != order.digest:
        raise VisualizationError(
            "Every worker must see the folder of the pictures under the same path. Received "
            f"{path}, {'another folder' if path.is_dir() else 'which does not exist'} there. Share it (NFS, SSHFS, …), "
            "and give a path that all machines have."
        )
    try:
        _threads.use(_threads.of_environment(recorded) or environment.threads())
    except VisualizationError:
        if not allow_changed_environment:
            raise
    now = environment.describe(order.settings.precision)
    if (differing := differences(recorded, now)) and not allow_changed_environment:
        raise VisualizationError(
            f"The pictures of a folder must be made in one environment. Received {path}, where {differing}. Leave this "
            "worker out, or allow it with `--allow-changed-environment`."
        )
    return replace(order.folder, manifest={**order.folder.manifest, "environment": now})


def _network(desk: Desk, order: Order) -> Network:
    if order.identity not in desk.networks:
        _check_visible(order.source)
        # Whoever asked has loaded it too, and was warned.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = load(order.source, architecture=order.variant)
        if network.identity != order.identity:
            raise VisualizationError(
                f"Every worker must see the same models. Received {order.source}, which is another model there "
                f"({network.identity[:12]}, not {order.identity[:12]}). Share its folder, or copy the file anew."
            )
        desk.networks[order.identity] = network
    return desk.networks[order.identity]


def _check_visible(source: str) -> None:
    if os.path.isabs(source) and runs.find(source) is None and not Path(source).exists():
        raise VisualizationError(
            f"Every worker must see the models under the same paths. Received {source}, which does not exist there. "
            "Share its folder (NFS, SSHFS, …), or copy it to the same path on every machine."
        )


@contextmanager
def _named() -> Iterator[None]:
    """Say of an error where it happened."""
    try:
        yield
    except ArtlucidError as error:
        from distributed import get_worker

        raise type(error)(f"On worker {get_worker().address} ({platform.node()}): {error}") from error
