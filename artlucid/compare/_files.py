"""A comparison on the disk: two tables, and a manifest that says how they were made."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import pandas as pd

from artlucid.errors import ComparisonError, OutputError
from artlucid.files import write_atomically, write_json

FORMAT = "artlucid.comparison"
VERSION = 1
MANIFEST = "compare.json"
TABLES = ("layers", "channels")
PAIRS = "pairs"
PAIR = "pair.json"


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changed from network to network.

    Attributes
    ----------
    path : Path
        The folder.
    manifest : mapping
        The content of ``compare.json``: models, dataset, settings, environment, and a summary of each pair.
    layers : DataFrame
        A row a pair and layer.
    channels : DataFrame
        A row a pair and channel: low overlap first, dead channels last.
    """

    path: Path
    manifest: Mapping[str, Any]
    layers: pd.DataFrame
    channels: pd.DataFrame


def read(path: str | Path) -> Comparison:
    """Read a comparison; takes neither the networks nor the images.

    Parameters
    ----------
    path : str or path
        The folder that `compare` or ``artlucid compare`` wrote.

    Returns
    -------
    Comparison

    Raises
    ------
    ComparisonError
        If there is none, if it is not finished, damaged or of another format, or was written by a newer artlucid.

    Examples
    --------
    >>> from artlucid import compare
    >>> found = compare.read("comparison")  # doctest: +SKIP
    >>> found.layers[["layer", "cka", "cka_debiased"]]  # doctest: +SKIP
    """
    path = Path(path)
    if not (path / MANIFEST).is_file():
        raise ComparisonError(
            f"A comparison must be a folder with {MANIFEST}. Received {path}, which has none: it is no comparison, or "
            "is not finished. Run `artlucid compare` again with the same arguments: it goes on there."
        )
    manifest = _read_json(path / MANIFEST)
    found, version = manifest.get("format"), manifest.get("version")
    if found != FORMAT or not isinstance(version, int) or isinstance(version, bool):
        raise ComparisonError(
            f"{MANIFEST} must have the format {FORMAT!r} and a version. Received {path} with format {found!r}, version "
            f"{version!r}. It was not written by artlucid, or is damaged: run `artlucid compare` again."
        )
    if version > VERSION:
        raise ComparisonError(
            f"The version of a comparison must be at most {VERSION}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )
    recorded = manifest.get("files")
    tables = [
        _table(path / f"{name}.parquet", recorded.get(f"{name}.parquet") if isinstance(recorded, dict) else None)
        for name in TABLES
    ]
    return Comparison(path, manifest, *tables)


def _table(path: Path, digest: Any) -> pd.DataFrame:
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError("it is not the file that the manifest records")
        return pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:  # pyarrow's errors are among these
        raise ComparisonError(
            f"A table of a comparison must be as it was written. Received {path} ({error}). It is damaged or was "
            "changed: remove it and run `artlucid compare` again."
        ) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        if not isinstance(content, dict):
            raise ValueError("it holds no object")
    except (OSError, ValueError, RecursionError) as error:
        raise ComparisonError(
            f"{path.name} must be readable JSON. Received {path} ({error}). It is damaged: remove it and run "
            "`artlucid compare` again."
        ) from error
    return content


def write_comparison(out: Path, manifest: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Comparison:
    """Write the tables, and last the manifest, which makes the folder a comparison."""
    (out / MANIFEST).unlink(missing_ok=True)
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
        content = _read_json(folder / PAIR)
        if content["key"] != json.loads(json.dumps(key)):
            return None
        tables = {name: _table(folder / f"{name}.parquet", content["files"][f"{name}.parquet"]) for name in TABLES}
        return dict(content["summary"]), tables
    except (ComparisonError, KeyError, TypeError):
        return None


def _write(path: Path, content: bytes) -> str:
    write_atomically(path, content)
    return hashlib.sha256(content).hexdigest()


def _as_csv(table: pd.DataFrame) -> bytes:
    # As bytes, because a file name need not be text.
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8", "surrogateescape")


def _as_parquet(table: pd.DataFrame) -> bytes:
    return bytes(table.to_parquet(index=False))


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold a comparison's folder for this process alone.

    Raises
    ------
    ComparisonError
        If another process holds it.
    OutputError
        If it cannot be written to.
    """
    lock = filelock.FileLock(out / ".lock", timeout=0)
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout as error:
        raise ComparisonError(
            f"A comparison must be written by one process at a time. Received {out}, which another process holds. "
            "Wait for it to end, or use another `out` (`--out`)."
        ) from error
    except OSError as error:
        raise OutputError(
            f"The folder of a comparison must be writable. Received {out}: {error.strerror or error}. "
            "Change the rights, or use another `out` (`--out`)."
        ) from error
    try:
        yield
    finally:
        lock.release()
