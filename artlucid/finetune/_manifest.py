"""The settings of a run: what its manifest records, and what a resumed run must agree with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from artlucid.errors import RunError

# On these the bits of a run depend; a resumed run uses the recorded ones or is refused.
SETTINGS = ("recipe", "seed", "dataset.identity", "initial_weights.identity", "architecture", "keep_epochs")
ENVIRONMENT = (
    "environment.versions",
    "environment.processor",
    "environment.gpus",
    "environment.threads",
    "environment.precision.used",
)


def lineage(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's manifest says of the run that its weights came from, back to the first."""
    if not manifest:
        return {}
    return {key: manifest[key] for key in ("recipe", "seed", "dataset", "initial_weights") if key in manifest}


def check_complete(recorded: Mapping[str, Any], *, run: str) -> None:
    """Refuse a manifest that lacks what a run needs to go on; raises RunError."""
    missing = [key for key in (*SETTINGS, *ENVIRONMENT) if _at(recorded, key) is None]
    if missing:
        raise RunError(
            f"The manifest of a run must hold its settings. Received {run} without {', '.join(missing)}. "
            "It is damaged: train again with another `--out`."
        )


def check_settings(recorded: Mapping[str, Any], now: Mapping[str, Any], *, run: str) -> None:
    """Hold a resumed run to its recorded settings; raises RunError with both sides of every difference."""
    settings = _differences(recorded, now, SETTINGS)
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


def _differences(recorded: Mapping[str, Any], now: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    found = []
    for key in keys:
        before, after = _at(recorded, key), _at(now, key)
        if isinstance(before, dict) and isinstance(after, dict):
            found += _differences(before, after, tuple(sorted(set(before) | set(after))))
        elif _plain(before) != _plain(after):
            found.append(f"{key} was {before!r}, is {after!r}")
    return found


def _at(content: Mapping[str, Any], key: str) -> Any:
    value: Any = content
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _plain(value: Any) -> Any:
    """As JSON gives it back: tuples are lists there."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
