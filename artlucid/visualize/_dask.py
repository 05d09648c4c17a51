"""Pictures by the workers of Dask: what is handed out, and what comes back."""

from __future__ import annotations

import asyncio
import functools
import logging
import queue
import re
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from artlucid._channel import Channel
from artlucid.datasets._processors import usable_processors
from artlucid.errors import ArtlucidError, VisualizationError, VisualizationWarning
from artlucid.models import Network, load
from artlucid.visualize import _threads, _worker
from artlucid.visualize._folder import Folder, manifest_digest, recorded, recorded_environment
from artlucid.visualize._jobs import Job, Unit, progress_bar, title_of
from artlucid.visualize._options import Options
from artlucid.visualize._precision import precision_of

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

Result = tuple[Channel, str | None]
"""A channel, and what is wrong with its picture."""


@contextmanager
def workers(options: Options, folders: Sequence[Path]) -> Iterator[Workers]:
    """The workers that `Options.dask` names.

    Parameters
    ----------
    options : Options
    folders : sequence of Path
        Where pictures are to go; those that are there are gone on with, with the same number of threads.

    Raises
    ------
    VisualizationError
        If Dask is not installed, or if what `options` say cannot be.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise VisualizationError(
            f"`dask` must be left out where Dask is not installed. Received {options.dask!r}. Install it: "
            "`pip install 'artlucid[dask]'`."
        ) from error
    own = _number_of_own(options.dask)
    if options.threads is not None:
        threads: Mapping[str, int] | None = _threads.every(options.threads)
    else:
        before = (_threads.of_environment(recorded_environment(folder)) for folder in folders)
        usual = None if own is None else _threads.every(max(1, usable_processors() // own))
        threads = next((found for found in before if found), usual)
    with ExitStack() as held:
        yield Workers(options, own, threads, held)


def _number_of_own(address: Any) -> int | None:
    """Of the processes that are to be started here; None where there is a scheduler."""
    found = re.fullmatch(r"local:([1-9]\d{0,3})", str(address))
    if found is None and not re.fullmatch(r"\w+://\S+", str(address)):
        raise VisualizationError(
            "`dask` must be the address of a scheduler, or local:N for N processes on this machine. Received "
            f"{address!r}. Use tcp://host:8786, or local:2."
        )
    return None if found is None else int(found[1])


class Workers:
    """Processes that make pictures; they are reached, or started, when they are first needed.

    Parameters
    ----------
    options : Options
    own : int, optional
        How many are to be started here.
    threads : mapping, optional
        Of each; by default what the first one has.
    held : ExitStack
        Ends what is begun.
    """

    def __init__(self, options: Options, own: int | None, threads: Mapping[str, int] | None, held: ExitStack) -> None:
        self._options, self._own, self._threads, self._held = options, own, threads, held

    def equipped(self, jobs: Sequence[Job], folders: Sequence[Path]) -> list[Job]:
        """Jobs as the workers do them: with the environment of their folders, or else with that of a worker.

        Raises
        ------
        VisualizationError
            If a network cannot be loaded by others.
        """
        for job in jobs:
            _check_loadable(job.network)
        environments: list[Mapping[str, Any]] = [recorded_environment(folder) for folder in folders]
        precision = jobs[0].settings.precision
        if not all(environments):
            first = self._survey()
            channels = [channel for job in jobs for channel in job.wanted]
            before = recorded(folders[0]).get("precision")
            networks = [job.network for job in jobs]
            precision = precision_of(networks, channels, self._options, before, lambda asked: first.precision)
            environments = [found or first.environment for found in environments]
        threads = {} if self._threads is None else {"threads": dict(self._threads)}
        return [
            replace(
                job,
                settings=replace(job.settings, precision=precision),
                environment={**found, **threads, "precision": asdict(precision)},
            )
            for job, found in zip(jobs, environments, strict=True)
        ]

    def render(
        self, jobs: Sequence[Job], folders: Sequence[Folder], units: Sequence[Unit]
    ) -> Iterator[tuple[int, Channel, str | None]]:
        """Have units rendered and written.

        Parameters
        ----------
        jobs : sequence of Job
        folders : sequence of Folder
            Begun, one a job.
        units : sequence of Unit
            In the order in which they are to be begun: a worker that takes one after the other keeps its layer.

        Yields
        ------
        int, Channel, str or None
            The number of the job, and what is wrong with the picture, when a picture is there.

        Raises
        ------
        ArtlucidError
            What a worker refuses, with its address; the first one ends it all.
        """
        if not units:
            return
        plan = _plan(jobs, folders, self._options)
        done = [0] * len(units)
        with progress_bar(jobs, units) as bar:
            for number, told in self._told(plan, units):
                unit = units[number]
                steps = told if isinstance(told, int) else jobs[0].settings.steps
                bar.set_description(title_of(unit), refresh=False)
                # Backwards, if the worker was lost and another one begins.
                bar.update((steps - done[number]) * len(unit.channels))
                done[number] = steps
                for channel, problem in () if isinstance(told, int) else told:
                    yield unit.job, channel, problem

    @functools.cached_property
    def _client(self) -> Any:
        address = self._options.dask
        if self._own is not None:
            address = self._held.enter_context(_started(self._own)).scheduler_address
        client = self._held.enter_context(_connected(address))
        threads = client.nthreads()
        if not threads:
            self._say_that_there_are_none()
        if several := sorted(worker for worker, number in threads.items() if number > 1):
            warnings.warn(
                f"{', '.join(several[:4])}{', …' if len(several) > 4 else ''}: workers that take several tasks at a "
                "time. A process makes one batch at a time, and the others wait in it while other workers may be idle: "
                "start workers with `--nthreads 1`.",
                VisualizationWarning,
                stacklevel=2,
            )
        return client

    def _say_that_there_are_none(self) -> None:
        warnings.warn(
            f"No worker is connected to {self._options.dask}: waiting for one. Start some with `dask worker "
            f"{self._options.dask} --nthreads 1`.",
            VisualizationWarning,
            stacklevel=2,
        )

    def _survey(self) -> _worker.Survey:
        """Of the first worker that answers."""
        key = f"artlucid-survey-{uuid.uuid4().hex}"
        future = self._client.submit(_worker.survey, self._threads, self._options.precision, key=key)
        found = _result_of(future)
        if found is None:
            raise _deadly("be asked what it computes with")
        return found

    def _told(self, plan: _worker.Plan, units: Sequence[Unit]) -> Iterator[tuple[int, int | list[Result]]]:
        """What workers tell of a unit by its number: how many steps are done, and at the end its results."""
        client = self._client
        messages: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        client.subscribe_topic(plan.topic, lambda event: messages.put(tuple(event[1])))
        sent = client.submit(_worker.itself, plan, key=f"{plan.topic}-plan")
        deaths = [0] * len(units)

        def hand_out(number: int) -> Any:
            key = (plan.topic, number, deaths[number])
            future = client.submit(
                _worker.render_unit, sent, units[number], number, key=key, priority=-number, pure=False
            )
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

    def _next(self, messages: queue.SimpleQueue[tuple[int, Any]]) -> tuple[int, Any]:
        """The next message; while there is none, whether there are workers."""
        while True:
            try:
                return messages.get(timeout=SECONDS_BETWEEN_LOOKS)
            except queue.Empty:
                if not self._client.nthreads():
                    self._say_that_there_are_none()


def _started(number: int) -> Any:
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
        raise VisualizationError(
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
        raise VisualizationError(
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


def _plan(jobs: Sequence[Job], folders: Sequence[Folder], options: Options) -> _worker.Plan:
    """What is sent to every worker."""
    kinds: dict[int, int] = {}
    orders = tuple(
        _worker.Order(
            job.network.source,
            _variant(job.network),
            job.network.identity,
            job.settings,
            job.batch_size,
            # As `render` has it.
            kinds.setdefault(id(job.settings.options), len(kinds)),
            Folder(folder.path.absolute(), folder.manifest),
            manifest_digest(folder.path),
        )
        for job, folder in zip(jobs, folders, strict=True)
    )
    plan = _worker.Plan(f"artlucid-{uuid.uuid4().hex}", orders, options.allow_changed_environment)
    _check_can_be_sent(plan)
    return plan


def _check_can_be_sent(plan: _worker.Plan) -> None:
    from distributed.protocol.pickle import dumps

    try:
        dumps(plan)
    except Exception as error:  # whatever the pickling of somebody's objects raises
        raise VisualizationError(
            "With `dask`, options must be such that they can be sent to other processes. Received a penalty or "
            f"transformations that cannot ({error}). Write them as functions that make what they need inside, or leave "
            "`dask` out."
        ) from error


def _check_loadable(network: Network) -> None:
    """Refuse a network that others cannot load."""
    found = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = load(network.source, architecture=_variant(network)).identity
    except ArtlucidError:
        pass
    if found != network.identity:
        raise VisualizationError(
            "With `dask`, a model must be one that workers can load: a file, a run directory, or published weights. "
            f"Received {network.source!r}, {'which' if found is None else 'where another model is now: this one'} "
            "exists only in memory. Write it to a file with `export.keras_file`, or `export.frozen_graph` for a "
            "wrapped network, and give its path."
        )


def _variant(network: Network) -> str | None:
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
        raise VisualizationError(
            "The scheduler of Dask must run until all pictures are made. Received the loss of the connection to it, or "
            "of what it was asked for. Start it again, and then this: what is done stays."
        ) from error
    except ImportError as error:
        raise VisualizationError(
            f"Every worker must be able to import what pictures are made with. Received {error} from one. Install "
            "`artlucid[dask]` there, in this version, and what your own functions come from."
        ) from error


def _deadly(task: str) -> VisualizationError:
    return VisualizationError(
        f"A worker must live long enough to {task}. Received the deaths of all workers that tried. See their logs; if "
        "it is memory, use a smaller `--batch-size`, fewer workers a machine, or a higher `--memory-limit` of the "
        "workers."
    )
