import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from published_graph import GraphDef, PublishedGraph, random_arrays, run

from artlucid import architectures, evaluate, export, info, models
from artlucid.errors import ArtlucidError, ExportError, ModelError, WeightsError
from artlucid.models._load import resolve
from artlucid.models._network import layer_outputs
from artlucid.models._precision import in_precision

MINI = architectures.get("mini")
METADATA = {"input_name": "images", "image_shape": [20, 24, 3], "image_value_range": [-1, 1]}


def small_graph(shape=(None, None, None, 3), dtype=tf.float32):
    """Two convolutions, a branch, a classifier and two placeholders' worth of odds and ends."""
    draw = np.random.default_rng(5).normal
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(dtype, shape, name="images")
        values = images if dtype == tf.float32 else tf.cast(images, tf.float32)
        kernel = tf.constant(draw(0, 0.3, (3, 3, 3, 6)), tf.float32, name="first/kernel")
        linear = tf.nn.conv2d(values, kernel, 1, "SAME", name="first/conv")
        first = tf.nn.relu(tf.nn.bias_add(linear, tf.constant([0.1] * 6), name="first_pre_relu"), name="first")
        kernel = tf.constant(draw(0, 0.3, (1, 1, 6, 4)), tf.float32, name="second/kernel")
        second = tf.nn.conv2d(first, kernel, 2, "SAME", name="second/conv")
        tf.identity(second, name="second")
        tf.split(first, 2, axis=3, name="halves")
        half = tf.cast(second, tf.float16, name="half")
        pooled = tf.reduce_mean(tf.cast(half, tf.float32), [1, 2], name="pooled")
        tf.reduce_max(first, [1, 2, 3], name="peak")
        tf.nn.softmax(tf.matmul(pooled, tf.constant(draw(0, 1, (4, 5)), tf.float32), name="logits"), name="answer")
        tf.nn.softmax(pooled, name="side")
    return graph.as_graph_def()


def with_text(graph, text, name="lucid_metadata_json"):
    described = GraphDef.FromString(graph.SerializeToString())
    node = described.node.add(name=name, op="Const")
    node.attr["dtype"].type = tf.string.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(text))
    return described


def write(path, graph, **changed):
    """With Lucid's metadata."""
    path.write_bytes(with_text(graph, json.dumps(METADATA | changed)).SerializeToString())
    return path


def values_of(network, names, images):
    found = keras.Model(network.keras_model.input, layer_outputs(network, names))(images)
    return dict(zip(names, map(np.asarray, found), strict=True))


def photographs(height=20, width=24):
    return np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def graph():
    return small_graph()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "any.pb"


@pytest.fixture(scope="module")
def network(graph, tmp_path_factory):
    return models.load(write(tmp_path_factory.mktemp("graph") / "any.pb", graph))


LAYERS = (
    "first/conv", "first_pre_relu", "first", "second/conv", "second", "halves", "half", "Cast", "pooled", "logits",
    "answer", "side",
)  # fmt: skip


def test_layers_are_what_the_images_reach(network):
    # No constants, no input, nothing of one dimension.
    assert network.layer_names == LAYERS
    assert network.analysed_layers == ("first_pre_relu", "second")
    assert network.architecture is None
    assert network.class_names == ()


@pytest.mark.parametrize("size", [(20, 24), (31, 17)], ids=str)
def test_values_are_those_that_the_graph_computes(size, network, graph):
    images = photographs(*size)
    found = values_of(network, LAYERS, images)
    expected = run(graph, images / np.float32(127.5) - 1, LAYERS, node="images")
    for name in LAYERS:
        # Half precision may round the other way.
        np.testing.assert_allclose(found[name], expected[name], rtol=2e-3, atol=1e-5, err_msg=name)
        alone = keras.Model(network.keras_model.input, models.layer_output(network, name))
        np.testing.assert_array_equal(alone(images), found[name], err_msg=name)
        assert alone.output.dtype == "float32"
    # The predictions stand on the most nodes.
    np.testing.assert_array_equal(network.keras_model(images), found["answer"])
    np.testing.assert_array_equal(network.keras_model.predict(images, verbose=0), found["answer"])


def renamed(graph):
    """The same graph, with the names of another network."""
    other = GraphDef.FromString(graph.SerializeToString())
    for node in other.node:
        node.name = f"net_{node.name}"
        node.input[:] = [f"net_{reference}" for reference in node.input]
    return other


@pytest.fixture(scope="module")
def inception():
    return renamed(PublishedGraph(MINI, random_arrays(MINI, 7)).graph)


def test_inception_under_other_names(inception, path):
    path.write_bytes(inception.SerializeToString())
    network = models.load_graph(path, value_range=(-117, 138))
    names = ["net_conv2d0_pre_relu", "net_mixed3a_3x3", "net_mixed4d", "net_softmax2", "net_output", "net_output2"]
    images = photographs(96, 96)
    found = values_of(network, names, images)
    expected = run(inception, images - 117, names, node="net_input")
    for name in names:
        scale = np.abs(expected[name]).max()
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-5 * scale, err_msg=name)
    # The main head's, though both auxiliary ones stand behind it in the file.
    np.testing.assert_array_equal(network.keras_model(images), found["net_output"])
    assert set(network.analysed_layers) == {f"net_{name}_pre_relu" for name in MINI.convolutions} | {
        "net_head0_bottleneck_pre_relu", "net_head1_bottleneck_pre_relu",
    }  # fmt: skip


def test_several_layers_are_computed_once(network):
    several = keras.Model(network.keras_model.input, layer_outputs(network, ["answer", "first", "answer"]))
    traced = tf.function(several).get_concrete_function(tf.TensorSpec((1, 20, 24, 3), tf.float32))
    assert [op.type for op in traced.graph.get_operations()].count("Conv2D") == 2


def test_only_what_a_layer_stands_on_is_run(network):
    below = keras.Model(network.keras_model.input, models.layer_output(network, "first"))
    traced = tf.function(below).get_concrete_function(tf.TensorSpec((1, 20, 24, 3), tf.float32))
    assert {op.type for op in traced.graph.get_operations()}.isdisjoint({"MatMul", "Softmax", "Split"})


@tf.RegisterGradient("TestOfGraphNetworks")
def seven(operation, gradient):
    return tf.fill(tf.shape(gradient), 7.0)


@pytest.mark.parametrize("overridden", [False, True])
def test_overridden_gradients_reach_the_graph(overridden, network):
    layer = keras.Model(network.keras_model.input, models.layer_output(network, "first"))
    linear = keras.Model(network.keras_model.input, models.layer_output(network, "first_pre_relu"))

    @tf.function
    def gradients(images):
        overrides = {"Relu": "TestOfGraphNetworks"} if overridden else {}
        with tf.compat.v1.get_default_graph().gradient_override_map(overrides):
            objective = tf.reduce_sum(layer(images))
        before = linear(images)
        gate = tf.fill(tf.shape(before), 7.0) if overridden else tf.cast(before > 0, tf.float32)
        return tf.gradients(objective, images)[0], tf.gradients(tf.reduce_sum(before * tf.stop_gradient(gate)), images)[
            0
        ]

    found, expected = gradients(tf.constant(photographs()))
    assert np.abs(expected).max() > 0.001
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_identity(graph, inception, network, path):
    assert len(network.identity) == 64
    assert models.load(write(path, graph, image_shape=None)).identity == network.identity
    assert models.load_graph(path).identity == network.identity
    assert models.load_graph(path, value_range=(0, 1)).identity != network.identity
    changed = GraphDef.FromString(graph.SerializeToString())
    node = next(node for node in changed.node if node.name == "second/conv")
    node.attr["strides"].list.i[:] = [1, 1, 1, 1]
    assert models.load(write(path, changed)).identity != network.identity


def test_a_fixed_size_is_the_graphs(path):
    fixed = models.load(write(path, small_graph((None, 20, 24, 3))))
    assert fixed.keras_model.input_shape == (None, 20, 24, 3)
    assert models.layer_output(fixed, "first").shape == (None, 20, 24, 6)


def test_without_metadata(graph, path, refused):
    path.write_bytes(graph.SerializeToString())
    with refused("must declare which values", "without the node 'lucid_metadata_json', and with no manifest",
                 "models.load_graph(path, value_range=(0, 1))", kind=ModelError):  # fmt: skip
        models.load(path)
    assert models.load_graph(path, value_range=(0, 1), class_names="abcde").class_names == tuple("abcde")
    with refused("(black, white) with black below white", "(1, 0)", "Use (0, 1)", kind=ModelError):
        models.load_graph(path, value_range=(1, 0))
    with refused("a name for each class", "2 names", "class_names=()", kind=ModelError):
        models.load_graph(path, value_range=(0, 1), class_names=("a", "b"))
    with refused("names of the model's layers", "'third'", "there are 12", kind=ModelError):
        models.load_graph(path, value_range=(0, 1), layers=["third"])
    assert models.load_graph(path, value_range=(0, 1), layers=["pooled"]).analysed_layers == ("pooled",)


MANIFEST = {"model_path": "./any.pb", **METADATA}


@pytest.mark.parametrize("name", ["any.manifest.json", "manifest.json"])
def test_lucids_manifest(name, graph, network, path):
    path.write_bytes(graph.SerializeToString())
    path.with_name("labels.txt").write_text("a\nb\n\nd\ne\n", encoding="utf-8")
    path.with_name(name).write_text(json.dumps({**MANIFEST, "labels_path": "labels.txt"}))
    loaded = models.load(path)
    assert loaded.identity == network.identity
    assert loaded.class_names == ("a", "b", "", "d", "e")


def test_a_manifest_of_another_graph(graph, path, refused):
    path.write_bytes(graph.SerializeToString())
    path.with_name("manifest.json").write_text(json.dumps({**MANIFEST, "model_path": "other.pb"}))
    with refused("must declare", "manifest.json beside it, which does not name it", "load_graph", kind=ModelError):
        models.load(path)


def test_labels_stand_in_the_manifest_beside_metadata(graph, path):
    write(path, graph)
    path.with_name("any.manifest.json").write_text(json.dumps({"_labels": list("vwxyz")}))
    assert models.load(path).class_names == tuple("vwxyz")
    assert models.load_graph(path, class_names=()).class_names == ()


@pytest.mark.parametrize(("changed", "rule", "received"), [
    ({"image_value_range": None}, "two numbers, black below white", "None"),
    ({"image_value_range": [[-1, -1, -1], [1, 1, 1]]}, "two numbers, black below white", "[[-1, -1, -1], [1, 1, 1]]"),
    ({"image_value_range": [0, 1, 2]}, "two numbers", "[0, 1, 2]"),
    ({"image_value_range": [1, 0]}, "two numbers", "[1, 0]"),
    ({"image_value_range": [0, 10**400]}, "two numbers", "[0, 1000"),
    ({"image_value_range": ["0", "1"]}, "two numbers", "['0', '1']"),
    ({"image_value_range": [False, True]}, "two numbers", "[False, True]"),
    ({"image_value_range": [0, float("nan")]}, "two numbers", "nan"),
    ({"input_name": 3}, "`input_name` as text", "3"),
    ({"image_shape": [20, 24, 4]}, "[height, width, 3]", "[20, 24, 4]"),
    ({"image_shape": [20, "x", 3]}, "[height, width, 3]", "'x'"),
    ({"image_shape": "20x24"}, "[height, width, 3]", "'20x24'"),
])  # fmt: skip
def test_false_metadata(changed, rule, received, graph, path, refused):
    write(path, graph, **changed)
    with refused(rule, received, "models.load_graph(path, value_range=(0, 1)"):
        models.load(path)
    given = models.load_graph(path, value_range=(-1, 1), input_name="images", class_names=())
    assert given.layer_names == LAYERS


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"{", b"[]", b"\xff", b"{}"], ids=len)
def test_metadata_that_is_none(text, graph, path):
    path.write_bytes(with_text(graph, text).SerializeToString())
    with pytest.raises(WeightsError, match=r"how a graph is fed must .* Received .*lucid_metadata_json"):
        models.load(path)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", " " * 2**24 + "{}"], ids=len)
def test_manifests_that_are_none(text, graph, path):
    path.write_bytes(graph.SerializeToString())
    path.with_name("any.manifest.json").write_text(text)
    with pytest.raises(WeightsError, match=r"how a graph is fed must .* Received .*any\.manifest\.json"):
        models.load(path)


@pytest.mark.parametrize(
    "labels", ["../labels.txt", "/etc/hostname", "link.txt", "absent.txt", 3, "a\0b", ".", "gs://x/y"]
)
def test_labels_elsewhere(labels, graph, path, tmp_path_factory, refused):
    outside = tmp_path_factory.mktemp("outside") / "labels.txt"
    outside.write_text("a\nb\nc\nd\ne\n")
    path.with_name("link.txt").symlink_to(outside)
    (path.parent.parent / "labels.txt").write_text("a\n")
    write(path, graph)
    path.with_name("manifest.json").write_text(json.dumps({**MANIFEST, "labels_path": labels}))
    with refused("a text file inside its own folder", repr(labels), "class_names"):
        models.load(path)


@pytest.mark.parametrize("labels", ["abc", [1, 2], {"0": "a"}], ids=str)
def test_labels_that_are_no_list(labels, graph, path, refused):
    write(path, graph)
    path.with_name("manifest.json").write_text(json.dumps({**MANIFEST, "_labels": labels}))
    with refused("`_labels` as a list of names", str(labels), "class_names"):
        models.load(path)


def change(graph, function):
    changed = GraphDef.FromString(graph.SerializeToString())
    function({node.name: node for node in changed.node}, changed)
    return changed


def placeholder(graph, name="training"):
    graph.node.add(name=name, op="Placeholder").attr["dtype"].type = tf.float32.as_datatype_enum


VAST = tf.make_tensor_proto(0.5, shape=[2**29])
NAN = tf.make_tensor_proto(np.full(6, np.nan, np.float32))

SPOILED = {
    "input missing": (lambda nodes, graph: setattr(nodes["images"], "name", "pixels"), "no node"),
    "further placeholder": (lambda nodes, graph: placeholder(graph), "further placeholders training"),
    "reference missing": (lambda nodes, graph: nodes["first"].input.__setitem__(0, "nothing"), "do not fit each other"),
    "circle": (lambda nodes, graph: nodes["first/conv"].input.__setitem__(0, "first"), "do not fit each other"),
    "channels do not fit": (lambda nodes, graph: nodes["second/conv"].input.__setitem__(0, "images"), "do not fit"),
    "hostile op": (lambda nodes, graph: setattr(nodes["first"], "op", "WriteFile"), "a `.pb` is a program"),
    "vast constant": (lambda nodes, graph: nodes["Const"].attr["value"].tensor.CopyFrom(VAST), "no more than a"),
    "NaN": (lambda nodes, graph: nodes["Const"].attr["value"].tensor.CopyFrom(NAN), "NaN in 'Const'"),
    "channels first": (
        lambda nodes, graph: setattr(nodes["first/conv"].attr["data_format"], "s", b"NCHW"), "NCHW at node 'first/",
    ),
    "name twice": (lambda nodes, graph: setattr(nodes["side"], "name", "answer"), "two nodes 'answer'"),
    "no layers": (
        lambda nodes, graph: [graph.node.remove(node) for name, node in nodes.items() if name != "images"], "no layer",
    ),
}  # fmt: skip


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_graph_that_cannot_be_run(spoiled, graph, path):
    function, message = SPOILED[spoiled]
    write(path, change(graph, function))
    with pytest.raises(WeightsError, match=message):
        models.load(path)


def test_tensors_of_excessive_size(path):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, (None, 20, 24, 3), name="images")
        tf.pad(images, [[0, 0], [2**14, 2**14], [2**14, 2**14], [0, 0]], name="padded")
    write(path, graph.as_graph_def())
    with pytest.raises(WeightsError, match=r"at most 268435456 values.*at 'padded'"):
        models.load(path)


@pytest.mark.parametrize(("name", "found"), [("first", "the op 'Relu'"), ("pixels", "no node")])
def test_an_input_that_is_none(name, found, graph, path, refused):
    write(path, graph, input_name=name)
    with refused("take its images at a placeholder", found, "placeholders are: images"):
        models.load(path)
    with refused("take its images at a placeholder", found, "placeholders are: images"):
        models.load_graph(path, input_name=name)


def test_several_placeholders_and_no_name(graph, path, refused):
    path.write_bytes(change(graph, lambda nodes, changed: placeholder(changed)).SerializeToString())
    with refused("which node takes the images", "2 placeholders (images, training)", "input_name"):
        models.load_graph(path, value_range=(0, 1))


def test_placeholders_with_a_default_need_nothing(path):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder_with_default(np.zeros((1, 4, 4, 3), np.float32), (None,) * 3 + (3,), "images")
        tf.multiply(images, tf.compat.v1.placeholder_with_default(2.0, (), "factor"), name="doubled")
    network = models.load(write(path, graph.as_graph_def()))
    np.testing.assert_allclose(network.keras_model(photographs()), photographs() / 127.5 * 2 - 2, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 4])
def test_other_channels(channels, path, refused):
    with tf.Graph().as_default() as graph:
        tf.nn.relu(tf.compat.v1.placeholder(tf.float32, (None, 8, 8, channels), name="images"), name="after")
    write(path, graph.as_graph_def())
    with refused("take RGB images (batch, height, width, 3)", f"(None, 8, 8, {channels})", "Other numbers of channels"):
        models.load(path)


def test_images_as_integers(path, refused):
    write(path, small_graph(dtype=tf.uint8))
    with refused("images as float32", "uint8 at 'images'", "behind the decoding"):
        models.load(path)


@pytest.mark.parametrize("kept", [0, 1, 300])
def test_truncated_files(kept, graph, path):
    write(path, graph)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ArtlucidError):
        models.load(path)


def test_a_damaged_graph_of_a_known_architecture_stays_refused(path):
    published = PublishedGraph(MINI, random_arrays(MINI, 7))
    published.node("localresponsenorm1").attr["bias"].f = 1.0
    write(path, published.graph, input_name="input")
    with pytest.raises(WeightsError, match="localresponsenorm1: graph LRN"):
        models.load(path)


# ---- What was exported here ----


@pytest.fixture(scope="module")
def wrapped():
    keras.utils.set_random_seed(2)
    inputs = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(4, 3, name="linear")(inputs)
    maps = keras.layers.SeparableConv2D(5, 3, activation="relu", name="edges")(keras.layers.ReLU(name="after")(maps))
    outputs = keras.layers.Dense(2, "softmax", name="classes")(keras.layers.GlobalAveragePooling2D(name="mean")(maps))
    return models.wrap(keras.Model(inputs, outputs), value_range=(-1, 1), class_names=("Ukiyo-e", "Naïve"))


def test_an_exported_wrapped_network_comes_back(wrapped, path):
    network = models.load(export.frozen_graph(wrapped, path))
    for attribute in ("identity", "class_names", "layer_names", "analysed_layers"):
        assert getattr(network, attribute) == getattr(wrapped, attribute), attribute
    images = photographs()
    found, expected = (values_of(one, wrapped.layer_names, images) for one in (network, wrapped))
    for name in wrapped.layer_names:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(network.keras_model(images), wrapped.keras_model(images), rtol=1e-4)
    assert models.load_graph(path, value_range=(0, 1)).identity != wrapped.identity


def test_an_exported_graph_that_was_changed(wrapped, path, refused):
    exported = GraphDef.FromString(export.frozen_graph(wrapped, path).read_bytes())
    node = next(node for node in exported.node if node.name == "lucid_metadata_json")
    node.attr["value"].tensor.string_val[0] = node.attr["value"].tensor.string_val[0].replace(b"255", b"1")
    path.write_bytes(exported.SerializeToString())
    with refused("the hash that it records", str(path), "export it again"):
        models.load(path)


def test_a_graph_is_exported_again(network, graph, path):
    again = models.load(export.frozen_graph(network, path))
    assert (again.identity, again.layer_names, again.analysed_layers) == (
        network.identity, network.layer_names, network.analysed_layers,
    )  # fmt: skip
    images = photographs()
    expected = run(graph, images / np.float32(127.5) - 1, ["answer"], node="images")["answer"]
    np.testing.assert_allclose(again.keras_model(images), expected, rtol=1e-4)
    manifest = json.loads(path.with_suffix(".manifest.json").read_text())
    assert (manifest["image_shape"], manifest["image_value_range"]) == ([20, 24, 3], [0, 255])


# ---- What such a network does not serve ----


def test_a_graph_is_no_start_of_training(network, refused):
    for source in (network, network.source):
        with pytest.raises(ArtlucidError, match=r"must be of a known architecture"):
            resolve(source)


def test_a_graph_is_not_scored(network, data):
    with pytest.raises(ModelError, match=r"must be of a known architecture.*a frozen graph of another kind"):
        evaluate.evaluate(network, data)
    with pytest.raises(ModelError, match=r"must be of a known architecture.*a frozen graph of another kind"):
        evaluate.predict(network, data.test)


def test_a_graph_is_no_keras_file(network, tmp_path, refused):
    with refused("must hold a network of Keras layers", "a frozen graph", "export.frozen_graph", kind=ExportError):
        export.keras_file(network, tmp_path / "any.keras")


def test_precision_is_the_graphs_own(network, refused):
    assert in_precision(network, "float32") is network
    with refused("`precision` of a frozen graph", "'mixed_bfloat16'", "Leave it out", kind=ModelError):
        in_precision(network, "mixed_bfloat16")


def test_unknown_layers(network, refused):
    with refused("must be a layer of the network", "'frist'", "nearest names are first", kind=ModelError):
        models.layer_output(network, "frist")


def test_what_it_is(network):
    facts = info.describe(network.source, layers=True)
    assert facts["network"]["architecture"] is None
    assert facts["network"]["form"] == "frozen graph"
    assert facts["network"]["parameters"] == 3 * 3 * 3 * 6 + 6 + 6 * 4 + 4 * 5
    assert facts["network"]["input"]["size"] == [20, 24]
    assert facts["network"]["preprocess"]["value_range"] == pytest.approx([-1, 1])
    assert facts["network"]["layers"][4] == {"name": "second", "depth": 4, "kind": "Conv2D"}
    assert "network   frozen graph, 212 parameters" in info.as_text(facts)
