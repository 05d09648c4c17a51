"""Pictures by the workers of Dask: what is handed out, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from artlucid._channel import Channel
from artlucid._workers import _scheduler, _threads
from artlucid.visualize import _worker
from artlucid.visualize._folder import Folder, manifest_digest, recorded, recorded_environment
from artlucid.visualize._jobs import Job, Unit, progress_bar, title_of
from artlucid.visualize._options import Options
from artlucid.visualize._precision import precision_of


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
    WorkersError
        If Dask is not installed, or if what `options` say cannot be.
    """
    with _scheduler.reached(options.dask) as processes:
        threads = _threads.chosen(options.threads, processes.own, map(recorded_environment, folders))
        yield Workers(options, processes, threads)


class Workers:
    """Processes that make pictures; they are reached, or started, when they are first needed.

    Parameters
    ----------
    options : Options
    processes : _scheduler.Workers
    threads : mapping, optional
        Of each; by default what the first one has.
    """

    def __init__(self, options: Options, processes: _scheduler.Workers, threads: Mapping[str, int] | None) -> None:
        self._options, self._processes, self._threads = options, processes, threads

    def equipped(self, jobs: Sequence[Job], folders: Sequence[Path]) -> list[Job]:
        """Jobs as the workers do them: with the environment of their folders, or else with that of a worker.

        Raises
        ------
        WorkersError
            If a network cannot be loaded by others.
        """
        for job in jobs:
            _scheduler.check_loadable(job.network)
        environments: list[Mapping[str, Any]] = [recorded_environment(folder) for folder in folders]
        precision = jobs[0].settings.precision
        if not all(environments):
            first = self._processes.survey(self._threads, self._options.precision)
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
            for number, told in self._processes.work(_worker.render_unit, plan, units, title_of):
                unit = units[number]
                steps = told if isinstance(told, int) else jobs[0].settings.steps
                bar.set_description(title_of(unit), refresh=False)
                # Backwards, if the worker was lost and another one begins.
                bar.update((steps - done[number]) * len(unit.channels))
                done[number] = steps
                for channel, problem in () if isinstance(told, int) else told:
                    yield unit.job, channel, problem


def _plan(jobs: Sequence[Job], folders: Sequence[Folder], options: Options) -> _worker.Plan:
    """What is sent to every worker."""
    kinds: dict[int, int] = {}
    orders = tuple(
        _worker.Order(
            job.network.source,
            _scheduler.variant_of(job.network),
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
    plan = _worker.Plan(_scheduler.new_topic(), orders, options.allow_changed_environment)
    _scheduler.check_can_be_sent(plan, "a penalty or transformations")
    return plan
