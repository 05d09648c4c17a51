"""What a run is: its lineage back to the first weights, and its network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artlucid import models, runs
from artlucid.info import _lineage, _network
from artlucid.info._options import Facts, Options, as_list, as_mapping
from artlucid.info._text import block, tree
from artlucid.models import _load
from artlucid.runs import Run


def recognizes(thing: Any) -> bool:
    """A run, its directory with or without ``@which``, a weights file in it, or its manifest."""
    return isinstance(thing, Run) or (isinstance(thing, str | os.PathLike) and _found(thing) is not None)


def _found(thing: str | os.PathLike[str]) -> Run | None:
    path = Path(thing)
    if str(thing) in _load.NAMES:  # these are no paths wherever a model is named
        return None
    return runs.open_run(path.parent) if path.name == runs.MANIFEST and path.is_file() else runs.find(os.fspath(thing))


def describe(thing: Any, options: Options) -> Facts:
    """The chain of trainings, what the manifest adds for this one, and the network."""
    run = thing if isinstance(thing, Run) else _found(thing)
    assert run is not None
    manifest, state = run.manifest, run.state
    return {
        "run": str(run.path),
        "which": run.which,
        "created": manifest.get("created"),
        "lineage": _lineage.chain(run.lineage),
        "weights": run.available,
        "notices": _notices(manifest, state),
        "environment": manifest.get("environment"),
        "network": _described_network(run, options),
    }


def _notices(manifest: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """What a reader of its numbers should know."""
    notices = [str(notice) for notice in as_list(as_mapping(manifest.get("dataset")).get("notices"))]
    if duplicates := as_list(manifest.get("duplicates")):
        notices.append(f"groups of equal files in several splits: {len(duplicates)}")
    for change in map(as_mapping, as_list(state.get("environments"))):
        after, changed = change.get("after_epoch"), as_list(change.get("changed"))
        notices.append(f"went on in another environment after epoch {after}: {'; '.join(map(str, changed))}")
    return [*notices, f"it ended with: {state['error']}"] if "error" in state else notices


def _described_network(run: Run, options: Options) -> Facts | None:
    """None before the first epoch, unless other weights were asked for by name."""
    if not run.explicit and run.which not in run.available:
        return None
    # By name, because whether it is finished stands in the lineage.
    return _network.facts_of(models.load(run.at(run.which), architecture=options.architecture), options)


def as_text(facts: Facts) -> list[str]:
    """The chain as a tree, what else is known of the run, the network."""
    more = [
        ("created", str(facts["created"])),
        ("weights", ", ".join(facts["weights"])),
        *(("notice", notice) for notice in facts["notices"]),
    ]
    lines = [*tree([_lineage.titled(step) for step in facts["lineage"]]), "", *block(more)]
    return [*lines, "", *_network.lines_of(facts["network"])] if facts["network"] else lines
