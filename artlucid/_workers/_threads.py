"""What TensorFlow takes of the machine: threads, on whose number a result's last bits depend, and memory."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from artlucid import environment
from artlucid.datasets._processors import usable_processors
from artlucid.errors import WorkersError

KINDS = ("intra_op", "inter_op")
"""Within an operation, and between operations."""


def every(number: Any) -> dict[str, int]:
    """So many threads of each kind.

    Raises
    ------
    WorkersError
        If it is no whole number of at least 1.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise WorkersError(
            f"`threads` must be a whole number of at least 1. Received {number!r}. Leave it out, or give 2."
        )
    return dict.fromkeys(KINDS, number)


def of_environment(recorded: Mapping[str, Any]) -> dict[str, int] | None:
    """The threads that a manifest's environment records; None where it does not."""
    threads = recorded.get("threads")
    found = threads if isinstance(threads, dict) else {}
    usable = all(isinstance(found.get(kind), int) and found[kind] > 0 for kind in KINDS)
    return {kind: found[kind] for kind in KINDS} if usable else None


def chosen(asked: int | None, own: int | None, environments: Iterable[Mapping[str, Any]]) -> Mapping[str, int] | None:
    """The threads of each worker.

    Parameters
    ----------
    asked : int, optional
        What the user wants of each kind.
    own : int, optional
        How many workers are processes of this machine.
    environments : iterable of mapping
        As recorded where work is gone on with; empty ones where it is new.

    Returns
    -------
    mapping or None
        Those that were asked for, or are recorded, or an equal part of this machine's processors; None for what the
        first worker has.
    """
    if asked is not None:
        return every(asked)
    usual = None if own is None else every(max(1, usable_processors() // own))
    return next((found for found in map(of_environment, environments) if found), usual)


def use(threads: Mapping[str, int]) -> None:
    """Have this process compute with so many threads; TensorFlow takes them until it computes for the first time.

    Raises
    ------
    WorkersError
        If TensorFlow has begun with others.
    """
    found = environment.threads()
    if found == dict(threads):
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads["intra_op"])
        tf.config.threading.set_inter_op_parallelism_threads(threads["inter_op"])
    except RuntimeError as error:
        raise WorkersError(
            f"A process must compute with {dict(threads)} threads from its first computation on. Received one in which "
            f"TensorFlow has begun with {found}. Start the process anew (a worker of Dask: restart it), or ask for "
            "these with `--threads`."
        ) from error


@functools.cache
def let_memory_grow() -> None:
    """Leave the rest of a GPU's memory to other processes: TensorFlow takes all of it unless it is told in time."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
