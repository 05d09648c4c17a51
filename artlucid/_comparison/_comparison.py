"""A comparison, and what can be looked up in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from artlucid._comparison import _lookups
from artlucid.activations import Cache
from artlucid.datasets import Dataset, Split
from artlucid.metrics import TopImages


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changed from network to network.

    Attributes
    ----------
    path : Path
        The folder.
    manifest : mapping
        The content of ``compare.json``: models, dataset, settings, environment, and a summary of each pair.
    layers : DataFrame
        A row a pair and layer.
    channels : DataFrame
        A row a pair and channel: low overlap first, dead channels last.
    patches : DataFrame, optional
        A row a model, channel and maximal activation image: the part of the image that fires the channel; None where
        the comparison was made without.
    """

    path: Path
    manifest: Mapping[str, Any]
    layers: pd.DataFrame
    channels: pd.DataFrame
    patches: pd.DataFrame | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The names that the models have in the tables."""
        return tuple(_lookups.models_of(self.manifest))

    @property
    def top_split(self) -> str:
        """The split that the maximal activation images are chosen from."""
        return str(self.manifest["settings"]["top_split"])

    def cache(self, model: str, split: str | None = None) -> Cache:
        """Open what every channel of a model answered to the images of a split.

        Parameters
        ----------
        model : str
            Its name in the tables.
        split : str, optional
            By default that of the maximal activation images; that of CKA is there too.

        Returns
        -------
        Cache
            To be closed, as by ``with``.

        Raises
        ------
        ComparisonError
            If there is no such model or split, or if the file was removed or replaced by one of something else.
        ActivationsError
            If the file is damaged.

        Examples
        --------
        >>> from artlucid import compare
        >>> found = compare.read("comparison")  # doctest: +SKIP
        >>> with found.cache(found.models[0]) as cache:  # doctest: +SKIP
        ...     cache["mixed4d"][:100]
        """
        return _lookups.opened_cache(self.path, self.manifest, model, self.top_split if split is None else split)

    def top_images(self, model: str, layer: str, k: int = 100) -> TopImages:
        """Find the maximal activation images of every channel of a layer.

        Parameters
        ----------
        model : str
            Its name in the tables.
        layer : str
            A convolution or a block; ``mixed4d_3x3_pre_relu`` is ``mixed4d_3x3``.
        k : int
            At most the number of images.

        Returns
        -------
        TopImages
            Its images are those of `images`, in their order.

        Raises
        ------
        ComparisonError, ActivationsError
            As `cache`.
        ModelError
            If there is no such layer.
        MetricError
            If k is out of range.
        """
        with self.cache(model) as cache:
            return _lookups.top_images_of(cache, layer, k)

    def images(self, dataset: Dataset | str | None = None, *, split: str | None = None) -> Split:
        """Give the images in the order of the activations.

        Parameters
        ----------
        dataset : Dataset or str, optional
            The dataset that was compared on, where its images have moved or have metadata beside them. By default it
            is looked for where it was.
        split : str, optional
            By default that of the maximal activation images.

        Returns
        -------
        Split
            Whose ``relative_paths`` are those of the caches; ``path(index)`` is where an image is now.

        Raises
        ------
        ComparisonError
            If the images have moved, or are not those that were compared on.
        """
        name = self.top_split if split is None else split
        return _lookups.images_of(self.path, self.manifest, dataset, name)
