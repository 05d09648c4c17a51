"""Results beside the values of one of the paper's tables."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from artlucid import reference
from artlucid.errors import TableError

COLUMNS = ("row", "measure", "seed", "value", "differs")
"""Of results."""


def beside_the_paper(number: int, results: pd.DataFrame) -> pd.DataFrame:
    """Put results beside the values of one of the paper's tables.

    Parameters
    ----------
    number : {1, 2, 3, 4}
    results : DataFrame
        A row a run and measure, with the columns ``row`` and ``measure`` (keys of `reference.TABLES`), ``seed``,
        ``value`` (shares in 0 … 1) and ``differs``: in what the weights or the data are not the paper's, empty where
        they are. A value that is empty counts as no run.

    Returns
    -------
    DataFrame
        A row for each row and measure of the paper's table, in its order, with the columns ``table``, ``row``, those
        that name the row, ``measure``, ``paper``, ``ours`` (the mean over the runs), ``runs``, ``lowest``,
        ``highest``, ``standard_deviation`` (over the runs, with n - 1; empty for fewer than two) and ``differs``. The
        measures stand in the paper's units: accuracies and precisions in per cent. Without runs the values are empty.

    Raises
    ------
    TableError
        If there is no such table; if a column is missing, a row or a measure is not the table's, a value is no number
        or a share outside 0 … 1, or if two runs have one seed.

    References
    ----------
    Tables 1 to 4 of the paper.

    Examples
    --------
    >>> import pandas as pd
    >>> runs = pd.DataFrame({"row": "fine_tuning", "measure": "top_1", "seed": [0, 1], "value": [0.50, 0.52]})
    >>> table = beside_the_paper(1, runs.assign(differs="another dataset"))
    >>> table.loc[table["runs"] > 0, ["method", "paper", "ours", "runs", "lowest", "highest"]].values.tolist()
    [['Fine-tuning, pretrained on ImageNet (mode A, training 1)', 55.18, 51.0, 2, 50.0, 52.0]]
    """
    table = table_of(number)
    _check_results(results, table)
    return pd.DataFrame(
        {
            "table": number,
            "row": key,
            **dict(zip(table.heads, row.names, strict=True)),
            "measure": name,
            "paper": row.values[name],
            **_summary(results[(results["row"] == key) & (results["measure"] == name)], measure),
        }
        for key, row in table.rows.items()
        for name, measure in table.measures.items()
    )


def table_of(number: int) -> reference.Table:
    if isinstance(number, bool) or not isinstance(number, int) or number not in reference.TABLES:
        raise TableError(
            f"`number` must be that of a table of the paper. Received {number!r}. "
            f"Choose one of {', '.join(map(str, reference.TABLES))}."
        )
    return reference.TABLES[number]


def check_columns(table: pd.DataFrame, argument: str, columns: Sequence[str]) -> None:
    if not isinstance(table, pd.DataFrame):
        raise TableError(
            f"`{argument}` must be a DataFrame. Received {type(table).__name__}. Read a saved one by pandas.read_csv."
        )
    if missing := [name for name in columns if name not in table.columns]:
        raise TableError(
            f"`{argument}` must have the columns {', '.join(columns)}. Received a table without {', '.join(missing)}. "
            "Add what is missing."
        )


def _check_results(results: pd.DataFrame, table: reference.Table) -> None:
    check_columns(results, "results", COLUMNS)
    for column, known in (("row", table.rows), ("measure", table.measures)):
        if unknown := [value for value in results[column].unique() if value not in known]:
            near = difflib.get_close_matches(str(unknown[0]), list(known), cutoff=0)
            raise TableError(
                f"The column {column} must hold keys of Table {table.number}. Received {unknown[0]!r}. "
                f"The nearest: {', '.join(near)}. All of them: {', '.join(known)}."
            )
    if (repeated := results.duplicated(["row", "measure", "seed"])).any():
        first = results.loc[repeated, ["row", "measure", "seed"]].iloc[0].to_dict()
        raise TableError(
            f"`results` must have one row for each row, measure and seed. Received two of {first}. "
            "Leave out what was counted twice."
        )
    for name, measure in table.measures.items():
        _check_values(results.loc[results["measure"] == name, "value"], name, measure)


def _check_values(values: pd.Series, name: str, measure: reference.Measure) -> None:
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = (numbers.isna() & values.notna()) | np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan))
    if measure.per_cent:
        wrong |= ~numbers.isna() & ~numbers.between(0, 1)
    if wrong.any():
        raise TableError(
            f"The value of {name} must be a {'number in 0 … 1' if measure.per_cent else 'finite number'}. "
            f"Received {values[wrong].iloc[0]!r}. Divide per cents by 100, and leave it empty where there is none."
        )


def _summary(runs: pd.DataFrame, measure: reference.Measure) -> dict[str, object]:
    runs = runs[runs["value"].notna()]
    values = measure.scale * runs["value"].astype(float)
    said = [str(text).strip() for text in runs["differs"].dropna().unique()]
    return {
        "ours": values.mean(),
        "runs": len(values),
        "lowest": values.min(),
        "highest": values.max(),
        "standard_deviation": values.std(),
        "differs": "; ".join(dict.fromkeys(text for text in said if text)),
    }
