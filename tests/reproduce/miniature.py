"""The paper's experiments on a network of three convolutions and drawn images: seconds, and every step is made."""

import dataclasses
import sys
from types import MappingProxyType

import numpy as np
from finetune import small

from artlucid import architectures, datasets, reproduce
from artlucid.architectures import Convolution, GlobalMean
from artlucid.datasets import Dataset

NARROW = dataclasses.replace(
    small.TINY,
    name="narrow",
    variant="narrow",
    backbone=(
        Convolution("conv2d0", "preprocess", 4, 3, 2),
        Convolution("mixed4a", "conv2d0", 8, 3, 2),
        Convolution("mixed5a", "mixed4a", 12, 3, 2),
        GlobalMean("avgpool", "mixed5a"),
    ),
    auxiliary_heads=(small._auxiliary_head(0, "conv2d0"), small._auxiliary_head(1, "mixed4a")),
    analysed_layers=("conv2d0", "mixed4a", "mixed5a"),
    groups=MappingProxyType({"low": ("conv2d*",), "mid": ("mixed4*",), "high": ("mixed5*",)}),
)
"""A low, a mid and a high layer, by InceptionV1's names."""

IMAGES = {"train": 36, "val": 4, "test": 8}
"""A class: 108 training images, more than the 100 of a top set."""

ITEMS = ("all",)


def register(patch) -> None:
    """Make the network known, wherever the table of architectures was imported to."""
    known = architectures.ARCHITECTURES
    extended = MappingProxyType({**known, "narrow": NARROW})
    for name, module in list(sys.modules.items()):
        if name.startswith("artlucid.") and getattr(module, "ARCHITECTURES", None) is known:
            patch.setattr(module, "ARCHITECTURES", extended)


def draw(folder) -> tuple[Dataset, Dataset]:
    """Images with one label each, and others with several."""
    styles = small.draw_dataset(folder / "styles", IMAGES)
    icons = small.with_several_labels(small.draw_dataset(folder / "icons", IMAGES, seed=1))
    return styles, icons


ODD_FOLDER = 'An <i>odd<b> | "folder"? & живопись'
ODD_CLASSES = ("path", "<b>|*`a`*", 'naïve, "$x_1$" живопись')


def draw_odd(folder) -> Dataset:
    """Images in folders with odd names."""
    small.draw_dataset(folder, IMAGES)
    for split in IMAGES:
        for name, odd in zip(small.CLASS_NAMES, ODD_CLASSES, strict=True):
            (folder / split / name).rename(folder / split / odd)
            (folder / split / odd / "00.png").rename(folder / split / odd / 'an "image", <b>.png')
    return datasets.folder(folder)


def settings(data, **changes) -> reproduce.Settings:
    """A rehearsal as small as can be."""
    styles, icons = data
    given = {
        "rasta": styles,
        "iconart": icons,
        "weights": "none",
        "architecture": "narrow",
        "seeds": (0,),
        "epochs": 1,
        "steps": 2,
        "channels": 1,
        "resamples": 20,
        "precision": "float32",
    }
    return reproduce.Settings(**{**given, **changes})


def results(folder) -> dict[str, bytes]:
    """The bytes that equal reproductions share: the tables and the page."""
    files = [*(folder / "tables").iterdir(), *folder.glob("*.md"), folder / "results.json"]
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(files)}


def with_shuffled_labels(dataset: Dataset, seed: int) -> Dataset:
    """The same images, but the labels of the training images given out at random."""
    train = dataset.train
    order = np.random.default_rng(seed).permutation(len(train))
    shuffled = dataclasses.replace(train, dataset=None).with_labels(train.labels[order])
    return dataset.with_splits({**dataset.splits, "train": shuffled})
