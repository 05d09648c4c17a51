"""What a training is told beside its recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from artlucid.recipes import Recipe


@dataclass(frozen=True)
class Options:
    """What does not belong to a recipe.

    Attributes
    ----------
    precision : {"auto", "float32", "bfloat16", "float16"}
        ``auto`` is the fastest that the machine multiplies in hardware.
    architecture : str, optional
        The variant, where the weights leave it open.
    keep_epochs : bool
        Whether every epoch's weights are kept, for ``RUN@epoch-N``.
    max_excluded : float
        The largest part of the images that may be unusable, in 0 … 1.
    near_duplicates : bool
        Whether images that look the same are searched for, between the splits and, where the initial weights come from
        a run, between its data and these. It takes 3 ms an image.
    allow_changed_environment : bool
        Whether a run may be resumed with other versions or on another machine, which gives other bits.
    cache : bool or path
        Where decoded images are kept, so that later epochs need not decode them: True for artlucid's own cache
        folder, False for nowhere. The bits of a run do not depend on it.
    cache_limit : int, optional
        Bytes that the cache may hold, as `inputs.ImageCache` takes them.
    devices : {"one", "all"}, optional
        Whether every GPU of the machine takes a part of each batch. By default one for a new run, and for a resumed
        run what it began with.
    progress : bool
        Whether progress bars are shown on a terminal.
    shortened_from : Recipe, optional
        The recipe at its full length, where that of the training has fewer epochs: a warning says if the training ends
        at learning rates far from its. By default the row of Table 5 that the recipe is named after.
    """

    precision: str = "auto"
    architecture: str | None = None
    keep_epochs: bool = False
    max_excluded: float = 0.01
    near_duplicates: bool = True
    allow_changed_environment: bool = False
    cache: bool | str | Path = True
    cache_limit: int | None = None
    devices: str | None = None
    progress: bool = True
    shortened_from: Recipe | None = None
