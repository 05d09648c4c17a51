"""The maximal activation images of all channels of a network, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.activations import Cache
from artlucid.metrics import TopImages, top_images

Codes = npt.NDArray[np.int64]

SHOWN = 3
"""How many classes, or values of metadata, are named."""


@dataclass(frozen=True, eq=False)
class Tops:
    """The maximal activation images of each stored layer of a cache."""

    of_layers: Mapping[str, TopImages]

    def joined(self, layers: Sequence[str]) -> TopImages:
        """Several layers as one, their channels one after the other."""
        parts = [self.of_layers[layer] for layer in layers]
        return TopImages(
            np.concatenate([part.indices for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.n_positive for part in parts]),
            np.concatenate([part.ties for part in parts]),
            parts[0].n_images,
        )


def tops_of(cache: Cache, k: int) -> Tops:
    """Find the top images of every stored layer in one pass."""
    return Tops({layer: top_images(cache[layer], k, name=f"{layer} of {cache.path}") for layer in cache.stored_layers})


def most_frequent(top: TopImages, codes_of: Callable[[Codes], tuple[Codes, int]], names: Sequence[str]) -> list[str]:
    """Name, for each channel, what most of its top images are.

    Parameters
    ----------
    top : TopImages
    codes_of : callable
        From images to the numbers of their classes or values, and how many of the images have any.
    names : sequence of str
        By these numbers.

    Returns
    -------
    list of str
        ``Cubism 34 %; Realism 20 %; …``, in per cent of the images that have any; empty where none has.
    """
    found = []
    for row in top.indices:
        codes, images = codes_of(row[row >= 0])
        values, counts = np.unique(codes, return_counts=True)
        best = np.argsort(-counts, kind="stable")[:SHOWN].tolist()
        found.append("; ".join(f"{names[values[place]]} {100 * counts[place] / images:.0f} %" for place in best))
    return found


def of_labels(labels: npt.NDArray[Any]) -> Callable[[Codes], tuple[Codes, int]]:
    """The classes of images, of one label an image or several."""

    def codes_of(images: Codes) -> tuple[Codes, int]:
        if labels.ndim == 1:
            codes = labels[images]
            return codes[codes >= 0], int((codes >= 0).sum())
        rows = labels[images].astype(bool)
        return np.nonzero(rows)[1], int(rows.any(axis=1).sum())

    return codes_of


def of_texts(texts: Sequence[str]) -> tuple[Callable[[Codes], tuple[Codes, int]], list[str]]:
    """The values of a column of metadata, empty ones left out, and the values in their order."""
    names = sorted({text for text in texts if text})
    numbers = {name: number for number, name in enumerate(names)}
    return of_labels(np.array([numbers.get(text, -1) for text in texts], np.int64)), names
