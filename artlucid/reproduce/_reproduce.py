"""From the names of items to their tables, figures and findings: plan, and do what is missing."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artlucid.errors import ReproductionError
from artlucid.reproduce import _folder, _page
from artlucid.reproduce._costs import Rates, seconds_of
from artlucid.reproduce._evidence import evidence_of
from artlucid.reproduce._items import ALL, Item, chosen, is_possible, possible_with
from artlucid.reproduce._readings import Reading, readings
from artlucid.reproduce._results import ITEMS_OF_TABLES, save_tables
from artlucid.reproduce._settings import Settings
from artlucid.reproduce._states import ROLES
from artlucid.reproduce._steps import Step, steps_of
from artlucid.reproduce._work import Work

logger = logging.getLogger("artlucid")


@dataclass(frozen=True)
class Planned:
    """A step of a plan.

    Attributes
    ----------
    name : str
    done : bool
    seconds : float
        What it is expected to take; 0 where it is done.
    """

    name: str
    done: bool
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What is to be done, before anything is.

    Attributes
    ----------
    items : tuple of str
        What is made.
    left_out : dict of str to str
        Items that cannot be made, and why.
    steps : tuple of Planned
    seconds : float
        For what is not done.
    basis : str
        Where the times come from.
    """

    items: tuple[str, ...]
    left_out: dict[str, str]
    steps: tuple[Planned, ...]
    seconds: float
    basis: str


@dataclass(frozen=True, eq=False)
class Reproduction:
    """What was made.

    Attributes
    ----------
    path : Path
        The folder; the page is ``index.md`` in it.
    results : dict
        The content of ``results.json``.
    readings : tuple of Reading
        The findings.
    left_out : dict of str to str
        Items that cannot be made, and why.
    """

    path: Path
    results: dict[str, Any]
    readings: tuple[Reading, ...]
    left_out: dict[str, str]


def plan(items: Sequence[str] = (), *, out: str | os.PathLike[str], settings: Settings) -> Plan:
    """Say what `reproduce` would do, and how long it would take; nothing is written.

    Parameters
    ----------
    items, out, settings
        As of `reproduce`.

    Returns
    -------
    Plan

    Raises
    ------
    ReproductionError, DataError, WeightsError, ModelError
        As `reproduce` does, before it begins.
    """
    work = Work(Path(out), settings)
    possible, left_out = _possible(items, work)
    _folder.check(work)
    steps = steps_of(possible, work)
    done = [step.is_done(work) for step in steps]
    rates = Rates.measured(work) if not all(done) else Rates.rough(work)
    seconds = seconds_of(steps, done, rates, work)
    planned = tuple(Planned(step.name(work), *one) for step, *one in zip(steps, done, seconds, strict=True))
    return Plan(tuple(item.name for item in possible), left_out, planned, sum(seconds), rates.basis)


def reproduce(
    items: Sequence[str] = (),
    *,
    out: str | os.PathLike[str],
    settings: Settings,
    after_step: Callable[[], object] = gc.collect,
) -> Reproduction:
    """Make tables and figures of the paper, and decide its findings; what is there already is not made again.

    Parameters
    ----------
    items : sequence of str
        ``table1`` to ``table4``, ``figure1`` to ``figure17``, ``findings``; none, or ``all``, for all that the data
        allow.
    out : path
        The folder for all that is made. Started again with the same settings, it goes on where it was; further items
        and seeds add to it.
    settings : Settings
    after_step : callable
        Called after each step that was made. Networks are in cycles of references: those of one step must not wait
        beside those of the next. The command line also frees what Keras and TensorFlow keep of each network for the
        whole process, which is not for a library to do.

    Returns
    -------
    Reproduction

    Raises
    ------
    ReproductionError
        If there is no such item, if data that an item needs are missing, or if the folder holds results of other
        settings or something else.
    ArtlucidError
        As the steps raise it: `finetune.fit`, `finetune.off_the_shelf`, `evaluate.evaluate`, `compare.compare`,
        `visualize.sweep`.

    References
    ----------
    Tables 1 to 4 and Figures 1 to 17 of the paper.

    Examples
    --------
    >>> from artlucid import reproduce
    >>> made = reproduce.reproduce(
    ...     ["table1"], out="paper", settings=reproduce.Settings(rasta="rasta:/data/wikipaintings_full")
    ... )  # doctest: +SKIP
    """
    work = Work(Path(out), settings)
    possible, left_out = _possible(items, work)
    with _folder.held(work):
        for number, step in enumerate(steps := steps_of(possible, work), 1):
            if not step.is_done(work):
                _make(step, f"{number} of {len(steps)}", work)
                after_step()
        numbers = [number for number, name in ITEMS_OF_TABLES.items() if name in {item.name for item in possible}]
        found = save_tables(numbers, work)
        decided = readings(evidence_of(work), tuple(work.data))
        results = _page.write(possible, found, decided, work)
    return Reproduction(work.out, results, tuple(decided), left_out)


def _make(step: Step, number: str, work: Work) -> None:
    begun = time.monotonic()
    logger.info("%s: %s", number, step.name(work))
    step.make(work)
    logger.info("%s: %s, %.0f s", number, step.name(work), time.monotonic() - begun)


def _possible(items: Sequence[str], work: Work) -> tuple[list[Item], dict[str, str]]:
    """The items that the data allow, and why the others are left out; an item that was named is not left out."""
    wanted = chosen(items)
    left_out = {item.name: _missing(item, work) for item in wanted if not is_possible(item, work.data)}
    possible = [item for item in wanted if item.name not in left_out]
    named = [name for name in items if name != ALL and name in left_out]
    if named or not possible:
        name = named[0] if named else next(iter(left_out))
        raise ReproductionError(
            f"An item must have its data. Received {name} without {left_out[name]}. {possible_with(work.data)}"
        )
    return possible, left_out


def _missing(item: Item, work: Work) -> str:
    absent = [f"{ROLES[role]} (`--{role} DATA`)" for role in item.data if role not in work.data]
    if item.some_of and not set(item.some_of) & set(work.data):
        absent.append(" or ".join(f"{ROLES[role]} (`--{role} DATA`)" for role in item.some_of))
    return " and ".join(absent)
