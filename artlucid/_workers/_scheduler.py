"""Workers of Dask as who asks them sees them: how they are reached or started, what is handed out, what comes back."""

from __future__ import annotations

import asyncio
import functools
import logging
import queue
import re
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from artlucid._workers import _process
from artlucid.errors import ArtlucidError, WorkersError, WorkersWarning
from artlucid.models import Network, load

SECONDS_TO_ANSWER = 10
"""For a scheduler."""

FIRST_IN_A_PROCESS = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from artlucid._chatter import tensorflow_silenced
with tensorflow_silenced():
    import tensorflow
"""
"""What each process that is started here runs first, for it shares the terminal: Ctrl-C is for who started it."""

SECONDS_BETWEEN_LOOKS = 30
"""For whether there are workers at all."""

MOST_DEATHS = 10
"""Of one unit, each being as many workers as the scheduler lets it take along (four, unless configured)."""


@contextmanager
def reached(address: Any) -> Iterator[Workers]:
    """The workers at an address; nobody is asked, and nothing started, before there is work.

    Parameters
    ----------
    address : str
        Of a scheduler of Dask, such as ``tcp://host:8786``, or ``local:4`` for four processes on this machine.

    Raises
    ------
    WorkersError
        If Dask is not installed, or if it is no address.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise WorkersError(
            f"`dask` must be left out where Dask is not installed. Received {address!r}. Install it: "
            "`pip install 'artlucid[dask]'`."
        ) from error
    with ExitStack() as held:
        yield Workers(address, held)


def _number_of_own(address: Any) -> int | None:
    """Of the processes that are to be started here; None where there is a scheduler."""
    found = re.fullmatch(r"local:([1-9]\d{0,3})", str(address))
    if found is None and not re.fullmatch(r"\w+://\S+", str(address)):
        raise WorkersError(
            "`dask` must be the address of a scheduler, or local:N for N processes on this machine. Received "
            f"{address!r}. Use tcp://host:8786, or local:2."
        )
    return None if found is None else int(found[1])


class Workers:
    """Processes that work for this one; they are reached, or started, when they are first needed.

    Parameters
    ----------
    address : str
    held : ExitStack
        Ends what is begun.

    Attributes
    ----------
    own : int or None
        How many are started here; None where there is a scheduler.
    """

    def __init__(self, address: Any, held: ExitStack) -> None:
        self._address, self._held = address, held
        self.own = _number_of_own(address)

    def survey(self, threads: Mapping[str, int] | None, precision: str) -> _process.Survey:
        """What the first worker that answers computes with; its threads are set if they are given."""
        key = f"artlucid-survey-{uuid.uuid4().hex}"
        found = _result_of(self._client.submit(_process.survey, threads, precision, key=key))
        if found is None:
            raise _deadly("be asked what it computes with")
        return found

    def work(
        self,
        task: Callable[[Any, Any, int], Any],
        plan: Any,
        units: Sequence[Any],
        title_of: Callable[[Any], str],
    ) -> Iterator[tuple[int, Any]]:
        """Have units done.

        Parameters
        ----------
        task : callable
            Is given the plan, a unit and its number.
        plan
            What all units need. Its ``topic``, which no other plan has, is that of what `Reporter` tells.
        units : sequence
            In the order in which they are to be begun.
        title_of : callable
            Says what a unit makes.

        Yields
        ------
        int, object
            The number of a unit, with an integer that its worker reported, or at its end with its result.

        Raises
        ------
        ArtlucidError
            What a worker refuses, with its address; the first one ends it all.
        """
        client = self._client
        messages: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        client.subscribe_topic(plan.topic, lambda event: messages.put(tuple(event[1])))
        # As a task, so that it is sent once to each worker, and again wherever it was lost.
        sent = client.submit(_itself, plan, key=f"{plan.topic}-plan")
        deaths = [0] * len(units)

        def hand_out(number: int) -> Any:
            key = (plan.topic, number, deaths[number])
            future = client.submit(task, sent, units[number], number, key=key, priority=-number, pure=False)
            future.add_done_callback(lambda ended: messages.put((number, ended)))
            return future

        under_way = {number: hand_out(number) for number in range(len(units))}
        try:
            while under_way:
                number, told = self._next(messages)
                if number not in under_way:
                    continue
                if isinstance(told, int):
                    yield number, told
                elif (results := _result_of(told)) is not None:
                    del under_way[number]
                    yield number, results
                else:
                    deaths[number] += 1
                    if deaths[number] == MOST_DEATHS:
                        raise _deadly(f"make {title_of(units[number])}")
                    under_way[number] = hand_out(number)
        finally:
            client.unsubscribe_topic(plan.topic)
            client.cancel([sent, *under_way.values()])

    @functools.cached_property
    def _client(self) -> Any:
        address = self._address
        if self.own is not None:
            address = self._held.enter_context(started(self.own)).scheduler_address
        client = self._held.enter_context(_connected(address))
        threads = client.nthreads()
        if not threads:
            self._say_that_there_are_none()
        if several := sorted(worker for worker, number in threads.items() if number > 1):
            warnings.warn(
                f"{', '.join(several[:4])}{', …' if len(several) > 4 else ''}: workers that take several tasks at a "
                "time. A process does one at a time, and the others wait in it while other workers may be idle: "
                "start workers with `--nthreads 1`.",
                WorkersWarning,
                stacklevel=2,
            )
        return client

    def _say_that_there_are_none(self) -> None:
        warnings.warn(
            f"No worker is connected to {self._address}: waiting for one. Start some with `dask worker "
            f"{self._address} --nthreads 1`.",
            WorkersWarning,
            stacklevel=2,
        )

    def _next(self, messages: queue.SimpleQueue[tuple[int, Any]]) -> tuple[int, Any]:
        """The next message; while there is none, whether there are workers."""
        while True:
            try:
                return messages.get(timeout=SECONDS_BETWEEN_LOOKS)
            except queue.Empty:
                if not self._client.nthreads():
                    self._say_that_there_are_none()


def _itself(plan: Any) -> Any:
    return plan


def started(number: int) -> Any:
    """So many processes of this machine."""
    import distributed

    try:
        return distributed.LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            memory_limit=0,  # left to the system: a worker that pauses at a limit would wait for ever
            dashboard_address="127.0.0.1:0",  # any free port, where Dask would take 8787 and warn if it is not free
            silence_logs=logging.CRITICAL,
            preload=[FIRST_IN_A_PROCESS],
        )
    except RuntimeError as error:
        raise WorkersError(
            f"`dask` must be such that its processes can start. Received local:{number}, where one did not ({error}). "
            'A script must call this below `if __name__ == "__main__":`, for each process reads it; otherwise see what '
            "the process wrote, and try fewer."
        ) from error


def _connected(address: Any) -> Any:
    """A client, once somebody answers as a scheduler does; Dask itself waits for ever for who says nothing."""
    import distributed

    try:
        # In a thread of its own, for a notebook has a running loop in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _greet(address)).result()
        return distributed.Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    # Who is no scheduler may answer anything, which is read as sizes, for example.
    except (OSError, ValueError, TypeError, MemoryError) as error:
        raise WorkersError(
            f"`dask` must be the address of a scheduler of Dask that answers. Received {address!r}, where none did "
            f"within {SECONDS_TO_ANSWER} seconds ({error}). Start one with `dask scheduler`, which prints its address, "
            "or use local:2."
        ) from error


async def _greet(address: Any) -> None:
    from distributed import Security
    from distributed.comm import connect

    arguments = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=SECONDS_TO_ANSWER, **arguments), SECONDS_TO_ANSWER)
    await comm.close()


def new_topic() -> str:
    """One that no other plan has."""
    return f"artlucid-{uuid.uuid4().hex}"


def check_can_be_sent(plan: Any, what: str) -> None:
    """Refuse a plan that holds what cannot be sent, in the words for what that may be."""
    from distributed.protocol.pickle import dumps

    try:
        dumps(plan)
    except Exception as error:  # whatever the pickling of somebody's objects raises
        raise WorkersError(
            f"With `dask`, options must be such that they can be sent to other processes. Received {what} "
            f"that cannot ({error}). Write them as functions that make what they need inside, or leave "
            "`dask` out."
        ) from error


def check_loadable(network: Network) -> None:
    """Refuse a network that others cannot load."""
    found = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = load(network.source, architecture=variant_of(network)).identity
    except ArtlucidError:
        pass
    if found != network.identity:
        raise WorkersError(
            "With `dask`, a model must be one that workers can load: a file, a run directory, or published weights. "
            f"Received {network.source!r}, {'which' if found is None else 'where another model is now: this one'} "
            "exists only in memory. Write it to a file with `export.keras_file`, or `export.frozen_graph` for a "
            "wrapped network, and give its path."
        )


def variant_of(network: Network) -> str | None:
    """Of its architecture."""
    return None if network.architecture is None else network.architecture.variant


def _result_of(future: Any) -> Any:
    """Of a task that ended; None if its workers died of it, or with it.

    Raises
    ------
    ArtlucidError
        What the worker refused.
    """
    from distributed import CancelledError, KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return None
    except CancelledError as error:
        raise WorkersError(
            "The scheduler of Dask must run until all is done. Received the loss of the connection to it, or "
            "of what it was asked for. Start it again, and then this: what is done stays."
        ) from error
    except ImportError as error:
        raise WorkersError(
            f"Every worker must be able to import what it is asked to work with. Received {error} from one. Install "
            "`artlucid[dask]` there, in this version, and what your own functions come from."
        ) from error


def _deadly(task: str) -> WorkersError:
    return WorkersError(
        f"A worker must live long enough to {task}. Received the deaths of all workers that tried. See their logs; if "
        "it is memory, use a smaller `--batch-size`, fewer workers a machine, or a higher `--memory-limit` of the "
        "workers."
    )
