"""Grids of maximal activation images, straight from the folder of a comparison."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from artlucid import metrics
from artlucid._channel import Channel
from artlucid._comparison import Comparison, read
from artlucid._comparison._lookups import branch_of
from artlucid.activations import Box, cut_patch, fixed_patches
from artlucid.datasets import Dataset, Split
from artlucid.errors import VisualizationError
from artlucid.figures import _channels, _recorded_pictures
from artlucid.figures._model_names import short_names
from artlucid.figures._sheet import check_count
from artlucid.figures._top_image_grid import GRID, IMAGES, TopImages, top_image_grid

Paths = Sequence[str | os.PathLike[str]]

NO_PICTURES: Mapping[str, Any] = MappingProxyType({})

PATCHES = (None, "fixed", "gradient")

_PATCH_SIDE = 160
"""Of what is cut out of an image, in pixels: more than a cell of a grid has."""


def maximal_images(
    comparison: Comparison | str | os.PathLike[str],
    channels: Sequence[str],
    *,
    models: Sequence[str] | Mapping[str, str] | None = None,
    patch: str | None = None,
    shape: tuple[int, int] = GRID,
    dataset: Dataset | str | None = None,
    pictures: Paths | None = None,
) -> Figure:
    """Draw the maximal activation images of channels (columns) in the models of a comparison (rows).

    Parameters
    ----------
    comparison : Comparison or path
        Or the folder that `artlucid compare` wrote. Neither the networks nor Keras and TensorFlow are needed.
    channels : sequence of str
        ``mixed4d_3x3:52``, …, of convolutions and blocks.
    models : sequence of str, or mapping of str to str, optional
        Their names in the tables, or these with the names that the figure is to use. By default all, by the ends of
        their paths.
    patch : {None, "fixed", "gradient"}
        Whole images; crops of one size a layer around the place where the channel fires most; or the boxes that the
        comparison was made with, by ``--patch gradient``.
    shape : (int, int)
        Columns and rows of each grid.
    dataset : Dataset or str, optional
        Where the images are now, if they have moved.
    pictures : sequence of path, optional
        Folders of optimized images, each of the model that made it. By default those that the comparison was made
        with; an empty list for none.

    Returns
    -------
    Figure
        As `top_image_grid` draws it. An image of a later model has a green border if it is in the first model's set.
        Below stand the overlap ratio with the first model and the classes. All three are of sets of the comparison's
        first k images, however many are shown; of as many as are shown where the split has fewer than k.

    Raises
    ------
    VisualizationError
        If a channel, the patches or the shape are none, or the comparison lacks the boxes.
    ComparisonError
        If the folder is no comparison, its activations were removed, or its images have moved.
    ModelError
        If there is no such layer.

    Warns
    -----
    VisualizationWarning
        If folders of pictures that were recorded are gone.

    References
    ----------
    Figures 1 to 4, 8, 9, 11 to 13 and 17 of the paper.

    Examples
    --------
    >>> from artlucid import figures
    >>> figure = figures.maximal_images("comparison", ["mixed4d_3x3:52"], patch="fixed")  # doctest: +SKIP
    >>> figures.save(figure, "channel-52.pdf")  # doctest: +SKIP
    """
    if patch not in PATCHES:
        raise VisualizationError(
            f"`patch` must be one of {', '.join(map(repr, PATCHES))}. Received {patch!r}. "
            "Leave it out for whole images."
        )
    for count in shape:
        check_count(count, "shape")
    found = comparison if isinstance(comparison, Comparison) else read(os.fspath(comparison))
    names = [_channels.parsed(name) for name in _channels.checked(channels)]
    labels = _labels(short_names(found.models) if models is None else models)
    sets = MaximalImages(found, found.images(dataset), shape[0] * shape[1], patch)
    folders = _recorded_pictures.folders_of(found, list(labels), pictures)
    rows = {}
    for model, label in labels.items():
        drawn = {} if model not in folders else folders[model].pictures
        rows[label] = [sets.of(model, name, next(iter(labels)), drawn) for name in names]
    shown = IMAGES if patch is None else f"patches of {IMAGES}"
    return top_image_grid(rows, _channels.titles([str(name) for name in names]), shape=shape, shown=shown)


def _labels(models: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """What the figure calls each model, by its name in the tables."""
    labels = dict(models) if isinstance(models, Mapping) else {model: model for model in models}
    if len(set(labels.values())) < len(labels):
        raise VisualizationError(
            f"`models` must have a name each. Received {', '.join(map(repr, labels.values()))}. Name them differently."
        )
    return labels


@dataclass(frozen=True, eq=False)
class _Tops:
    """The maximal activation images of a layer: those that are shown, and those that are compared."""

    shown: metrics.TopImages
    compared: metrics.TopImages


class MaximalImages:
    """The cells of a figure; what many of them need is looked up once.

    Parameters
    ----------
    comparison : Comparison
    images : Split
        In the order of its activations, as `Comparison.images` gives them.
    places : int
        Images that a cell shows.
    patch : {None, "fixed", "gradient"}
    """

    def __init__(self, comparison: Comparison, images: Split, places: int, patch: str | None = None) -> None:
        self.comparison, self.images, self.patch = comparison, images, patch
        self.places = min(places, len(images))
        k = int(comparison.manifest["settings"]["k"][0])
        self.k = k if k <= len(images) else self.places
        self.tops = cache(self._tops)

    def _tops(self, model: str, layer: str) -> _Tops:
        top = self.comparison.top_images(model, layer, max(self.k, self.places))
        return _Tops(top.first(self.places), top.first(self.k))

    def of(self, model: str, channel: Channel, first: str, pictures: Mapping[str, Any] = NO_PICTURES) -> TopImages:
        """A cell: of a channel in one model, with what it shares with the first one."""
        layer, number = channel.layer, channel.number
        with self.comparison.cache(model) as opened:
            own = branch_of(opened, layer, number)
        tops, before = self.tops(model, layer), self.tops(first, layer)
        shown = [image for image in tops.shown.indices[number].tolist() if image >= 0]
        compared = set(before.compared.indices[number].tolist()) if model != first else set()
        overlap = None if model == first else metrics.overlap_ratio(tops.compared, before.compared)[number]
        return TopImages(
            self._shown(model, own, shown),
            shared={place for place, image in enumerate(shown) if image in compared},
            overlap=overlap,
            classes=self._classes(tops.compared.indices[number]),
            optimized=_optimized(pictures, channel, own),
        )

    def _classes(self, indices: npt.NDArray[np.int64]) -> dict[str, float]:
        """The share of each class, of the images that have a label."""
        labels, dataset = self.images.labels, self.images.dataset
        if labels is None or dataset is None:
            return {}
        own = labels[indices[indices >= 0]]
        hot = own.astype(bool) if own.ndim == 2 else own[:, None] == np.arange(len(dataset.class_names))
        labelled = hot.any(axis=1).sum()
        shares = hot.sum(axis=0) / max(labelled, 1)
        return dict(zip(dataset.class_names, shares.tolist(), strict=True))

    def _shown(self, model: str, own: tuple[str, int], images: list[int]) -> list[Any]:
        """Files of whole images, or the pixels of patches."""
        paths = [self.images.path(image) for image in images]
        if self.patch is None:
            return paths
        boxes = self._fixed(model, own, images) if self.patch == "fixed" else self._recorded(model, own, images)
        with ThreadPoolExecutor() as threads:
            return list(threads.map(_cut, paths, boxes))

    def _fixed(self, model: str, own: tuple[str, int], images: list[int]) -> list[Box | None]:
        with self.comparison.cache(model) as opened:
            return _boxes(fixed_patches(opened, self.images, own[0], {own[1]: images}), images)

    def _recorded(self, model: str, own: tuple[str, int], images: list[int]) -> list[Box | None]:
        table = self.comparison.patches
        if table is None or self.comparison.manifest["patches"]["kind"] != "gradient":
            table = pd.DataFrame(columns=["model", "layer", "channel", "image"])
        of_channel = table[(table["model"] == model) & (table["layer"] == own[0]) & (table["channel"] == own[1])]
        if missing := [image for image in images if image not in set(of_channel["image"])]:
            raise VisualizationError(
                f"The comparison must have the boxes that are to be drawn. Received {self.comparison.path} without "
                f"{len(missing)} of {len(images)} of {own[0]}:{own[1]} in {model}. Find them by `artlucid compare … "
                f"--patch gradient --patches {len(images)}`, with more `--patch-channels` if need be, or draw fewer "
                "(`shape`)."
            )
        return _boxes(of_channel, images)


def _boxes(table: pd.DataFrame, images: list[int]) -> list[Box | None]:
    corners = {row.image: (row.left, row.top, row.right, row.bottom) for row in table.itertuples()}
    return [None if any(map(pd.isna, corners[image])) else Box(*corners[image]) for image in images]


def _cut(path: Any, box: Box | None) -> npt.NDArray[np.uint8] | None:
    return None if box is None else cut_patch(path, box, side=_PATCH_SIDE)


def _optimized(pictures: Mapping[str, Any], channel: Channel, own: tuple[str, int]) -> npt.NDArray[np.uint8] | None:
    """The picture of a channel, or of the branch's channel that it is."""
    for layer, number in ((channel.layer, channel.number), own):
        picture = _recorded_pictures.picture_of(pictures, layer, number)
        if picture is not None:
            found: npt.NDArray[np.uint8] | None = None if picture.problem else picture.image()
            return found
    return None
