"""What stands in a cache, against the feature maps themselves and against values worked by hand."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
from activations import plain
from tensorflow.python.framework.func_graph import FuncGraph

from artlucid import activations, architectures, models


def options(**changed):
    return activations.Options(**{"cache": False, **changed})


@pytest.fixture(scope="module")
def feature_maps(mini, data):
    names = [*mini.architecture.convolutions, *mini.analysed_layers]
    return plain.maps(mini, list(dict.fromkeys(names)), plain.read(data.test, 96))


def test_every_convolution_and_analysed_layer(cache, mini, feature_maps):
    assert set(cache.layers) == {*mini.architecture.convolutions, *mini.analysed_layers}
    assert len(cache.stored_layers) == 57
    for layer in cache.layers:
        values = feature_maps[layer]
        assert cache.map_size(layer) == values.shape[1:3]
        scale = values.max()
        np.testing.assert_allclose(cache[layer], values.mean(axis=(1, 2)), rtol=1e-4, atol=1e-5 * scale)
        np.testing.assert_allclose(cache.maximum(layer), values.max(axis=(1, 2)), rtol=1e-4, atol=1e-5 * scale)


def test_places(cache, feature_maps):
    for layer in ("conv2d0", "mixed3b_3x3", "mixed4d", "mixed5b_pool_reduce"):
        places = cache.place(layer)
        assert places.dtype == np.uint8 and places.shape == (*cache[layer].shape, 2)
        np.testing.assert_array_equal(places, plain.first_places(feature_maps[layer]))


def test_no_graph_outlives_its_extraction(data, tmp_path):
    """Else a comparison of many networks holds all of them."""

    def graphs():
        gc.collect()
        return sum(isinstance(one, FuncGraph) for one in gc.get_objects())

    before = graphs()
    for seed in (1, 2):
        network = models.load("none", architecture="mini", seed=seed)
        activations.extract(network, data.test, out=tmp_path / f"{seed}.h5", options=options(size=32)).close()
    assert graphs() <= before


def test_after_relu_and_the_first_of_equal_maxima(dotted, tmp_path):
    inputs = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(3, 1, name="linear")(inputs)
    model = keras.Model(inputs, maps)
    # Channel 0 is the brightness, 1 its negative, 2 the brightness less one half.
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 0] = [1, -1, 1]
    model.set_weights([kernel, np.array([0, 0, -0.5])])
    network = models.wrap(model, value_range=(0, 1))
    cache = activations.extract(network, dotted.test, out=tmp_path / "x.h5", options=options())
    np.testing.assert_allclose(cache["linear"], [[2 / 64, 0, 1 / 64], [0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(cache.maximum("linear"), [[1, 0, 0.5], [0, 0, 0]], rtol=1e-6)
    assert cache.place("linear")[0].tolist() == [[2, 5], [0, 0], [2, 5]]
    assert cache.place("linear")[1].tolist() == [[0, 0]] * 3


def test_oblong_maps_and_maxima_that_are_apart(tmp_path):
    # The first row with a maximum is 1, the first column 2, and there is none where they meet.
    image = np.zeros((12, 12, 3), np.uint8)
    image[[2, 4, 2], [9, 2, 10]] = 200
    dataset = plain.hand_made(tmp_path, [image, image[::-1], np.full_like(image, 7)])
    inputs = keras.Input((12, 12, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1, strides=(2, 1), name="oblong")(inputs))
    model.set_weights([np.ones((1, 1, 3, 2)), np.zeros(2)])
    cache = activations.extract(
        models.wrap(model, value_range=(0, 1)), dataset.test, out=tmp_path / "x.h5", options=options()
    )
    assert cache.map_size("oblong") == (6, 12)
    assert cache.place("oblong")[:, 0].tolist() == [[1, 9], [0, 0], [0, 0]]
    np.testing.assert_array_equal(cache.place("oblong")[:, 1], cache.place("oblong")[:, 0])


def test_vectors_and_layers_of_a_users_own(dotted, tmp_path):
    inputs = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(2, 3, activation="relu", name="first.conv")(inputs)
    joined = keras.layers.Concatenate(name="joined")([maps, keras.layers.MaxPooling2D(1, name="..")(maps)])
    vector = keras.layers.Dense(4, name="vector")(keras.layers.GlobalMaxPooling2D()(joined))
    names = ["joined", "first.conv", "..", "vector"]
    network = models.wrap(keras.Model(inputs, vector), value_range=(-1, 1), layers=names)
    cache = activations.extract(network, dotted.test, out=tmp_path / "x.h5", options=options())
    found = plain.maps(network, names, plain.read(dotted.test, 8))
    assert cache.layers == cache.stored_layers == cache.analysed_layers == tuple(names)
    for name in names:
        values = np.maximum(found[name].reshape(2, -1, found[name].shape[-1]), 0)
        np.testing.assert_allclose(cache[name], values.mean(axis=1), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(cache.maximum(name), values.max(axis=1), rtol=1e-5, atol=1e-7)
    assert cache.map_size("vector") == (1, 1) and not np.any(cache.place("vector"))


def test_large_maps_have_places_of_two_bytes(tmp_path):
    image = np.zeros((300, 300, 3), np.uint8)
    image[290, 270] = 255
    dataset = plain.hand_made(tmp_path, [image])
    inputs = keras.Input((None, None, 3))
    network = models.wrap(
        keras.Model(inputs, keras.layers.ReLU(name="same")(inputs)), value_range=(0, 1), layers=["same"]
    )
    cache = activations.extract(network, dataset.test, out=tmp_path / "x.h5", options=options(size=300))
    assert cache.place("same").dtype == np.uint16
    assert cache.place("same")[0].tolist() == [[290, 270]] * 3


def test_another_graph(dotted, tmp_path):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="input")
        kernel = tf.constant(np.array([1, -1, 1], np.float32).reshape(1, 1, 1, 3) * np.ones((1, 1, 3, 1), np.float32))
        tf.nn.conv2d(images, kernel, 1, "SAME", name="block/conv_pre_relu")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    network = models.load_graph(path, value_range=(0, 1))
    cache = activations.extract(network, dotted.test, out=tmp_path / "x.h5", options=options())
    assert cache.layers == ("block/conv_pre_relu",)
    np.testing.assert_allclose(cache["block/conv"], [[6 / 64, 0, 6 / 64], [0, 0, 0]], rtol=1e-6)
    assert cache.place("block/conv_pre_relu")[0].tolist() == [[2, 5], [0, 0], [2, 5]]


def test_precision_is_used_and_recorded(small_network, data, tmp_path):
    full = activations.extract(small_network, data.test, out=tmp_path / "32.h5", options=options())
    half = activations.extract(small_network, data.test, out=tmp_path / "16.h5", options=options(precision="bfloat16"))
    assert [cache.manifest["environment"]["precision"]["used"] for cache in (full, half)] == ["float32", "bfloat16"]
    assert half["conv2d1"].dtype == np.float32
    difference = np.abs(np.asarray(half["conv2d1"]) - np.asarray(full["conv2d1"])).max() / np.max(full["conv2d1"])
    assert 1e-5 < difference < 0.05


def test_blocks_in_the_order_of_the_architecture(cache):
    table = {layer.name: layer for layer in architectures.get("mini").backbone}
    for block in ("mixed3a", "mixed4d", "mixed5b"):
        parts = [np.asarray(cache[name]) for name in table[block].sources]
        np.testing.assert_array_equal(cache[block], np.concatenate(parts, axis=1))
    assert cache.layers.index("mixed4d") == cache.layers.index("mixed4d_pool_reduce") + 1
    assert cache.analysed_layers == architectures.get("mini").analysed_layers


def test_bits_of_an_image_do_not_depend_on_its_company(tmp_path):
    # At these sizes oneDNN takes other loops for one image than for several.
    generator = np.random.default_rng(0)
    dataset = plain.hand_made(tmp_path, list(generator.integers(0, 256, (5, 7, 7, 3), np.uint8)))
    inputs = keras.Input((7, 7, 3))
    wide = keras.layers.Conv2D(832, 1, activation="relu", name="wide")(inputs)
    model = keras.Model(inputs, keras.layers.Conv2D(256, 1, activation="relu", name="narrow")(wide))
    model.set_weights([generator.normal(size=array.shape) for array in model.get_weights()])
    network = models.wrap(model, value_range=(0, 1))

    def means(split, name):
        out = tmp_path / f"{name}.h5"
        return activations.extract(network, split, out=out, options=options(batch_size=5))["narrow"][:]

    together = means(dataset.test, "together")
    for index in (0, 4):
        np.testing.assert_array_equal(means(dataset.test.select([index]), index), together[index : index + 1])
