"""A cache of activations, opened lazily."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from artlucid._channel import PRE_RELU
from artlucid.activations._features import Features
from artlucid.activations._file import (
    datasets_of,
    finished_of,
    names_in,
    open_file,
    read_labels,
    read_manifest,
    read_texts,
    readable,
)
from artlucid.activations._format import MAXIMUM, MEAN, PLACE, contents_of, escaped
from artlucid.activations._part import part_of
from artlucid.errors import ActivationsError, ModelError


class Cache:
    """What every channel of a network answered to every image of a split; all values are after ReLU.

    ``cache["mixed4d"]`` gives the spatial means, which are the features of the images. `open` and `extract` make one;
    a cache can be sent to another process, which opens the file again.

    Attributes
    ----------
    path : Path
    manifest : mapping
        How it was made.
    layers : tuple of str
        Every layer that it has, in graph order, blocks (concatenations) among them.
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path = path
        self._file = file
        self.manifest: Mapping[str, Any] = read_manifest(file, path)
        self._contents = contents_of(self.manifest, path)
        self._paths = read_texts(file, "images/path", path)
        self._datasets = datasets_of(file, self._contents, path, len(self._paths))
        self.layers = self._contents.names
        self._check_finished()

    def _check_finished(self) -> None:
        finished = finished_of(self._file, self.path, len(self))
        if finished < len(self):
            raise ActivationsError(
                f"A cache of activations must be finished to be read. Received {self.path} with {finished} of "
                f"{len(self)} images. Extract again with the same arguments: it goes on there."
            )

    def __len__(self) -> int:
        """The number of images."""
        return len(self._paths)

    def __repr__(self) -> str:
        return f"<Cache of {len(self)} images and {len(self.layers)} layers in {self.path}>"

    def __contains__(self, layer: object) -> bool:
        return isinstance(layer, str) and self._found(layer) is not None

    def __getitem__(self, layer: str) -> Features:
        """The mean over space of each channel after ReLU: float32 of shape (n_images, n_channels)."""
        return self._features(layer, MEAN)

    def maximum(self, layer: str) -> Features:
        """The maximum over space of each channel after ReLU: float32 of shape (n_images, n_channels)."""
        return self._features(layer, MAXIMUM)

    def place(self, layer: str) -> Features:
        """Where the maximum is: row and column in the feature map, integers of shape (n_images, n_channels, 2).

        The first of equal ones, row by row; (0, 0) where the maximum is 0. `map_size` says of how many.
        """
        return self._features(layer, PLACE)

    def map_size(self, layer: str) -> tuple[int, int]:
        """Height and width of a layer's feature maps."""
        part = self._contents.parts(self.own_name(layer))[0]
        return part.height, part.width

    def own_name(self, layer: str) -> str:
        """The name under which the cache has a layer: ``mixed4d_3x3`` also for ``mixed4d_3x3_pre_relu``.

        Raises
        ------
        ModelError
            If it has no such layer; the nearest names are given.
        """
        found = self._found(layer) if isinstance(layer, str) else None
        if found is None:
            near = difflib.get_close_matches(str(layer), self.layers, n=3, cutoff=0.3)
            raise ModelError(
                f"`layer` must be a layer of the cache. Received {layer!r}. The nearest names are "
                f"{', '.join(near or self.layers[:3])}; there are {len(self.layers)} in {self.path}."
            )
        return found

    @property
    def stored_layers(self) -> tuple[str, ...]:
        """The layers whose values are in the file, in graph order: the convolutions. The others are views of them."""
        return tuple(self._contents.stored)

    @property
    def analysed_layers(self) -> tuple[str, ...]:
        """The layers at which networks are compared."""
        named = self.manifest.get("analysed_layers")
        return tuple(name for name in named if name in self.layers) if isinstance(named, list) else self.layers

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes; empty without labels."""
        with readable(self.path):
            return tuple(read_texts(self._file, "class_names", self.path)) if "class_names" in self._file else ()

    @cached_property
    def labels(self) -> npt.NDArray[Any] | None:
        """The labels, as `datasets.Split` has them: int64 (n_images,), uint8 (n_images, n_classes), or None."""
        with readable(self.path):
            return read_labels(self._file, self.path, len(self), len(self.class_names))

    @cached_property
    def images(self) -> pd.DataFrame:
        """A row an image, in the order of the features.

        ``path``, relative to the root of the split; ``label``, the name of the class, or ``labels``, a tuple of names
        where an image may have several or none; and the columns of metadata, ``metadata_path`` if one has a name that
        is taken.
        """
        columns: dict[str, Any] = {"path": self._paths}
        if self.labels is not None and self.labels.ndim == 1:
            columns["label"] = [self.class_names[label] for label in self.labels]
        elif self.labels is not None:
            names = np.array(self.class_names, dtype=object)
            columns["labels"] = [tuple(names[row.astype(bool)]) for row in self.labels]
        columns |= {name if name not in columns else f"metadata_{name}": texts for name, texts in self._metadata()}
        # As they are: where pyarrow is, pandas would refuse names that are not UTF-8.
        return pd.DataFrame(columns, dtype=object)

    def _metadata(self) -> list[tuple[str, list[str]]]:
        names = self.manifest.get("metadata_columns")
        with readable(self.path):
            present = set(names_in(self._file, "metadata", self.path))
            return [
                (name, read_texts(self._file, f"metadata/{escaped(name)}", self.path, len(self)))
                for name in (names if isinstance(names, list) else [])
                if isinstance(name, str) and escaped(name) in present
            ]

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        self._file.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.path.absolute(),)

    def _found(self, layer: str) -> str | None:
        # Of a graph of another kind a layer's own name may end so.
        spellings = (layer, layer.removesuffix(PRE_RELU), f"{layer}{PRE_RELU}")
        return next((name for name in spellings if name in self.layers), None)

    def _features(self, layer: str, name: str) -> Features:
        parts = self._contents.parts(self.own_name(layer))
        return Features([self._datasets[part.name, name] for part in parts], self.path)


def open(path: str | Path) -> Cache:
    """Open a cache of activations; values are read when they are sliced.

    Parameters
    ----------
    path : str or path
        A file that `extract` or ``artlucid activations`` wrote.

    Returns
    -------
    Cache

    Raises
    ------
    ActivationsError
        If there is no such file, if it is not finished, damaged, cut short or of another format, if it leads to other
        files, or was written by a newer artlucid.

    Examples
    --------
    >>> from artlucid import activations
    >>> cache = activations.open("before.h5")  # doctest: +SKIP
    >>> cache["mixed4d"][:100].shape  # doctest: +SKIP
    (100, 528)
    """
    path = Path(path)
    if not path.exists() and part_of(path).is_file():
        raise ActivationsError(
            f"A cache of activations must be finished to be read. Received {path}, of which there is only the part "
            f"{part_of(path).name}. Extract again with the same arguments: it goes on there."
        )
    file = open_file(path)
    try:
        with readable(path):
            return Cache(path, file)
    except BaseException:
        file.close()
        raise
