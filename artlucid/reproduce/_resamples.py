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
from scipy.special import entr

from artlucid import metrics
from artlucid._saved_tables import marked
from artlucid.activations import Cache
from artlucid.errors import MetricError, ReproductionError
from artlucid.files import write_atomically
from artlucid.metrics._cka import NAMES
from artlucid.metrics._hsic import GramForm, centred_gram, gram
from artlucid.reproduce._comparisons import Compare
from artlucid.reproduce._findings import FINDINGS
from artlucid.reproduce._findings import group_of as _group
from artlucid.reproduce._work import Work

FORMAT = "artlucid.resamples"
VERSION = 1

K = (100, 1000)

LEAST_TOP = 10
"""Of the top images among the test images, which are fewer than the training images."""

A_SIXTEENTH = 16
"""One in so many test images is among the top ones, if these are no fewer than that."""

MOST_IN_MEMORY = 4000
"""Images whose products with each other are kept."""

Doubles = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

Measure = Callable[[Positions, float], Mapping[str, float]]
"""From some images, and what part of all they are, to values by the names of measures."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What two networks see at one layer, and the labels of the images."""

    a: npt.NDArray[np.float32]
    b: npt.NDArray[np.float32]
    labels: npt.NDArray[Any] | None
    n_classes: int


def similarity(layer: Layer) -> Measure:
    """CKA without bias; NaN where it is not defined: a layer that is constant over some images."""
    if len(layer.a) > MOST_IN_MEMORY:
        return lambda images, share: _debiased(
            lambda: metrics.linear_cka(layer.a[images], layer.b[images], debiased=True)
        )
    grams = [gram(values.astype(np.float64)) for values in (layer.a, layer.b)]

    def measure(images: Positions, share: float) -> Mapping[str, float]:
        parts = [centred_gram(whole[np.ix_(images, images)]) for whole in grams]
        return _debiased(lambda: GramForm(*parts).sums.cka(debiased=True, names=NAMES))

    return measure


def _debiased(cka: Callable[[], float]) -> dict[str, float]:
    try:
        return {"cka_debiased": cka()}
    except MetricError:
        return {"cka_debiased": np.nan}


def overlaps(layer: Layer) -> Measure:
    """Overlap, and what chance gives."""

    def measure(images: Positions, share: float) -> Mapping[str, float]:
        found = {}
        for k in K:
            if (size := round(k * share)) <= len(images):
                ratio, chance, _ = _overlap(layer, images, size)
                found |= {f"overlap_{k}": float(ratio.mean()), f"chance_{k}": float(chance.mean())}
        return found

    return measure


def changes(layer: Layer) -> Measure:
    """The share of channels that keep less than half of the overlap above chance."""

    def measure(images: Positions, share: float) -> Mapping[str, float]:
        if (size := round(K[0] * share)) > len(images):
            return {}
        ratio, chance, largest = _overlap(layer, images, size)
        known = largest > chance
        kept = (ratio[known] - chance[known]) / (largest[known] - chance[known])
        return {"changed": float((kept < 0.5).mean()) if known.any() else np.nan}

    return measure


def entropies(layer: Layer) -> Measure:
    """Class entropy of the top images of both networks."""
    if layer.labels is None or layer.n_classes < 2:
        return lambda images, share: {}
    labels = layer.labels
    one_hot = np.eye(layer.n_classes)[labels] if labels.ndim == 1 else labels.astype(np.float64)

    def measure(images: Positions, share: float) -> Mapping[str, float]:
        size = min(max(1, round(_top_of(len(images) / share) * share)), len(images))
        return {
            f"entropy_{side}": _entropy(one_hot[images].T @ members(values[images], size))
            for side, values in (("a", layer.a), ("b", layer.b))
        }

    return measure


def _top_of(n_images: float) -> int:
    return max(LEAST_TOP, round(n_images / A_SIXTEENTH))


def members(scores: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.bool_]:
    """Which images are among the k that fire each channel most, as `metrics.top_images` has them but for ties."""
    last = np.partition(scores, len(scores) - k, axis=0)[len(scores) - k]
    return (scores >= last) & (scores > 0)


def _overlap(layer: Layer, images: Positions, k: int) -> tuple[Doubles, Doubles, Doubles]:
    """Of each channel: the overlap ratio, what chance gives, and the largest that there can be."""
    one, other = members(layer.a[images], k), members(layer.b[images], k)
    sizes = one.sum(axis=0), other.sum(axis=0)
    chance = sizes[0] * sizes[1] / (len(images) * k)
    return (one & other).sum(axis=0) / k, chance, np.minimum(*sizes) / k


def _entropy(counts: Doubles) -> float:
    """The mean over the channels whose top images have labels, of counts of shape (n_classes, n_channels)."""
    totals = counts.sum(axis=0)
    parts = counts[:, totals > 0] / totals[totals > 0]
    return float((entr(parts).sum(axis=0) / np.log(len(counts))).mean()) if parts.size else np.nan


@dataclass(frozen=True)
class Measuring:
    """Measures of a layer on images of a split.

    Attributes
    ----------
    split : str
    of : callable
        From a layer to its measures on choices of images.
    names : tuple of str
        Of these measures.
    groups : tuple of str
        Of the layers at which they are needed.
    """

    split: str
    of: Callable[[Layer], Measure]
    names: tuple[str, ...]
    groups: tuple[str, ...] = ("low", "mid", "high")


MEASURINGS = (
    Measuring("test", similarity, ("cka_debiased",)),
    # Images that no network was trained on: labels that were learnt by heart do not count.
    Measuring("test", entropies, ("entropy_a", "entropy_b"), ("mid", "high")),
    Measuring("train", overlaps, tuple(f"{name}_{k}" for name in ("overlap", "chance") for k in K)),
    Measuring("train", changes, ("changed",), ("mid",)),
)


def needed(pairing: str) -> list[Measuring]:
    """The measures of a comparison that a finding is decided by."""
    needs = {need for row in FINDINGS.values() for data in row.data for need in row.needs_of(data)}
    return [one for one in MEASURINGS if any((pairing, name) in needs for name in one.names)]


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
        layers, frozen = self._layers(work)
        found: dict[str, Doubles] = {}
        for split in ("test", "train"):
            wanted = [one for one in needed(self.pairing) if one.split == split]
            if not wanted:
                continue
            cache_a, cache_b = self.compare.caches(work, split)
            with cache_a, cache_b:
                choices = list(_choices(len(cache_a), work.settings.resamples))
                for place, layer in enumerate(layers):
                    here = [one for one in wanted if layer not in frozen and _group(layer) in one.groups]
                    values = _measured(_layer(cache_a, cache_b, layer), here, choices) if here else {}
                    for name, of_layer in values.items():
                        found.setdefault(name, np.full((len(layers), len(choices)), np.nan))[place] = of_layer
        write_atomically(self.path(work), _to_bytes(layers, found, self._key(work)))

    def read(self, work: Work) -> tuple[tuple[str, ...], dict[str, Doubles]]:
        """The layers, and each measure by layer and choice of images; NaN if it is not defined on these images."""
        path = self.path(work)
        try:
            with h5py.File(path) as file:
                layers = tuple(name.decode() for name in file["layers"][()])
                undefined = np.full((len(layers), 1), np.nan)
                names = [name for one in needed(self.pairing) for name in one.names]
                return layers, {
                    name: np.asarray(file[name][()], np.float64) if name in file else undefined for name in names
                }
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
        told = f"{VERSION} {work.settings.resamples} {[one.names for one in needed(self.pairing)]} "
        return hashlib.sha256(told.encode() + manifest).hexdigest()


def _layer(cache_a: Cache, cache_b: Cache, layer: str) -> Layer:
    return Layer(cache_a[layer][:], cache_b[layer][:], cache_a.labels, len(cache_a.class_names))


def _choices(n_images: int, resamples: int) -> Iterator[tuple[Positions, float]]:
    """All images, and halves; what part of all they are."""
    yield np.arange(n_images), 1.0
    for seed in range(resamples):
        half = np.sort(np.random.default_rng(seed).permutation(n_images)[: n_images // 2])
        yield half, len(half) / n_images


def _measured(
    layer: Layer, measurings: Sequence[Measuring], choices: Sequence[tuple[Positions, float]]
) -> dict[str, Doubles]:
    """The values of a layer on each choice of images, by the names of the measures."""
    found: dict[str, Doubles] = {}
    for measuring in measurings:
        measure = measuring.of(layer)
        for number, (images, share) in enumerate(choices):
            for name, value in measure(images, share).items():
                found.setdefault(name, np.full(len(choices), np.nan))[number] = value
    return found


def _to_bytes(layers: Sequence[str], found: Mapping[str, Doubles], key: str) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers"] = np.array(list(layers), dtype=h5py.string_dtype())
        for name, values in sorted(found.items()):
            file[name] = values
        file.attrs.update({"format": FORMAT, "version": VERSION, "key": key})
    return buffer.getvalue()
