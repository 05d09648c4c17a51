"""One step of mode A against a gradient that plain Keras and TensorFlow give."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from finetune import small
from PIL import Image

from artlucid import models
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


def independent_gradients(network, split):
    """Of cross-entropy plus penalty, both written out, for the plain network at the run's initial weights."""
    named = variables(network.keras_model, network.architecture)
    kernels = [variable for name, variable in named.items() if name.endswith("/kernel") and variable.ndim == 4]
    assert len(kernels) == 57
    with tf.GradientTape() as tape:
        predictions = network.keras_model(pixels(split, 96), training=True)
        chosen = tf.gather(predictions, split.labels, axis=1, batch_dims=1)
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
    return independent_gradients(before, data.train), *arrays


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
