"""How the paper's experiments are done again: on which data, from which weights, how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from artlucid.datasets import Dataset
from artlucid.errors import ReproductionError

PAPERS_WEIGHTS = "imagenet"
PAPERS_VARIANT = "gonthier"
"""The network that the paper's experiments put these weights into."""

FEWEST_RESAMPLES = 20
"""The middle 95 % of fewer choices of images says little of others."""

_LEAST: Mapping[str, int] = MappingProxyType(
    {"images_per_class": 1, "epochs": 1, "steps": 1, "channels": 1, "size": 1, "resamples": FEWEST_RESAMPLES}
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the paper's experiments are done again.

    Attributes
    ----------
    rasta, iconart, paintings : Dataset or str, optional
        In the place of the paper's datasets, or they themselves: anything that `datasets.load` takes; `rasta` with one
        label an image, the others with several.
    weights : str
        Anything that `models.load` takes by name.
    architecture : str, optional
        The variant, where the weights leave it open. By default ``gonthier`` with the weights ``imagenet``, as in the
        paper's experiments.
    seeds : sequence of int
        A training each. The paper has two of most; for an interval over trainings there must be two, three are better.
    images_per_class : int, optional
        So many images are chosen for each class in each split, or all that there are; for a rehearsal.
    epochs : int, optional
        At most so many of each training, for a rehearsal.
    steps, size : int
        Updates of optimized images, and their side in pixels; by default the paper's 2,048, and the network's size.
    channels : int
        Of each figure that shows channels.
    resamples : int
        Choices of images that intervals are made from, at least 20.
    precision : {"auto", "float32", "bfloat16", "float16"}
        Of trainings and optimized images.
    dask : str, optional
        Who makes optimized images and activations, as `visualize.Options` and `compare.Options` have it.
    progress : bool
    """

    rasta: Dataset | str | None = None
    iconart: Dataset | str | None = None
    paintings: Dataset | str | None = None
    weights: str = PAPERS_WEIGHTS
    architecture: str | None = None
    seeds: Sequence[int] = (0, 1)
    images_per_class: int | None = None
    epochs: int | None = None
    steps: int = 2048
    size: int | None = None
    channels: int = 4
    resamples: int = 200
    precision: str = "auto"
    dask: str | None = None
    progress: bool = False

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not _is_integer(value, least):
                raise ReproductionError(
                    f"`{name}` must be an integer of at least {least}. Received {value!r}. Give another "
                    f"(`--{name.replace('_', '-')}`)."
                )
        seeds = [] if isinstance(self.seeds, str | int) else list(self.seeds)
        if not seeds or len(set(seeds)) < len(seeds) or not all(_is_integer(seed, 0) for seed in seeds):
            raise ReproductionError(
                f"`seeds` must be one or more different integers of at least 0. Received {self.seeds!r}. "
                "Give (0, 1), for example (`--seeds 0,1`)."
            )
        if self.weights == PAPERS_WEIGHTS and self.architecture is None:
            object.__setattr__(self, "architecture", PAPERS_VARIANT)


def _is_integer(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
