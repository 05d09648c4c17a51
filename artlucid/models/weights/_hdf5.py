"""HDF5 files from outside: opened only if everything in them lies in the file itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import h5py

from artlucid.errors import WeightsError
from artlucid.models.weights._record import MOST_BYTES, Arrays, as_float32


@contextmanager
def open_checked(path: Path, content: BinaryIO | None = None, *, most_bytes: int = MOST_BYTES) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Parameters
    ----------
    path : Path
    content : binary file, optional
        Read in place of `path`, which then only says where it lies.
    most_bytes : int
        What the file may unpack to.

    Raises
    ------
    WeightsError
        If it is no HDF5 file or cut short, if it refers to other files (external or soft links, external or
        virtual storage), or if it unpacks to more than that.
    """
    try:
        with h5py.File(content or path, "r") as file:
            _check(file, path, most_bytes)
            yield file
    except (OSError, RuntimeError, KeyError) as error:  # what h5py raises for damage
        raise WeightsError(
            f"A weights file with this suffix must be HDF5. Received {path}, which cannot be read ({error}). "
            "It is damaged, cut short or something else: get it again."
        ) from error


def read_attributes(item: h5py.Group | h5py.Dataset, path: Path) -> dict[str, Any]:
    """The attributes of an item of a checked file; raises WeightsError if one is of a type that NumPy lacks."""
    try:
        return dict(item.attrs)
    except (TypeError, ValueError) as error:
        _refuse(path, f"an attribute of `{item.name}` cannot be read ({error})")


def read_arrays(group: h5py.Group, path: Path) -> Arrays:
    """Every array below a group of a checked file, by its path from there."""
    start = len(group.name.rstrip("/")) + 1
    return {
        dataset.name[start:]: as_float32(dataset, name=dataset.name, source=str(path))
        for dataset in _datasets(group, path)
    }


def _check(file: h5py.File, path: Path, most_bytes: int) -> None:
    total = 0
    for dataset in _datasets(file, path):
        if dataset.external or dataset.is_virtual:
            _refuse(path, f"`{dataset.name}` keeps its values in another file")
        if dataset.size is None:
            _refuse(path, f"`{dataset.name}` has no values")
        total += dataset.size * _item_size(dataset, path)
        if total > most_bytes:
            _refuse(path, f"it unpacks to more than {most_bytes // 2**20} MiB")


def _item_size(dataset: h5py.Dataset, path: Path) -> int:
    try:
        return int(dataset.dtype.itemsize)
    except TypeError:  # such as HDF5's own times
        _refuse(path, f"`{dataset.name}` is of a type that NumPy lacks")


def _datasets(start: h5py.Group, path: Path) -> Iterator[h5py.Dataset]:
    groups, seen = [start], set()
    while groups:
        group = groups.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            _refuse(path, f"`{group.name}` is linked twice or contains itself")
        seen.add(address)
        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                _refuse(path, f"`{group.name}/{name}` is a {type(link).__name__}")
            item = group[name]
            if isinstance(item, h5py.Group):
                groups.append(item)
            elif isinstance(item, h5py.Dataset):
                yield item
            else:
                _refuse(path, f"`{item.name}` is neither a group nor an array")


def _refuse(path: Path, reason: str) -> NoReturn:
    raise WeightsError(
        f"A weights file must hold all its values itself, and no more than a network has. Received {path}: {reason}. "
        "Do not trust this file; get it from its author again."
    )
