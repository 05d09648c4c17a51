"""How far a comparison depends on which images were at hand: the same measures on halves of them, drawn at random.

A resample with replacement has images twice, which look like similar images to CKA and fill top sets; a half without
replacement has not, and differs from other halves as whole samples of its double size differ from each other.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from artlucid import metrics
from artlucid._saved_tables import marked
from artlucid.activations import Cache
from artlucid.errors import MetricError, ReproductionError
from artlucid.files import write_atomically
from artlucid.metrics import TopImages
from artlucid.reproduce._comparisons import Compare
from artlucid.reproduce._states import PAIRINGS
from artlucid.reproduce._work import Work

FORMAT = "artlucid.resamples"
VERSION = 1

K = (100, 1000)

LEAST_TOP = 10
"""Of the top images among the test images, which are fewer than the training images."""

Doubles = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Layer:
    """What two networks see at one layer, and the labels of the images."""

    a: npt.NDArray[np.float32]
    b: npt.NDArray[np.float32]
    labels: npt.NDArray[Any] | None
    n_classes: int

    def of(self, images: Positions) -> Layer:
        """The same of some images."""
        labels = None if self.labels is None else self.labels[images]
        return Layer(self.a[images], self.b[images], labels, self.n_classes)


def cka(layer: Layer, share: float) -> dict[str, float]:
    """CKA as in the paper, and without bias."""
    return {"cka": _cka(layer, debiased=False), "cka_debiased": _cka(layer, debiased=True)}


def overlaps(layer: Layer, share: float) -> dict[str, float]:
    """Overlap, what chance gives, and the share of channels that keep less than half of what is above chance."""
    found: dict[str, float] = {}
    for k in K:
        size = round(k * share)
        if not 1 <= size <= len(layer.a):
            continue
        tops = _tops(layer, size)
        found[f"overlap_{k}"] = _mean(metrics.overlap_ratio(*tops))
        found[f"chance_{k}"] = _mean(metrics.expected_overlap_ratio(*tops))
        if k == K[0]:
            kept = metrics.corrected_overlap_ratio(*tops)
            found["changed"] = _mean(np.where(np.isnan(kept), np.nan, kept < 0.5))
    return found


def entropies(layer: Layer, share: float) -> dict[str, float]:
    """Class entropy of the top images of both networks, among images that were not trained on."""
    if layer.labels is None or layer.n_classes < 2:
        return {}
    size = min(round(_top_of_test(len(layer.a) / share) * share), len(layer.a))
    tops = _tops(layer, max(1, size))
    return {
        f"entropy_{side}": _mean(metrics.class_entropy(top, layer.labels, layer.n_classes))
        for side, top in zip("ab", tops, strict=True)
    }


def _top_of_test(n_images: float) -> int:
    return max(LEAST_TOP, round(n_images / 16))


def _tops(layer: Layer, k: int) -> tuple[TopImages, TopImages]:
    return metrics.top_images(layer.a, k), metrics.top_images(layer.b, k)


def _mean(values: npt.NDArray[Any]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _cka(layer: Layer, *, debiased: bool) -> float:
    """NaN where it is not defined: a layer that is constant over some images."""
    try:
        return metrics.linear_cka(layer.a, layer.b, debiased=debiased)
    except MetricError:
        return np.nan


@dataclass(frozen=True)
class Measuring:
    """Measures of a layer on images of a split."""

    split: str
    measure: Callable[[Layer, float], Mapping[str, float]]
    names: tuple[str, ...]
    of_top_sets: bool


MEASURINGS = (
    Measuring("test", cka, ("cka", "cka_debiased"), of_top_sets=False),
    Measuring("test", entropies, ("entropy_a", "entropy_b"), of_top_sets=True),
    Measuring(
        "train",
        overlaps,
        (*(f"{name}_{k}" for name in ("overlap", "chance") for k in K), "changed"),
        of_top_sets=True,
    ),
)


@dataclass(frozen=True)
class Resample:
    """The measures of a comparison on halves of its images.

    Attributes
    ----------
    pairing : str
    place : int
    """

    pairing: str
    place: int

    @property
    def compare(self) -> Compare:
        return Compare(self.pairing, self.place)

    def name(self, work: Work) -> str:
        return f"resample {self.compare.path(work).name}"

    def path(self, work: Work) -> Path:
        return work.out / "findings" / f"{self.compare.path(work).name}.h5"

    def is_done(self, work: Work) -> bool:
        """Whether it is there, of the comparison as it is."""
        try:
            with h5py.File(self.path(work)) as file:
                return dict(file.attrs).get("key") == self._key(work)
        except OSError:
            return False

    def make(self, work: Work) -> None:
        """Measure all images, and then halves of them, the same halves in each comparison on these images."""
        pair = PAIRINGS[self.pairing]
        layers, frozen = self._layers(work)
        found: dict[str, Doubles] = {}
        for split in ("test", "train"):
            wanted = [one for one in MEASURINGS if one.split == split and (pair.top_sets or not one.of_top_sets)]
            if not wanted:
                continue
            cache_a, cache_b = self.compare.caches(work, split)
            with cache_a, cache_b:
                for place, layer in enumerate(layers):
                    if layer not in frozen:
                        self._measure(_layer(cache_a, cache_b, layer), wanted, found, (place, len(layers)), work)
        write_atomically(self.path(work), _to_bytes(layers, found, self._key(work)))

    def _measure(
        self, layer: Layer, wanted: Sequence[Measuring], found: dict[str, Doubles], at: tuple[int, int], work: Work
    ) -> None:
        place, n_layers = at
        for number, (part, share) in enumerate(_parts(layer, work.settings.resamples)):
            for measuring in wanted:
                for name, value in measuring.measure(part, share).items():
                    shape = (n_layers, 1 + work.settings.resamples)
                    found.setdefault(name, np.full(shape, np.nan))[place, number] = value

    def read(self, work: Work) -> tuple[tuple[str, ...], dict[str, Doubles]]:
        """The layers, and each measure by layer and choice of images."""
        path = self.path(work)
        try:
            with h5py.File(path) as file:
                names = [name for one in MEASURINGS for name in one.names if name in file]
                layers = tuple(name.decode() for name in file["layers"][()])
                return layers, {name: np.asarray(file[name][()], np.float64) for name in names}
        except (OSError, KeyError, ValueError) as error:
            raise ReproductionError(
                f"Measures on halves of the images must be as artlucid wrote them. Received {path} ({error}). Remove "
                "it: they are made again."
            ) from error

    def _layers(self, work: Work) -> tuple[list[str], set[str]]:
        table = self.compare.read(work).layers
        analysed = table[marked(table["analysed"])]
        return analysed["layer"].tolist(), set(analysed.loc[marked(analysed["frozen"]), "layer"])

    def _key(self, work: Work) -> str:
        manifest = (self.compare.path(work) / "compare.json").read_bytes()
        told = f"{VERSION} {work.settings.resamples} {PAIRINGS[self.pairing].top_sets} "
        return hashlib.sha256(told.encode() + manifest).hexdigest()


def _layer(cache_a: Cache, cache_b: Cache, layer: str) -> Layer:
    return Layer(cache_a[layer][:], cache_b[layer][:], cache_a.labels, len(cache_a.class_names))


def _parts(layer: Layer, resamples: int) -> Iterator[tuple[Layer, float]]:
    """All images, and halves; what part of all they are."""
    n_images = len(layer.a)
    yield layer, 1.0
    for seed in range(resamples):
        half = np.sort(np.random.default_rng(seed).permutation(n_images)[: n_images // 2])
        yield layer.of(half), len(half) / n_images


def _to_bytes(layers: Sequence[str], found: Mapping[str, Doubles], key: str) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers"] = np.array(list(layers), dtype=h5py.string_dtype())
        for name, values in sorted(found.items()):
            file[name] = values
        file.attrs.update({"format": FORMAT, "version": VERSION, "key": key})
    return buffer.getvalue()
