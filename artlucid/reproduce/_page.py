"""The result as a page in Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import pandas as pd

from artlucid import tables
from artlucid._markdown import escaped
from artlucid.files import write_atomically, write_json
from artlucid.reproduce._draw import DRAWINGS, Draw
from artlucid.reproduce._items import Item
from artlucid.reproduce._readings import Reading
from artlucid.reproduce._results import ITEMS_OF_TABLES, data_differ, name_of, squares, weights_differ
from artlucid.reproduce._states import ROLES
from artlucid.reproduce._verdicts import VERDICTS
from artlucid.reproduce._work import Work

PAGE = "index.md"
RESULTS = "results.json"
FORMAT = "artlucid.reproduction_results"
VERSION = 1


def write(
    items: Sequence[Item], found: Mapping[int, pd.DataFrame], decided: Sequence[Reading], work: Work
) -> dict[str, Any]:
    """Write ``index.md`` and ``results.json`` into the folder; gives the content of the latter."""
    content = _content(items, found, decided, work)
    write_json(work.out / RESULTS, content)
    write_atomically(work.out / PAGE, "\n".join(_lines(items, found, decided, work)).encode("utf-8", "surrogateescape"))
    return content


def _content(
    items: Sequence[Item], found: Mapping[int, pd.DataFrame], decided: Sequence[Reading], work: Work
) -> dict[str, Any]:
    drawn = {item: Draw(item.name).read(work) for item in items if item.name in DRAWINGS}
    return {
        "format": FORMAT,
        "version": VERSION,
        "items": [item.name for item in items],
        "seeds": list(work.seeds),
        "differs": {
            "weights": weights_differ(work),
            "data": {role: data_differ(role, work) for role in work.data},
        },
        "tables": {f"table{number}": _records(table) for number, table in found.items()},
        "squares": [row for square in squares(work) for row in square.rows()] if 3 in found else [],
        "figures": {
            item.name: {"files": [f"figures/{file}" for file in told.get("files", [])], "reason": _why_not(item, work)}
            for item, told in drawn.items()
        },
        "findings": [reading.to_json() for reading in decided],
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain JSON values; None where a cell is empty."""
    rows = table.astype(object).where(table.notna(), None)
    return [{key: _plain(value) for key, value in row.items()} for row in rows.to_dict("records")]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _lines(
    items: Sequence[Item], found: Mapping[int, pd.DataFrame], decided: Sequence[Reading], work: Work
) -> Iterator[str]:
    yield from ["# The paper's experiments, done again", ""]
    yield from _about(work)
    if found:
        yield from ["## Tables", ""]
    for number, table in found.items():
        yield from _table(number, table, work, items)
    drawn = [item for item in items if item.name in DRAWINGS]
    if drawn:
        yield from ["## Figures", ""]
    for item in drawn:
        yield from _figure(item, work)
    yield from ["## Findings", ""]
    yield from _findings(decided, work)


def _about(work: Work) -> Iterator[str]:
    start = work.start
    own = not weights_differ(work)
    name = start.source if own else weights_differ(work)[0].removeprefix("weights ")
    yield f"- Weights: {escaped(name)}, {start.architecture}" + (
        "." if own else ", in the place of inception5h's. Where a table or a figure says ImageNet, they are meant."
    )
    for role, dataset in work.data.items():
        counts = ", ".join(f"{len(split):,} for {name}" for name, split in dataset.splits.items())
        stands = "" if not data_differ(role, work) else f" ({escaped('; '.join(data_differ(role, work)))})"
        yield f"- {ROLES[role]}: {escaped(name_of(role, work))}, {counts}, {len(dataset.class_names)} classes{stands}."
    yield f"- Seeds: {', '.join(map(str, work.seeds))}."
    settings = work.settings
    if settings.epochs is not None:
        yield f"- Epochs of each training: at most {settings.epochs}."
    yield f"- Optimized images: {settings.steps:,} updates at {work.size} px."
    yield ""


def _table(number: int, table: pd.DataFrame, work: Work, items: Sequence[Item]) -> Iterator[str]:
    item = next(item for item in items if item.name == ITEMS_OF_TABLES[number])
    table, notes = _with_notes(table)
    yield from [f"### Table {number}: {item.title}", "", tables.as_markdown(table)]
    if notes:
        yield from ["What differs from the paper's:", ""]
        yield from (f"- {letter}: {escaped(note)}" for letter, note in notes.items())
        yield ""
    if number == 3:
        for square in squares(work):
            yield from [f"The full square on {ROLES[square.role]}, mean average precision in per cent:", ""]
            yield square.as_markdown()
    yield from _open(item)


def _with_notes(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table with a letter in the place of each note on what differs, which many rows share, and the notes."""
    said = dict.fromkeys(note for note in table["differs"].dropna() if note)
    letters = {note: _letters(number) for number, note in enumerate(said)}
    return table.assign(differs=table["differs"].map(letters)), {letter: note for note, letter in letters.items()}


def _letters(number: int) -> str:
    """A to z, then aa and on."""
    before, last = divmod(number, len(ascii_lowercase))
    return (_letters(before - 1) if before else "") + ascii_lowercase[last]


def _figure(item: Item, work: Work) -> Iterator[str]:
    told = Draw(item.name).read(work)
    yield from [f"### Figure {item.name.removeprefix('figure')}: {item.title}", ""]
    for file in told.get("files", []):
        yield from [f"![{item.title}](figures/{file})", ""]
    if reason := _why_not(item, work):
        yield from [f"Not drawn: {escaped(reason)}", ""]
    yield from _open(item)


def _why_not(item: Item, work: Work) -> str:
    """Why a figure was not drawn; nothing if it was."""
    if item.fewest > len(work.seeds):
        return f"it needs {item.fewest} trainings of each mode, so as many seeds."
    return str(Draw(item.name).read(work).get("reason", ""))


def _open(item: Item) -> Iterator[str]:
    if item.open:
        yield from ["What the paper leaves open:", ""]
        yield from (f"- {escaped(one.what)} ({escaped(one.source)})" for one in item.open)
        yield ""


def _findings(decided: Sequence[Reading], work: Work) -> Iterator[str]:
    yield from ["| finding | data | effect | interval | trainings | verdict | look at |", f"|{' --- |' * 7}"]
    for one in decided:
        row, interval = one.of, one.interval
        value = ("–", "–", "–")
        if interval is not None:
            spread = f"{interval.low:+.3f} … {interval.high:+.3f}"
            value = (f"{interval.value:+.3f}", spread, str(interval.trainings))
        verdict = f"**{one.verdict}**" + (f": {escaped(one.reason)}" if one.reason else "")
        figures = ", ".join(_linked(name, work) for name in row.figures)
        yield f"| {' | '.join([escaped(row.title), ROLES[one.data], *value, verdict, figures])} |"
    yield ""
    yield from ["An effect above 0 is one in the paper's direction. What the verdicts mean:", ""]
    yield from (f"- *{verdict}*: {words}." for verdict, words in VERDICTS.items())
    yield ""
    for name in dict.fromkeys(one.finding for one in decided):
        row = next(one.of for one in decided if one.finding == name)
        yield f"- **{row.title}.** The paper, {escaped(row.where)}: “{escaped(row.words).removesuffix('.')}”." + (
            f" Measure: {escaped(row.measure)}; {row.worth:g} would matter." if row.measure else ""
        )
    yield ""


def _linked(name: str, work: Work) -> str:
    """A table or figure as the paper numbers it, with what was drawn of it."""
    kind = "Table" if name.startswith("table") else "Figure"
    spelled = f"{kind} {name.removeprefix(kind.lower())}"
    files = Draw(name).read(work).get("files", []) if name in DRAWINGS else []
    return f"[{spelled}](figures/{files[0]})" if files else spelled
