import keras
import numpy as np
import pytest
import tensorflow as tf

from artlucid import models
from artlucid.errors import ModelError
from artlucid.models._network import layer_outputs


def branches(name="branches", strides=1):
    """Two branches of one trunk, one of them with a way around it, in one output."""
    inputs = keras.Input((24, 20, 3))
    trunk = keras.layers.Conv2D(6, 3, padding="same", strides=strides, name="trunk")(inputs)
    left = keras.layers.Conv2D(6, 1, activation="relu", name="left")(trunk)
    right = keras.layers.Add(name="around")(
        [keras.layers.DepthwiseConv2D(3, padding="same", name="right")(trunk), trunk]
    )
    joined = keras.layers.Concatenate(name="joined")([right, left])
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(joined)
    return keras.Model(inputs, keras.layers.Dense(4, activation="softmax", name="answer")(pooled), name=name)


@pytest.fixture
def model():
    keras.utils.set_random_seed(3)
    return branches()


@pytest.fixture
def photographs():
    return np.random.default_rng(0).uniform(0, 255, (2, 24, 20, 3)).astype(np.float32)


RANGES = [(0, 1), (-1, 1), (0, 255), (-117, 138), (-0.5, 2.5)]


@pytest.mark.parametrize("value_range", RANGES, ids=str)
def test_predictions_are_those_of_the_model(value_range, model, photographs):
    network = models.wrap(model, value_range=value_range, class_names="abcd")
    low, high = value_range
    truth = np.asarray(model(low + photographs / 255 * (high - low)))
    np.testing.assert_allclose(network.keras_model(photographs), truth, rtol=1e-5, atol=1e-7)
    assert network.class_names == ("a", "b", "c", "d")
    assert network.architecture is None
    assert network.source == "keras:branches"


def test_black_and_white(model):
    network = models.wrap(model, value_range=(-1, 3))
    rescaled = keras.Model(network.keras_model.input, network.keras_model.get_layer("rescale").output)
    ends = np.stack([np.zeros((24, 20, 3)), np.full((24, 20, 3), 255)]).astype(np.float32)
    np.testing.assert_allclose(np.asarray(rescaled(ends))[:, 5, 5], [[-1] * 3, [3] * 3], rtol=1e-6)


def test_every_layer_gives_its_output(model, photographs):
    network = models.wrap(model, value_range=(0, 1))
    assert set(network.layer_names) == {"trunk", "left", "right", "around", "joined", "pooled", "answer"}
    for name in network.layer_names:
        found = keras.Model(network.keras_model.input, models.layer_output(network, name))(photographs)
        truth = keras.Model(model.input, model.get_layer(name).output)(photographs / 255)
        np.testing.assert_allclose(found, truth, rtol=1e-5, atol=1e-6, err_msg=name)


def test_several_layers_are_computed_once(model, photographs):
    network = models.wrap(model, value_range=(0, 1))
    names = ["answer", "trunk", "left", "answer"]
    several = keras.Model(network.keras_model.input, layer_outputs(network, names))
    for name, output in zip(names, several(photographs), strict=True):
        alone = keras.Model(network.keras_model.input, models.layer_output(network, name))
        np.testing.assert_allclose(output, alone(photographs), rtol=1e-5, atol=1e-6, err_msg=name)
    traced = tf.function(several).get_concrete_function(tf.TensorSpec(photographs.shape, tf.float32))
    # One each of trunk, left and right.
    assert [op.type for op in traced.graph.get_operations() if "Conv" in op.type or "conv" in op.type] == [
        "Conv2D", "DepthwiseConv2dNative", "Conv2D",
    ]  # fmt: skip


def test_unknown_layer(model, refused):
    network = models.wrap(model, value_range=(0, 1))
    with refused("must be a layer of the network", "'rigth'", "nearest names are right", kind=ModelError):
        models.layer_output(network, "rigth")


def test_sequential_models():
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, name="only")], name="line")
    network = models.wrap(model, value_range=(0, 255))
    images = np.random.default_rng(0).uniform(0, 255, (1, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(network.keras_model(images), model(images), rtol=1e-5, atol=1e-4)
    assert network.layer_names == ("only",)
    assert models.layer_output(network, "only").shape == (None, 6, 6, 2)


def test_convolutions_are_analysed(model):
    assert models.wrap(model, value_range=(0, 1)).analysed_layers == ("trunk", "right", "left")


@pytest.mark.parametrize("layers", [("joined", "trunk"), ["answer"], ()], ids=str)
def test_layers_that_are_named_are_analysed(layers, model):
    network = models.wrap(model, value_range=(0, 1), layers=layers)
    assert network.analysed_layers == tuple(layers)
    assert network.identity == models.wrap(model, value_range=(0, 1)).identity


@pytest.mark.parametrize("layers", [["trunk", "rigth"], "right", ["rescale"]], ids=str)
def test_layers_that_are_not_there(layers, model, refused):
    with refused("names of the model's layers", repr(layers), "there are 7", kind=ModelError):
        models.wrap(model, value_range=(0, 1), layers=layers)


def test_identity(model):
    identity = models.wrap(model, value_range=(0, 1)).identity
    assert len(identity) == 64
    assert models.wrap(model, value_range=(0, 1)).identity == identity
    assert models.wrap(model, value_range=(-1, 1)).identity != identity
    other = branches()
    assert models.wrap(other, value_range=(0, 1)).identity != identity
    other.set_weights(model.get_weights())
    assert models.wrap(other, value_range=(0, 1)).identity == identity
    strided = branches(strides=2)
    strided.set_weights(model.get_weights())
    assert models.wrap(strided, value_range=(0, 1)).identity != identity


def test_the_name_of_the_model_is_not_its_identity(model):
    renamed = branches("another name")
    renamed.set_weights(model.get_weights())
    assert models.wrap(renamed, value_range=(0, 1)).identity == models.wrap(model, value_range=(0, 1)).identity


def test_layers_that_keras_cannot_describe():
    class Own(keras.layers.Layer):
        def __init__(self, function):
            super().__init__(name="own")
            self.function = function

        def call(self, images):
            return self.function(images)

    inputs = keras.Input((8, 8, 3))
    network = models.wrap(keras.Model(inputs, Own(abs)(inputs)), value_range=(-1, 1))
    assert network.layer_names == ("own",)
    assert len(network.identity) == 64


class Subclass(keras.Model):
    def call(self, images):
        return images


@pytest.mark.parametrize("value_range", [(1, 0), (0, 0), (0, float("nan")), (float("-inf"), 1)], ids=str)
def test_ranges_that_are_none(value_range, model, refused):
    with refused("(black, white) with black below white", str(value_range), "(0, 1)", kind=ModelError):
        models.wrap(model, value_range=value_range)


@pytest.mark.parametrize("value_range", [(0, 1, 2), (1,), 255, "ab"], ids=str)
def test_ranges_of_another_form(value_range, model, refused):
    with refused("(black, white)", str(value_range), "(0, 1)", kind=ModelError):
        models.wrap(model, value_range=value_range)


def test_no_range(model, refused):
    with refused("`value_range` must say", "none", "models.wrap(keras_model, value_range=(0, 1))", kind=ModelError):
        models.wrap(model)


def test_models_that_are_no_image_networks(refused):
    first, second = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    grey, flat, channels_first = keras.Input((8, 8, 1)), keras.Input((3,)), keras.Input((3, 8, 8))
    for model in (
        keras.Model([first, second], keras.layers.Add()([first, second])),
        keras.Model(grey, keras.layers.ReLU()(grey)),
        keras.Model(flat, keras.layers.ReLU()(flat)),
        keras.Model(channels_first, keras.layers.ReLU()(channels_first)),
        Subclass(),
        keras.Sequential([keras.layers.ReLU()]),
        "resnet50",
    ):
        with refused(
            "functional with one input (batch, height, width, 3)", "inputs [", "keras.Model(", kind=ModelError
        ):
            models.wrap(model, value_range=(0, 1))
