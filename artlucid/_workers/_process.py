"""What happens in a worker of Dask, whatever the work is."""

from __future__ import annotations

import os
import platform
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from artlucid import environment, runs
from artlucid._workers import _threads
from artlucid.environment import Precision
from artlucid.errors import ArtlucidError, WorkersError
from artlucid.models import Network, load

_one_at_a_time = threading.Lock()
"""TensorFlow's threads are those of the process: two tasks at once would only be in each other's way."""


class Sent(Protocol):
    """What is sent in the place of a network.

    Attributes
    ----------
    source, identity : str
    variant : str, optional
        Of its architecture.
    """

    @property
    def source(self) -> str: ...
    @property
    def variant(self) -> str | None: ...
    @property
    def identity(self) -> str: ...


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


@contextmanager
def alone() -> Iterator[None]:
    """Have this process to oneself, and say of an error where it happened."""
    with _one_at_a_time, _named():
        _threads.let_memory_grow()
        yield


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except ArtlucidError as error:
        from distributed import get_worker

        raise type(error)(f"On worker {get_worker().address} ({platform.node()}): {error}") from error


def survey(threads: Mapping[str, int] | None, asked: str) -> Survey:
    """What this process computes with: so many threads, or as many as it has.

    Parameters
    ----------
    threads : mapping, optional
    asked : str
        A precision, or ``auto``.
    """
    with alone():
        if threads is not None:
            _threads.use(threads)
        precision = environment.resolve_precision(asked)
        return Survey(environment.describe(precision), precision)


def held_to(recorded: Mapping[str, Any], precision: Precision, what: str, *, allow_changed: bool) -> dict[str, Any]:
    """Compute as others did, and describe in what environment that is.

    Parameters
    ----------
    recorded : mapping
        The environment of the others.
    precision : Precision
    what : str
        Whose results must be of one environment, and which ones they are: ``The pictures of a folder …``.
    allow_changed : bool
        Compute all the same where this process cannot.

    Raises
    ------
    WorkersError
        With both sides of every difference.
    """
    try:
        _threads.use(_threads.of_environment(recorded) or environment.threads())
    except WorkersError:
        if not allow_changed:
            raise
    now = environment.describe(precision)
    if (differing := environment.differences(recorded, now)) and not allow_changed:
        raise WorkersError(
            f"{what}, where {differing}. Leave this worker out, or allow it with `--allow-changed-environment`."
        )
    return now


def network_of(sent: Sent, kept: dict[str, Network]) -> Network:
    """The network that is meant, which is loaded once.

    Parameters
    ----------
    sent : Sent
    kept : dict
        Networks by their identities.

    Raises
    ------
    WorkersError
        If it is not there, or is another one.
    """
    if sent.identity not in kept:
        _check_visible(sent.source)
        # Whoever asked has loaded it too, and was warned.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = load(sent.source, architecture=sent.variant)
        if network.identity != sent.identity:
            raise WorkersError(
                f"Every worker must see the same models. Received {sent.source}, which is another model there "
                f"({network.identity[:12]}, not {sent.identity[:12]}). Share its folder, or copy the file anew."
            )
        kept[sent.identity] = network
    return kept[sent.identity]


def _check_visible(source: str) -> None:
    if os.path.isabs(source) and runs.find(source) is None and not Path(source).exists():
        raise WorkersError(
            f"Every worker must see the models under the same paths. Received {source}, which does not exist there. "
            "Share its folder (NFS, SSHFS, …), or copy it to the same path on every machine."
        )


class Reporter:
    """Tells who asked how far a unit is.

    Parameters
    ----------
    topic : str
        Of the events that tell it.
    number : int
        Of the unit.
    """

    def __init__(self, topic: str, number: int) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._key = self._worker.get_current_task()
        self._topic, self._number = topic, number

    def __call__(self, done: int) -> None:
        """So far."""
        self._worker.log_event(self._topic, [self._number, done])

    @property
    def unwanted(self) -> bool:
        """Whether nobody waits for the unit any more."""
        task = self._worker.state.tasks.get(self._key)
        return task is None or task.state in ("cancelled", "released", "forgotten")
