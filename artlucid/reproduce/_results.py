"""The paper's tables with what was found, from the scores and comparisons in the folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from artlucid import compare as comparisons
from artlucid import tables
from artlucid._markdown import escaped
from artlucid.files import write_atomically
from artlucid.reproduce._comparisons import Compare
from artlucid.reproduce._data import is_the_papers
from artlucid.reproduce._scores import predictions, scores
from artlucid.reproduce._settings import PAPERS_WEIGHTS
from artlucid.reproduce._states import AVERAGE_PRECISION, PAIRINGS, ROLES, SMALL
from artlucid.reproduce._work import RANDOM, Work

SCORED: Mapping[int, Mapping[str, str]] = MappingProxyType(
    {
        1: {
            "off_the_shelf": "rasta-shelf",
            "fine_tuning": "rasta-A",
            "high_layers_from_scratch": "rasta-high",
            "from_scratch": "rasta-scratch",
            "ensemble": "ensemble",
        },
        3: {
            "off_the_shelf": "{data}-shelf",
            "off_the_shelf_rasta": "rasta-{data}-shelf",
            "fine_tuning": "{data}-A",
            "double_fine_tuning": "rasta-{data}-F",
            "high_layers_from_scratch": "high-{data}-F",
            "from_scratch": "scratch-{data}-F",
        },
    }
)
"""The trainings whose scores stand in the rows of Tables 1 and 3."""

COMPARED: Mapping[int, Mapping[str, str]] = MappingProxyType(
    {
        2: {
            "imagenet_to_a1": "imagenet-to-A",
            "a1_to_b1": "A-to-B",
            "a1_to_a2": "A-twice",
            "high_layers_from_start": "high-from-start",
            "scratch_from_start": "scratch-from-start",
        },
        4: {
            "imagenet_to_small": "{data}-imagenet-to-small",
            "imagenet_to_double": "{data}-imagenet-to-double",
            "rasta_to_double": "{data}-rasta-to-double",
            "high_layers_to_double": "{data}-high-to-double",
            "scratch_to_double": "{data}-scratch-to-double",
        },
    }
)
"""The comparisons in the rows of Tables 2 and 4."""

SQUARE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ImageNet": {"A": "{data}-A", "F": "{data}-F"},
        "ImageNet, then RASTA": {"A": "rasta-{data}-A", "F": "rasta-{data}-F"},
    }
)
"""Initial weights by recipes: the paper has one diagonal of it."""

ITEMS_OF_TABLES: Mapping[int, str] = MappingProxyType({number: f"table{number}" for number in (1, 2, 3, 4)})

_COLUMNS = ("row", "measure", "seed", "value", "differs")


def table(number: int, work: Work) -> pd.DataFrame:
    """One of the paper's tables with what is there, as `tables.beside_the_paper` makes it."""
    rows = [part for role in _roles(number, work) for part in _rows(number, role, work)]
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(_COLUMNS))
    return tables.beside_the_paper(number, found)


def _roles(number: int, work: Work) -> list[str]:
    wanted = SMALL if number in (3, 4) else ("rasta",)
    return [role for role in wanted if role in work.data]


def _rows(number: int, role: str, work: Work) -> Iterator[pd.DataFrame]:
    small = role if role in SMALL else None
    for row, name in SCORED.get(number, {}).items():
        every = (scores(name.format(data=role), place, work) for place in range(len(work.seeds)))
        for place, found in enumerate(every):
            if found is not None:
                yield tables.from_scores(number, row, found, of=small).assign(seed=work.seeds[place])
    for row, name in COMPARED.get(number, {}).items():
        pairing = name.format(data=role)
        for place in work.places(PAIRINGS[pairing]):
            compare = Compare(pairing, place)
            if compare.is_done(work):
                found = comparisons.read(compare.path(work))
                yield tables.from_comparison(number, row, found, of=small).assign(seed=work.seeds[place])


def differences(work: Work, roles: Sequence[str]) -> list[str]:
    """In what results on these datasets are not the paper's: what stands in for what, and how long it is trained."""
    said = [*weights_differ(work), *(text for role in roles if role in work.data for text in data_differ(role, work))]
    if work.settings.epochs is not None:
        said.append(f"epochs: at most {work.settings.epochs}")
    return list(dict.fromkeys(said))


def weights_differ(work: Work) -> list[str]:
    """Whether the weights that all begins with are a stand-in."""
    given = work.settings.weights
    if given == PAPERS_WEIGHTS:
        return []
    return ["random weights" if given == RANDOM else f"weights {Path(given).name}"]


def data_differ(role: str, work: Work) -> list[str]:
    """Whether a dataset is a stand-in, or a part of one."""
    dataset = work.data[role]
    own = is_the_papers(role, dataset)
    number = work.settings.images_per_class
    part = [] if number is None else [f"images for each class: at most {number}"]
    return [*([] if own else [f"{name_of(role, work)} for {ROLES[role]}"]), *part]


def name_of(role: str, work: Work) -> str:
    """What a dataset is called where it stands in for the paper's: its folder's name."""
    dataset = work.data[role]
    return dataset.specification if dataset.name == "synthetic" else dataset.root.name


@dataclass(frozen=True, eq=False)
class Square:
    """Mean average precision by initial weights and recipe, on a small dataset."""

    role: str
    cells: Mapping[tuple[str, str], list[float]]
    differs: str

    def rows(self) -> list[dict[str, Any]]:
        """A row a cell, with its value for each training."""
        return [
            {"data": self.role, "weights": weights, "recipe": recipe, "values": values, "differs": self.differs}
            for (weights, recipe), values in self.cells.items()
        ]

    def as_markdown(self) -> str:
        """The mean over the trainings, with the lowest and the highest, in per cent; with what stands in for what."""
        lines = ["| initial weights | mode A | mode F | differs from the paper's |", f"|{' --- |' * 4}"]
        for weights in SQUARE:
            cells = [_spread(self.cells.get((weights, recipe), [])) for recipe in "AF"]
            lines.append(f"| {weights} | {' | '.join(cells)} | {escaped(self.differs)} |")
        return "\n".join(lines) + "\n"


def _spread(values: list[float]) -> str:
    if not values:
        return "–"
    per_cent = [100 * value for value in values]
    mean = f"{sum(per_cent) / len(per_cent):.1f}"
    return mean if len(per_cent) == 1 else f"{mean} ({min(per_cent):.1f} … {max(per_cent):.1f})"


def squares(work: Work) -> list[Square]:
    """The full square of initial weights and recipes, for each small dataset that is there."""
    found = []
    for role in (role for role in SMALL if role in work.data):
        cells = {}
        for weights, names in SQUARE.items():
            for recipe, name in names.items():
                parts = [predictions(name.format(data=role), place, work) for place in range(len(work.seeds))]
                values = [part.measures()[AVERAGE_PRECISION] for part in parts if part is not None]
                if values:
                    cells[weights, recipe] = values
        if cells:
            found.append(Square(role, cells, "; ".join(differences(work, ("rasta", role)))))
    return found


def save_tables(numbers: list[int], work: Work) -> dict[int, pd.DataFrame]:
    """Write tables as CSV, Markdown and LaTeX, and the square beside Table 3."""
    found = {number: table(number, work) for number in numbers}
    for number, one in found.items():
        tables.save(one, work.out / "tables" / f"table{number}")
    if 3 in found:
        for square in squares(work):
            write_atomically(
                work.out / "tables" / f"square-{square.role}.md",
                square.as_markdown().encode("utf-8", "surrogateescape"),
            )
    return found
