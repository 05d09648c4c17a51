"""How well the weights of a run did on its own validation images."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

from artlucid.runs import Run


def validation_scores(run: Run, lineage: Mapping[str, Any]) -> dict[str, float]:
    """The scores on the validation split after the epoch that the weights are of; empty where none are recorded."""
    epoch = _epoch(str(lineage.get("which")), lineage)
    try:
        history = run.history
        rows = history[history["epoch"] == epoch]
    except (KeyError, OSError, ValueError):  # no epoch yet, or pandas cannot read it
        return {}
    if len(rows) != 1:
        return {}
    return {
        name.removeprefix("val_"): float(value)
        for name, value in rows.iloc[0].items()
        if str(name).startswith("val_") and isinstance(value, numbers.Real) and math.isfinite(value)
    }


def _epoch(which: str, lineage: Mapping[str, Any]) -> Any:
    named = {"initial": 0, "best": lineage.get("best_epoch"), "last": lineage.get("epochs_done")}
    number_of = which.removeprefix("epoch-")
    return named.get(which, int(number_of) if number_of.isdecimal() else None)
