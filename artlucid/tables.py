"""The paper's Tables 1 to 4 with one's own results beside its values, as CSV, Markdown and LaTeX."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from artlucid import reference
from artlucid._saved_tables import marked
from artlucid.errors import TableError
from artlucid.files import write_atomically

__all__ = ["FORMATS", "as_csv", "as_latex", "as_markdown", "beside_the_paper", "mean_changes", "save"]

_COLUMNS = ("row", "measure", "seed", "value", "differs")

_CHANGES = ("model_a", "model_b", "layer", "analysed", "cka", "kernel_distance", "frozen", "frozen_kernel")

# Values of a table that this module made, after the columns that name its rows.
_OURS = ("paper", "ours", "runs", "lowest", "highest", "standard_deviation", "differs")

_NOTHING = "–"


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
    table = _table(number)
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


def _table(number: int) -> reference.Table:
    if isinstance(number, bool) or not isinstance(number, int) or number not in reference.TABLES:
        raise TableError(
            f"`number` must be that of a table of the paper. Received {number!r}. "
            f"Choose one of {', '.join(map(str, reference.TABLES))}."
        )
    return reference.TABLES[number]


def _check_columns(table: pd.DataFrame, argument: str, columns: Sequence[str]) -> None:
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
    _check_columns(results, "results", _COLUMNS)
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


def mean_changes(layers: pd.DataFrame) -> pd.DataFrame:
    """Average over the layers of each pair of networks, as Tables 2 and 4 do.

    Parameters
    ----------
    layers : DataFrame
        The table ``layers.csv`` of `artlucid compare`; needed are the columns ``model_a``, ``model_b``, ``layer``,
        ``analysed``, ``cka``, ``kernel_distance``, ``frozen`` and ``frozen_kernel``.

    Returns
    -------
    DataFrame
        A row a pair with ``model_a``, ``model_b``, ``mean_cka`` over the analysed layers whose activations
        are not frozen, ``mean_kernel_distance`` over the convolutions whose kernels are not, and how many each is
        over: ``cka_layers``, ``kernel_layers``.

    Raises
    ------
    TableError
        If a column is missing or does not hold numbers, or if there are two rows of one pair and layer.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model_a": "imagenet", "model_b": "runs/icons", "layer": ["mixed4a", "mixed4a_1x1"]})
    >>> table = table.assign(cka=[0.9, 0.7], kernel_distance=[None, 0.14], analysed=[True, False])
    >>> found = mean_changes(table.assign(frozen=False, frozen_kernel=False))
    >>> found[["mean_cka", "mean_kernel_distance"]].values.tolist()
    [[0.9, 0.14]]
    """
    _check_columns(layers, "layers", _CHANGES)
    if (repeated := layers.duplicated(["model_a", "model_b", "layer"])).any():
        first = layers.loc[repeated, ["model_a", "model_b", "layer"]].iloc[0].to_dict()
        raise TableError(
            f"`layers` must have one row for each pair and layer. Received two of {first}. "
            "Average the tables of different comparisons one by one."
        )
    return pd.DataFrame(_means(rows) for _, rows in layers.groupby(["model_a", "model_b"], sort=False, dropna=False))


def _means(rows: pd.DataFrame) -> dict[str, object]:
    cka = _numbers(rows.loc[marked(rows["analysed"]) & ~marked(rows["frozen"]), "cka"])
    distances = _numbers(rows.loc[~marked(rows["frozen_kernel"]), "kernel_distance"])
    return {
        "model_a": rows["model_a"].iloc[0],
        "model_b": rows["model_b"].iloc[0],
        "mean_cka": cka.mean(),
        "mean_kernel_distance": distances.mean(),
        "cka_layers": len(cka),
        "kernel_layers": len(distances),
    }


def _numbers(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if (wrong := numbers.isna() & values.notna()).any():
        raise TableError(
            f"The column {values.name} must hold numbers. Received {values[wrong].iloc[0]!r}. "
            "Leave cells without a value empty."
        )
    return numbers.dropna().astype(float)


def as_csv(table: pd.DataFrame) -> str:
    """Write a table of `beside_the_paper` as CSV: a line a row and measure, nothing rounded.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    str
    """
    _parts(table)
    return table.to_csv(index=False, lineterminator="\n")


def as_markdown(table: pd.DataFrame) -> str:
    """Write a table of `beside_the_paper` as Markdown: a line a row and measure.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    str
        The paper's value, one's own mean over the runs, how many these are, their lowest and highest, and in what they
        differ; rounded as the paper rounds. A dash stands where there is no run, and for the spread of a single one.

    Raises
    ------
    TableError
        If it is not as `beside_the_paper` makes it.
    """
    words = _words(table)
    heads = [_in_markdown(str(name)) for name in words.columns]
    lines = [heads, ["---"] * len(heads), *([_in_markdown(cell) for cell in row] for row in words.values.tolist())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _in_markdown(text: str) -> str:
    escaped = "".join(f"\\{letter}" if letter in r"\|*_<>[]`" else letter for letter in text)
    return " ".join(escaped.split())


def as_latex(table: pd.DataFrame) -> str:
    """Write a table of `beside_the_paper` as LaTeX, for a document with the package ``booktabs``.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    str
        A ``table`` as wide as a page's text, with a caption and, for the paper's Table 1, the label ``tab:paper-1``;
        its cells are those of `as_markdown`.

    Raises
    ------
    TableError
        If it is not as `beside_the_paper` makes it.
    """
    words = _words(table)
    known, _ = _parts(table)
    shares = [*[0.26 / len(known.heads)] * len(known.heads), 0.13]
    columns = "".join(rf"p{{{share:.2f}\textwidth}}" for share in shares) + r"rrrrp{0.20\textwidth}"
    written = words.rename(columns=_in_latex).map(_in_latex)
    caption = _in_latex(f"{known.caption} The paper's Table {known.number} beside other runs.")
    text = written.to_latex(
        index=False, column_format=columns, caption=caption, label=f"tab:paper-{known.number}", position="tbp"
    )
    begin = "\\begin{table}[tbp]\n"
    return text.replace(begin, f"{begin}\\footnotesize\n\\setlength{{\\tabcolsep}}{{3pt}}\n", 1)


# Letters that LaTeX takes for commands, or that its usual fonts lack.
_LATEX = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "…": r"\ldots{}",
    "–": "--",
}


def _in_latex(text: str) -> str:
    return " ".join("".join(_LATEX.get(letter, letter) for letter in str(text)).split())


def _parts(table: pd.DataFrame) -> tuple[reference.Table, pd.DataFrame]:
    """The paper's table that a table is beside, and the table itself, by row and measure."""
    _check_columns(table, "table", ["table", "row", "measure", *_OURS])
    numbers = table["table"].unique().tolist()
    if len(numbers) != 1:
        raise TableError(
            f"`table` must be beside one table of the paper. Received {len(numbers)}: {numbers}. Write them one by one."
        )
    known = _table(numbers[0])
    _check_columns(table, "table", known.heads)
    by_key = table.set_index(["row", "measure"])
    wanted = [(row, measure) for row in known.rows for measure in known.measures]
    if not by_key.index.is_unique or set(by_key.index) != set(wanted):
        raise TableError(
            f"`table` must have one row for each row and measure of Table {known.number}. Received {len(table)} rows "
            f"for {len(wanted)}. Give it as `tables.beside_the_paper` made it."
        )
    return known, by_key


def _words(table: pd.DataFrame) -> pd.DataFrame:
    """The table for readers, all in words: what names a row stands in its first line."""
    known, by_key = _parts(table)
    return pd.DataFrame(
        {
            **{head: "" if index else name for head, name in zip(known.heads, row.names, strict=True)},
            "measure": measure.title,
            "paper": f"{row.values[name]:.{measure.digits}f}",
            **_said(by_key.loc[[(key, name)]].iloc[0], measure.digits),
        }
        for key, row in known.rows.items()
        for index, (name, measure) in enumerate(known.measures.items())
    )


def _said(one: pd.Series, digits: int) -> dict[str, str]:
    spread = f"{one['lowest']:.{digits}f} … {one['highest']:.{digits}f}"
    return {
        "ours": f"{one['ours']:.{digits}f}" if one["runs"] else _NOTHING,
        "runs": str(one["runs"]),
        "lowest … highest": spread if one["runs"] > 1 else _NOTHING,
        "differs from the paper's": "" if pd.isna(one["differs"]) else str(one["differs"]),
    }


FORMATS: Mapping[str, Callable[[pd.DataFrame], str]] = MappingProxyType(
    {"csv": as_csv, "md": as_markdown, "tex": as_latex}
)
"""The forms of a table, by the suffixes of their files."""


def save(
    table: pd.DataFrame, path: str | os.PathLike[str], *, formats: Sequence[str] = tuple(FORMATS)
) -> tuple[Path, ...]:
    """Write a table of `beside_the_paper`, a file a form; a file that is there stays whole until the new one is.

    Parameters
    ----------
    table : DataFrame
    path : path
        Without suffix; its folder is made if need be.
    formats : sequence of {"csv", "md", "tex"}

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    TableError
        If a format is another one, or the table is not as `beside_the_paper` makes it.
    OutputError
        If a file cannot be written.
    """
    if isinstance(formats, str) or not len(formats) or not set(formats) <= set(FORMATS):
        raise TableError(
            f"`formats` must be some of {', '.join(FORMATS)}. Received {formats!r}. Give one or more, in a list."
        )
    path = Path(path)
    contents = {path.with_name(f"{path.name}.{form}"): FORMATS[form](table).encode() for form in formats}
    for file, content in contents.items():
        write_atomically(file, content)
    return tuple(contents)
