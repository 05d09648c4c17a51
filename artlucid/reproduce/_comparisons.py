"""Comparisons as steps: a folder each, which share the activations of their networks."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from artlucid import activations, compare
from artlucid.metrics import Resampling
from artlucid.reproduce._states import PAIRINGS, Pairing
from artlucid.reproduce._work import Work, at

ACTIVATIONS = "activations"
"""Where a comparison keeps them: here, a link to a folder that all comparisons on one dataset share."""


@dataclass(frozen=True)
class Compare:
    """Two states of a network compared.

    Attributes
    ----------
    pairing : str
        A key of `PAIRINGS`.
    place : int
        Of the seed.
    """

    pairing: str
    place: int

    @property
    def pair(self) -> Pairing:
        return PAIRINGS[self.pairing]

    def name(self, work: Work) -> str:
        return f"compare {self.path(work).name}"

    def path(self, work: Work) -> Path:
        return work.comparison(self.pair, self.place)

    def is_done(self, work: Work) -> bool:
        """Whether it is there, of these networks and these images."""
        try:
            manifest = json.loads((self.path(work) / "compare.json").read_text(encoding="utf-8"))
            found = [at(model, "identity") for model in manifest["models"]]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        wanted = [work.identity(state, self.place) for state in self.pair.states]
        return found == wanted and at(manifest, "dataset", "identity") == work.data[self.pair.data].identity

    def make(self, work: Work) -> None:
        """Compare; activations that another comparison has made serve again."""
        path = self.path(work)
        _share_activations(path, work.out / ACTIVATIONS / self.pair.data)
        options = compare.Options(
            resampling=Resampling(resamples=max(work.settings.resamples, 100)),
            extraction=_extraction(work),
            dask=work.settings.dask,
        )
        networks = [work.load(state, self.place) for state in self.pair.states]
        compare.compare(networks, work.data[self.pair.data], out=path, options=options)

    def read(self, work: Work) -> Compared:
        """The tables, with the networks called as in figures."""
        found = compare.read(self.path(work))
        several = self.pair.a.training == self.pair.b.training and self.pair.b.later > 0
        titles = {
            f"model_{side}": work.title(state, self.place, several=several)
            for side, state in (("a", self.pair.a), ("b", self.pair.b))
        }
        return Compared(found.layers.assign(**titles), found.channels.assign(**titles))

    def restore_activations(self, work: Work) -> None:
        """Extract again what was removed to make room; the tables stay as they are."""
        for state in self.pair.states:
            for split in ("train", "test"):
                path = cache_of(work, self.pair.data, work.identity(state, self.place), split)
                if not path.is_file():
                    images = work.data[self.pair.data].split(split)
                    activations.extract(
                        work.load(state, self.place), images, out=path, options=_extraction(work)
                    ).close()

    def caches(self, work: Work, split: str) -> tuple[activations.Cache, activations.Cache]:
        """The activations of both networks, opened."""
        self.restore_activations(work)
        paths = [cache_of(work, self.pair.data, work.identity(state, self.place), split) for state in self.pair.states]
        first = activations.open(paths[0])
        try:
            return first, activations.open(paths[1])
        except BaseException:
            first.close()
            raise


@dataclass(frozen=True, eq=False)
class Compared:
    """The tables of a comparison."""

    layers: pd.DataFrame
    channels: pd.DataFrame


def _extraction(work: Work) -> activations.Options:
    return activations.Options(progress=work.settings.progress)


def cache_of(work: Work, role: str, identity: str | None, split: str) -> Path:
    """The file with the activations of a network."""
    return work.out / ACTIVATIONS / role / f"{str(identity)[:16]}-{split}.h5"


def _share_activations(comparison: Path, shared: Path) -> None:
    """Let a comparison's folder of activations be that of all comparisons on the same images."""
    comparison.mkdir(parents=True, exist_ok=True)
    shared.mkdir(parents=True, exist_ok=True)
    link = comparison / ACTIVATIONS
    with contextlib.suppress(FileExistsError):
        link.symlink_to(os.path.relpath(shared, comparison), target_is_directory=True)
