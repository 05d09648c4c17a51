"""Writing a comparison to the disk, and what was found of each pair."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from artlucid._comparison import Comparison
from artlucid._comparison._files import read_json, read_table
from artlucid._comparison._format import FORMAT, MANIFEST, PATCHES, TABLES, VERSION
from artlucid.errors import ComparisonError
from artlucid.files import write_atomically, write_json

PAIRS = "pairs"
PAIR = "pair.json"


def write_comparison(out: Path, manifest: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Comparison:
    """Write the tables, and last the manifest, which makes the folder a comparison."""
    (out / MANIFEST).unlink(missing_ok=True)
    if PATCHES not in tables:
        for suffix in ("csv", "parquet"):
            (out / f"{PATCHES}.{suffix}").unlink(missing_ok=True)
    files = {}
    for name, table in tables.items():
        files[f"{name}.csv"] = _write(out / f"{name}.csv", _as_csv(table))
        files[f"{name}.parquet"] = _write(out / f"{name}.parquet", _as_parquet(table))
    content = {"format": FORMAT, "version": VERSION, **manifest, "files": files}
    write_json(out / MANIFEST, content)
    return Comparison(out, content, **tables)


def write_pair(folder: Path, key: Mapping[str, Any], summary: Mapping[str, Any], tables: Mapping[str, Any]) -> None:
    """Keep what was found of a pair, so that it need not be computed again."""
    (folder / PAIR).unlink(missing_ok=True)
    files = {
        f"{name}.parquet": _write(folder / f"{name}.parquet", _as_parquet(table)) for name, table in tables.items()
    }
    write_json(folder / PAIR, {"key": dict(key), "summary": dict(summary), "files": files})


def read_pair(folder: Path, key: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, pd.DataFrame]] | None:
    """What was found of a pair, if it was, whole and with the same settings."""
    try:
        content = read_json(folder / PAIR)
        if content["key"] != json.loads(json.dumps(key)):
            return None
        tables = {name: read_table(folder / f"{name}.parquet", content["files"][f"{name}.parquet"]) for name in TABLES}
        return dict(content["summary"]), tables
    except (ComparisonError, KeyError, TypeError):
        return None


def write_part(path: Path, table: pd.DataFrame) -> None:
    """Keep a part of a table that took long, with its hash beside it."""
    beside = path.with_suffix(".json")
    beside.unlink(missing_ok=True)
    write_json(beside, {"sha256": _write(path, _as_parquet(table))})


def read_part(path: Path) -> pd.DataFrame | None:
    """A part of a table, if it was kept and is whole."""
    try:
        return read_table(path, read_json(path.with_suffix(".json")).get("sha256"))
    except ComparisonError:
        return None


def _write(path: Path, content: bytes) -> str:
    write_atomically(path, content)
    return hashlib.sha256(content).hexdigest()


def _as_csv(table: pd.DataFrame) -> bytes:
    # As bytes, because a file name need not be text.
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8", "surrogateescape")


def _as_parquet(table: pd.DataFrame) -> bytes:
    return bytes(table.to_parquet(index=False))
