"""Reading a comparison: two tables, and a manifest that says how they were made."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from artlucid._comparison._comparison import Comparison
from artlucid._comparison._format import FORMAT, MANIFEST, PATCHES, TABLES, VERSION
from artlucid.errors import ComparisonError


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
    manifest = read_json(path / MANIFEST)
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
    files = manifest.get("files")
    recorded = files if isinstance(files, dict) else {}
    names = [*TABLES, *([PATCHES] if f"{PATCHES}.parquet" in recorded else [])]
    tables = {name: read_table(path / f"{name}.parquet", recorded.get(f"{name}.parquet")) for name in names}
    return Comparison(path, manifest, **tables)


def read_table(path: Path, digest: Any) -> pd.DataFrame:
    """A table whose sha256 is that one; ComparisonError if it is another, or damaged."""
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


def read_json(path: Path) -> dict[str, Any]:
    """The object of a JSON file; ComparisonError if it has none."""
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
