"""The place that an export goes to."""

from __future__ import annotations

from pathlib import Path

from artlucid.errors import ExportError, OutputError


def checked(path: str | Path, suffix: str) -> Path:
    """Return the path of a file to write.

    Raises
    ------
    ExportError
        If it has another suffix.
    OutputError
        If a folder is there.
    """
    path = Path(path)
    if path.suffix != suffix:
        raise ExportError(f"`path` must end in {suffix}. Received {str(path)!r}. Call it {path.with_suffix(suffix)}.")
    if path.is_dir():
        raise OutputError(f"`path` must be a file. Received {str(path)!r}, which is a folder. Choose another name.")
    return path
