"""The paper's experiments on the smallest network and drawn images: seconds, and every step is made."""

import dataclasses

from finetune import small

from artlucid import reproduce
from artlucid.datasets import Dataset

IMAGES = {"train": 36, "val": 4, "test": 8}
"""A class: 108 training images, more than the 100 of a top set."""

ITEMS = ("table1", "table2", "table3", "table4", "figure5", "figure6", "figure7", "figure14", "figure15")


def draw(folder) -> tuple[Dataset, Dataset]:
    """Images with one label each, and others with several."""
    styles = small.draw_dataset(folder / "styles", IMAGES)
    icons = small.with_several_labels(small.draw_dataset(folder / "icons", IMAGES, seed=1))
    return styles, icons


def settings(data, **changes) -> reproduce.Settings:
    """A rehearsal as small as can be."""
    styles, icons = data
    given = {
        "rasta": styles,
        "iconart": icons,
        "weights": "none",
        "architecture": "tiny",
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
    import numpy as np

    train = dataset.train
    order = np.random.default_rng(seed).permutation(len(train))
    shuffled = dataclasses.replace(train, dataset=None).with_labels(train.labels[order])
    return dataset.with_splits({**dataset.splits, "train": shuffled})
