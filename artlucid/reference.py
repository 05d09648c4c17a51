"""What the paper's authors measured, with their networks on their data: Tables 1 to 4 as literals.

Shares are written as the paper prints them, in per cent. What stands only in the text is there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["IN_TEXT", "TABLES", "Measure", "Row", "Table"]


@dataclass(frozen=True)
class Measure:
    """A column of values in a table.

    Attributes
    ----------
    title : str
    digits : int
        After the decimal point, as printed.
    per_cent : bool
        Whether it is printed in per cent; artlucid computes such a measure in 0 … 1.
    """

    title: str
    digits: int
    per_cent: bool

    @property
    def scale(self) -> float:
        """What a computed value is multiplied by before it is printed."""
        return 100.0 if self.per_cent else 1.0


@dataclass(frozen=True)
class Row:
    """A row of a table: what was measured, in words, and the paper's values by measure."""

    names: tuple[str, ...]
    values: Mapping[str, float]


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    Attributes
    ----------
    number : int
    caption : str
    heads : tuple of str
        Of the columns that name a row.
    measures : mapping of str to Measure
        By the names that results have.
    rows : mapping of str to Row
        By the keys that results have, in the paper's order.
    """

    number: int
    caption: str
    heads: tuple[str, ...]
    measures: Mapping[str, Measure]
    rows: Mapping[str, Row]


def _table(
    number: int,
    caption: str,
    heads: tuple[str, ...],
    measures: Mapping[str, Measure],
    rows: Mapping[str, tuple[tuple[str, ...], tuple[float, ...]]],
) -> Table:
    """Put together names and values that stand in the order of the heads and of the measures."""
    found = {
        key: Row(names, MappingProxyType(dict(zip(measures, values, strict=True))))
        for key, (names, values) in rows.items()
    }
    return Table(number, caption, heads, MappingProxyType(dict(measures)), MappingProxyType(found))


_ACCURACY = {f"top_{k}": Measure(f"top-{k}, %", 2, per_cent=True) for k in (1, 3, 5)}

_DISTANCE = Measure("mean kernel distance", 2, per_cent=False)

_SMALL = {"iconart": "IconArt", "paintings": "Paintings"}

_CHANGES = {
    f"{name}_{key}": Measure(f"{title}, {data}", 2, per_cent=False)
    for key, data in _SMALL.items()
    for name, title in (("mean_cka", "mean CKA"), ("mean_kernel_distance", "mean kernel distance"))
}

_IMAGENET = "ImageNet"
_STYLES_A1 = "RASTA, mode A, training 1"
_HIGH = "RASTA, the end from scratch"
_SCRATCH = "RASTA, from scratch"
_THEN_SMALL = "then the small dataset"

TABLES: Mapping[int, Table] = MappingProxyType(
    {
        1: _table(
            1,
            "Accuracy on the test images of RASTA.",
            ("method",),
            _ACCURACY,
            {
                "off_the_shelf": (("Off-the-shelf, pretrained on ImageNet",), (30.95, 58.71, 74.10)),
                "fine_tuning": (("Fine-tuning, pretrained on ImageNet (mode A, training 1)",), (55.18, 82.25, 91.06)),
                "high_layers_from_scratch": (
                    ("The end from scratch, low-level layers pretrained and frozen",),
                    (50.35, 78.04, 88.42),
                ),
                "from_scratch": (("From scratch",), (45.29, 73.44, 84.67)),
                "ensemble": (("Ensemble of the three above",), (58.76, 83.99, 92.23)),
            },
        ),
        2: _table(
            2,
            "Distance of kernels, mean over the convolutions.",
            ("network A", "network B"),
            {"mean_kernel_distance": _DISTANCE},
            {
                "imagenet_to_a1": ((_IMAGENET, _STYLES_A1), (1.26,)),
                "a1_to_b1": ((_STYLES_A1, "RASTA, mode B, training 1"), (1.24,)),
                "a1_to_a2": ((_STYLES_A1, "RASTA, mode A, training 2"), (1.23,)),
                "high_layers_from_start": ((_HIGH, "its random initialization"), (6.52,)),
                "scratch_from_start": ((_SCRATCH, "its random initialization"), (8.13,)),
            },
        ),
        3: _table(
            3,
            "Mean average precision on the test images of Paintings and IconArt.",
            ("method",),
            {
                f"mean_average_precision_{key}": Measure(f"{_SMALL[key]}, %", 1, per_cent=True)
                for key in ("paintings", "iconart")
            },
            {
                "off_the_shelf": (("Off-the-shelf, pretrained on ImageNet",), (56.0, 53.2)),
                "off_the_shelf_rasta": (("Off-the-shelf, pretrained on ImageNet and RASTA",), (52.4, 54.4)),
                "fine_tuning": (("Fine-tuning, pretrained on ImageNet (mode A, training 1)",), (64.8, 59.2)),
                "double_fine_tuning": (("Fine-tuning, pretrained on ImageNet and RASTA",), (65.6, 67.4)),
                "high_layers_from_scratch": (
                    ("Fine-tuning, pretrained on RASTA with the end from scratch, low-level layers frozen",),
                    (59.6, 59.4),
                ),
                "from_scratch": (("Fine-tuning, pretrained on RASTA from scratch",), (49.1, 50.1)),
            },
        ),
        4: _table(
            4,
            "CKA on the test images of IconArt and Paintings, and distance of kernels, means over the layers.",
            ("network A", "network B"),
            _CHANGES,
            {
                "imagenet_to_small": ((_IMAGENET, "small dataset"), (0.90, 0.14, 0.91, 0.15)),
                "imagenet_to_double": ((_IMAGENET, f"RASTA, {_THEN_SMALL}"), (0.73, 1.61, 0.76, 1.67)),
                "rasta_to_double": (("RASTA, mode A", f"RASTA, {_THEN_SMALL}"), (0.79, 0.78, 0.77, 0.86)),
                "high_layers_to_double": ((_HIGH, f"{_HIGH}, {_THEN_SMALL}"), (0.70, 0.91, 0.72, 1.01)),
                "scratch_to_double": ((_SCRATCH, f"{_SCRATCH}, {_THEN_SMALL}"), (0.83, 0.27, 0.79, 0.52)),
            },
        ),
    }
)
"""By their numbers."""

IN_TEXT: Mapping[str, Row] = MappingProxyType(
    {
        "imagenet_to_a1": Row((_IMAGENET, "RASTA, mode A"), MappingProxyType({"mean_cka": 0.77})),
        # Table 4 prints 0.90.
        "imagenet_to_small": Row((_IMAGENET, "small dataset"), MappingProxyType({"mean_cka_iconart": 0.89})),
    }
)
"""Values of the text that no table has, by the keys of the tables: section 3.5."""
