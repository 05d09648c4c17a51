"""Reading a cache file, which anybody may have written: nothing is followed out of it, nothing larger than it says."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
import numpy.typing as npt

from artlucid.activations._format import FORMAT, VERSION, Contents, StoredLayer, damaged, from_bytes
from artlucid.errors import ActivationsError

LARGEST_TABLE = 2**31
"""Bytes that the labels, or a column of text about the images, may unpack to."""

A_TEXT = 64
"""About so many bytes a text takes in memory beside its own."""

LARGEST_MANIFEST = 2**26

ERRORS = (OSError, RuntimeError, KeyError, TypeError, ValueError)
"""What h5py raises for damage."""


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what h5py raises for damage into an ActivationsError."""
    try:
        yield
    except ActivationsError:
        raise
    except ERRORS as error:
        damaged(path, f"it cannot be read ({error})")


def open_file(path: Path, mode: Literal["r", "r+"] = "r", *, locking: bool | None = None) -> h5py.File:
    """Open a file and hold it to format and version; without locking also one that another process fills."""
    if not path.is_file():
        raise ActivationsError(
            f"`path` must be a file that `activations.extract` wrote. Received {str(path)!r}, which "
            f"{'is a folder' if path.is_dir() else 'does not exist'}. Check the spelling and the current folder."
        )
    with readable(path):
        file = h5py.File(path, locking=locking) if mode == "r" else h5py.File(_open_to_write(path))
        try:
            _check_version(file, path)
        except BaseException:
            file.close()
            raise
    return file


def _open_to_write(path: Path) -> h5py.h5f.FileID:
    """Open a file without the buffer for small writes, which a full disk lets neither be written nor closed."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    access.set_sieve_buf_size(0)
    return h5py.h5f.open(os.fsencode(path), h5py.h5f.ACC_RDWR, access)


def _check_version(file: h5py.File, path: Path) -> None:
    found, version = file.attrs.get("format"), file.attrs.get("version")
    if not isinstance(found, str) or found != FORMAT or not isinstance(version, np.integer) or version < 1:
        damaged(path, f"it has the format {found!r} and the version {version!r}")
    if version > VERSION:
        raise ActivationsError(
            f"The version of a cache of activations must be at most {VERSION}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )


def item(file: h5py.File, place: str, kind: type, path: Path) -> Any:
    """A group or a dataset, found without following a link that leads elsewhere."""
    group: Any = file
    for step in place.split("/"):
        link = group.get(step, getlink=True) if isinstance(group, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            damaged(path, f"`{place}` is {'missing' if link is None else f'a {type(link).__name__}'}")
        group = group[step]
    if not isinstance(group, kind):
        damaged(path, f"`{place}` is no {kind.__name__.lower()}")
    if isinstance(group, h5py.Dataset) and (group.external or group.is_virtual):
        damaged(path, f"`{place}` keeps its values in another file")
    return group


def names_in(file: h5py.File, place: str, path: Path) -> list[str]:
    """What a group holds, in the order in which it was written; empty where there is no group."""
    if file.get(place, getlink=True) is None:
        return []
    return list(item(file, place, h5py.Group, path))


def read_manifest(file: h5py.File, path: Path) -> Mapping[str, Any]:
    """The manifest as a dictionary."""
    dataset = item(file, "manifest", h5py.Dataset, path)
    if dataset.shape != () or dataset.dtype.kind != "S" or dataset.dtype.itemsize > LARGEST_MANIFEST:
        damaged(path, "its manifest is no text")
    try:
        manifest = json.loads(bytes(dataset[()]).decode("utf-8", "surrogateescape"))
    except (RecursionError, ValueError) as error:  # JSON may be nested without end
        damaged(path, f"its manifest is no JSON ({error})")
    if not isinstance(manifest, dict):
        damaged(path, "its manifest is no JSON object")
    return manifest


def read_texts(file: h5py.File, place: str, path: Path, count: int | None = None) -> list[str]:
    """A column of text."""
    dataset = item(file, place, h5py.Dataset, path)
    if dataset.ndim != 1 or dataset.dtype.kind != "S" or (count is not None and len(dataset) != count):
        damaged(path, f"`{place}` is no text for each {'image' if count is not None else 'of its rows'}")
    # However little the file holds, that of empty texts too.
    _check_table(dataset, place, path, dataset.dtype.itemsize + A_TEXT)
    return from_bytes(dataset[()])


def read_labels(file: h5py.File, path: Path, n_images: int, n_classes: int) -> npt.NDArray[Any] | None:
    """The labels as `datasets.Split` has them."""
    place = "images/label"
    if "label" not in names_in(file, "images", path):
        return None
    dataset = item(file, place, h5py.Dataset, path)
    allowed = {((n_images,), np.dtype(np.int64)), ((n_images, n_classes), np.dtype(np.uint8))}
    if (dataset.shape, dataset.dtype) not in allowed:
        damaged(path, f"`{place}` has the shape {dataset.shape} of {dataset.dtype}")
    _check_table(dataset, place, path, dataset.dtype.itemsize)
    labels = dataset[()]
    if labels.size and not (labels.min() >= 0 and labels.max() < (n_classes if labels.ndim == 1 else 2)):
        damaged(path, f"`{place}` holds labels of no class")
    return np.asarray(labels)


def _check_table(dataset: h5py.Dataset, place: str, path: Path, bytes_each: int) -> None:
    if math.prod(dataset.shape) * bytes_each > LARGEST_TABLE:
        damaged(path, f"`{place}` unpacks to more than {LARGEST_TABLE // 2**20} MiB")


def finished_of(file: h5py.File, path: Path, n_images: int) -> int:
    """How many images are finished."""
    finished = file.attrs.get("finished")
    if not isinstance(finished, np.integer) or not 0 <= finished <= n_images:
        damaged(path, f"it counts {finished!r} finished images of {n_images}")
    return int(finished)


def datasets_of(file: h5py.File, contents: Contents, path: Path, n_images: int) -> dict[tuple[str, str], h5py.Dataset]:
    """The datasets of all layers by layer and name, each held to what the manifest says of it."""
    return {
        (layer.name, name): _layer_dataset(file, layer, name, path, n_images)
        for layer in contents.stored.values()
        for name in layer.datasets(n_images)
    }


def _layer_dataset(file: h5py.File, layer: StoredLayer, name: str, path: Path, n_images: int) -> h5py.Dataset:
    place = f"{layer.group}/{name}"
    dataset = item(file, place, h5py.Dataset, path)
    shape, dtype = layer.datasets(n_images)[name]
    if (dataset.shape, dataset.dtype) != (shape, dtype):
        damaged(
            path, f"`{place}` has the shape {dataset.shape} of {dataset.dtype}, where {shape} of {dtype} is declared"
        )
    # In one piece it cannot declare more than the file holds.
    if dataset.chunks is not None or dataset.id.get_storage_size() != math.prod(shape) * dtype.itemsize:
        damaged(path, f"`{place}` is not stored in one piece")
    return dataset
