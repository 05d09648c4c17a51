"""The folder of a reproduction: held by one process, of one kind of settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import artlucid
from artlucid import _locks
from artlucid.errors import ReproductionError
from artlucid.files import write_json
from artlucid.reproduce._states import ROLES
from artlucid.reproduce._work import Work, at

MANIFEST = "reproduce.json"
FORMAT = "artlucid.reproduction"
VERSION = 1

HALF_WRITTEN = ".*.part"
OF_WORKERS = ("pictures", "activations")


def described(work: Work) -> dict[str, Any]:
    """The settings that all results depend on; seeds, items and numbers of channels only add to them."""
    settings = work.settings
    return {
        "weights": {"source": work.start.source, "identity": work.start.identity},
        "architecture": str(work.architecture),
        "images_per_class": settings.images_per_class,
        "epochs": settings.epochs,
        "steps": settings.steps,
        "size": work.size,
        "precision": settings.precision,
        "data": {
            role: {"specification": dataset.specification, "identity": dataset.identity}
            for role, dataset in work.data.items()
        },
    }


def check(work: Work) -> None:
    """Refuse a folder that holds something else, or results of other settings.

    Raises
    ------
    ReproductionError
        With both sides of every difference.
    """
    out, now = work.out, described(work)
    if out.exists() and not out.is_dir():
        raise ReproductionError(f"`out` must be a folder or not exist. Received {out}, a file. Use another `--out`.")
    if not (out / MANIFEST).is_file():
        _check_free(out)
        return
    if differing := list(_differences(_read(out / MANIFEST), now)):
        raise ReproductionError(
            f"A folder of results must hold those of the same settings. Received {out}, where {'; '.join(differing)}. "
            "Use the same settings, or another `--out`."
        )


def _check_free(out: Path) -> None:
    names = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    taken = [name for name in names if name != ".lock" and not fnmatch(name, HALF_WRITTEN)]
    if taken:
        raise ReproductionError(
            f"`out` must be empty, not exist or hold results of `artlucid reproduce`. Received {out}, which holds "
            f"{', '.join(taken[:4])}{', …' if len(taken) > 4 else ''}. Use another `--out`."
        )


def _differences(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in ("architecture", "images_per_class", "epochs", "steps", "size", "precision"):
        if recorded.get(key) != now[key]:
            yield f"{key} was {recorded.get(key)}, is {now[key]}"
    places = {"weights": ("weights",), **{role: ("data", role) for role in ROLES}}
    for name, keys in places.items():
        before, after = at(recorded, *keys, "identity"), at(now, *keys, "identity")
        # A dataset that joins, or that is left out this time, changes nothing of what is there.
        if before != after and None not in (before, after):
            sources = [
                at(content, *keys, "source") or at(content, *keys, "specification") for content in (recorded, now)
            ]
            yield f"{name} was {sources[0]} ({str(before)[:8]}), is {sources[1]} ({str(after)[:8]})"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f"it is not of the format {FORMAT}")
        version = content.get("version")
        if not isinstance(version, int):
            raise ValueError("it has no version")
    except (OSError, ValueError, RecursionError) as error:
        raise ReproductionError(
            f"{MANIFEST} must be as artlucid writes it. Received {path} ({error}). It is damaged: use another `--out`."
        ) from error
    if version > VERSION:
        raise ReproductionError(
            f"The version of a folder of results must be at most {VERSION}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )
    return content


@contextmanager
def held(work: Work) -> Iterator[None]:
    """Hold the folder for this process alone, once its settings are checked and recorded."""
    out = work.out
    check(work)
    with _locks.held(out, "A folder of results", taken=ReproductionError):
        check(work)
        _remove_leftovers(out)
        _record(work)
        yield


def _remove_leftovers(out: Path) -> None:
    """Files that a killed process was still writing; workers on other machines may write theirs yet."""
    parts = [path for path in out.rglob(HALF_WRITTEN) if path.relative_to(out).parts[0] not in OF_WORKERS]
    for path in parts:
        path.unlink(missing_ok=True)


def _record(work: Work) -> None:
    path = work.out / MANIFEST
    recorded = _read(path) if path.is_file() else {}
    now = described(work)
    data = {**at(recorded, "data"), **now["data"]} if recorded else now["data"]
    content = {"format": FORMAT, "version": VERSION, "artlucid": artlucid.__version__, **now, "data": data}
    if content != recorded:
        write_json(path, content)
