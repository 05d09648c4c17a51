"""What is kept of a validation."""

import keras
import numpy as np
import pytest
import sklearn.metrics

from artlucid.architectures import ARCHITECTURES
from artlucid.finetune import _supervision, _watched
from artlucid.recipes import RECIPES

IMAGES = np.random.default_rng(0).random((10, 4)).astype(np.float32)
LABELS = np.random.default_rng(1).integers(0, 2, (10, 3)).astype(np.float32)


@pytest.fixture
def network():
    inputs = keras.Input((4,))
    layer = keras.layers.Dense(3, "sigmoid", kernel_initializer=keras.initializers.GlorotUniform(0), name="predictions")
    supervision = _supervision.supervise(RECIPES["A"], ARCHITECTURES["inception5h"], task="multi_label", classes=3)
    network = _watched.watched(keras.Model(inputs, layer(inputs)), supervision)
    network.compile("sgd", jit_compile=False, **supervision.compile_arguments())
    return network


def test_training_leaves_nothing(network):
    network.fit(IMAGES, LABELS, batch_size=5, verbose=0)
    assert network.seen == []


def test_images_of_no_weight_are_left_out(network):
    weights = np.float32([1, 1, 1, 0, 1, 0, 0.5, 1, 1, 0])
    network.evaluate(IMAGES, LABELS, sample_weight=weights, batch_size=4, verbose=0)
    labels, predictions = (np.concatenate(arrays) for arrays in zip(*network.seen, strict=True))
    kept = weights > 0
    np.testing.assert_array_equal(labels, LABELS[kept])
    np.testing.assert_allclose(predictions, network.predict(IMAGES[kept], verbose=0), rtol=1e-6)
    expected = sklearn.metrics.average_precision_score(labels, predictions)
    assert _watched.validation_precision(network) == {"val_mean_average_precision": pytest.approx(expected)}


def test_only_the_last_validation_counts(network):
    for images in (IMAGES[:3], IMAGES[3:]):
        network.evaluate(images, LABELS[: len(images)], verbose=0, callbacks=_watched.measures_of(network))
    assert sum(len(labels) for labels, _ in network.seen) == 7


def test_network_with_one_label_an_image_stays_as_it_is():
    inputs = keras.Input((4,))
    plain = keras.Model(inputs, keras.layers.Dense(3, "softmax")(inputs))
    supervision = _supervision.supervise(RECIPES["A"], ARCHITECTURES["inception5h"], task="single_label", classes=3)
    assert _watched.watched(plain, supervision) is plain
    assert _watched.measures_of(plain) == []
    assert _watched.validation_precision(plain) == {}
