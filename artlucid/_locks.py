"""A folder that one process at a time writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from artlucid.errors import ArtlucidError, OutputError


@contextmanager
def held(
    folder: Path, what: str, *, taken: type[ArtlucidError], unwritable: type[ArtlucidError] = OutputError
) -> Iterator[None]:
    """Make a folder if need be, and hold it for this process alone.

    Parameters
    ----------
    folder : Path
    what : str
        What it is, as a message begins: ``A run directory``.
    taken, unwritable : type of error
        If another process holds it, and if it cannot be written to.
    """
    lock = filelock.FileLock(folder / ".lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout as error:
        raise taken(
            f"{what} must be written by one process at a time. Received {folder}, which another process holds. "
            "Wait for it to end, or use another `out` (`--out`)."
        ) from error
    except OSError as error:
        raise unwritable(
            f"{what} must be writable. Received {folder}: {error.strerror or error}. "
            "Change the rights, or use another `out` (`--out`)."
        ) from error
    try:
        yield
    finally:
        lock.release()
