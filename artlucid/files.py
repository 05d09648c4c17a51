"""Writing files so that a half-written one never looks complete."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from pathlib import Path
from typing import Any

from artlucid.errors import OutputError

__all__ = ["cache_folder", "write_atomically", "write_json"]


def cache_folder() -> Path:
    """Where downloads, drawings and whatever can be made again are kept.

    Returns
    -------
    Path
        ``$ARTLUCID_CACHE``, or else ``artlucid`` in Keras's home: ``$KERAS_HOME`` or ``~/.keras``.
    """
    if place := os.environ.get("ARTLUCID_CACHE"):
        return Path(place).expanduser()
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "artlucid"


def write_atomically(path: Path, content: bytes, *, flush: bool = True) -> None:
    """Write a file beside its place, flush it to the disk and rename it there.

    Parameters
    ----------
    path : path
        Its folder is made if need be; a file that is there stays whole until the new one is.
    content : bytes
    flush : bool
        False for thousands of small files that can be made again: a process that is killed leaves whole ones all the
        same, but after a power cut one may be empty.

    Raises
    ------
    OutputError
        If the disk is full or the folder cannot be written; nothing is left behind.
    """
    # Processes of several machines may write into one folder.
    temporary = path.with_name(f".{path.name}.{platform.node()}-{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(
            f"{path} must be writable, on a disk with room for it. Received: {error.strerror or error}. "
            "Make room or change the rights, then start again: what is done stays (a run goes on with `--resume`)."
        ) from error
    finally:
        # After the renaming there is none; where the folder itself cannot be made, there is none either.
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file by `write_atomically`, readable by people and stable in its order."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode("utf-8", "surrogateescape"))
