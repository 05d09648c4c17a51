"""A folder that is to become a run: free, and held for this process alone."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from artlucid import runs
from artlucid.errors import RunError

logger = logging.getLogger("artlucid")

# What stands in a folder before its manifest makes it a run.
_BEGUN = frozenset({".lock", "excluded.csv", "initial.h5", "state.json"})


def check_free(out: Path, resume: bool) -> None:
    """Refuse a folder that holds something else than a run that may go on; raises RunError."""
    if out.exists() and not out.is_dir():
        raise RunError(f"`out` must be a folder or not exist. Received {out}, a file. Choose another with `--out`.")
    if not out.exists() or (resume and (out / runs.MANIFEST).exists()):
        return
    allowed = _BEGUN if resume else {".lock"}
    taken = sorted(path.name for path in out.iterdir() if path.name not in allowed and not path.match(".*.part"))
    if taken:
        raise RunError(
            f"`out` must be empty, not exist or, with `--resume`, hold a run. Received {out}, which holds "
            f"{', '.join(taken[:4])}{', …' if len(taken) > 4 else ''}. Go on with an interrupted run by `--resume`, "
            "or choose another `--out`."
        )


@contextlib.contextmanager
def claimed(out: Path, resume: bool) -> Iterator[runs.Run | None]:
    """Hold a folder that may be written; gives the run that is there already, to be resumed."""
    check_free(out, resume)
    with held(out):
        check_free(out, resume)
        remove_leftovers(out)
        recorded = runs.open_run(out) if (out / runs.MANIFEST).is_file() else None
        if recorded is None and resume:
            logger.info("nothing to resume in %s: a new run begins", out)
        yield recorded


@contextlib.contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold a folder for this process; one that was made for it goes again if nothing came into it."""
    existed = out.exists()
    with runs.lock(out):
        try:
            yield
        finally:
            if not existed and [path.name for path in out.iterdir()] == [".lock"]:
                with contextlib.suppress(OSError):
                    (out / ".lock").unlink()
                    out.rmdir()


def remove_leftovers(out: Path) -> None:
    """Files that a killed process was still writing."""
    for path in out.rglob(".*.part"):
        path.unlink()
