"""HDF5 files from outside: opened only if everything in them lies in the file itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import h5py

from artlucid.errors import WeightsError

MOST_BYTES = 4 * 2**30
"""A file that unpacks to more than this is not weights of a network known here."""


@contextmanager
def open_checked(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises
    ------
    WeightsError
        If it is no HDF5 file or cut short, if it refers to other files (external or soft links, external or
        virtual storage), or if it unpacks to more than `MOST_BYTES`.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise WeightsError(
            f"A weights file with this suffix must be HDF5. Received {path}, which cannot be opened ({error}). "
            "It is damaged, cut short or something else: get it again."
        ) from error
    with file:
        _check_group(file, path, set())
        yield file


def _check_group(group: h5py.Group, path: Path, seen: set[int]) -> int:
    total = 0
    address = h5py.h5o.get_info(group.id).addr
    if address in seen:
        _refuse(path, f"`{group.name}` contains itself")
    seen.add(address)
    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            _refuse(path, f"`{group.name}/{name}` is a {type(link).__name__}")
        item = group[name]
        if isinstance(item, h5py.Group):
            total += _check_group(item, path, seen)
        elif isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                _refuse(path, f"`{item.name}` keeps its values in another file")
            total += item.size * item.dtype.itemsize
        if total > MOST_BYTES:
            _refuse(path, f"it unpacks to more than {MOST_BYTES // 2**30} GiB")
    return total


def _refuse(path: Path, reason: str) -> NoReturn:
    raise WeightsError(
        f"A weights file must hold all its values itself, and no more than a network has. Received {path}: {reason}. "
        "Do not trust this file; get it from its author again."
    )
