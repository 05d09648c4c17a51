"""Random networks with named classes, and a dataset with several labels an image."""

import dataclasses

import numpy as np
from finetune import small

from artlucid import models
from artlucid.datasets import Dataset, Split
from artlucid.models._load import from_weights
from artlucid.models._network import weights_of

OBJECTS = ("bird", "horse", "ruins", "train")
LABELS = {
    "train": [[1, 0, 0, 0], [0, 1, 0, 1]],
    # No test image has ruins; the fourth has nothing at all.
    "test": [[1, 0, 0, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1], [1, 1, 0, 0]] * 3,
}


def weights_for(class_names, *, seed=0, activation="softmax"):
    """Random weights of `tiny` under a head for these classes."""
    weights = weights_of(models.load("none", architecture="tiny", seed=seed))
    arrays = {
        name: array[..., : len(class_names)] if name.startswith("logits") else array
        for name, array in weights.arrays.items()
    }
    return dataclasses.replace(weights, arrays=arrays, class_names=tuple(class_names), activation=activation)


def network_for(class_names, *, seed=0, activation="softmax", source="some-network"):
    """A random network with named classes."""
    return from_weights(weights_for(class_names, seed=seed, activation=activation), source=source)


def draw_objects(root):
    """Images of noise whose labels say nothing, as a dataset of several labels or none an image."""
    generator = np.random.default_rng(3)
    splits = {}
    for name, labels in LABELS.items():
        paths = tuple(f"{name}/{index:02d}.png" for index in range(len(labels)))
        for path in paths:
            small.draw_image(root / path, int(generator.integers(3)), generator)
        splits[name] = Split(name, root, paths, np.array(labels, np.uint8))
    return Dataset("objects", f"objects:{root}", root, OBJECTS, splits, ())
