"""How much the cache may still take in, and what makes room."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from artlucid.inputs._entries import PARTIAL, SUFFIX

LARGEST_DEFAULT = 32 * 10**9
"""Bytes: all of RASTA for both kinds of `View` in 224 pixels, 80,000 images of 150 and of 250 kB."""

UNUSED = 24 * 3600
"""Seconds after which an entry may make room for others. One that trainings use is used in every epoch."""

COUNTS = 16
"""What other processes add is counted whenever this part of the limit has been added here."""


class _File(NamedTuple):
    used: float
    size: int
    place: str


class Room:
    """The room that is left in a folder. Safe to use from many threads.

    Parameters
    ----------
    folder : Path
    limit : int or None
        Bytes of all files together. By default a quarter of what is free on the disk when they are first counted, and
        at most `LARGEST_DEFAULT`; what the folder already holds counts as free.
    """

    def __init__(self, folder: Path, limit: int | None) -> None:
        self.folder = folder
        self.limit = limit
        self._left = 0
        self._until_count = 0
        self._being_written = 0
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, size: int) -> Iterator[bool]:
        """Take room for a file of so many bytes, which is to be written meanwhile; False if there is none left."""
        with self._lock:
            fits = self._take(size)
        try:
            yield fits
        finally:
            if fits:
                with self._lock:
                    self._being_written -= size

    def _take(self, size: int) -> bool:
        if size > min(self._left, self._until_count):
            self._count(size)
        if size > self._left:
            return False
        self._left -= size
        self._until_count -= size
        self._being_written += size
        return True

    def _count(self, wanted: int) -> None:
        files = _files(self.folder)
        held = sum(file.size for file in files) + self._being_written
        if self.limit is None:
            free = shutil.disk_usage(self.folder).free
            self.limit = min(LARGEST_DEFAULT, (free + held) // 4)
        self._until_count = max(wanted, self.limit // COUNTS)
        if held + wanted > self.limit:
            held -= _remove_unused(files, held + self._until_count - self.limit)
        self._left = self.limit - held


def _files(folder: Path) -> list[_File]:
    """Every entry, and what killed processes left of one."""
    found = []
    for subfolder in folder.glob("??"):
        # Another process may remove files at the same time.
        with suppress(OSError), os.scandir(subfolder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.name.endswith((SUFFIX, PARTIAL)) and entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        found.append(_File(status.st_mtime, status.st_size, entry.path))
    return found


def _remove_unused(files: list[_File], wanted: int) -> int:
    """Remove files that nobody used for a day, the longest unused first, until so many bytes are free."""
    removed, now = 0, time.time()
    for file in sorted(files):
        if removed >= wanted or now - file.used < UNUSED:
            break
        with suppress(OSError):
            os.unlink(file.place)
            removed += file.size
    return removed
