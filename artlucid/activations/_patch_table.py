"""Patches as a table: a row an image and channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from artlucid.activations._boxes import Box, SeenSquare, seen_square
from artlucid.datasets import Split
from artlucid.datasets._wording import printable
from artlucid.errors import ActivationsError

Images = Mapping[int, Sequence[int] | npt.NDArray[np.int64]]

SIDES = ("left", "top", "right", "bottom")
COLUMNS = ("layer", "channel", "rank", "image", "path", *SIDES)


@dataclass(frozen=True, eq=False)
class Wanted:
    """Which channel of which image a patch is of, an entry a patch.

    Attributes
    ----------
    channels, ranks, images : int64 array of shape (n_patches,)
    """

    channels: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    images: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.channels)


def wanted_of(images: Images, split: Split) -> Wanted:
    """Take a mapping of channels to images apart; -1 stands for no image.

    Raises
    ------
    ActivationsError
        If it is no mapping, or an image is not in the split.
    """
    if not isinstance(images, Mapping):
        raise ActivationsError(
            "`images` must be a mapping of channels to images. Received "
            f"{type(images).__name__}. Give those of channel 52, for example: {{52: top.indices[52]}}."
        )
    found = [
        (int(channel), rank, int(image))
        for channel, of_channel in images.items()
        for rank, image in enumerate(of_channel)
        if image != -1
    ]
    if beyond := [image for _, _, image in found if not 0 <= image < len(split)]:
        raise ActivationsError(
            f"`images` must be places in the split, which has {len(split)} images. Received {beyond[0]}. Give the "
            "split that they were chosen from, with its images in the same order."
        )
    rows = np.array(found, np.int64).reshape(-1, 3)
    return Wanted(*rows.T)


def check_channels(wanted: Wanted, layer: str, n_channels: int) -> None:
    """Refuse channels that a layer does not have, with an ActivationsError."""
    if len(beyond := wanted.channels[(wanted.channels < 0) | (wanted.channels >= n_channels)]):
        raise ActivationsError(
            f"A channel of {layer} must be in 0 … {n_channels - 1}. Received {beyond[0]}. Count along its last axis."
        )


class Squares:
    """What a network sees of the images of a split; a file is looked at once.

    Parameters
    ----------
    split : Split
    size : int
        Side of the squares in pixels.
    """

    def __init__(self, split: Split, size: int) -> None:
        self.split, self.size = split, size
        self._found: dict[int, SeenSquare] = {}

    def of(self, image: int) -> SeenSquare:
        """That of an image by its place in the split."""
        if image not in self._found:
            self._found[image] = seen_square(self.split.path(image), self.size)
        return self._found[image]


def table_of(layer: str, split: Split, wanted: Wanted, boxes: Sequence[Box | None]) -> pd.DataFrame:
    """A row a patch."""
    images = wanted.images.tolist()
    columns = {
        "layer": [layer] * len(wanted),
        "channel": wanted.channels,
        "rank": wanted.ranks,
        "image": wanted.images,
        "path": [printable(split.relative_paths[image]) for image in images],
    }
    corners = [[np.nan] * 4 if box is None else [getattr(box, side) for side in SIDES] for box in boxes]
    columns |= dict(zip(SIDES, np.array(corners, np.float64).reshape(-1, 4).T, strict=True))
    return pd.DataFrame(columns).astype({"layer": "str", "path": "str"})
