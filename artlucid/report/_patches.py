"""The parts of images that fire channels, which a page shows on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np
import pandas as pd

from artlucid.activations import Cache
from artlucid.activations._fixed_patches import of_layer
from artlucid.activations._patch_table import SIDES, Squares
from artlucid.errors import ActivationsError, DataError
from artlucid.report._contents import Contents
from artlucid.report._thumbnails import unreadable
from artlucid.report._tops import Tops

IN_THE_WHOLE = 1000
"""Boxes are in so many parts of the width and the height."""

WORDS: Mapping[str, str] = {
    "fixed": "the surroundings of the place where the channel fires most",
    "gradient": "the smallest part with 90\u00a0% of the gradient’s energy",
}


class Boxes:
    """Finds the boxes of a layer's maximal activation images in every model.

    Those that the comparison records are taken; where it records none, crops around the strongest places.

    Parameters
    ----------
    contents : Contents
    stack : ExitStack
        Closes the files of activations that it opens.
    """

    def __init__(self, contents: Contents, stack: ExitStack) -> None:
        self._names = contents.names
        self._recorded = _by_layer(contents)
        self._caches: Sequence[Cache] = ()
        self._squares: Squares | None = None
        if contents.images is not None:
            self._caches = [stack.enter_context(contents.comparison.cache(model)) for model in contents.names]
            # Each image is measured once, for all layers and models.
            self._squares = Squares(contents.images, int(self._caches[0].manifest["preprocessing"]["size"]))

    def of(self, tops: Tops) -> list[dict[str, list[int]]] | None:
        """For each model and channel four numbers an image, one image after the other; None where none is known.

        An image whose box is empty has zeros.
        """
        if self._squares is None:
            return None
        if self._recorded is not None:
            found = [self._recorded.get((name, tops.layer.name)) for name in self._names]
            return [_spelled(table) for table in found] if any(table is not None for table in found) else None
        try:
            return [
                _spelled(None if top is None else of_layer(cache, self._squares, tops.layer.name, dict(enumerate(top))))
                for cache, top in zip(self._caches, tops.of_models, strict=True)
            ]
        except DataError as error:
            raise unreadable(error) from error
        except ActivationsError:  # of a network of no known architecture, of which no side is known
            return None


def _by_layer(contents: Contents) -> dict[tuple[str, str], pd.DataFrame] | None:
    patches = contents.comparison.patches
    if patches is None:
        return None
    return {(str(model), str(layer)): rows for (model, layer), rows in patches.groupby(["model", "layer"], sort=False)}


def _spelled(table: pd.DataFrame | None) -> dict[str, list[int]]:
    if table is None:
        return {}
    table = table.sort_values(["channel", "rank"])
    boxes = np.rint(np.nan_to_num(table[list(SIDES)].to_numpy(np.float64)) * IN_THE_WHOLE).astype(int)
    channels = table["channel"].to_numpy()
    starts = np.flatnonzero(np.r_[True, channels[1:] != channels[:-1]]) if len(channels) else np.zeros(0, int)
    parts = np.split(boxes, starts[1:]) if len(starts) else []
    return {str(channels[start]): part.ravel().tolist() for start, part in zip(starts, parts, strict=True)}


def words_of(contents: Contents) -> str:
    """What the boxes are, for readers."""
    if contents.comparison.patches is None:
        return WORDS["fixed"]
    settings = contents.comparison.manifest.get("settings", {})
    recorded = contents.comparison.manifest.get("patches") or settings.get("patches") or {}
    return WORDS.get(str(recorded.get("kind")), "the part that fires the channel")
