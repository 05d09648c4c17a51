"""What stands in a cache file: names, types, and the manifest, which is held to all that reading relies on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from artlucid.errors import ActivationsError

FORMAT = "artlucid.activations"
VERSION = 1

MEAN, MAXIMUM, PLACE = "mean", "maximum", "place"
"""The datasets of a layer."""

IMAGES_A_BLOCK = 128
"""About so many images are computed between two entries of how many are finished."""

LARGEST_SIDE = 2**16
"""Rows and columns are stored in at most two bytes."""


@dataclass(frozen=True)
class StoredLayer:
    """A layer whose activations are in the file.

    Attributes
    ----------
    name : str
    n_channels : int
    height, width : int
        Of its feature maps; 1 and 1 of a vector.
    """

    name: str
    n_channels: int
    height: int
    width: int

    @property
    def group(self) -> str:
        """Where its datasets stand."""
        return f"layers/{escaped(self.name)}"

    @property
    def place_type(self) -> np.dtype[Any]:
        """The smallest type that rows and columns fit into."""
        return np.dtype(np.uint8 if max(self.height, self.width) <= 2**8 else np.uint16)

    def datasets(self, n_images: int) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
        """Shape and type of each of its datasets."""
        rows = (n_images, self.n_channels)
        number = np.dtype(np.float32)
        return {MEAN: (rows, number), MAXIMUM: (rows, number), PLACE: ((*rows, 2), self.place_type)}


@dataclass(frozen=True)
class Contents:
    """The layers of a cache.

    Attributes
    ----------
    stored : mapping of str to StoredLayer
        In graph order.
    blocks : mapping of str to tuple of str
        The stored layers that a concatenation is a view of.
    """

    stored: Mapping[str, StoredLayer]
    blocks: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Every layer in graph order: a block after the last of its branches."""
        ends: dict[str, list[str]] = {}
        for block, sources in self.blocks.items():
            ends.setdefault(max(sources, key=list(self.stored).index), []).append(block)
        return tuple(name for stored in self.stored for name in (stored, *ends.get(stored, ())))

    def parts(self, layer: str) -> tuple[StoredLayer, ...]:
        """What a layer consists of, side by side."""
        return tuple(self.stored[name] for name in self.blocks.get(layer, (layer,)))


def escaped(name: str) -> str:
    """A name as one step of an HDF5 path.

    >>> escaped("inner/conv1"), escaped("mixed4d_3x3")
    ('inner%2Fconv1', 'mixed4d_3x3')
    """
    return "%2E" * len(name) if re.fullmatch(r"\.+", name) else name.replace("%", "%25").replace("/", "%2F")


def contents_of(manifest: Mapping[str, Any], path: Path) -> Contents:
    """The layers that a manifest declares; raises ActivationsError if it is not what it must be."""
    stored = {}
    for record in _list(manifest, "layers", path):
        layer = _stored(record, path)
        if layer.name in stored:
            damaged(path, f"its manifest names the layer {layer.name!r} twice")
        stored[layer.name] = layer
    blocks = {}
    for record in _list(manifest, "blocks", path):
        name, sources = (record.get("name"), record.get("sources")) if isinstance(record, dict) else (None, None)
        if not isinstance(name, str) or name in stored or not isinstance(sources, list) or not sources:
            damaged(path, "its manifest describes a block by something else than a name and its sources")
        if name in blocks:
            damaged(path, f"its manifest names the block {name!r} twice")
        if not all(isinstance(source, str) and source in stored for source in sources):
            damaged(path, f"its manifest joins layers to {name!r} that it does not hold")
        if len(set(sources)) < len(sources):
            damaged(path, f"its manifest joins a layer to {name!r} twice")
        if len({(stored[source].height, stored[source].width) for source in sources}) > 1:
            damaged(path, f"its manifest joins maps of different sizes to {name!r}")
        blocks[name] = tuple(sources)
    if not stored:
        damaged(path, "its manifest names no layer")
    return Contents(stored, blocks)


def _list(manifest: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    found = manifest.get(key)
    if not isinstance(found, list):
        damaged(path, f"its manifest has no list of {key}")
    return found


def _stored(record: Any, path: Path) -> StoredLayer:
    if not isinstance(record, dict) or not isinstance(record.get("name"), str) or not record["name"]:
        damaged(path, "its manifest has a layer without a name")
    numbers = [record.get(key) for key in ("n_channels", "height", "width")]
    if not all(isinstance(number, int) and not isinstance(number, bool) and number > 0 for number in numbers):
        damaged(path, f"its manifest does not say how large the layer {record['name']!r} is")
    n_channels, height, width = (int(number) for number in numbers if number is not None)
    if max(height, width) > LARGEST_SIDE:
        damaged(path, f"its manifest has maps of {height} x {width} for {record['name']!r}")
    return StoredLayer(record["name"], n_channels, height, width)


def to_text(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as it is stored; names of files need not be text."""
    return json.dumps(manifest, indent=2, ensure_ascii=False).encode("utf-8", "surrogateescape")


def to_bytes(texts: Sequence[str]) -> npt.NDArray[np.bytes_]:
    """Texts as an array of bytes of one length; names of files need not be text."""
    encoded = [text.encode("utf-8", "surrogateescape") for text in texts]
    return np.array(encoded, dtype=f"S{max([1, *map(len, encoded)])}")


def from_bytes(array: npt.NDArray[np.bytes_]) -> list[str]:
    """What `to_bytes` took."""
    return [value.decode("utf-8", "surrogateescape") for value in array.tolist()]


def damaged(path: Path, reason: str) -> NoReturn:
    """Refuse a file."""
    raise ActivationsError(
        f"A cache of activations must be a whole file of the format {FORMAT!r}. Received {path}: {reason}. "
        "It is damaged, cut short or something else: get it again, or remove it and extract again."
    )
