"""How well each model does: from files of scores, or from the history of its run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from artlucid import runs
from artlucid._validation import validation_scores
from artlucid.errors import ReportError, RunError
from artlucid.report._models import Model, dataset_name

SHOWN: Mapping[str, str] = {
    "top_1": "top-1",
    "top_3": "top-3",
    "top_5": "top-5",
    "mean_average_precision": "mean average precision",
}

SPLITS: Mapping[str, str] = {"test": "test", "val": "validation", "train": "training"}


def scores_of(models: Sequence[Model], files: Sequence[Any]) -> list[list[str]]:
    """A line or more of scores for each model; none where nothing is known.

    Parameters
    ----------
    models : sequence of Model
    files : sequence of path
        As ``artlucid evaluate --json`` writes them.

    Raises
    ------
    ReportError
        If a file is none, or holds scores of none of the models.
    """
    found: list[list[str]] = [[] for _ in models]
    for path in map(Path, files):
        fitting = 0
        for scores in _read(path):
            for model, lines in zip(models, found, strict=True):
                if model.identity == scores.get("model_identity"):
                    lines.append(_line(scores))
                    fitting += 1
        if not fitting:
            raise ReportError(
                f"`scores` must be of the compared models. Received {path}, which has none of "
                f"{', '.join(model.name for model in models)}. Make it: `artlucid evaluate MODEL --data DATA --json`."
            )
    return [lines or list(_of_run(model)) for model, lines in zip(models, found, strict=True)]


def _read(path: Path) -> list[Mapping[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        scores = content.get("scores", [content])
        if not all(isinstance(one["model_identity"], str) and _is_number(one["images"]) for one in scores):
            raise ValueError("`model_identity` must be a text and `images` a number")
        return list(scores)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise ReportError(
            f"`scores` must be files of scores in JSON. Received {path} ({type(error).__name__}: {error}). "
            "Make one with `artlucid evaluate MODEL --data DATA --json > scores.json`."
        ) from error


def _line(scores: Mapping[str, Any]) -> str:
    values = [f"{word} {_per_cent(scores[name])}" for name, word in SHOWN.items() if _is_number(scores.get(name))]
    split = SPLITS.get(str(scores.get("split")), str(scores.get("split")))
    data = dataset_name(str(scores.get("data")))
    return f"{', '.join(values)} ({scores['images']:,} {split} images of {data})"


def _of_run(model: Model) -> Iterator[str]:
    """The scores on the validation images after the epoch that the weights are of, where the run is still there."""
    try:
        found = validation_scores(runs.open_run(Path(str(model.lineage.get("run")))), model.lineage)
    except (RunError, OSError, ValueError):  # a lineage may name anything
        return
    values = [f"{word} {_per_cent(found[name])}" for name, word in SHOWN.items() if name in found]
    if values:
        yield f"{', '.join(values)} (its validation images)"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _per_cent(value: float) -> str:
    return f"{100 * value:.1f}\u00a0%"
