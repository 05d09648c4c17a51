"""The maximal activation images of all channels: as numbers of images, by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from artlucid._comparison import Comparison
from artlucid.activations import Cache
from artlucid.metrics import top_images
from artlucid.report._layers import Layer

ON_A_CARD = 9

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Labels:
    """What the images of a comparison are, column by column: their classes, and their metadata.

    Attributes
    ----------
    name : str
        ``class``, or the name of a column of metadata.
    values : tuple of str
    members : bool array of shape (n_images, n_values), or int64 array of shape (n_images,)
        Which value an image has, -1 for none; or which of several.
    """

    name: str
    values: tuple[str, ...]
    members: npt.NDArray[Any]

    def most_frequent(self, top: Indices) -> tuple[Indices, Indices]:
        """The value that most of each channel's images have, -1 for none, and their share in per cent.

        Parameters
        ----------
        top : int64 array of shape (n_channels, k)
            Images; -1 where there is none.
        """
        best, share = np.full(len(top), -1), np.zeros(len(top), np.int64)
        for row, images in enumerate(top):
            counts, known = self.counts(images[images >= 0])
            if known:
                best[row] = counts.argmax()
                share[row] = round(100 * counts.max() / known)
        return best, share

    def counts(self, images: Indices) -> tuple[Indices, int]:
        """How many images have each value, and how many have any."""
        chosen = self.members[images]
        if chosen.ndim == 2:
            return chosen.sum(axis=0, dtype=np.int64), int(chosen.any(axis=1).sum())
        known = chosen[chosen >= 0]
        return np.bincount(known, minlength=len(self.values)), len(known)


def labels_of(cache: Cache, metadata: Mapping[str, Sequence[str]] | None) -> list[Labels]:
    """The classes of the images and each column of their metadata; what no image has is left out.

    Parameters
    ----------
    cache : Cache
    metadata : mapping of str to sequence of str, optional
        In the order of the cache, in place of the cache's own.
    """
    found = []
    if cache.labels is not None and len(cache.class_names):
        members = cache.labels.astype(bool) if cache.labels.ndim == 2 else cache.labels
        found.append(Labels("class", cache.class_names, members))
    for name, texts in (_metadata_of(cache.images) if metadata is None else metadata).items():
        values = tuple(sorted({text for text in texts if text}))
        places = {value: place for place, value in enumerate(values)}
        # A column of metadata may be called as the classes are.
        taken = str(name) in {labels.name for labels in found}
        if values:
            found.append(
                Labels(
                    f"{name} (metadata)" if taken else str(name),
                    values,
                    np.array([places.get(text, -1) for text in texts], np.int64),
                )
            )
    return found


def _metadata_of(images: pd.DataFrame) -> dict[str, list[str]]:
    return {str(name): list(images[name]) for name in images if name not in ("path", "label", "labels")}


@dataclass(frozen=True, eq=False)
class Tops:
    """The top images of one layer in every model.

    Attributes
    ----------
    layer : Layer
    of_models : sequence of int64 array of shape (n_channels, k), or None
        In the order of the models; None where one has no such layer.
    """

    layer: Layer
    of_models: Sequence[Indices | None]

    def on_cards(self, pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
        """The first images of each channel, and which of them are also among those of the model before.

        Returns
        -------
        dict
            ``first``: for each model a row a channel. ``shared``: for each pair and each of its two models a number a
            channel, whose bits from the lowest on are the places of its first images that are among all of the other's.
        """
        return {
            "first": [None if top is None else _trimmed(top[:, :ON_A_CARD]) for top in self.of_models],
            "shared": [self._shared(*pair) for pair in pairs],
        }

    def _shared(self, before: int, after: int) -> list[list[int]] | None:
        one, other = self.of_models[before], self.of_models[after]
        return None if one is None or other is None else [_bits(one, other), _bits(other, one)]

    def whole(self) -> list[list[list[int]] | None]:
        """All of them: for each model a row a channel."""
        return [None if top is None else _trimmed(top) for top in self.of_models]


def _bits(top: Indices, others: Indices) -> list[int]:
    """Which of each channel's first images are among the others."""
    found = []
    for first, there in zip(top[:, :ON_A_CARD], others, strict=True):
        known = np.isin(first, there) & (first >= 0)
        found.append(int((known * 2 ** np.arange(len(first))).sum()))
    return found


def _trimmed(top: Indices) -> list[list[int]]:
    return [row[row >= 0].tolist() for row in top]


def tops_of(comparison: Comparison, layers: Sequence[Layer], models: Sequence[str], k: int) -> Iterator[Tops]:
    """Find the top images layer by layer, with one file a model held open.

    Raises
    ------
    ComparisonError, ActivationsError
        If a file of activations was removed, is of something else or is damaged.
    """
    with ExitStack() as stack:
        caches = [stack.enter_context(comparison.cache(model)) for model in models]
        for layer in layers:
            yield Tops(layer, [_indices(cache, layer, k) for cache in caches])


def _indices(cache: Cache, layer: Layer, k: int) -> Indices | None:
    if layer.name not in cache.layers or cache[layer.name].shape[1] != layer.width:
        return None
    return top_images(cache[layer.name], k, name=layer.name).indices
