"""From items to steps: each once, whatever items need it, behind those that it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from artlucid.reproduce._channels import CHOICES
from artlucid.reproduce._comparisons import Compare
from artlucid.reproduce._draw import DRAWINGS, Draw
from artlucid.reproduce._items import Item, pairings_with, trainings_with
from artlucid.reproduce._pictures import VISUAL_CHANGE, Change, Paint, Painted, painted
from artlucid.reproduce._resamples import Resample, needed
from artlucid.reproduce._scores import Score
from artlucid.reproduce._states import PAIRINGS, TRAININGS, State
from artlucid.reproduce._trainings import Train, with_parents
from artlucid.reproduce._work import Work


class Step(Protocol):
    """A part of the work that can be done alone, again, and writes to places of its own."""

    def name(self, work: Work) -> str: ...

    def path(self, work: Work) -> Path: ...

    def is_done(self, work: Work) -> bool: ...

    def make(self, work: Work) -> None: ...


def steps_of(items: Sequence[Item], work: Work) -> list[Step]:
    """The steps of some items, in an order in which they can be done; none for an item that needs more trainings."""
    items = [item for item in items if item.fewest <= len(work.seeds)]
    scores = list(_scores(items, work))
    compares = list(dict.fromkeys(_compares(items, work)))
    resamples = list(dict.fromkeys(_resamples(items, work)))
    paints, changes = _paints(items, work), list(_changes(items, work))
    trainings = _trainings(scores, compares, paints, changes, work)
    draws = [Draw(item.name) for item in items if item.name in DRAWINGS]
    return [*trainings, *scores, *compares, *resamples, *paints, *changes, *draws]


def _places(item: Item, work: Work) -> range:
    """Of the seeds that an item shows."""
    return range(len(work.seeds) if item.seeds is None else min(item.seeds, len(work.seeds)))


def _scores(items: Iterable[Item], work: Work) -> Iterator[Score]:
    wanted = (
        Score(training, place)
        for item in items
        for place in _places(item, work)
        for training in trainings_with(item.scores, work.data)
    )
    yield from dict.fromkeys(wanted)


def _compares(items: Iterable[Item], work: Work) -> Iterator[Compare]:
    for item in items:
        for name in pairings_with(item.pairings, work.data):
            yield from (Compare(name, place) for place in work.places(PAIRINGS[name]) if place in _places(item, work))
        for choice in dict.fromkeys(pictures.choice for pictures in item.pictures):
            if (pairing := CHOICES[choice].pairing) is not None:
                yield Compare(pairing, 0)


def _resamples(items: Iterable[Item], work: Work) -> Iterator[Resample]:
    """What findings need, for the items that are to give them all."""
    if not any(item.name == "findings" for item in items):
        return
    for name in pairings_with([name for name in PAIRINGS if needed(name)], work.data):
        yield from (Resample(name, place) for place in work.places(PAIRINGS[name]))


def _paints(items: Iterable[Item], work: Work) -> list[Paint]:
    """A step for each choice of channels and each noise: what is compiled for a layer serves all its networks."""
    found: dict[tuple[str, int], dict[Painted, None]] = {}
    for item in items:
        for pictures in item.pictures:
            for place in range(len(work.seeds)) if pictures.every_seed else (0,):
                for state in pictures.states:
                    if place + state.later < len(work.seeds):
                        one = painted(state, place, work)
                        found.setdefault((pictures.choice, one.noise), {})[one] = None
                if pictures.other_seed:
                    one = painted(pictures.states[0], place, work, 1)
                    found.setdefault((pictures.choice, one.noise), {})[one] = None
    return [Paint(choice, tuple(networks)) for (choice, _), networks in found.items()]


def _changes(items: Iterable[Item], work: Work) -> Iterator[Change]:
    if any(pictures.other_seed for item in items for pictures in item.pictures if pictures.choice in VISUAL_CHANGE):
        yield from (Change(place) for place in range(len(work.seeds)))


def _trainings(
    scores: Iterable[Score], compares: Iterable[Compare], paints: Iterable[Paint], changes: Iterable[Change], work: Work
) -> list[Train]:
    """All that is needed, those before that others go on from; training 1 of all before training 2 of any."""
    wanted = {(score.training, score.place) for score in scores}
    for compare in compares:
        wanted |= {one for state in compare.pair.states for one in _runs(state, compare.place, work)}
    for paint in paints:
        wanted |= {(one.training, one.place) for one in paint.networks if one.training}
    for change in changes:
        wanted |= {("rasta-A", change.place)}
    every = {(name, place) for training, place in wanted for name in with_parents(training)}
    order = list(TRAININGS)
    return [Train(*one) for one in sorted(every, key=lambda one: (one[1], order.index(one[0])))]


def _runs(state: State, place: int, work: Work) -> Iterator[tuple[str, int]]:
    state = work.trained_from(state)
    if state.training is not None:
        yield state.training, place + state.later
