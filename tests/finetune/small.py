"""A dataset and a network so small that a training of two epochs takes a second."""

import dataclasses
import sys
from types import MappingProxyType

import keras
import numpy as np
from PIL import Image

from artlucid import architectures, datasets, finetune, recipes
from artlucid.architectures import (
    Architecture,
    AveragePool,
    Classifier,
    Convolution,
    Dense,
    GlobalMean,
    Head,
    LocalResponse,
    Preprocess,
)
from artlucid.finetune import _optimizers

CLASS_NAMES = ("blue", "green", "red")
IMAGES = {"train": 12, "val": 4, "test": 4}


def _auxiliary_head(index, source):
    name = f"head{index}"
    layers = (
        AveragePool(f"{name}_pool", source, size=5, stride=3),
        Convolution(f"{name}_bottleneck", f"{name}_pool", 3, 1),
        Dense(f"nn{index}", f"{name}_bottleneck", 5),
        Classifier(f"{name}_logits", f"nn{index}", f"{name}_predictions", f"softmax{index}"),
    )
    return Head(name, layers, 0.3)


TINY = Architecture(
    name="tiny",
    variant="tiny",
    input_size=32,
    minimum_size=16,
    classes=10,
    preprocess=Preprocess("RGB", (117.0, 117.0, 117.0)),
    local_response=LocalResponse(5, 1.0, 1e-4, 0.5),
    padding="same",
    backbone=(
        Convolution("conv2d0", "preprocess", 4, 3, 2),
        Convolution("conv2d1", "conv2d0", 8, 3, 2),
        GlobalMean("avgpool", "conv2d1"),
    ),
    head=Head("head", (Classifier("logits", "avgpool", "predictions", "softmax2"),), 1.0),
    auxiliary_heads=(_auxiliary_head(0, "conv2d0"), _auxiliary_head(1, "conv2d1")),
    analysed_layers=("conv2d0", "conv2d1"),
    feature_layer="avgpool",
    groups=MappingProxyType({"low": ("conv2d0",), "mid": ("conv2d1",), "high": ()}),
)

HEADLESS = dataclasses.replace(TINY, name="headless", variant="headless", auxiliary_heads=())

# 36 images in batches of 8: the last batch is half full.
RECIPE = dataclasses.replace(recipes.RECIPES["A"], name="small", epochs=2, batch_size=8)

CLIMBING = dataclasses.replace(RECIPE, epochs=3, head_rate=0.1, momentum=0.0)


def climb_from(epoch, patch):
    """Let the loss rise from an epoch on, counted from 1, by a rate whose sign is turned; five steps an epoch."""
    update = _optimizers._LayerRates.update_step

    def turned(self, gradient, variable, rate):
        now = keras.ops.cast(self.iterations, "float32") / 5 + 1
        update(self, gradient, variable, keras.ops.where(now >= epoch, -rate, rate))

    patch.setattr(_optimizers._LayerRates, "update_step", turned)


def register_tiny(patch):
    """Make `tiny` and `headless` known as architectures, wherever the table was imported to."""
    known = architectures.ARCHITECTURES
    extended = MappingProxyType({**known, "tiny": TINY, "headless": HEADLESS})
    for name, module in list(sys.modules.items()):
        if name.startswith("artlucid.") and getattr(module, "ARCHITECTURES", None) is known:
            patch.setattr(module, "ARCHITECTURES", extended)


def draw_image(path, channel, generator):
    """Noise in which one channel is a little brighter."""
    pixels = generator.integers(0, 200, (40, 48, 3))
    pixels[..., channel] += 55
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def draw_dataset(root, images=None, seed=0):
    """Draw three classes of noise, and load them as a folder."""
    generator = np.random.default_rng(seed)
    for split, number in (images or IMAGES).items():
        for name, channel in zip(CLASS_NAMES, (2, 1, 0), strict=True):
            for index in range(number):
                draw_image(root / split / name / f"{index:02d}.png", channel, generator)
    return datasets.folder(root)


def with_several_labels(dataset):
    """The same images, each with none, one or two of the classes: its own, and red where its number is odd."""

    def labels(split):
        several = np.eye(len(CLASS_NAMES), dtype=np.uint8)[split.labels]
        several[1::2, -1] = 1
        several[::5] = 0
        return several

    splits = {name: split.with_labels(labels(split)) for name, split in dataset.splits.items()}
    return dataset.with_splits(splits)


def train(dataset, out, *, recipe=RECIPE, weights="none", seed=0, resume=False, **options):
    """Train as `fit` does, with what keeps a test quick."""
    options = {"architecture": "tiny", "precision": "float32", "progress": False, **options}
    if weights != "none":
        del options["architecture"]
    return finetune.fit(
        dataset,
        recipe=recipe,
        weights=weights,
        seed=seed,
        out=out,
        resume=resume,
        options=finetune.Options(**options),
    )


def bits(run):
    """The bytes that two equal runs share."""
    return {name: (run.path / name).read_bytes() for name in ("initial.h5", "best.h5", "last.h5", "history.csv")}
