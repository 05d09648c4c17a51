"""How weights came about: from training to training back to the first weights, and what of it is still there."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artlucid import recipes, runs
from artlucid._validation import validation_scores
from artlucid.errors import ArtlucidError, RecipeError, RunWarning
from artlucid.info._options import Facts, as_list, as_mapping
from artlucid.info._text import Rows, counts, listed, number
from artlucid.models import _load
from artlucid.models.weights import _own
from artlucid.models.weights._record import identity

RECORDED = ("recipe", "seed", "architecture", "dataset", "precision", "status", "epochs_done", "best_epoch")
"""What each training of a chain shows of `Run.lineage`, beside the loss that chose its best epoch."""

AS_RECORDED, GONE, CHANGED, UNREADABLE = "as recorded", "gone", "changed", "unreadable"


def chain(lineage: Mapping[str, Any], recorded_identity: str | None = None) -> list[Facts]:
    """Follow a lineage back.

    Parameters
    ----------
    lineage : mapping
        As `Run.lineage` gives it, or as a manifest holds it.
    recorded_identity : str, optional
        Of the weights that were taken from that run, to tell whether it still has them.

    Returns
    -------
    list of dict
        A training each, the newest first, and last the weights that the first one began with.
    """
    steps = []
    while True:
        steps.append(_training(lineage, recorded_identity))
        start = as_mapping(lineage.get("initial_weights"))
        recorded_identity = start.get("identity")
        if not as_mapping(start.get("lineage")):
            variant = as_mapping(lineage.get("architecture")).get("variant")
            return [*steps, _first_weights(start, variant)] if start else steps
        lineage = start["lineage"]


def _training(lineage: Mapping[str, Any], recorded_identity: str | None) -> Facts:
    now, run = _run_now(lineage, recorded_identity)
    there = run is not None and now["now"] == AS_RECORDED
    return {
        "run": lineage.get("run"),
        "which": lineage.get("which"),
        "label": _label(lineage.get("recipe")),
        **{key: lineage.get(key) for key in RECORDED},
        "best_loss": lineage.get("best_loss"),
        "selected_by": lineage.get("selected_by"),
        "excluded": run.manifest.get("excluded") if there else None,
        "validation": validation_scores(run, lineage) if there else {},
        "identity": recorded_identity,
        **now,
    }


def _run_now(lineage: Mapping[str, Any], recorded_identity: str | None) -> tuple[Facts, runs.Run | None]:
    """Whether a run still has the weights that were taken from it."""
    path, which = Path(str(lineage.get("run"))), str(lineage.get("which"))
    if not (path / runs.MANIFEST).is_file():
        return {"now": GONE}, None
    try:
        run = runs.open_run(path).at(which)
        if recorded_identity is None:
            return {"now": AS_RECORDED}, run
        weights = _own.read(run.weights_file())
    except ArtlucidError as error:
        return {"now": UNREADABLE, "reason": str(error)}, None
    return _compared(identity(weights.architecture, weights.arrays), recorded_identity), run


def _compared(found: str, recorded_identity: str) -> Facts:
    return {"now": AS_RECORDED} if found == recorded_identity else {"now": CHANGED, "identity_now": found}


def _first_weights(start: Mapping[str, Any], variant: Any) -> Facts:
    source = str(start.get("source"))
    return {
        "weights": source,
        "identity": start.get("identity"),
        **_weights_now(source, start.get("identity"), variant),
    }


def _weights_now(source: str, recorded_identity: Any, variant: Any) -> Facts:
    """Whether a file still holds the weights that were taken from it; published and random ones have no file."""
    if not Path(source).is_absolute():
        return {}
    if not Path(source).exists():
        return {"now": GONE}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RunWarning)
            weights, _ = _load.resolve(source, architecture=variant)
    except ArtlucidError as error:
        return {"now": UNREADABLE, "reason": str(error)}
    return _compared(identity(weights.architecture, weights.arrays), recorded_identity)


def _label(recipe: Any) -> str:
    try:
        return recipes.label(recipes.from_json(recipe))
    except RecipeError:  # of another version of artlucid
        return str(as_mapping(recipe).get("name"))


def titled(step: Facts) -> tuple[str, Rows]:
    """A step of a chain as a title and rows."""
    if "weights" in step:
        return step["weights"], [("identity", str(step["identity"])), ("now", _now(step))]
    which = "" if step["which"] == "best" else f"@{step['which']}"
    return f"{step['run']}{which}", _training_rows(step)


def _training_rows(step: Facts) -> Rows:
    recipe, data = as_mapping(step["recipe"]), as_mapping(step["dataset"])
    excluded, in_epochs = step["excluded"], recipe.get("epochs")
    epochs = f", {step['epochs_done']} of {in_epochs} epochs" if in_epochs else ""
    return [
        ("recipe", f"{step['label']}: {recipe.get('source')}"),
        ("rates", _rates(recipe)),
        ("frozen", _frozen(recipe)),
        ("costs", _costs(recipe)),
        ("seed", str(step["seed"])),
        ("data", f"{data.get('specification')}: {counts(data.get('images'))}"),
        ("left out", f"{excluded} images" if excluded else ""),
        ("classes", listed(data.get("class_names"))),
        ("training", f"{step['status']}{epochs}, {step['precision']}"),
        ("best", _best(step) if in_epochs else ""),
        ("validation", ", ".join(_score(name, value) for name, value in step["validation"].items())),
        ("identity", step["identity"] or ""),
        ("now", _now(step)),
    ]


def _rates(recipe: Mapping[str, Any]) -> str:
    """Empty for what is learned without learning rates."""
    if "head_rate" not in recipe:
        return ""
    special = "".join(f"{rate} on {pattern}, " for pattern, rate in _pairs(recipe.get("layer_rates")))
    elsewhere = "" if ["*", False] in _pairs(recipe.get("trainable")) else f", {recipe.get('body_rate')} elsewhere"
    return (
        f"{special}{recipe['head_rate']} on the head{elsewhere}; "
        f"{recipe.get('optimizer')}, {recipe.get('schedule')}, batches of {recipe.get('batch_size')}"
    )


def _frozen(recipe: Mapping[str, Any]) -> str:
    patterns = [pattern for pattern, trainable in _pairs(recipe.get("trainable")) if trainable is False]
    return ", ".join("all else" if pattern == "*" else str(pattern) for pattern in patterns)


def _costs(recipe: Mapping[str, Any]) -> str:
    """Of support vector machines."""
    costs = as_list(recipe.get("costs"))
    return f"of {', '.join(map(str, costs))}, chosen over {recipe.get('folds')} folds" if costs else ""


def _pairs(policy: Any) -> list[Any]:
    return [pair for pair in as_list(policy) if isinstance(pair, list) and len(pair) == 2]


def _best(step: Facts) -> str:
    if not step["best_epoch"]:
        return ""
    return f"epoch {step['best_epoch']}, {step['selected_by']} {number(step['best_loss'], '.4f')}"


def _score(name: str, value: float) -> str:
    shown = f"{value:.4f}" if name.endswith("loss") else f"{value:.1%}"
    return f"{name} {shown}"


def _now(step: Facts) -> str:
    sentences = {
        GONE: "no longer there; what stands here was recorded when the next training began",
        CHANGED: f"changed since: holds {str(step.get('identity_now'))[:12]}… where these were taken from",
        UNREADABLE: f"there, but cannot be read: {step.get('reason')}",
    }
    return sentences.get(step.get("now", AS_RECORDED), "")
