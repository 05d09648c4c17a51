"""The folder of a page: held by one process, finished by its index.html, and kept free of what it no longer needs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from artlucid import _locks
from artlucid.errors import ReportError
from artlucid.files import write_json

FORMAT = "artlucid.page"
VERSION = 1
MANIFEST = "page.json"
INDEX = "index.html"
DATA, THUMBNAILS, PICTURES, ASSETS = "data", "thumbnails", "pictures", "assets"


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold the folder of a page for this process alone.

    Raises
    ------
    ReportError
        If another process holds it, or if it holds something else than a page.
    OutputError
        If it cannot be written to.
    """
    if out.is_dir():
        _check_ours(out)
    with _locks.held(out, "A page", taken=ReportError):
        yield


def _check_ours(out: Path) -> None:
    """A page replaces a page, and nothing else."""
    try:
        names = [path.name for path in out.iterdir()]
    except PermissionError:
        names = ["what cannot be read"]
    others = [name for name in names if name != ".lock" and not name.endswith(".part")]
    if not others:
        return
    try:
        content = json.loads((out / MANIFEST).read_text(encoding="utf-8", errors="surrogateescape"))
        ours = isinstance(content, dict) and content.get("format") == FORMAT
    except (OSError, ValueError, RecursionError):
        ours = False
    if not ours:
        raise ReportError(
            f"The folder of a page must be new, empty or that of a page. Received {out}, which holds "
            f"{', '.join(sorted(others)[:3])} and no {MANIFEST} of a page. Choose another `out` (`--out`)."
        )


def claim(out: Path, made: Mapping[str, Any]) -> None:
    """Say whose folder it is and how the page is made, before anything else is written."""
    write_json(out / MANIFEST, {"format": FORMAT, "version": VERSION, **made})


def tidy(out: Path, kept: Mapping[str, Collection[str]]) -> None:
    """Remove the files of earlier pages in this folder, which nothing names any more.

    Parameters
    ----------
    out : Path
    kept : mapping of str to collection of str
        By the folder, the names in it that the page needs.
    """
    for folder, names in kept.items():
        for path in (out / folder).iterdir() if (out / folder).is_dir() else ():
            if path.name in names:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
