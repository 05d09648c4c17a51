"""What the paper trains, and which states of networks it looks at, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

ROLES: Mapping[str, str] = MappingProxyType({"rasta": "RASTA", "iconart": "IconArt", "paintings": "Paintings"})
"""The datasets by what they are for, with the names that the paper has for them."""

SMALL = ("iconart", "paintings")
"""Those that a network is trained on a second time."""

AVERAGE_PRECISION = "mean_average_precision"
"""What is measured where an image may have several labels."""


@dataclass(frozen=True)
class Training:
    """A row of the paper's experiments: it is done once a seed.

    Attributes
    ----------
    name : str
        Of its runs, before their seeds.
    data : str
        A key of `ROLES`.
    recipe : str, optional
        A row of Table 5; None for a head on the features of a network that stays as it is.
    weights : str, optional
        Name of the training that it goes on from; None for the weights that all begins with.
    title : str
        For figures.
    """

    name: str
    data: str
    recipe: str | None
    weights: str | None
    title: str


def _on_rasta() -> Iterator[Training]:
    yield Training("rasta-shelf", "rasta", None, None, "head on features")
    for mode in "ABCDE":
        yield Training(f"rasta-{mode}", "rasta", mode, None, f"RASTA, mode {mode}")
    yield Training("rasta-high", "rasta", "high_layers_from_scratch", None, "RASTA, end from scratch")
    yield Training("rasta-scratch", "rasta", "from_scratch", None, "RASTA, from scratch")


def _on_small(data: str) -> Iterator[Training]:
    name = ROLES[data]
    yield Training(f"{data}-shelf", data, None, None, f"head on features, {name}")
    yield Training(f"{data}-A", data, "A", None, f"{name}, mode A")
    yield Training(f"{data}-F", data, "F", None, f"{name}, mode F")
    yield Training(f"rasta-{data}-shelf", data, None, "rasta-A", f"head on features of RASTA, {name}")
    yield Training(f"rasta-{data}-A", data, "A", "rasta-A", f"RASTA, then {name} (mode A)")
    yield Training(f"rasta-{data}-F", data, "F", "rasta-A", f"RASTA, then {name}")
    yield Training(f"high-{data}-F", data, "F", "rasta-high", f"RASTA, end from scratch, then {name}")
    yield Training(f"scratch-{data}-F", data, "F", "rasta-scratch", f"RASTA from scratch, then {name}")


TRAININGS: Mapping[str, Training] = MappingProxyType(
    {one.name: one for one in (*_on_rasta(), *(row for data in SMALL for row in _on_small(data)))}
)
"""By their names; one that goes on from another comes after it."""


@dataclass(frozen=True)
class State:
    """A network: the weights that all begins with, or what a training makes of them.

    Attributes
    ----------
    training : str, optional
        A key of `TRAININGS`; None for the weights that all begins with.
    which : {"best", "initial"}
    later : int
        How many seeds further on in the list of them.
    """

    training: str | None = None
    which: str = "best"
    later: int = 0


IMAGENET = State()


def trained(training: str, later: int = 0) -> State:
    """The best epoch of a training."""
    return State(training, later=later)


def start_of(training: str) -> State:
    """What a training began with."""
    return State(training, "initial")


@dataclass(frozen=True)
class Pairing:
    """Two states that are compared, once a seed.

    Attributes
    ----------
    name : str
    a, b : State
    data : str
        A key of `ROLES`: whose images they are compared on.
    """

    name: str
    a: State
    b: State
    data: str

    @property
    def states(self) -> tuple[State, State]:
        """Both of them."""
        return self.a, self.b


def _pairs_on_rasta() -> Iterator[Pairing]:
    a = trained("rasta-A")
    for mode in "ABCDE":
        yield Pairing(f"imagenet-to-{mode}", IMAGENET, trained(f"rasta-{mode}"), "rasta")
    for mode in "ABCDE":
        yield Pairing(f"{mode}-twice", trained(f"rasta-{mode}"), trained(f"rasta-{mode}", 1), "rasta")
    yield Pairing("A-to-B", a, trained("rasta-B"), "rasta")
    yield Pairing("high-from-start", start_of("rasta-high"), trained("rasta-high"), "rasta")
    yield Pairing("scratch-from-start", start_of("rasta-scratch"), trained("rasta-scratch"), "rasta")
    yield Pairing("imagenet-to-high", IMAGENET, trained("rasta-high"), "rasta")
    yield Pairing("imagenet-to-scratch", IMAGENET, trained("rasta-scratch"), "rasta")


def _pairs_on_small(data: str) -> Iterator[Pairing]:
    double = trained(f"rasta-{data}-F")
    yield Pairing(f"{data}-imagenet-to-small", IMAGENET, trained(f"{data}-A"), data)
    yield Pairing(f"{data}-imagenet-to-rasta", IMAGENET, trained("rasta-A"), data)
    yield Pairing(f"{data}-imagenet-to-double", IMAGENET, double, data)
    yield Pairing(f"{data}-rasta-to-double", trained("rasta-A"), double, data)
    yield Pairing(f"{data}-high-to-double", trained("rasta-high"), trained(f"high-{data}-F"), data)
    yield Pairing(f"{data}-scratch-to-double", trained("rasta-scratch"), trained(f"scratch-{data}-F"), data)


PAIRINGS: Mapping[str, Pairing] = MappingProxyType(
    {one.name: one for one in (*_pairs_on_rasta(), *(pair for data in SMALL for pair in _pairs_on_small(data)))}
)
"""By their names."""
