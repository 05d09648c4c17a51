"""Scores as tables for a terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence

from artlucid._terminal import columns
from artlucid.evaluate._measures import MEASURES, Measure
from artlucid.evaluate._scores import KINDS, Scores
from artlucid.metrics import Interval


def as_text(scores: Scores | Sequence[Scores]) -> str:
    """Scores as a table for a terminal, in per cent.

    Parameters
    ----------
    scores : Scores or sequence of Scores
        Of one network or ensemble: its scores, then a line a class. Of several: a line a network, then, where there
        are intervals, a line for each difference from the first.

    Returns
    -------
    str
    """
    lines = _of_one(scores) if isinstance(scores, Scores) else _of_several(scores)
    return "\n".join(line.rstrip() for line in lines)


def _of_one(scores: Scores) -> list[str]:
    lines = [f"{scores.model} on the {KINDS[scores.split]} split of {scores.data}: {scores.images} images"]
    lines += [f"  {member.model}" for member in scores.members]
    lines += _scores_with_intervals(scores) if scores.intervals else ["  ".join(_plain_scores(scores))]
    return [*lines, "", *(_classes if scores.task == "single_label" else _several_labels)(scores)]


def _plain_scores(scores: Scores) -> list[str]:
    return [
        f"{KINDS[scores.split]} {measure.title} {getattr(scores, measure.name):.2%}" for measure in _measures(scores)
    ]


def _scores_with_intervals(scores: Scores) -> list[str]:
    titles = [f"{KINDS[scores.split]} {measure.title}" for measure in _measures(scores)]
    values = [_with_ends(scores, measure) for measure in _measures(scores)]
    return [*columns(list(zip(titles, values, strict=True))), _made(scores)]


def _classes(scores: Scores) -> list[str]:
    assert scores.class_accuracies is not None and scores.confusion_matrix is not None
    names = list(scores.class_accuracies)
    rows = [("class", "images", "accuracy", "most often taken for")]
    for index, (name, accuracy) in enumerate(scores.class_accuracies.items()):
        row = list(scores.confusion_matrix[index])
        images, row[index] = sum(row), 0
        other = f"{names[row.index(max(row))]} ({max(row)})" if max(row) else ""
        rows.append((name, str(images), "" if accuracy is None else f"{accuracy:.1%}", other))
    return columns(rows, left=(0, 3))


def _several_labels(scores: Scores) -> list[str]:
    assert scores.average_precisions is not None and scores.positives is not None
    rows = [("class", "positives", "average precision", "by chance")]
    for name, precision in scores.average_precisions.items():
        positives = scores.positives[name]
        # Scores that say nothing give about the part of the images that have the class.
        shown = ("left out", "") if precision is None else (f"{precision:.1%}", f"{positives / scores.images:.1%}")
        rows.append((name, str(positives), *shown))
    return columns(rows)


def _of_several(scores: Sequence[Scores]) -> list[str]:
    first = scores[0]
    kind, folder = KINDS[first.split], _common_folder([one.model for one in scores])
    lines = [f"{kind} split of {first.data}: {first.images} images", *([f"models in {folder}"] if folder else [])]
    heads = [f"{kind} {measure.title}" for measure in _measures(first)]
    rows = [(_without(folder, one.model), *(_with_ends(one, measure) for measure in _measures(one))) for one in scores]
    lines += ["", *columns([("model", *heads), *rows])]
    if first.intervals:
        lines.append(_made(first))
    if others := [one for one in scores if one.difference]:
        rows = [(_without(folder, one.model), *_differences(one)) for one in others]
        lines += ["", f"difference from {_without(folder, first.model)} in percentage points, on the same resamples"]
        lines += columns([("model", *heads), *rows])
    return lines


def _differences(scores: Scores) -> list[str]:
    difference = scores.difference
    assert difference is not None
    return [
        f"{100 * difference.values[measure.name]:+.2f}  {_ends(difference.intervals[measure.name], sign='+')}"
        for measure in _measures(scores)
    ]


def _measures(scores: Scores) -> tuple[Measure, ...]:
    return tuple(measure for measure in MEASURES[scores.task] if getattr(scores, measure.name) is not None)


def _with_ends(scores: Scores, measure: Measure) -> str:
    interval = scores.intervals.get(measure.name)
    return f"{getattr(scores, measure.name):.2%}" + (f"  {_ends(interval)}" if interval else "")


def _ends(interval: Interval, sign: str = "") -> str:
    return f"({100 * interval.low:{sign}.2f} … {100 * interval.high:{sign}.2f})"


def _made(scores: Scores) -> str:
    interval = next(iter(scores.intervals.values()))
    return (
        f"with {100 * interval.level:g} % intervals over images "
        f"({interval.method}, {interval.resamples} resamples, seed {interval.seed})"
    )


def _common_folder(models: Sequence[str]) -> str:
    """The folder that all models stand in; empty where they are not all paths."""
    if not all(map(os.path.isabs, models)):
        return ""
    folder = os.path.commonpath([os.path.dirname(model) for model in models])
    return "" if folder == os.sep else folder


def _without(folder: str, model: str) -> str:
    return os.path.relpath(model, folder) if folder else model
