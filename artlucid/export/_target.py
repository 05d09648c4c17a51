"""The place that an export goes to."""

from __future__ import annotations

from pathlib import Path

from artlucid.errors import ExportError


def checked(path: str | Path, suffix: str) -> Path:
    """Return the path of a file to write; raises ExportError where none can be."""
    path = Path(path)
    if path.suffix != suffix:
        raise ExportError(f"`path` must end in {suffix}. Received {str(path)!r}. Call it {path.with_suffix(suffix)}.")
    if not path.parent.is_dir():
        raise ExportError(
            f"`path` must lie in a folder that exists. Received {str(path)!r}. Create {str(path.parent)!r} first."
        )
    if path.is_dir():
        raise ExportError(f"`path` must be a file. Received {str(path)!r}, which is a folder. Choose another name.")
    return path
