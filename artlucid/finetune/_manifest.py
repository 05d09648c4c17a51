"""The settings of a run: what its manifest records, and what a resumed run must agree with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from artlucid.errors import RunError
from artlucid.runs import Run

# On these the bits of a run depend; a resumed run uses the recorded ones or is refused.
SETTINGS = ("recipe", "seed", "dataset.identity", "initial_weights.identity", "architecture", "keep_epochs")
ENVIRONMENT = (
    "environment.versions",
    "environment.processor",
    "environment.gpus",
    "environment.threads",
    "environment.precision.used",
    "environment.devices.replicas",
)
UNRECORDED: Mapping[str, Any] = MappingProxyType({"environment.devices.replicas": 1})
"""What it means that an older run does not record a setting."""


def settings_digest(manifest: Mapping[str, Any]) -> str:
    """Hash of the settings that a run's bits depend on."""
    settings = {key: _at(manifest, key) for key in SETTINGS}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def check_complete(run: Run, *, command: str = "finetune") -> None:
    """Refuse a run that another command began, or whose manifest lacks what it needs to go on.

    Parameters
    ----------
    run : Run
    command : {"finetune", "off-the-shelf"}
        The one that is to go on with it.

    Raises
    ------
    RunError
        With what is missing.
    """
    recorded = run.manifest
    begun_by = recorded.get("command", "finetune")
    if begun_by != command:
        raise RunError(
            f"A run must be resumed by the command that began it. Received {run.path} for `{command}`, begun by "
            f"`{begun_by}`. Go on with `artlucid {begun_by}`, or choose another `--out`."
        )
    missing = [key for key in (*SETTINGS, *ENVIRONMENT) if _at(recorded, key) is None]
    threads = _at(recorded, "environment.threads")
    if not isinstance(threads, dict) or not all(isinstance(count, int) and count > 0 for count in threads.values()):
        missing.append("usable environment.threads")
    if missing:
        raise RunError(
            f"The manifest of a run must hold its settings. Received {run.path} without {', '.join(missing)}. "
            "It is damaged: train again with another `--out`."
        )


def check_settings(recorded: Mapping[str, Any], now: Mapping[str, Any], *, run: str) -> None:
    """Hold a resumed run to its recorded settings; raises RunError with both sides of every difference."""
    settings = _differences(recorded, now, SETTINGS)
    if any(difference.startswith("dataset") for difference in settings):
        settings.append(f"the data were {_described(recorded)}, are {_described(now)}")
    if settings:
        raise RunError(
            f"A resumed run must have the settings that it began with. Received other ones for {run}: "
            f"{'; '.join(settings)}. Leave them out to use the recorded ones, or start another run with another "
            "`--out`."
        )


def check_environment(
    recorded: Mapping[str, Any], now: Mapping[str, Any], *, run: str, allow_changed: bool
) -> list[str]:
    """Hold a resumed run to the environment that it began in.

    Returns
    -------
    list of str
        The differences that were allowed.

    Raises
    ------
    RunError
        With both sides of every difference.
    """
    environment = _differences(recorded, now, ENVIRONMENT)
    if environment and not allow_changed:
        raise RunError(
            f"A resumed run gives the same bits only in the environment that it began in. Received another for {run}: "
            f"{'; '.join(environment)}. Go back to that environment, or accept other bits with "
            "`--allow-changed-environment`."
        )
    return environment


def _differences(recorded: Mapping[str, Any], now: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    found = []
    for key in keys:
        before, after = _at(recorded, key), _at(now, key)
        if isinstance(before, dict) and isinstance(after, dict):
            found += [f"{key}.{difference}" for difference in _differences(before, after, sorted({*before, *after}))]
        elif _plain(before) != _plain(after):
            found.append(f"{key} was {before!r}, is {after!r}")
    return found


def _described(manifest: Mapping[str, Any]) -> str:
    images = ", ".join(f"{count} {split}" for split, count in manifest["dataset"]["images"].items())
    return f"{manifest['dataset']['specification']} ({images})"


def _at(content: Mapping[str, Any], key: str) -> Any:
    value: Any = content
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return UNRECORDED.get(key) if value is None else value


def _plain(value: Any) -> Any:
    """As JSON gives it back: tuples are lists there."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
