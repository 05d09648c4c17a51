"""The paper's tables and figures as data: what each is made from, and what the paper leaves open."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from artlucid.errors import ReproductionError
from artlucid.reproduce._channels import CHOICES
from artlucid.reproduce._findings import FINDINGS
from artlucid.reproduce._states import IMAGENET, PAIRINGS, ROLES, SMALL, TRAININGS, State, start_of, trained

ALL = "all"


@dataclass(frozen=True)
class Pictures:
    """Optimized images: of which networks, of which channels.

    Attributes
    ----------
    choice : str
        A key of `CHOICES`.
    states : tuple of State
    other_seed : bool
        Whether those of the first state are made from other noise too, as the floor of visual change.
    every_seed : bool
        Whether they are made for each training, and not for the first alone.
    """

    choice: str
    states: tuple[State, ...]
    other_seed: bool = False
    every_seed: bool = False


@dataclass(frozen=True)
class Open:
    """What the paper does not say, what is done, and where that comes from."""

    what: str
    source: str


@dataclass(frozen=True)
class Item:
    """A table or a figure of the paper, or what is read from all of them.

    Attributes
    ----------
    name : str
        As it is asked for: ``table1``, ``figure5``.
    title : str
    scores : tuple of str
        Trainings, keys of `TRAININGS`, that are scored on their test splits.
    pairings : tuple of str
        Comparisons, keys of `PAIRINGS`.
    pictures : tuple of Pictures
    seeds : int, optional
        How many trainings it shows: the first ones; None for all.
    fewest : int
        How many trainings it needs.
    data : tuple of str
        Datasets, keys of `ROLES`, without which there is nothing to show.
    some_of : tuple of str
        Datasets of which one at least must be there; the other parts are left out.
    open : tuple of Open
    """

    name: str
    title: str
    scores: tuple[str, ...] = ()
    pairings: tuple[str, ...] = ()
    pictures: tuple[Pictures, ...] = ()
    seeds: int | None = None
    fewest: int = 1
    data: tuple[str, ...] = ("rasta",)
    some_of: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()


_SCRIPTS = "scripts of the paper's experiments"
_A = trained("rasta-A")
_BEFORE_AND_AFTER = (IMAGENET, _A)
_MODES = tuple(trained(f"rasta-{mode}", later) for mode in "ABCDE" for later in (0, 1))
_VISUAL_CHANGE = tuple(
    Pictures(choice, _BEFORE_AND_AFTER, other_seed=True, every_seed=True)
    for choice in ("scripts", "low", "mid", "high")
)


def _channels(choice: str) -> Open:
    return Open(f"which channels: {CHOICES[choice].words}", "a rule of artlucid's")


_ROWS = (
    Item(
        "table1",
        "Accuracy on RASTA",
        scores=("rasta-shelf", "rasta-A", "rasta-high", "rasta-scratch"),
        open=(
            Open("off the shelf: a dense layer on pooled features, SGD 0.01, momentum 0.9, 20 epochs", _SCRIPTS),
            Open(
                "which end model is in the ensemble: that of the row above, where the scripts have another one",
                "a note in the " + _SCRIPTS,
            ),
        ),
    ),
    Item(
        "table2",
        "Distance of kernels",
        pairings=("imagenet-to-A", "A-to-B", "A-twice", "high-from-start", "scratch-from-start"),
        open=(
            Open("the mean is over the convolutions that either training could change: 57, or 42", _SCRIPTS),
            Open("kernels without their biases, Frobenius norm", _SCRIPTS),
        ),
    ),
    Item(
        "table3",
        "Mean average precision on Paintings and IconArt, and the full square of initial weights and recipes",
        scores=tuple(name for data in SMALL for name, one in TRAININGS.items() if one.data == data),
        some_of=SMALL,
        open=(
            Open("the direct fine-tuning is mode A, the double one mode F: so both with both", _SCRIPTS),
            Open("binary cross-entropy is a mean over classes, where the text says a sum", _SCRIPTS),
        ),
    ),
    Item(
        "table4",
        "CKA and distance of kernels after a small dataset",
        pairings=tuple(name for name, one in PAIRINGS.items() if one.data in SMALL and "to-rasta" not in name),
        some_of=SMALL,
        open=(Open("the table prints 0.90 where the text says 0.89", "the paper itself"),),
    ),
    Item(
        "figure1",
        "Mid-level channels before and after RASTA",
        pairings=("imagenet-to-A",),
        pictures=(Pictures("scripts", _BEFORE_AND_AFTER),),
        seeds=1,
        open=(Open("which channels: those of the text and of the scripts", _SCRIPTS),),
    ),
    Item(
        "figure2",
        "One channel after ten trainings, optimized images",
        pairings=tuple(f"imagenet-to-{mode}" for mode in "ABCDE"),
        pictures=(Pictures("figure-2", _MODES),),
        seeds=2,
        fewest=2,
    ),
    Item(
        "figure3",
        "High-level channels after RASTA",
        pairings=("imagenet-to-A",),
        pictures=(Pictures("high", (_A,)),),
        seeds=1,
        open=(_channels("high"),),
    ),
    Item(
        "figure4",
        "Mid-level channels from scratch",
        pairings=("high-from-start", "scratch-from-start"),
        pictures=(
            Pictures("high-layers", (trained("rasta-high"),)),
            Pictures("scratch", (trained("rasta-scratch"),)),
        ),
        seeds=1,
        open=(_channels("scratch"),),
    ),
    Item(
        "figure5",
        "CKA by layer",
        pairings=(
            "imagenet-to-A",
            "A-to-B",
            "A-twice",
            "high-from-start",
            "scratch-from-start",
            "imagenet-to-high",
            "imagenet-to-scratch",
        ),
        open=(
            Open("which pairs: the five of its text and two more, seven curves", _SCRIPTS),
            Open("frozen layers are left out", _SCRIPTS),
        ),
    ),
    Item(
        "figure6",
        "Overlap and class entropy by layer, mode A",
        pairings=("imagenet-to-A",),
        seeds=1,
        open=(
            Open("the caption has the mean as the line and the median as the star, the scripts the reverse", _SCRIPTS),
        ),
    ),
    Item(
        "figure7",
        "Low-level channels before and after RASTA",
        pictures=(Pictures("low", _BEFORE_AND_AFTER),),
        seeds=1,
        open=(_channels("low"),),
    ),
    Item(
        "figure8",
        "Further mid-level channels before and after RASTA",
        pairings=("imagenet-to-A",),
        pictures=(Pictures("mid", _BEFORE_AND_AFTER),),
        seeds=1,
        open=(_channels("mid"),),
    ),
    Item(
        "figure9",
        "One channel after ten trainings, with maximal activation images",
        pairings=tuple(f"imagenet-to-{mode}" for mode in "ABCDE"),
        pictures=(Pictures("figure-2", _MODES),),
        seeds=2,
        fewest=2,
    ),
    Item(
        "figure10",
        "High-level channels before and after RASTA",
        pairings=("imagenet-to-A",),
        pictures=(Pictures("high", _BEFORE_AND_AFTER),),
        seeds=1,
        open=(_channels("high"),),
    ),
    Item(
        "figure11",
        "Maximal activation images of the channels of Figure 10",
        pairings=("imagenet-to-A",),
        seeds=1,
        open=(_channels("high"),),
    ),
    Item(
        "figure12",
        "The end from scratch, before and after",
        pairings=("high-from-start",),
        pictures=(Pictures("high-layers", (start_of("rasta-high"), trained("rasta-high"))),),
        seeds=1,
        open=(_channels("high-layers"),),
    ),
    Item(
        "figure13",
        "From scratch, before and after",
        pairings=("scratch-from-start",),
        pictures=(Pictures("scratch", (start_of("rasta-scratch"), trained("rasta-scratch"))),),
        seeds=1,
        open=(_channels("scratch"),),
    ),
    Item(
        "figure14",
        "Overlap by layer, from scratch",
        pairings=("high-from-start", "scratch-from-start"),
        seeds=1,
    ),
    Item(
        "figure15",
        "Class entropy by layer, from scratch",
        pairings=("high-from-start", "scratch-from-start"),
        seeds=1,
    ),
    Item(
        "figure16",
        "Mid-level channels in four networks",
        pairings=("iconart-rasta-to-double",),
        pictures=(Pictures("iconart", (IMAGENET, trained("iconart-A"), _A, trained("rasta-iconart-F"))),),
        seeds=1,
        data=("rasta", "iconart"),
        open=(_channels("iconart"),),
    ),
    Item(
        "figure17",
        "Maximal activation images of the channels of Figure 16",
        pairings=("iconart-rasta-to-double",),
        seeds=1,
        data=("rasta", "iconart"),
        open=(_channels("iconart"),),
    ),
)


def _all_needs(kind: Mapping[str, object]) -> tuple[str, ...]:
    """What findings are decided by, of one kind: names of trainings, or of comparisons."""
    every = (subject for finding in FINDINGS.values() for subject in finding.subjects(tuple(ROLES)))
    return tuple(name for name in dict.fromkeys(every) if name in kind)


_FINDINGS = Item(
    "findings",
    "What of the paper's findings is seen",
    scores=_all_needs(TRAININGS),
    pairings=_all_needs(PAIRINGS),
    pictures=_VISUAL_CHANGE,
    open=(Open("a measure, and what it is held to, for each of the paper's sentences", "artlucid's own"),),
)

ITEMS: Mapping[str, Item] = MappingProxyType({item.name: item for item in (*_ROWS, _FINDINGS)})
"""By the names that they are asked for by, in the paper's order."""


def chosen(names: Sequence[str]) -> list[Item]:
    """Items by their names, each once, in the paper's order; ``all`` or none for all of them.

    Raises
    ------
    ReproductionError
        If there is none of a name.
    """
    for name in names:
        if name not in (ALL, *ITEMS):
            near = difflib.get_close_matches(name, [ALL, *ITEMS], n=1, cutoff=0)
            raise ReproductionError(
                f"`items` must be some of {ALL}, {', '.join(ITEMS)}. Received {name!r}. Did you mean {near[0]!r}?"
            )
    return [item for name, item in ITEMS.items() if not names or ALL in names or name in names]


def is_possible(item: Item, data: Collection[str]) -> bool:
    """Whether an item can be made with these datasets."""
    return set(item.data) <= set(data) and (not item.some_of or bool(set(item.some_of) & set(data)))


def possible_with(data: Collection[str]) -> str:
    """What can be made with these datasets and no others, as errors say it."""
    names = [name for name, item in ITEMS.items() if is_possible(item, data)]
    return f"Without it, these can be made: {', '.join(names)}." if names else "Without it, nothing can be made."


def trainings_with(names: Sequence[str], data: Collection[str]) -> Iterator[str]:
    """Those of some trainings that can be done with these datasets."""
    return (name for name in names if TRAININGS[name].data in data)


def pairings_with(names: Sequence[str], data: Collection[str]) -> Iterator[str]:
    """Those of some comparisons that can be made with these datasets."""
    return (name for name in names if PAIRINGS[name].data in data)
