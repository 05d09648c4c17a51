"""What goes into a page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from artlucid.datasets import Dataset
from artlucid.errors import ReportError

SMALLEST, LARGEST = 32, 1024
"""Shorter side of a thumbnail, in pixels."""


@dataclass(frozen=True)
class Options:
    """What goes into a page.

    Attributes
    ----------
    title : str, optional
        Of the page; by default what was compared.
    labels : mapping of str to str
        What models are called on the page, by their names in the tables; by default the last part of these.
    pictures : sequence of path, optional
        Folders of optimized images, as `visualize.sweep` writes them; each belongs to the model that made it. By
        default those that the comparison records; an empty sequence leaves them out.
    scores : sequence of path
        JSON files of ``artlucid evaluate --json``. Without one, a run's own scores on its validation images are shown.
    dataset : Dataset or str, optional
        The dataset that was compared on, where its images have moved or have metadata beside them.
    images : bool
        Whether the page has thumbnails of the maximal activation images; False where the images are gone.
    thumbnails : int
        Shorter side of a thumbnail, in pixels.
    progress : bool
        Whether a bar shows how many thumbnails and pictures are done.
    """

    title: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    pictures: Sequence[str | os.PathLike[str]] | None = None
    scores: Sequence[str | os.PathLike[str]] = ()
    dataset: Dataset | str | None = None
    images: bool = True
    thumbnails: int = 128
    progress: bool = False

    def __post_init__(self) -> None:
        for name in ("pictures", "scores"):
            if isinstance(given := getattr(self, name), str | os.PathLike):
                raise ReportError(
                    f"`{name}` must be a sequence of paths. Received {str(given)!r}, a single one. Give a list."
                )
        side = self.thumbnails
        if isinstance(side, bool) or not isinstance(side, int) or not SMALLEST <= side <= LARGEST:
            raise ReportError(
                f"`thumbnails` must be a number of pixels in {SMALLEST} … {LARGEST}. Received {side!r}. "
                "Give 128, for example (`--thumbnails 128`)."
            )
