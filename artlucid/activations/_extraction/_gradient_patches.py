"""The boxes that hold most of what fires channels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from artlucid import environment, models
from artlucid.activations._boxes import Box
from artlucid.activations._extraction._gradients import Gradients
from artlucid.activations._extraction._request import size_of
from artlucid.activations._options import Options
from artlucid.activations._patch_table import Images, Squares, Wanted, check_channels, table_of, wanted_of
from artlucid.activations._smallest_box import checked_share, smallest_box
from artlucid.datasets import Split
from artlucid.inputs import Batches, open_cache
from artlucid.models import Network, layer_output
from artlucid.models._load import Source
from artlucid.models._precision import in_precision


def gradient_patches(
    model: Source, split: Split, layer: str, images: Images, *, share: float = 0.9, options: Options = Options()
) -> pd.DataFrame:
    """Find the part of each image that fires a channel: the smallest box that holds most of its gradient's energy.

    The gradient is that of the channel's maximum after ReLU, at the first place where it is, with respect to the square
    of the image that the network sees; its energy is the square, summed over colours. A forward and a backward pass
    through the layers up to this one, for a batch of images at once.

    Parameters
    ----------
    model : source
        Anything that `models.load` takes.
    split : Split
    layer : str
        Any layer that `models.layer_output` gives. One that is not after a ReLU counts as if it were.
    images : mapping of int to sequence of int
        For each channel the images, by their places in the split: ``{52: top.indices[52]}``. -1 stands for none.
    share : float
        Of the energy, above 0, at most 1.
    options : Options

    Returns
    -------
    DataFrame
        As `fixed_patches`. Of equally small boxes the one that holds most; empty (NaN) where the channel is not above 0
        in an image, or nothing in the image changes it.

    Raises
    ------
    ActivationsError
        If there is no such channel or image, or the share is out of range.
    ModelError
        If the model cannot be loaded, has no such layer, or does not take images of that size.
    DataError
        If an image cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import activations, datasets
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = datasets.synthetic(folder=f"{parent}/styles", images_per_class=(2, 1, 1), size=32)
    ...     network = models.load("none", architecture="mini")
    ...     options = activations.Options(size=32, cache=False)
    ...     found = activations.gradient_patches(network, drawn.test, "conv2d0", {3: [0, 5]}, options=options)
    >>> found[["layer", "channel", "rank", "image"]].values.tolist()
    [['conv2d0', 3, 0, 0], ['conv2d0', 3, 1, 5]]
    """
    checked_share(share)
    network = in_precision(models.load(model), environment.resolve_precision(options.precision).policy)
    return of_layer(network, Squares(split, size_of(network, options.size)), layer, images, share, options)


def of_layer(
    network: Network, squares: Squares, layer: str, images: Images, share: float, options: Options
) -> pd.DataFrame:
    """The same with what is known of the images, in the precision that the network has."""
    wanted = wanted_of(images, squares.split)
    check_channels(wanted, layer, layer_output(network, layer).shape[-1])
    boxes = _boxes(network, squares, layer, wanted, share, options) if len(wanted) else []
    return table_of(layer, squares.split, wanted, boxes)


def _boxes(
    network: Network, squares: Squares, layer: str, wanted: Wanted, share: float, options: Options
) -> list[Box | None]:
    gradients = Gradients(network, layer, squares.size)
    chosen = dataclasses.replace(squares.split, labels=None).select(wanted.images)
    cache = open_cache(options.cache, limit=options.cache_limit)
    batches = Batches(chosen, size=squares.size, batch_size=options.batch_size, cache=cache)
    corners: list[tuple[int, int, int, int] | None] = []
    with batches.readable_errors():
        for batch in batches.in_order():
            channels = wanted.channels[len(corners) : len(corners) + len(batch)]
            corners += _corners(gradients(batch, channels), share)
    return [
        None if found is None else squares.of(image).box(*found)
        for image, found in zip(wanted.images.tolist(), corners, strict=True)
    ]


def _corners(energies: Sequence[np.ndarray], share: float) -> list[tuple[int, int, int, int] | None]:
    return [smallest_box(energy, share) for energy in energies]
