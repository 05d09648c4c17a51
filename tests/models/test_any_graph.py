"""Frozen graphs of no known architecture, beside a plain session that runs them."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from artlucid import export, models
from artlucid.errors import ExportError, ModelError, WeightsError
from artlucid.visualize import overrides

FEEDING = {"input_name": "images", "image_shape": [None, None, 3], "image_value_range": [-117, 138]}


def small_graph(*, feeding=FEEDING, channels=3, op=None, second=False):
    """Two convolutions, a ReLU between them, and a mean."""
    generator = np.random.default_rng(0)
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, None, None, channels], name="images")
        if second:
            tf.compat.v1.placeholder(tf.float32, [], name="more")
        kernels = [generator.normal(size=shape).astype(np.float32) for shape in [(3, 3, channels, 5), (1, 1, 5, 4)]]
        x = tf.nn.conv2d(images * 0.01, kernels[0], 2, "SAME", name="edges")
        x = tf.nn.relu(x, name="edges_relu")
        x = tf.nn.conv2d(x, kernels[1], 1, "SAME", name="parts")
        if op is not None:
            op()
        tf.reduce_mean(x, [1, 2], name="scores")
        if feeding is not None:
            tf.constant(json.dumps(feeding), name="lucid_metadata_json")
    return graph.as_graph_def()


@pytest.fixture
def write(tmp_path):
    def write(name="other.pb", **options):
        path = tmp_path / name
        path.write_bytes(small_graph(**options).SerializeToString())
        return path

    return write


def values_of(path, images, name):
    """What a session gives for images of values 0 … 255, as Lucid feeds them."""
    low, high = FEEDING["image_value_range"]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        definition = tf.compat.v1.GraphDef.FromString(path.read_bytes())
        (output,) = tf.import_graph_def(definition, return_elements=[f"{name}:0"], name="")
        return session.run(output, {"images:0": low + images / 255 * (high - low)})


IMAGES = np.random.default_rng(1).uniform(0, 255, (2, 20, 24, 3)).astype(np.float32)


@pytest.mark.parametrize("name", ["edges", "edges_relu", "parts", "scores"])
def test_every_node_gives_what_a_session_gives(write, name):
    path = write()
    network = models.load(path)
    part = keras.Model(network.keras_model.input, models.layer_output(network, name))
    np.testing.assert_allclose(part(IMAGES), values_of(path, IMAGES, name), rtol=1e-4, atol=1e-5)


def test_what_is_known_of_it(write):
    network = models.load(write())
    assert network.architecture is None
    assert {"edges", "edges_relu", "parts", "scores"} < set(network.layer_names)
    assert network.analysed_layers == ("edges", "parts")
    assert network.identity == models.load(write("copy.pb")).identity
    other = {**FEEDING, "image_value_range": [0, 1]}
    assert network.identity != models.load(write("range.pb", feeding=other)).identity


def test_gradients_can_be_overridden(write):
    network = models.load(write())
    part = keras.Model(network.keras_model.input, models.layer_output(network, "edges_relu"))

    @tf.function(autograph=False)
    def gradient():
        images = tf.constant(IMAGES)
        with overrides.gradient_override_map({"Relu": overrides.identity_grad}):
            values = part(images)
        plain = part(images)
        return tf.gradients(values, images)[0], tf.gradients(plain, images)[0]

    passed, plain = gradient()
    assert (passed.numpy() != plain.numpy()).any()
    assert np.ptp(passed[:, 4:-4:2, 4:-4:2], axis=(0, 1, 2)).max() < 1e-5


def test_lucids_manifest_beside_it(write):
    path = write(feeding=None)
    labels = path.with_name("labels.txt")
    labels.write_text("saint\nangel\nship\ndog\n")
    manifest = {**FEEDING, "model_path": "./other.pb", "labels_path": "labels.txt"}
    path.with_name("manifest.json").write_text(json.dumps(manifest))
    assert models.load(path).class_names == ("saint", "angel", "ship", "dog")


def test_a_manifest_of_another_file(write, expect_refusal):
    path = write(feeding=None)
    path.with_name("manifest.json").write_text(json.dumps({**FEEDING, "model_path": "./another.pb"}))
    with expect_refusal("must say how it is fed", "with neither", "models.frozen_graph", kind=WeightsError):
        models.load(path)


def test_how_it_is_fed_given_by_hand(write):
    path = write(feeding=None)
    network = models.frozen_graph(path, value_range=(-117, 138), input_name="images", class_names=["a", "b", "c", "d"])
    np.testing.assert_allclose(network.keras_model(IMAGES), values_of(path, IMAGES, "scores"), rtol=1e-4, atol=1e-5)
    assert network.class_names == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("options", "rule", "received", "advice"),
    [
        ({"feeding": {**FEEDING, "input_name": "input"}}, "its only placeholder", "'input'", "Name it"),
        ({"second": True}, "its only placeholder", "'images'", "without others"),
        ({"feeding": {**FEEDING, "image_value_range": [1, 0]}}, "two numbers", "[1, 0]", "Declare the range"),
        ({"feeding": {**FEEDING, "image_value_range": "all"}}, "two numbers", "'all'", "Declare the range"),
        ({"feeding": [1]}, "must hold JSON", "no object", "get it again"),
        ({"channels": 1}, "(batch, height, width, 3)", "[None, None, None, 1]", "RGB images"),
        (
            {"op": lambda: tf.raw_ops.WriteFile(filename="/tmp/no", contents="no")},
            "harmless ops",
            "'WriteFile'",
            "Do not trust",
        ),
    ],
)
def test_bad_graphs(write, expect_refusal, options, rule, received, advice):
    with expect_refusal(rule, received, advice, kind=WeightsError):
        models.load(write(**options))


def test_a_damaged_file(write, expect_refusal):
    path = write()
    path.write_bytes(path.read_bytes()[:-100])
    with expect_refusal("must be a TensorFlow GraphDef", "other.pb", "get it again", kind=WeightsError):
        models.load(path)


def test_labels_outside_the_folder(write, expect_refusal):
    path = write(feeding=None)
    path.with_name("manifest.json").write_text(json.dumps({**FEEDING, "labels_path": "../../etc/passwd"}))
    with expect_refusal("must lie in its folder", "passwd", "Copy the file", kind=WeightsError):
        models.load(path)


def test_what_it_does_not_serve(write, expect_refusal, tmp_path):
    network = models.load(write())
    with expect_refusal("one that artlucid built or wrapped", "frozen graph already", "Copy", kind=ExportError):
        export.frozen_graph(network, tmp_path / "again.pb")
    with expect_refusal("a layer of the network", "'edge'", "nearest names are edges", kind=ModelError):
        models.layer_output(network, "edge")


def test_wrapped_networks_come_back(tmp_path):
    inputs = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="edges")(inputs)
    scores = keras.layers.GlobalAveragePooling2D(name="scores")(maps)
    network = models.wrap(keras.Model(inputs, scores), value_range=(0, 1), class_names=["a", "b", "c", "d"])
    again = models.load(export.frozen_graph(network, tmp_path / "wrapped.pb"))
    assert again.class_names == ("a", "b", "c", "d")
    part = keras.Model(again.keras_model.input, models.layer_output(again, "scores"))
    np.testing.assert_allclose(part(IMAGES), network.keras_model(IMAGES), rtol=1e-4, atol=1e-6)
