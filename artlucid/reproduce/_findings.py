"""The paper's findings as a table: its words, the measure that decides each, and what the measure is held to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from artlucid.architectures import ARCHITECTURES
from artlucid.reproduce._samples import Samples
from artlucid.reproduce._states import AVERAGE_PRECISION, SMALL

Doubles = npt.NDArray[np.float64]
Need = tuple[str, str]
"""What a measure is of — a comparison, a training, an ensemble — and its name; ``{data}`` stands for the dataset."""

Effect = Callable[[Sequence[Samples]], Doubles]
"""From the needs to what decides, of shape (n_trainings, 1 + n_resamples), above 0 in the paper's direction."""

BAR = 0.9
"""Of CKA: above it a layer counts as hardly changed."""

ONE_IN_TWENTY = 0.05
"""Of channels: above it trainings count as different."""

FAR_ABOVE_CHANCE = 0.1
"""Of overlap less what chance gives: above it overlap counts as far above chance."""

TWICE_AS_FAR = 1.0
"""Of distances, in doublings: above it one counts as far above another."""

group_of = ARCHITECTURES["inception5h"].group
"""Low, mid or high: the group of a layer of InceptionV1, whatever its variant."""


@dataclass(frozen=True)
class Finding:
    """Something that the paper says it saw.

    Attributes
    ----------
    title : str
    words : str
        The paper's own.
    where : str
        In the paper.
    measure : str
        What decides it, in words.
    needs : tuple of Need
    effect : callable, optional
        None where only eyes can decide.
    worth : float
        The least effect that would matter; of a measure that is held to a bar, above it.
    data : tuple of str
        The datasets that it is about: it is decided for each of those that are there.
    figures : tuple of str
        Items that show it.
    some_do : bool
        Whether it can be decided by some of its needs, which are of one kind.
    """

    title: str
    words: str
    where: str
    measure: str = ""
    needs: tuple[Need, ...] = ()
    effect: Effect | None = None
    worth: float = 0.0
    data: tuple[str, ...] = ("rasta",)
    figures: tuple[str, ...] = ()
    some_do: bool = False

    def needs_of(self, data: str) -> list[Need]:
        """The needs for a dataset."""
        return [(subject.format(data=data), measure) for subject, measure in self.needs]

    def subjects(self, data: Collection[str]) -> list[str]:
        """What its measures are of, for all of some datasets."""
        return [subject for one in self.data if one in data for subject, _ in self.needs_of(one)]


def in_group(samples: Samples, *groups: str) -> Samples:
    """The layers of some of the groups low, mid and high."""
    places = [place for place, layer in enumerate(samples.layers) if group_of(layer) in groups]
    return Samples(tuple(samples.layers[place] for place in places), samples.values[:, places])


def over_layers(samples: Samples) -> Doubles:
    """The mean over the layers that have a value on all images."""
    known = np.isfinite(samples.values[:, :, 0]).all(axis=0)
    return samples.values[:, known].mean(axis=1) if known.any() else np.full(samples.values[:, 0].shape, np.nan)


def fall(samples: Samples) -> Doubles:
    """How far a line through the values falls from the first layer to the last one."""
    known = np.isfinite(samples.values[:, :, 0]).all(axis=0)
    depth = np.linspace(0, 1, len(samples.layers))[known]
    if len(depth) < 2:
        return np.full(samples.values[:, 0].shape, np.nan)
    depth = depth - depth.mean()
    slopes: Doubles = -np.tensordot(samples.values[:, known], depth, axes=(1, 0)) / (depth**2).sum()
    return slopes


def difference(one: Doubles, other: Doubles) -> Doubles:
    """Of the trainings that both have."""
    number = min(len(one), len(other))
    return one[:number] - other[:number]


def _first_less_second(parts: Sequence[Samples]) -> Doubles:
    return difference(over_layers(parts[0]), over_layers(parts[1]))


def _low_layers(parts: Sequence[Samples]) -> Doubles:
    return over_layers(in_group(parts[0], "low")) - BAR


def _low_less_mid(parts: Sequence[Samples]) -> Doubles:
    return over_layers(in_group(parts[0], "low")) - over_layers(in_group(parts[0], "mid"))


def _high_first_less_second(parts: Sequence[Samples]) -> Doubles:
    return difference(*(over_layers(in_group(part, "high")) for part in parts))


def _ensemble(parts: Sequence[Samples]) -> Doubles:
    number = min(len(part.values) for part in parts)
    values = [over_layers(part)[:number] for part in parts]
    return values[0] - np.max(values[1:], axis=0)


def _fall(parts: Sequence[Samples]) -> Doubles:
    return fall(parts[0])


def _falls_and_more(parts: Sequence[Samples]) -> Doubles:
    """A fall of the first, so far as the second does not fall too."""
    after, before = (fall(in_group(part, "mid", "high")) for part in parts)
    return np.minimum(after, difference(after, before))


def _above_chance(parts: Sequence[Samples]) -> Doubles:
    return _first_less_second(parts) - FAR_ABOVE_CHANCE


def _times(parts: Sequence[Samples]) -> Doubles:
    return difference(*(np.log2(over_layers(part)) for part in parts)) - TWICE_AS_FAR


def _share_of_mid(parts: Sequence[Samples]) -> Doubles:
    # Pairs of one mode share trainings, so that only their mean counts.
    shares = [over_layers(in_group(part, "mid")).mean(axis=0, keepdims=True) for part in parts]
    return np.concatenate(shares) - ONE_IN_TWENTY


def _negative(parts: Sequence[Samples]) -> Doubles:
    return -over_layers(parts[0])


def _square(parts: Sequence[Samples]) -> Doubles:
    """The initial weights alone: the mean over two recipes."""
    number = min(len(part.values) for part in parts)
    double_a, double_f, direct_a, direct_f = (over_layers(part)[:number] for part in parts)
    return (double_a - direct_a + double_f - direct_f) / 2


def _precision(*names: str) -> tuple[Need, ...]:
    return tuple((name, AVERAGE_PRECISION) for name in names)


_DEBIASED = "cka_debiased"

_OFF_THE_SHELF = (
    "Off-the-shelf InceptionV1 pretrained on ImageNet 56.0 53.2; Off-the-shelf InceptionV1 pretrained on ImageNet and "
    "RASTA 52.4 54.4"
)

_ROWS = {
    "low_layers": Finding(
        "Low layers hardly change",
        "low-level layers from the original network trained on ImageNet are hardly modified by the new training on "
        "RASTA",
        "3.1, Figure 7",
        f"debiased CKA before and after mode A, mean over the low layers, less {BAR:g}",
        (("imagenet-to-A", _DEBIASED),),
        _low_layers,
        worth=0.05,
        figures=("figure7",),
    ),
    "mid_layers": Finding(
        "Mid layers adapt",
        "Mid-level layers adapt to the new dataset.",
        "3.1, Figure 1",
        "overlap at 100 before and after mode A: mean over the low layers, less that over the mid layers",
        (("imagenet-to-A", "overlap_100"),),
        _low_less_mid,
        worth=0.05,
        figures=("figure1", "figure8"),
    ),
    "classes": Finding(
        "High layers concentrate classes",
        "High-level filters concentrate images from the same classes.",
        "3.1, Figures 3 and 6b",
        "class entropy of the top images among the test images, which were not trained on: before mode A less after "
        "it, mean over the high layers",
        (("imagenet-to-A", "entropy_a"), ("imagenet-to-A", "entropy_b")),
        _high_first_less_second,
        worth=0.02,
        figures=("figure3", "figure6", "figure11"),
    ),
    "over_the_shelf": Finding(
        "Fine-tuning over off-the-shelf",
        "a simple and short fine-tuning of a pre-trained model yields to a better performance than the off-the-shelf "
        "strategy",
        "3.3, Table 1",
        "top-1: mode A less off the shelf",
        (("rasta-A", "top_1"), ("rasta-shelf", "top_1")),
        _first_less_second,
        worth=0.02,
        figures=("table1",),
    ),
    "over_the_shelf_small": Finding(
        "Fine-tuning over off-the-shelf, small datasets",
        "Once again the fine-tuning strategy is better than the off-the-shelf one.",
        "3.5, Table 3",
        "mean average precision: mode A less off the shelf",
        _precision("{data}-A", "{data}-shelf"),
        _first_less_second,
        worth=0.02,
        data=SMALL,
        figures=("table3",),
    ),
    "scratch_worse": Finding(
        "From scratch is worse",
        "With training from scratch, we failed to obtain a model as good as the ImageNet pretraining.",
        "3.3, Table 1",
        "top-1: mode A less from scratch",
        (("rasta-A", "top_1"), ("rasta-scratch", "top_1")),
        _first_less_second,
        worth=0.02,
        figures=("table1",),
    ),
    "ensemble": Finding(
        "An ensemble is better",
        "a simple way to improve results is to simply average the prediction of three models trained with different "
        "strategies",
        "3.3, Table 1",
        "top-1: the ensemble less the best of the three, on the same choice of images",
        (("ensemble", "top_1"), ("rasta-A", "top_1"), ("rasta-high", "top_1"), ("rasta-scratch", "top_1")),
        _ensemble,
        worth=0.02,
        figures=("table1",),
    ),
    "cka_falls": Finding(
        "CKA falls with depth",
        "We can observe a decreasing of the CKA when the depth of the layers increases, when we compare the pretrained "
        "model with its fine-tuned version",
        "3.4, Figure 5",
        "debiased CKA before and after mode A: how far a line through the layers falls from the first to the last",
        (("imagenet-to-A", _DEBIASED),),
        _fall,
        worth=0.05,
        figures=("figure5",),
    ),
    "kernels_of_scratch": Finding(
        "Kernels from scratch go far further than those of fine-tuning",
        "the models trained from scratch are much farther away from their initialization",
        "3.4, Table 2",
        f"mean distance of kernels from the start: from scratch over mode A, in doublings, less {TWICE_AS_FAR:g}",
        (("scratch-from-start", "kernel_distance"), ("imagenet-to-A", "kernel_distance")),
        _times,
        worth=0.5,
        figures=("table2",),
    ),
    "overlap_falls": Finding(
        "Overlap falls with depth",
        "We can see a monotonic decrease of this ratio with the depth of the layer.",
        "3.4, Figure 6a",
        "overlap at 100 before and after mode A: how far a line through the layers falls from the first to the last",
        (("imagenet-to-A", "overlap_100"),),
        _fall,
        worth=0.05,
        figures=("figure6",),
    ),
    "overlap_falls_1000": Finding(
        "Overlap falls with depth at 1000 too",
        "The behavior is the same if we consider the top 1000 maximal activation images.",
        "3.4",
        "the same at 1000",
        (("imagenet-to-A", "overlap_1000"),),
        _fall,
        worth=0.05,
    ),
    "overlap_above_chance": Finding(
        "Overlap is far above chance",
        "They are, in many cases, much higher than what we would expect from a random reshuffling of the dataset.",
        "3",
        "overlap at 100 before and after mode A, less what chance gives, mean over the layers, less "
        f"{FAR_ABOVE_CHANCE:g}",
        (("imagenet-to-A", "overlap_100"), ("imagenet-to-A", "chance_100")),
        _above_chance,
        worth=0.05,
        figures=("figure6",),
    ),
    "entropy_falls": Finding(
        "Class entropy falls from the middle on",
        "a decreasing of the average entropy with the layer depth, starting roughly in the middle of the network "
        "architecture",
        "3.4, Figure 6b",
        "class entropy of the top images among the test images: how far a line through the mid and high layers falls "
        "after mode A, or how much further than before it, whichever is less",
        (("imagenet-to-A", "entropy_b"), ("imagenet-to-A", "entropy_a")),
        _falls_and_more,
        worth=0.02,
        figures=("figure6",),
    ),
    "equal_runs": Finding(
        "Equal runs give different detectors",
        "two optimizations with the same hyper-parameters (same mode) may lead to very different detectors",
        "3.1, Figures 2 and 9",
        "two trainings of each of the modes A to E: the share of mid-level channels that keep less than half of the "
        f"overlap above chance, mean over the pairs of each mode, less {ONE_IN_TWENTY:g}; the modes count as trainings",
        tuple((f"{mode}-twice", "changed") for mode in "ABCDE"),
        _share_of_mid,
        worth=0.05,
        figures=("figure2", "figure9"),
        some_do=True,
    ),
    "overlap_and_change": Finding(
        "Overlap goes with visual change",
        "The percentage of overlap between the set of maximal activation images before and after fine-tuning seems to "
        "be correlated to the amount of visual change.",
        "3.1",
        "Spearman's correlation of overlap at 100 and visual change (how different the picture after is from that "
        "before, over how different one from other noise is) over the channels with pictures, its sign turned; choices "
        "of channels in the place of choices of images",
        (("visual-change", "spearman"),),
        _negative,
        worth=0.2,
        figures=("figure1", "figure7", "figure8", "figure10"),
    ),
    "closest": Finding(
        "Fine-tuned models are closest to each other",
        "The fine-tuned models are the closest ones",
        "3.4, Figure 5",
        "debiased CKA, mean over the layers: modes A and B, less before and after mode A",
        (("A-to-B", _DEBIASED), ("imagenet-to-A", _DEBIASED)),
        _first_less_second,
        worth=0.01,
        figures=("figure5",),
    ),
    "small_stays_near": Finding(
        "Fine-tuning on a small dataset stays near ImageNet",
        "The model fine-tuned on a small art dataset will stay similar to its ImageNet pretrained initialization",
        "3.5, Table 4",
        "debiased CKA with ImageNet on the small dataset's images, mean over the layers: after mode A on the small "
        "dataset, less after mode A on RASTA",
        (("{data}-imagenet-to-small", _DEBIASED), ("{data}-imagenet-to-rasta", _DEBIASED)),
        _first_less_second,
        worth=0.01,
        data=SMALL,
        figures=("table4",),
    ),
    "double_furthest": Finding(
        "Double fine-tuning goes furthest",
        "A double fine-tuning permits to go even further from the original pretrained weights",
        "3.5, Table 4",
        "debiased CKA with ImageNet on the small dataset's images, mean over the layers: after RASTA, less after both",
        (("{data}-imagenet-to-rasta", _DEBIASED), ("{data}-imagenet-to-double", _DEBIASED)),
        _first_less_second,
        worth=0.01,
        data=SMALL,
        figures=("table4",),
    ),
    "double_best": Finding(
        "Double fine-tuning is best",
        "the double fine-tuning (first using RASTA, then using the considered dataset) outperforms the direct "
        "fine-tuning",
        "3.5, Table 3",
        "mean average precision: RASTA and then mode F, less mode A, as in the paper",
        _precision("rasta-{data}-F", "{data}-A"),
        _first_less_second,
        worth=0.02,
        data=SMALL,
        figures=("table3",),
    ),
    "double_best_equal_recipes": Finding(
        "Double fine-tuning is best, recipes being equal",
        "The filters learned on RASTA seem to be more adapted to other artistic datasets and ease the transfer",
        "3.5, Table 3",
        "mean average precision: RASTA's weights less ImageNet's, mean over modes A and F, which the paper changes "
        "together with the weights",
        _precision("rasta-{data}-A", "rasta-{data}-F", "{data}-A", "{data}-F"),
        _square,
        worth=0.02,
        data=SMALL,
        figures=("table3",),
    ),
    "styles_only": Finding(
        "Trained only on styles is a bad start",
        "a model only trained on RASTA (last row of the two tables) will not provide a good initialization point for "
        "fine-tuning",
        "3.5, Table 3",
        "mean average precision: mode A from ImageNet, less mode F from the model from scratch on RASTA",
        _precision("{data}-A", "scratch-{data}-F"),
        _first_less_second,
        worth=0.02,
        data=SMALL,
        figures=("table3",),
    ),
    "style_features_help": Finding(
        "Style features help off the shelf",
        _OFF_THE_SHELF,
        "Table 3 (Paintings, IconArt)",
        "mean average precision off the shelf: features of RASTA, less those of ImageNet",
        _precision("rasta-{data}-shelf", "{data}-shelf"),
        _first_less_second,
        worth=0.02,
        data=("iconart",),
        figures=("table3",),
    ),
    "style_features_hurt": Finding(
        "Style features hurt off the shelf",
        _OFF_THE_SHELF,
        "Table 3 (Paintings, IconArt)",
        "mean average precision off the shelf: features of ImageNet, less those of RASTA",
        _precision("{data}-shelf", "rasta-{data}-shelf"),
        _first_less_second,
        worth=0.02,
        data=("paintings",),
        figures=("table3",),
    ),
    "structured_detectors": Finding(
        "Pretrained low layers let structured mid-level detectors emerge",
        "Mid-level detectors can be learned from scratch when low-level layers are transferred from ImageNet.",
        "3.2, Figures 4 and 12",
        figures=("figure4", "figure12", "figure13"),
    ),
    "reused": Finding(
        "Filters of the first dataset are reused by the second",
        "some of the filters learned on RASTA can be directly reused for the IconArt dataset",
        "B.4, Figures 16 and 17",
        data=("iconart",),
        figures=("figure16", "figure17"),
    ),
}

FINDINGS: Mapping[str, Finding] = MappingProxyType(_ROWS)
"""By their names, in the order of the paper's argument."""
