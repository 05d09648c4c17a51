"""What a worker of Dask does: a network's activations, written by itself into the folder that all share."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artlucid import environment
from artlucid._workers._process import Reporter, alone, held_to, network_of
from artlucid.activations._extraction._extract import extracted
from artlucid.activations._identity import identity_of
from artlucid.activations._options import Options
from artlucid.datasets import Split
from artlucid.errors import DataWarning, WorkersError
from artlucid.models import Network

SECONDS_FOR_ANOTHER = 60.0
"""For a worker that writes the same file though nobody wants it any more; it ends at its next block."""


@dataclass(frozen=True, eq=False)
class Order:
    """A cache, in what can be sent.

    Attributes
    ----------
    source, identity : str
        Of the network.
    variant : str, optional
        Of its architecture.
    split : Split
        With an absolute root.
    images : str
        Hash of its images, as who asked sees them.
    path : Path
        Of the cache, absolute.
    """

    source: str
    variant: str | None
    identity: str
    split: Split
    images: str
    path: Path


@dataclass(frozen=True, eq=False)
class Plan:
    """What all caches have in common.

    Attributes
    ----------
    topic : str
        Of the events that tell how far each cache is; no other plan has it.
    options : Options
    environment : mapping
        In which all are made.
    allow_changed_environment : bool
    token : Path
        A file whose text is the topic: who sees it sees the folder of who asked.
    """

    topic: str
    options: Options
    environment: Mapping[str, Any]
    allow_changed_environment: bool
    token: Path


class _UnwantedError(Exception):
    """Nobody waits for the cache any more, and nobody hears this."""


def extract_order(plan: Plan, order: Order, number: int) -> list[str]:
    """Make a cache, or go on with it; where it is finished nothing is computed.

    Parameters
    ----------
    plan : Plan
    order : Order
    number : int
        Of the order, for the reports.

    Returns
    -------
    list of str
        What was warned of.

    Raises
    ------
    WorkersError
        If this process sees other files than who asked, or computes otherwise than it is to.
    ActivationsError, DataError, ModelError, OutputError
        As `extract`.
    """
    with alone():
        _check_folder(plan)
        _check_images(order)
        held_to(
            plan.environment,
            environment.resolve_precision(plan.options.precision),
            f"The caches of a folder must be made in one environment. Received {order.path.parent}",
            allow_changed=plan.allow_changed_environment,
        )
        network = network_of(order, _networks(plan.topic))
        told = _until_unwanted(Reporter(plan.topic, number))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cache = extracted(network, order.split, order.path, plan.options, told=told, patience=SECONDS_FOR_ANOTHER)
            cache.close()
        return [str(warning.message) for warning in caught if issubclass(warning.category, DataWarning)]


@functools.lru_cache(maxsize=1)
def _networks(topic: str) -> dict[str, Network]:
    """Cleared for another plan."""
    return {}


def _until_unwanted(reporter: Reporter) -> Callable[[int], None]:
    def told(finished: int) -> None:
        reporter(finished)
        if reporter.unwanted:
            raise _UnwantedError

    return told


def _check_folder(plan: Plan) -> None:
    folder = plan.token.parent
    try:
        same = plan.token.read_text(encoding="utf-8") == plan.topic
    except OSError:
        same = False
    if not same:
        raise WorkersError(
            "Every worker must see the folder of the caches under the same path. Received "
            f"{folder}, {'another folder' if folder.is_dir() else 'which does not exist'} there. Share it (NFS, SSHFS, "
            "…), and give a path that all machines have."
        )


def _check_images(order: Order) -> None:
    split = order.split
    if identity_of(split) != order.images:
        lost = [path for index, path in enumerate(split.relative_paths) if not split.path(index).is_file()]
        received = f"{len(lost)} of {len(split)} images, {lost[0]!r} among them," if lost else "images of other sizes,"
        raise WorkersError(
            f"Every worker must see the same images under the same paths. Received {split.root}, where "
            f"{received.removesuffix(',')} {'do not exist' if lost else 'are'} there. Share it (NFS, SSHFS, …), or "
            "copy it to the same path on every machine."
        )
