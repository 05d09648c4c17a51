"""Tables beside the paper's as CSV, Markdown and LaTeX."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from artlucid import reference
from artlucid._markdown import escaped
from artlucid.errors import TableError
from artlucid.files import write_atomically
from artlucid.tables._beside import check_columns, table_of

# Values of a table that `beside_the_paper` made, after the columns that name its rows.
_OURS = ("paper", "ours", "runs", "lowest", "highest", "standard_deviation", "differs")

_NOTHING = "–"


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
    heads = [escaped(name) for name in words.columns]
    lines = [heads, ["---"] * len(heads), *([escaped(cell) for cell in row] for row in words.values.tolist())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


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
    check_columns(table, "table", ["table", "row", "measure", *_OURS])
    numbers = table["table"].unique().tolist()
    if len(numbers) != 1:
        raise TableError(
            f"`table` must be beside one table of the paper. Received {len(numbers)}: {numbers}. Write them one by one."
        )
    known = table_of(numbers[0])
    check_columns(table, "table", known.heads)
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
