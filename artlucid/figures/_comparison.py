"""The saved tables of a comparison, and what figures take from them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from artlucid._saved_tables import marked, whole_layers
from artlucid.errors import VisualizationError
from artlucid.figures._model_names import short_names

PAIR = ("model_a", "model_b")

FROZEN = "frozen"
ANALYSED = "analysed"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two networks that were compared: how a figure calls them, and their rows of the table."""

    label: str
    rows: pd.DataFrame


def checked(table: pd.DataFrame, columns: Iterable[str], argument: str, key: Sequence[str]) -> pd.DataFrame:
    """Give the table if a figure can be drawn from it.

    Parameters
    ----------
    table : DataFrame
    columns : iterable of str
        What must be in it, beside the key.
    argument : str
        What the user calls the table.
    key : sequence of str
        What tells its rows apart, beside the pair of models.

    Raises
    ------
    VisualizationError
        If it is no DataFrame, has no rows, lacks a column, or has two rows of one key.
    """
    key = [*PAIR, *key]
    if not isinstance(table, pd.DataFrame):
        raise VisualizationError(
            f"`{argument}` must be a DataFrame. Received {type(table).__name__}. "
            f'Read the table that `artlucid compare` wrote: pandas.read_csv("{argument}.csv").'
        )
    if missing := [name for name in dict.fromkeys([*key, *columns]) if name not in table.columns]:
        raise VisualizationError(
            f"`{argument}` must have the columns {', '.join(dict.fromkeys([*key, *columns]))}. Received a table "
            f"without {', '.join(missing)}. Give {argument}.csv as `artlucid compare` writes it."
        )
    if table.empty:
        raise VisualizationError(
            f"`{argument}` must have at least one row. Received an empty table. "
            "Look whether a selection left anything, or compare again."
        )
    if (repeated := table.duplicated(key)).any():
        first = table.loc[repeated, key].iloc[0].to_dict()
        raise VisualizationError(
            f"`{argument}` must have one row for each {', '.join(key)}. Received two of {first}. "
            "Draw the tables of different comparisons one by one, or give their models different names."
        )
    return table


def pairs(table: pd.DataFrame, labels: Mapping[str, str] | None) -> list[Pair]:
    """The pairs of a table, in its order; models are called by their labels, or by the ends of their paths.

    Raises
    ------
    VisualizationError
        If a label is for a model that the table does not have.
    """
    labels = dict(labels or {})
    models = list(dict.fromkeys(str(model) for name in PAIR for model in table[name].unique()))
    if unknown := [model for model in labels if model not in models]:
        raise VisualizationError(
            f"`labels` must be for models of the table. Received {unknown[0]!r}. "
            f"The table has {', '.join(sorted(models))}."
        )
    names = short_names(models) | labels
    return [
        Pair(" – ".join(names[str(model)] for model in both), rows)
        for both, rows in table.groupby(list(PAIR), sort=False, dropna=False)
    ]


def trained(
    table: pd.DataFrame, only: Sequence[str] | None, known: Sequence[str], labels: Mapping[str, str] | None
) -> tuple[list[str], list[Pair]]:
    """The layers of a figure that are not frozen in every pair, and the pairs without their frozen rows.

    Parameters
    ----------
    table : DataFrame
    only, known
        As `chosen_layers` takes them.
    labels : mapping of str to str, optional
        As `pairs` takes them.

    Raises
    ------
    VisualizationError
        As these.
    """
    left = set(thawed(table)["layer"])
    names = [name for name in chosen_layers(table, only, known) if name in left]
    return names, [Pair(pair.label, thawed(pair.rows)) for pair in pairs(table, labels)]


def chosen_layers(table: pd.DataFrame, layers: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """The layers of a figure: those given, or those of the table that are not parts of another one.

    The convolutions of an Inception block are parts of the block, as their names say: ``mixed4d_3x3`` of ``mixed4d``.

    Parameters
    ----------
    table : DataFrame
    layers : sequence of str, optional
    known : sequence of str
        Those of the table, from input to output.

    Raises
    ------
    VisualizationError
        If one is not in the table.
    """
    if layers is None:
        analysed = table.loc[marked(table[ANALYSED]), "layer"] if ANALYSED in table.columns else []
        return [name for name in known if name in set(analysed)] or whole_layers(known)
    if isinstance(layers, str) or not len(layers):
        raise VisualizationError(
            f'`layers` must be a sequence of names. Received {layers!r}. Give at least one, in a list: ["{known[0]}"].'
        )
    for name in layers:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, cutoff=0)
            raise VisualizationError(
                f"`layers` must be layers of the table. Received {name!r}. The nearest that it has: {', '.join(near)}."
            )
    return list(dict.fromkeys(layers))


def thawed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that are not marked as frozen; all, if the table has no such mark."""
    return table[~marked(table[FROZEN])] if FROZEN in table.columns else table


def numbers(rows: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """A column as floats, NaN where it is empty.

    Raises
    ------
    VisualizationError
        If it holds something else.
    """
    values = pd.to_numeric(rows[column], errors="coerce")
    if (wrong := rows.loc[values.isna() & rows[column].notna(), column]).size:
        raise VisualizationError(
            f"The column {column} must hold numbers. Received {wrong.iloc[0]!r}. "
            "Give the table as `artlucid compare` writes it; leave cells without a value empty."
        )
    found = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def overlap_in_words(column: str) -> str:
    """What a column of overlaps is called on an axis: ``overlap of top 100``."""
    number = re.fullmatch(r"overlap_(\d+)", column)
    return f"overlap of top {number[1]}" if number else column
