"""The layers written for the image's gradient alone, against the plain network's values and gradients."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf
from visualize.conftest import distance

from artlucid import models
from artlucid.models._network import get_arrays, set_arrays, variables
from artlucid.visualize import overrides
from artlucid.visualize._activations import Activations
from artlucid.visualize._fast import ChannelMeans, Kernels, path_to

# Layers of every kind, at the beginning of the network, in a block and at its end.
LAYERS = (
    "conv2d0_pre_relu",
    "conv2d0",
    "conv2d1",
    "conv2d2_pre_relu",
    "localresponsenorm0",
    "maxpool1",
    "mixed3a_1x1",
    "mixed3b_3x3_pre_relu",
    "mixed3b_5x5_bottleneck",
    "mixed4a_pool",
    "mixed4a_pool_reduce_pre_relu",
    "mixed4a_pre_relu",
    "mixed4a",
    "mixed5b",
    "avgpool0",
    "logits",
    "softmax2_pre_activation",
)


@pytest.fixture(scope="module")
def networks(mini):
    """A network of each kind of padding, order of channels and normalization, with the same random kernels."""
    others = {name: models.load("none", architecture=name, seed=3) for name in ("bvlc", "gonthier")}
    return {"mini": mini, **others}


def seen_by(number, height=45, width=52):
    return tf.constant(np.random.default_rng(number).uniform(size=(number, height, width, 3)).astype(np.float32))


def fast(network, layer, channels, seen, *, precision="float32", redirected=False):
    path = path_to(network, layer)
    arrays = variables(network.keras_model, network.architecture)
    kernels = Kernels(path, {name: tuple(array.shape) for name, array in arrays.items()}, len(channels), precision)
    kernels.load(arrays, network.identity, channels)
    means = ChannelMeans(path, kernels, precision)

    @tf.function(autograph=False)
    def compute(seen):
        values = means(seen, redirected=redirected)
        return values, tf.gradients(-values, seen)[0]

    return compute(seen)


def plain(network, layer, channels, seen, *, redirected=False):
    @tf.function(autograph=False)
    def compute(seen):
        with overrides.relu_overrides() if redirected else contextlib.nullcontext():
            T = Activations(network, seen, seen, [layer])
        maps = [T(layer)[index, ..., channel] for index, channel in enumerate(channels)]
        values = tf.reduce_mean(tf.reshape(tf.stack(maps), [len(maps), -1]), axis=1)
        return values, tf.gradients(-values, seen)[0]

    return compute(seen)


@pytest.mark.parametrize("layer", LAYERS)
def test_values_and_gradients(networks, layer):
    seen = seen_by(2)
    found, truth = (way(networks["mini"], layer, [3, 1], seen) for way in (fast, plain))
    assert distance(found[0], truth[0]) < 1e-5
    assert distance(found[1], truth[1]) < 1e-5


@pytest.mark.parametrize(("height", "width"), [(45, 64), (64, 47), (66, 65)])
@pytest.mark.parametrize("name", ["mini", "bvlc", "gonthier"])
def test_sizes_of_both_parities(networks, name, height, width):
    """Where the zeros of a stride of 2 stand depends on them."""
    seen = seen_by(1, height, width)
    found, truth = (way(networks[name], "mixed3a_3x3_pre_relu", [2], seen) for way in (fast, plain))
    assert distance(found[0], truth[0]) < 1e-5
    assert distance(found[1], truth[1]) < 1e-5


@pytest.mark.parametrize("number", [3, 4])
def test_any_number_of_images(networks, number):
    """They go through the network in parts, unless they cannot be divided."""
    channels = [5, 2, 7, 5][:number]
    found, truth = (way(networks["mini"], "mixed4a_3x3", channels, seen_by(number)) for way in (fast, plain))
    assert distance(found[0], truth[0]) < 1e-5
    assert distance(found[1], truth[1]) < 1e-5


@pytest.fixture(scope="module")
def blocked(mini):
    """The same network with ReLUs, one of a group of convolutions and the target's own, that let nothing through."""
    network = models.load("none", architecture="mini")
    arrays = get_arrays(mini.keras_model, mini.architecture)
    for layer in ("mixed3b_3x3_bottleneck", "mixed4a_3x3"):
        arrays[f"{layer}/bias"][:] = -100
    set_arrays(network.keras_model, network.architecture, arrays)
    return network


@pytest.mark.parametrize(
    ("layer", "channels"), [("mixed4a_3x3", [3, 1]), ("mixed3b_3x3_pre_relu", [3, 1]), ("mixed3b", [40, 33])]
)
def test_redirected_gradients(blocked, layer, channels):
    seen = seen_by(2)
    found, truth = (way(blocked, layer, channels, seen, redirected=True) for way in (fast, plain))
    assert distance(found[1], truth[1]) < 1e-5
    unredirected = fast(blocked, layer, channels, seen)
    assert distance(unredirected[1], truth[1]) > 0.01


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precisions(networks, precision):
    """Their gradients are rough, and point where they should."""
    seen = seen_by(2)
    values, gradient = fast(networks["mini"], "mixed4a_3x3_pre_relu", [3, 1], seen, precision=precision)
    true_values, true_gradient = plain(networks["mini"], "mixed4a_3x3_pre_relu", [3, 1], seen)
    assert distance(values, true_values) < 0.03
    flat, true_flat = np.ravel(gradient), np.ravel(true_gradient)
    assert flat @ true_flat / np.linalg.norm(flat) / np.linalg.norm(true_flat) > 0.93


def test_large_activations_in_float16(networks):
    """Their squares exceed what float16 holds."""
    seen = 40 * seen_by(1)
    values, gradient = fast(networks["mini"], "conv2d2", [3], seen, precision="float16")
    assert np.isfinite(values).all() and np.isfinite(gradient).all()
    assert distance(values, plain(networks["mini"], "conv2d2", [3], seen)[0]) < 0.03


def test_what_has_no_path(mini):
    keras_model = mini.keras_model
    assert path_to(mini, "predictions") is None
    assert path_to(mini, "preprocess") is None
    assert path_to(models.wrap(keras_model, value_range=(0, 255)), "conv2d0") is None
