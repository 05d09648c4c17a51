"""Filling a cache file in blocks, so that whatever ends the work leaves a file that can be gone on with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import h5py
import numpy as np
import numpy.typing as npt

from artlucid.activations._file import datasets_of, finished_of, open_file, read_manifest, read_texts, readable
from artlucid.activations._format import (
    FORMAT,
    MAXIMUM,
    MEAN,
    PLACE,
    VERSION,
    Contents,
    contents_of,
    escaped,
    to_bytes,
    to_text,
)
from artlucid.activations._part import part_of
from artlucid.errors import ActivationsError, OutputError


@dataclass(frozen=True, eq=False)
class Images:
    """What a cache holds of the images.

    Attributes
    ----------
    paths : sequence of str
    labels : array or None
        As `datasets.Split` has them.
    class_names : sequence of str
    metadata : mapping of str to sequence of str
    """

    paths: Sequence[str]
    labels: npt.NDArray[Any] | None
    class_names: Sequence[str]
    metadata: Mapping[str, Sequence[str]]


@dataclass(frozen=True, eq=False)
class Rows:
    """The activations of some adjacent images, all stored layers side by side.

    Attributes
    ----------
    means, maxima : float32 arrays of shape (n_images, n_channels of all layers)
    places : int array of the same shape
        Row times the width of the map, plus column.
    """

    means: npt.NDArray[np.float32]
    maxima: npt.NDArray[np.float32]
    places: npt.NDArray[np.integer[Any]]

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Several, one below the other."""
        return cls(
            np.concatenate([part.means for part in parts]),
            np.concatenate([part.maxima for part in parts]),
            np.concatenate([part.places for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.means)


def begin(path: Path, manifest: Mapping[str, Any], images: Images) -> None:
    """Write a file in which everything has its place and nothing is finished; it is there whole or not at all."""
    part = part_of(path)
    begun = part.with_name(f".{part.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _writable(path), h5py.File(begun, "w") as file:
            _write_tables(file, manifest, images)
            for layer in contents_of(manifest, path).stored.values():
                for name, (shape, dtype) in layer.datasets(len(images.paths)).items():
                    _allocate(file.require_group(layer.group), name, shape, dtype)
            file.attrs.update({"format": FORMAT, "version": VERSION, "finished": 0})
        with _writable(path):
            _to_disk(begun)
            os.replace(begun, part)
    finally:
        # What is wrong with the folder has been said by then, and is not to be hidden.
        with suppress(OSError):
            begun.unlink()


def _write_tables(file: h5py.File, manifest: Mapping[str, Any], images: Images) -> None:
    text = to_text(manifest)
    file.create_dataset("manifest", data=np.array(text, dtype=h5py.string_dtype("utf-8", len(text))))
    _write_texts(file, "images/path", images.paths)
    if images.labels is not None:
        file.create_dataset("images/label", data=images.labels)
        _write_texts(file, "class_names", images.class_names)
    for name, texts in images.metadata.items():
        _write_texts(file, f"metadata/{escaped(name)}", texts)


def _write_texts(file: h5py.File, place: str, texts: Sequence[str]) -> None:
    # Compressed, because one long text makes all of them as long.
    array = to_bytes(texts)
    array = array.astype(h5py.string_dtype("utf-8", array.dtype.itemsize))
    file.create_dataset(place, data=array, compression="gzip")


def _allocate(group: h5py.Group, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """A dataset in one piece that has its place in the file before anything is written into it."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(dtype), h5py.h5s.create_simple(shape), properties)


class Writer:
    """An unfinished cache file, opened to go on with.

    Parameters
    ----------
    path : Path
        Of the cache when it is finished.
    """

    def __init__(self, path: Path) -> None:
        self.path = part_of(path)
        self._target = path
        self._file = open_file(self.path, "r+")
        try:
            with readable(self.path):
                self.manifest = read_manifest(self._file, self.path)
                self.contents: Contents = contents_of(self.manifest, self.path)
                self.paths = read_texts(self._file, "images/path", self.path)
                self._datasets = datasets_of(self._file, self.contents, self.path, len(self.paths))
                self.finished = finished_of(self._file, self.path, len(self.paths))
        except BaseException:
            self.close()
            raise

    def write(self, rows: Rows) -> None:
        """Write the activations of the next images, and then that they are finished.

        Raises
        ------
        OutputError
            If the disk is full.
        """
        span, at = slice(self.finished, self.finished + len(rows)), 0
        with _writable(self._target):
            for layer in self.contents.stored.values():
                columns = slice(at, at + layer.n_channels)
                at = columns.stop
                places = np.stack(np.divmod(rows.places[:, columns], layer.width), axis=-1)
                self._datasets[layer.name, MEAN][span] = rows.means[:, columns]
                self._datasets[layer.name, MAXIMUM][span] = rows.maxima[:, columns]
                self._datasets[layer.name, PLACE][span] = places.astype(layer.place_type)
            # The values reach the disk before their number does.
            self._flush()
            self._file.attrs.modify("finished", np.int64(span.stop))
            self._flush()
        self.finished = span.stop

    def finish(self) -> None:
        """Give the file its name; all images must be finished."""
        self.close()
        with _writable(self._target):
            os.replace(self.path, self._target)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _flush(self) -> None:
        self._file.flush()
        _to_disk(self.path)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:  # what h5py raises where it cannot write
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise OutputError(
            f"{path} must be writable, on a disk with room for it. Received: {reason}. "
            "Make room or change the rights, then extract again: it goes on where it was."
        ) from error


@contextmanager
def held(path: Path, patience: float = 0) -> Iterator[None]:
    """Hold a cache file for this process alone, for which it waits so many seconds.

    Raises
    ------
    ActivationsError
        If another process holds it.
    OutputError
        If its folder cannot be written to.
    """
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=patience)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout as error:
        raise ActivationsError(
            f"A cache of activations must be written by one process at a time. Received {path}, which another process "
            "holds. Wait for it to end, or use another `out` (`--out`)."
        ) from error
    except OSError as error:
        raise OutputError(
            f"The folder of a cache must be writable. Received {path}: {error.strerror or error}. "
            "Change the rights, or use another `out` (`--out`)."
        ) from error
    try:
        yield
    finally:
        lock.release()
