"""Weights as a NumPy archive, by Caffe's layer names or by artlucid's."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from artlucid.errors import WeightsError
from artlucid.models.weights import _caffe
from artlucid.models.weights._record import MOST_BYTES, Weights, as_float32


def read(path: Path, variant: str | None = None) -> Weights:
    """Read ``<caffe layer with / as __>__kernel`` and ``…__bias``, or ``<layer>/kernel`` and ``<layer>/bias``.

    Kernels are (height, width, in, out) or (in, out).
    """
    source = str(path)
    arrays = {name: as_float32(array, name=name, source=source) for name, array in _read_arrays(path).items()}
    if all("__" in key for key in arrays):
        named = {}
        for key, array in arrays.items():
            layer, part = key.rsplit("__", 1)
            named[layer.replace("__", "/"), part] = array
        return _caffe.from_caffe_names(named, variant, source=source)
    return _caffe.from_own_names(arrays, variant, source=source)


def _read_arrays(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise ValueError(f"it unpacks to {size} bytes, more than {MOST_BYTES}")
        with np.load(path, allow_pickle=False) as archive:
            return {key: np.asarray(archive[key]) for key in archive.files}
    # A header may declare more than there is; an archive may be encrypted, or packed in an unknown way.
    except (OSError, ValueError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightsError(
            f"A `.npz` weights file must be a NumPy archive of plain arrays. Received {path}, which cannot be read "
            f"({error}). It is damaged, cut short or needs pickle, which is never run: get it again."
        ) from error
