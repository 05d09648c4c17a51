"""One step of mode A against a gradient that plain Keras and TensorFlow give."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from finetune import small
from PIL import Image

from artlucid import datasets, finetune, models
from artlucid.errors import DataWarning
from artlucid.inputs import Batches
from artlucid.models._network import get_arrays, variables
from artlucid.recipes import RECIPES

# Ten times A's ratio of rates is A's ratio; at A's own rates the change would drown in the rounding of the weights.
RECIPE = dataclasses.replace(RECIPES["A"], head_rate=1.0, body_rate=0.1, epochs=1, batch_size=6)
PENALTY = 2e-4


def pixels(split, side):
    images = []
    for index in range(len(split)):
        image = Image.open(split.path(index)).convert("RGB")
        width, height = image.size
        scale = side / min(width, height)
        image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.LANCZOS)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        images.append(np.asarray(image.crop((left, top, left + side, top + side))))
    return np.stack(images).astype(np.float32)


def independent_gradients(network, images, labels):
    """Of cross-entropy plus penalty, both written out, for the plain network at the run's initial weights."""
    named = variables(network.keras_model, network.architecture)
    kernels = [variable for name, variable in named.items() if name.endswith("/kernel") and variable.ndim == 4]
    assert len(kernels) == 57
    with tf.GradientTape() as tape:
        predictions = network.keras_model(images, training=True)
        chosen = tf.gather(predictions, labels, axis=1, batch_dims=1)
        penalty = tf.add_n([tf.reduce_sum(kernel.value**2) for kernel in kernels])
        loss = -tf.reduce_mean(tf.math.log(chosen)) + PENALTY * penalty
    found = tape.gradient(loss, [variable.value for variable in named.values()])
    return dict(zip(named, (gradient.numpy() for gradient in found), strict=True))


@pytest.fixture(scope="module")
def step(tmp_path_factory):
    data = small.draw_dataset(tmp_path_factory.mktemp("few"), {"train": 2, "val": 1})
    run = small.train(data, tmp_path_factory.mktemp("step") / "run", recipe=RECIPE, architecture="mini")
    before, after = models.load(run.at("initial")), models.load(run.at("last"))
    arrays = [get_arrays(network.keras_model, network.architecture) for network in (before, after)]
    return independent_gradients(before, pixels(data.train, 96), data.train.labels), *arrays


def agrees(gradient, rate, before, after):
    change = after.astype(np.float64) - before
    # A weight is rounded to 2 ** -24 of itself; what is left is TensorFlow's order of summation.
    rounding = 2.0**-23 * np.abs(before).max() * np.sqrt(change.size)
    return np.linalg.norm(change + rate * gradient) <= 2e-4 * rate * np.linalg.norm(gradient) + rounding


def test_change_is_rate_times_gradient(step):
    gradients, before, after = step
    assert len(gradients) == 2 * 58
    for name, gradient in gradients.items():
        rate = 1.0 if name.startswith("logits") else 0.1
        assert agrees(gradient, rate, before[name], after[name]), name
        assert not np.array_equal(before[name], after[name]), name


def test_tolerance_tells_penalty_and_rates_apart(step):
    gradients, before, after = step
    for name in [name for name in gradients if name.endswith("/kernel") and not name.startswith("logits")]:
        unpenalized = gradients[name] - 2 * PENALTY * before[name]
        assert not agrees(unpenalized, 0.1, before[name], after[name]), name
        assert not agrees(gradients[name], 1.0, before[name], after[name]), name


def changes(gradients, before, after, rates):
    """For each array: how far its change is from rate times gradient, what may be rounding, and what is expected."""
    for name, gradient in gradients.items():
        expected = -rates["head" if name.startswith("logits") else "body"] * gradient.astype(np.float64)
        change = after[name].astype(np.float64) - before[name]
        # A stored weight is rounded to 2 ** -24 of itself.
        rounding = 2.0**-24 * np.linalg.norm(after[name])
        yield name, np.linalg.norm(change - expected), rounding, np.linalg.norm(expected)


@pytest.mark.real_data
def test_step_of_mode_a_on_paintings_with_imagenet_weights(shared_data, tmp_path):
    paintings = datasets.load(f"rasta:{shared_data}/data/rasta_small")
    few = {"train": paintings.train.select(range(32)), "val": paintings.val.select(range(2))}
    recipe = dataclasses.replace(RECIPES["A"], name="one step of A", epochs=1)
    options = finetune.Options(precision="float32", progress=False)
    with pytest.warns(DataWarning, match="No training image"):
        run = finetune.fit(
            paintings.with_splits(few),
            recipe=recipe,
            weights=str(shared_data / "weights" / "bvlc_googlenet.npz"),
            out=tmp_path / "run",
            options=options,
        )
    before, after = models.load(run.at("initial")), models.load(run.at("last"))
    (images, labels), *others = Batches(few["train"], size=224, batch_size=32, n_classes=25).in_order()
    assert not others
    gradients = independent_gradients(before, images, tf.argmax(labels, axis=1))
    arrays = [get_arrays(network.keras_model, network.architecture) for network in (before, after)]
    found = list(changes(gradients, *arrays, {"head": 0.01, "body": 0.001}))
    assert len(found) == 2 * 58
    for name, difference, rounding, expected in found:
        assert difference <= 1e-3 * expected + rounding, name
        assert expected > 2 * rounding, f"{name}: nothing would be seen"
    swapped = changes(gradients, *arrays, {"head": 0.001, "body": 0.01})
    assert all(difference > 1e-3 * expected + rounding for _, difference, rounding, expected in swapped)
