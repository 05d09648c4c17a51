"""Off-the-shelf runs that take a second."""

import dataclasses

import numpy as np

from artlucid import finetune, models

DENSE = dataclasses.replace(finetune.HEADS["dense"], name="small", epochs=3, batch_size=8)
SVM = dataclasses.replace(finetune.HEADS["svm"], costs=(0.01, 0.1, 1.0), folds=3)


def train(dataset, out, *, head=DENSE, weights="none", seed=0, resume=False, **options):
    """Train as `off_the_shelf` does, with what keeps a test quick."""
    options = {"architecture": "tiny", "progress": False, **options}
    if weights != "none":
        del options["architecture"]
    return finetune.off_the_shelf(
        dataset,
        weights=weights,
        head=head,
        seed=seed,
        out=out,
        resume=resume,
        options=finetune.OffTheShelfOptions(**options),
    )


def with_several_labels(dataset, seed=0):
    """The same images with their class, and now and then a second one."""
    generator = np.random.default_rng(seed)

    def relabelled(split):
        own = np.eye(len(dataset.class_names), dtype=np.uint8)[split.labels]
        return split.with_labels(own | (generator.random(own.shape) < 0.2).astype(np.uint8))

    return dataset.with_splits({name: relabelled(split) for name, split in dataset.splits.items()})


def with_labels(dataset, change):
    """The same images with the training labels that a function makes of theirs."""
    return dataset.with_splits(
        {**dataset.splits, "train": dataset.train.with_labels(change(dataset.train.labels.copy()))}
    )


def pooled(run, split, layer="conv2d1"):
    """Features by another way: every image alone, and NumPy's mean over height and width."""
    import keras
    from PIL import Image

    network = models.load(run.at("initial"))
    body = keras.Model(network.keras_model.input, models.layer_output(network, layer))
    rows = []
    for index in range(len(split)):
        # 48 x 40 to 38 x 32 (38.4 rounded), then the middle 32 columns.
        image = Image.open(split.path(index)).resize((38, 32), Image.Resampling.LANCZOS)
        rows.append(np.asarray(body(np.asarray(image)[np.newaxis, :, 3:35].astype(np.float32))).mean(axis=(0, 1, 2)))
    return np.stack(rows)
