"""Crops of one size a layer, around the place where a channel fires most."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from artlucid.activations._boxes import Box, SeenSquare
from artlucid.activations._cache import Cache
from artlucid.activations._patch_table import Images, Squares, check_channels, table_of, wanted_of
from artlucid.architectures import ARCHITECTURES, Architecture
from artlucid.architectures._windows import windows
from artlucid.datasets import Split
from artlucid.errors import ActivationsError

LARGEST_PART = 2 / 3
"""Of the side of what the network sees: a patch is never the whole image."""


def fixed_patches(cache: Cache, split: Split, layer: str, images: Images, *, side: int | None = None) -> pd.DataFrame:
    """Find the part of each image around the place where a channel fires most: a crop of one size a layer.

    Parameters
    ----------
    cache : Cache
        It knows where the maximum of each channel is.
    split : Split
        The images of the cache in its order, as `Comparison.images` gives them.
    layer : str
        A layer of the cache.
    images : mapping of int to sequence of int
        For each channel the images, by their places in the split: ``{52: top.indices[52]}``. -1 stands for none.
    side : int, optional
        Of the crop, in pixels of what the network sees. By default that of the architecture's table, and never more
        than two thirds of what it sees.

    Returns
    -------
    DataFrame
        A row an image and channel: ``layer``, ``channel``, ``rank`` (place in the sequence), ``image`` (place in the
        split), ``path``, and the box ``left``, ``top``, ``right``, ``bottom`` in fractions of the whole image. A crop
        at the border is shifted to lie inside what the network saw.

    Raises
    ------
    ActivationsError
        If there is no such channel or image, if the split is not of the cache's images, or if no side is known.
    ModelError
        If there is no such layer.
    DataError
        If an image cannot be read.
    """
    layer = cache.own_name(layer)
    size = int(cache.manifest["preprocessing"]["size"])
    return of_layer(cache, Squares(checked(cache, split), size), layer, images, side)


def of_layer(cache: Cache, squares: Squares, layer: str, images: Images, side: int | None = None) -> pd.DataFrame:
    """The same with what is known of the images."""
    wanted = wanted_of(images, squares.split)
    check_channels(wanted, layer, cache.place(layer).shape[1])
    side = patch_side(cache, layer, squares.size) if side is None else _checked_side(side, squares.size)
    strides, offset = _windows(cache, layer, squares.size)
    places = cache.place(layer)
    # Each image is read once, for all channels.
    images_once, rows = np.unique(wanted.images, return_inverse=True)
    of_images = places[images_once] if len(images_once) else np.zeros((0, *places.shape[1:]), places.dtype)
    found = of_images[rows, wanted.channels].tolist()
    boxes = []
    for (row, column), image in zip(found, wanted.images.tolist(), strict=True):
        down, across = ((place + 0.5) * stride + offset for place, stride in zip((row, column), strides, strict=True))
        boxes.append(_around(across, down, side, squares.of(image)))
    return table_of(layer, squares.split, wanted, boxes)


def checked(cache: Cache, split: Split) -> Split:
    """Give the split if its images are those of the cache, in its order; ActivationsError if not."""
    if list(split.relative_paths) != cache.images["path"].tolist():
        raise ActivationsError(
            f"`split` must have the images of the cache in its order. Received {split.name} with {len(split)} images "
            f"for {cache.path} with {len(cache)}. Take it from the comparison: `comparison.images()`."
        )
    return split


def patch_side(cache: Cache, layer: str, size: int) -> int:
    """The side of a layer's crops, in pixels of what the network sees.

    Raises
    ------
    ActivationsError
        If the network is of no known architecture, or of one without a table.
    """
    architecture = _architecture(cache)
    sides = {} if architecture is None else architecture.patch_sides
    for pattern, side in sides.items():
        if fnmatchcase(layer, pattern):
            return min(side, int(LARGEST_PART * size))
    raise ActivationsError(
        f"Crops of a fixed side need an architecture that says how large. Received {layer} of "
        f"{cache.manifest['model']['source']}, of which nothing is known. Give `side=…`, or take the boxes of the "
        "gradient (`--patch gradient`)."
    )


def _architecture(cache: Cache) -> Architecture | None:
    return ARCHITECTURES.get(str(cache.manifest["model"].get("variant")))


def _windows(cache: Cache, layer: str, size: int) -> tuple[tuple[float, float], float]:
    """How far positions of a layer's maps are apart, down and across, and how far their middles are moved."""
    architecture = _architecture(cache)
    height, width = cache.map_size(layer)
    if architecture is None or layer not in {one.name for one in architecture.backbone}:
        return (size / height, size / width), 0.0
    stride, offset = windows(architecture, layer)
    return (stride, stride), offset


def _checked_side(side: int, size: int) -> int:
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= size:
        raise ActivationsError(
            f"`side` must be an integer in 1 … {size}, the pixels that the network sees. Received {side!r}. "
            "Leave it out, or give 96, for example."
        )
    return side


def _around(across: float, down: float, side: int, square: SeenSquare) -> Box:
    left, top = (min(max(centre - side / 2, 0), square.size - side) for centre in (across, down))
    return square.box(left, top, left + side, top + side)
