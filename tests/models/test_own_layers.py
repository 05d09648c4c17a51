"""Preprocessing and local response normalization, against NumPy and TensorFlow's own op."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from plain_inception import LRN, PREPROCESS, VARIANTS

from artlucid import models
from artlucid.models._layers import LocalResponseNormalization, Preprocess

RED = np.zeros((1, 2, 2, 3), np.float32) + np.float32([200, 20, 3])


@pytest.mark.parametrize("variant", VARIANTS)
def test_preprocess_of_each_variant(variant):
    order, means = PREPROCESS[variant]
    layer = models.InceptionV1(weights=None, variant=variant, classes=2).get_layer("preprocess")
    red, green, blue = (200, 20, 3)
    expected = np.subtract((red, green, blue) if order == "RGB" else (blue, green, red), means)
    np.testing.assert_allclose(np.asarray(layer(RED))[0, 1, 1], expected, rtol=1e-6)


def test_preprocess_is_float32_under_every_policy():
    layer = Preprocess("RGB", (104, 117, 123), dtype="mixed_bfloat16")
    assert np.asarray(layer(RED + 0.125))[0, 0, 0, 0] == 200.125 - 104


def test_preprocess_takes_whole_numbers():
    layer = Preprocess("BGR", (104, 117, 123))
    found = np.asarray(layer(RED.astype(np.uint8)))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0, 0, 0], [3 - 104, 20 - 117, 200 - 123])


@pytest.mark.parametrize("constants", sorted(set(LRN.values())), ids=str)
@pytest.mark.parametrize("channels", [3, 48])
@pytest.mark.parametrize("scale", [1, 300])
def test_local_response_is_tensorflows(constants, channels, scale):
    inputs = tf.constant(np.random.default_rng(0).normal(0, scale, (2, 3, 4, channels)), tf.float32)
    layer = LocalResponseNormalization(*constants)

    def value_and_gradient(function):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(inputs)
            total = tf.reduce_sum(outputs * tf.cos(inputs))
        return outputs, tape.gradient(total, inputs)

    radius, bias, alpha, beta = constants
    truth = value_and_gradient(lambda x: tf.nn.local_response_normalization(x, radius, bias, alpha, beta))
    for found, expected in zip(value_and_gradient(layer), truth, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("beta", [0.3, 1.0])
def test_local_response_takes_any_exponent(beta):
    inputs = np.random.default_rng(0).normal(0, 30, (1, 2, 2, 9)).astype(np.float32)
    found = LocalResponseNormalization(1, 1.5, 0.01, beta)(inputs)
    np.testing.assert_allclose(found, tf.nn.lrn(inputs, 1, 1.5, 0.01, beta), rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_local_response_of_large_activations_in_half_precision(policy):
    inputs = np.random.default_rng(0).uniform(0, 1000, (1, 4, 4, 64)).astype(np.float32)
    found = LocalResponseNormalization(5, 2.0, 1e-4, 0.5, dtype=policy)(inputs)
    truth = tf.nn.lrn(inputs, 5, 2.0, 1e-4, 0.5)
    assert found.dtype == policy.removeprefix("mixed_")
    np.testing.assert_allclose(np.asarray(tf.cast(found, tf.float32)), truth, rtol=0.03)


@pytest.mark.parametrize("layer", [Preprocess("BGR", (1, 2, 3)), LocalResponseNormalization(2, 1.0, 1e-3, 0.75)])
def test_layers_come_back_from_their_configuration(layer):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    np.testing.assert_array_equal(again(RED), layer(RED))


def test_symbolic_shapes_stay_open():
    tensor = keras.Input((None, None, 3))
    assert LocalResponseNormalization(2, 1.0, 1e-3, 0.75)(Preprocess("RGB", (1, 2, 3))(tensor)).shape == (
        None,
        None,
        None,
        3,
    )
