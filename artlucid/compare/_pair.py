"""Two networks with everything that their comparison is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.activations import Cache
from artlucid.architectures import Architecture
from artlucid.compare._caches import Shared, shared_layers
from artlucid.compare._candidates import Candidate
from artlucid.compare._frozen import Frozen, frozen_between
from artlucid.compare._kernels import Distances, distances, kernels_of
from artlucid.compare._tops import Tops
from artlucid.metrics import TopImages


@dataclass(frozen=True, eq=False)
class Pair:
    """Two networks with everything that their comparison is made from.

    Attributes
    ----------
    a, b : Candidate
    similar_a, similar_b : Cache
        For the images that CKA is of.
    top_a, top_b : Cache
        For the images that maximal activation images are chosen from.
    tops_a, tops_b : Tops or None
        None where there are fewer images than the smallest k.
    """

    a: Candidate
    b: Candidate
    similar_a: Cache
    similar_b: Cache
    top_a: Cache
    top_b: Cache
    tops_a: Tops | None
    tops_b: Tops | None

    @property
    def keys(self) -> dict[str, Any]:
        """What every row of the pair begins with."""
        return {
            "model_a": self.a.label,
            "model_b": self.b.label,
            "start_a": self.a.start,
            "start_b": self.b.start,
            "recipe_a": self.a.recipe,
            "recipe_b": self.b.recipe,
            "seed_a": self.a.seed,
            "seed_b": self.b.seed,
            "which_a": self.a.which,
            "which_b": self.b.which,
        }

    @property
    def architecture(self) -> Architecture | None:
        """That of the first network."""
        return self.a.network.architecture

    @cached_property
    def shared(self) -> Shared:
        """The layers that both have."""
        return shared_layers(self.similar_a, self.similar_b, (self.a.label, self.b.label))

    @cached_property
    def frozen(self) -> Frozen:
        """What could not change from one to the other."""
        return frozen_between(self.a.network, self.b.network)

    @cached_property
    def distances(self) -> Mapping[str, Distances]:
        """Of the kernels that both have in one shape."""
        kernels_a, kernels_b = kernels_of(self.a.network), kernels_of(self.b.network)
        return {
            name: distances(kernel, kernels_b[name])
            for name, kernel in kernels_a.items()
            if name in kernels_b and kernels_b[name].shape == kernel.shape
        }

    @cached_property
    def tops(self) -> tuple[TopImages, TopImages] | None:
        """The top images of both networks, all channels that are compared one after the other."""
        if self.tops_a is None or self.tops_b is None or not self.shared.stored:
            return None
        return self.tops_a.joined(self.shared.stored), self.tops_b.joined(self.shared.stored)

    @cached_property
    def n_positive(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """For how many images each of these channels is above 0 in either network; 0 for a dead channel."""
        if self.tops is not None:
            return self.tops[0].n_positive, self.tops[1].n_positive
        return _counted(self.top_a, self.shared.stored), _counted(self.top_b, self.shared.stored)

    def widths(self) -> dict[str, int]:
        """The number of channels of each layer that is compared channel by channel."""
        return {layer: self.top_a[layer].shape[1] for layer in self.shared.stored}


def _counted(cache: Cache, layers: Sequence[str]) -> npt.NDArray[np.int64]:
    parts = [
        sum(((block > 0).sum(axis=0) for block in cache[layer].blocks()), np.zeros(cache[layer].shape[1], np.int64))
        for layer in layers
    ]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
