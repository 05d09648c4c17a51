import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from published_graph import GraphDef, PublishedGraph, random_arrays, run

from artlucid import architectures, models
from artlucid.errors import ArtlucidError, ModelError, WeightsError
from artlucid.models._load import from_weights
from artlucid.models.weights import _graph
from artlucid.models.weights._harmless import HARMLESS
from artlucid.models.weights._record import identity

CLASSES = 7
MINI = architectures.get("mini")


@pytest.fixture(scope="module")
def arrays():
    return random_arrays(MINI, CLASSES)


@pytest.fixture
def published(arrays):
    """A graph of `mini` in the published file's form, to be changed and written."""
    return PublishedGraph(MINI, arrays)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "graph.pb"


@pytest.fixture(scope="module")
def small_arrays():
    """Arrays of the full-size variants, as zeros that take a few bytes."""
    return {
        variant: {name: np.zeros_like(array) for name, array in random_arrays(architectures.get(variant), 3).items()}
        for variant in ("inception5h", "bvlc")
    }


def test_values_are_those_that_the_graph_computes(published, path):
    weights = _graph.read(published.write(path))
    network = from_weights(weights, source="test")
    images = np.random.default_rng(0).uniform(0, 255, (2, MINI.input_size, MINI.input_size, 3)).astype(np.float32)
    names = [name for name in network.layer_names if name in {node.name for node in published.graph.node}]
    assert {"conv2d0", "localresponsenorm1", "mixed4d_3x3_pre_relu", "mixed5b", "avgpool0"} <= set(names)
    names += ["softmax2_pre_activation", "softmax2"]
    # The published graph is fed what comes after the preprocessing.
    expected = run(published.graph, images - np.float32(MINI.preprocess.means), names)
    outputs = [models.layer_output(network, name) for name in names]
    found = keras.Model(network.keras_model.inputs, outputs).predict(images, verbose=0)
    for name, value in zip(names, found, strict=True):
        scale = np.abs(expected[name]).max()
        np.testing.assert_allclose(value, expected[name].reshape(value.shape), atol=1e-5 * scale, rtol=0, err_msg=name)


def test_arrays_are_taken_as_they_are(published, path, arrays):
    weights = _graph.read(published.write(path))
    assert weights.architecture is MINI
    assert weights.activation == "softmax"
    assert weights.class_names == ()
    assert weights.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(weights.arrays[name], array, err_msg=name)


@pytest.mark.parametrize("variant", list(architectures.ARCHITECTURES))
def test_every_variant_is_recognized(variant, path, small_arrays):
    architecture = architectures.get(variant)
    arrays = small_arrays["bvlc" if variant == "bvlc" else "inception5h"]
    if variant == "mini":
        arrays = random_arrays(architecture, CLASSES)
    assert _graph.read(PublishedGraph(architecture, arrays).write(path)).architecture is architecture


def test_gonthier_takes_what_was_trained_as_inception5h(path, small_arrays):
    PublishedGraph(architectures.get("inception5h"), small_arrays["inception5h"]).write(path)
    assert _graph.read(path, "gonthier").architecture is architectures.get("gonthier")


def test_auxiliary_heads_may_be_absent(published, path, arrays):
    heads = {layer.name for head in MINI.auxiliary_heads for layer in head.layers}
    names = heads | {"softmax0", "softmax1", "output1", "output2"}
    kept = [
        node for node in published.graph.node
        if node.name.split("/")[0].removesuffix("_w").removesuffix("_b").removesuffix("_pre_relu")
        .removesuffix("_pre_activation") not in names
    ]  # fmt: skip
    del published.graph.node[:]
    published.graph.node.extend(kept)
    weights = _graph.read(published.write(path))
    assert identity(MINI, weights.arrays) == identity(MINI, arrays)
    assert not any(name.startswith("head") for name in weights.arrays)


def test_constants_behind_identities(published, path, arrays):
    for node in published.graph.node:
        for index, source in enumerate(node.input):
            if source.endswith(("_w", "_b")):
                node.input[index] = f"{source}/read"
    for node in list(published.graph.node):
        if node.name.endswith(("_w", "_b")):
            published.add(f"{node.name}/read", "Identity", [node.name], T=tf.float32)
    assert identity(MINI, _graph.read(published.write(path)).arrays) == identity(MINI, arrays)


def test_constants_as_single_values(published, path):
    value = published.node("conv2d0_b").attr["value"].tensor
    value.tensor_content = b""
    value.float_val.append(0.25)
    np.testing.assert_array_equal(_graph.read(published.write(path)).arrays["conv2d0/bias"], np.full(16, 0.25))


def test_a_sigmoid_classifier(published, path):
    published.node("softmax2").op = "Sigmoid"
    assert _graph.read(published.write(path)).activation == "sigmoid"


# A tensor proto of two gigabytes in a few bytes of file: one value for all.
VAST = tf.make_tensor_proto(0.5, shape=[2**29])

# Each takes a graph and spoils it; beside it what the message must hold.
SPOILED = {
    "LRN constant": (
        lambda graph: setattr(graph.node("localresponsenorm1").attr["bias"], "f", 1.0),
        r"localresponsenorm1: graph LRN 5 1 0.0001 0.5 of conv2d2, variant LRN 5 2 0.0001 0.5 of conv2d2",
    ),
    "LRN radius": (
        lambda graph: setattr(graph.node("localresponsenorm0").attr["depth_radius"], "i", 2),
        r"graph LRN 2 2 0.0001 0.5 of maxpool0, variant LRN 5 2 0.0001 0.5",
    ),
    "stride": (
        lambda graph: graph.node("conv2d0_pre_relu/conv").attr["strides"].list.i.__setitem__(1, 1),
        r"conv2d0: graph .*stride 1x2, .*, variant .*stride 2x2",
    ),
    "padding": (
        lambda graph: setattr(graph.node("conv2d2_pre_relu/conv").attr["padding"], "s", b"VALID"),
        r"conv2d2: graph .* VALID, of conv2d1, variant .* SAME, of conv2d1",
    ),
    "pool's size": (
        lambda graph: graph.node("maxpool4").attr["ksize"].list.i.__setitem__(slice(1, 3), [2, 2]),
        r"maxpool4: graph MaxPool 2x2, .*, variant MaxPool 3x3,",
    ),
    "pool's kind": (
        lambda graph: setattr(graph.node("mixed3a_pool"), "op", "AvgPool"),
        r"mixed3a_pool: graph .*, variant MaxPool",
    ),
    "dilation": (
        lambda graph: graph.node("conv2d2_pre_relu/conv").attr["dilations"].list.i.extend([1, 2, 2, 1]),
        r"conv2d2: graph .*dilated 2x2",
    ),
    "layout": (
        lambda graph: setattr(graph.node("conv2d2_pre_relu/conv").attr["data_format"], "s", b"NCHW"),
        r"conv2d2: graph .*NCHW",
    ),
    "order of a concatenation": (
        lambda graph: graph.node("mixed3a").input.__setitem__(slice(1, 3), ["mixed3a_3x3", "mixed3a_1x1"]),
        r"mixed3a: graph concatenation of mixed3a_3x3 mixed3a_1x1",
    ),
    "axis of a concatenation": (
        lambda graph: graph.node("mixed3a/concat_dim").attr["value"].tensor.CopyFrom(tf.make_tensor_proto(2)),
        r"mixed3a: graph concatenation .* along 2",
    ),
    "source of a layer": (
        lambda graph: graph.node("mixed3b_1x1_pre_relu/conv").input.__setitem__(0, "maxpool1"),
        r"mixed3b_1x1: graph .* of maxpool1, variant .* of mixed3a",
    ),
    "weights of another layer": (
        lambda graph: graph.node("mixed3a_1x1_pre_relu/conv").input.__setitem__(1, "mixed3b_1x1_w"),
        r"mixed3a_1x1: graph Relu of Conv2D with mixed3b_1x1_w and mixed3a_1x1_b",
    ),
    "activation": (
        lambda graph: setattr(graph.node("mixed3a_1x1"), "op", "Relu6"),
        r"mixed3a_1x1: graph Relu6",
    ),
    "head": (
        lambda graph: graph.node("head1_pool").input.__setitem__(0, "mixed4c"),
        r"head1_pool: graph AvgPool .* of mixed4c, variant .* of mixed4d",
    ),
    "classifier": (
        lambda graph: setattr(graph.node("softmax2_pre_activation/matmul").attr["transpose_b"], "b", True),
        r"logits: graph MatMul transposed of avgpool0",
    ),
    "last activation": (
        lambda graph: setattr(graph.node("softmax2"), "op", "Tanh"),
        r"softmax or sigmoid",
    ),
    "source of the last activation": (
        lambda graph: graph.node("softmax2").input.__setitem__(0, "softmax0_pre_activation"),
        r"softmax or sigmoid",
    ),
    "missing array": (
        lambda graph: graph.graph.node.remove(graph.node("mixed3a_1x1_b")),
        r"missing: mixed3a_1x1/bias; surplus: none",
    ),
    "part of a head": (
        lambda graph: graph.graph.node.remove(graph.node("nn0_w")),
        r"missing: nn0/kernel",
    ),
    "surplus array": (
        lambda graph: graph.constant("mixed6a_w", np.zeros((1, 1, 2, 2), np.float32)),
        r"surplus: mixed6a/kernel",
    ),
    "misshapen array": (
        lambda graph: graph.node("conv2d1_b").attr["value"].tensor.CopyFrom(
            tf.make_tensor_proto(np.zeros(3, np.float32))
        ),
        r"conv2d1/bias: \(3,\) in the file, \(16,\) in the network",
    ),
    "NaN": (
        lambda graph: graph.node("conv2d1_b").attr["value"].tensor.CopyFrom(
            tf.make_tensor_proto(np.full(16, np.nan, np.float32))
        ),
        r"NaN or infinity in conv2d1/bias",
    ),
    "another precision": (
        lambda graph: graph.node("conv2d1_b").attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.zeros(16))),
        r"'conv2d1_b': float64",
    ),
    "weights that are not frozen": (
        lambda graph: setattr(graph.node("conv2d1_b"), "op", "Placeholder"),
        r"'conv2d1_b': Placeholder",
    ),
    "fewer values than the shape says": (
        lambda graph: setattr(graph.node("conv2d1_w").attr["value"].tensor, "tensor_content", b"1234"),
        r"as many values as its shape says.*'conv2d1_w'",
    ),
    "a vast shape": (
        lambda graph: graph.node("conv2d1_b").attr["value"].tensor.CopyFrom(VAST),
        r"no more than a network has.*'conv2d1_b': shape \(536870912,\)",
    ),
    "a negative shape": (
        lambda graph: setattr(graph.node("conv2d1_b").attr["value"].tensor.tensor_shape.dim[0], "size", -1),
        r"as many values as its shape says.*'conv2d1_b'",
    ),
    "identities in a circle": (
        lambda graph: [
            setattr(graph.node("mixed3a_1x1"), "op", "Identity"),
            graph.node("mixed3a_1x1").input.__setitem__(0, "mixed3a_1x1"),
        ],
        r"mixed3a_1x1: graph Identity",
    ),
    "a node without inputs": (
        lambda graph: graph.node("conv2d0").input.pop(),
        r"conv2d0: graph Relu of",
    ),
    "a concatenation without inputs": (
        lambda graph: graph.node("mixed3a").ClearField("input"),
        r"mixed3a: graph concatenation of",
    ),
    "two nodes of one name": (
        lambda graph: graph.add("conv2d0", "Identity", ["input"]),
        r"two nodes 'conv2d0'",
    ),
    "a file": (
        lambda graph: graph.add("note", "WriteFile", ["name", "text"]),
        r"the op 'WriteFile' at node 'note'",
    ),
    "Python": (
        lambda graph: graph.add("hidden", "PyFunc"),
        r"the op 'PyFunc' at node 'hidden'",
    ),
    "a function library": (
        lambda graph: setattr(graph.graph.library.function.add().signature, "name", "surprise"),
        r"the function 'surprise' in its library",
    ),
    "a gradient in the library": (
        lambda graph: setattr(graph.graph.library.gradient.add(), "function_name", "surprise"),
        r"a function library",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(SPOILED))
def test_spoiled_graphs_are_refused(case, published, path):
    spoil, message = SPOILED[case]
    spoil(published)
    published.write(path)
    with pytest.raises(WeightsError, match=message) as caught:
        _graph.read(path)
    assert str(path) in str(caught.value)


def test_harmful_ops_are_refused_before_anything_else(path):
    graph = GraphDef()
    graph.node.add(name="note", op="WriteFile")
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(WeightsError, match="WriteFile"):
        _graph.read(path, "no such variant")


def test_no_harmless_op_has_state_or_calls_functions():
    from tensorflow.python.framework import op_def_registry

    for op in HARMLESS:
        definition = op_def_registry.get(op)
        assert not definition.is_stateful, op
        types = {argument.type for argument in (*definition.input_arg, *definition.output_arg)}
        assert tf.resource.as_datatype_enum not in types, op
        assert not {attribute.type for attribute in definition.attr} & {"func", "list(func)"}, op


@pytest.mark.parametrize("kept", [0, 1, 1000, -1])
def test_truncated_files_are_refused(kept, published, path):
    published.write(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError):
        _graph.read(path)


def test_something_else_is_refused(path):
    path.write_bytes(b"PK\x03\x04 not a graph at all")
    with pytest.raises(WeightsError, match="must be a TensorFlow GraphDef"):
        _graph.read(path)


def test_too_large_a_file_is_refused(path):
    with path.open("wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(WeightsError, match="must be at most 1024 MiB"):
        _graph.read(path)


def test_constants_that_are_too_large_together_are_refused(published, path, monkeypatch):
    monkeypatch.setattr(_graph, "MOST_BYTES", 1_000_000)
    assert max(array.nbytes for array in published.arrays.values()) < 1_000_000
    with pytest.raises(WeightsError, match="no more than a network has"):
        _graph.read(published.write(path))


def test_a_graph_of_no_known_architecture(path):
    graph = GraphDef()
    graph.node.add(name="input", op="Placeholder")
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(WeightsError, match="known architecture"):
        _graph.read(path)


@pytest.mark.parametrize("variant", ["bvlc", "inception5h", "gonthier"])
def test_another_variant_is_refused(variant, published, path):
    with pytest.raises(WeightsError, match="of another shape"):
        _graph.read(published.write(path), variant)


def test_the_same_arrays_computed_otherwise_are_refused(path, small_arrays):
    PublishedGraph(architectures.get("gonthier"), small_arrays["inception5h"]).write(path)
    with pytest.raises(WeightsError, match=r"padded 3 3 3 3 VALID.* variant .*SAME.*; and \d+ more"):
        _graph.read(path, "inception5h")


def test_a_variant_that_does_not_exist(published, path):
    with pytest.raises(ModelError, match="must name a known variant"):
        _graph.read(published.write(path), "inception9")


def test_a_graph_that_fits_two_variants_must_be_named(published, path, monkeypatch):
    from dataclasses import replace

    twin = replace(MINI, variant="twin")
    monkeypatch.setattr(architectures, "ARCHITECTURES", {"mini": MINI, "twin": twin})
    published.write(path)
    with pytest.raises(WeightsError, match="fits mini, twin"):
        _graph.read(path)
    assert _graph.read(path, "twin").architecture is twin


def declare(graph, **changes):
    declared = {
        "format": "artlucid.graph",
        "version": 1,
        "variant": "mini",
        "class_names": [],
        "identity": identity(MINI, graph.arrays),
    }
    graph.constant(_graph.METADATA, json.dumps(declared | changes).encode())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "upgrade"),
        ({"version": 2, "class_names": 3}, "upgrade"),
        ({"version": None}, "cannot be read"),
        ({"format": "artlucid.run"}, r"in the format .artlucid\.graph.\. .*its format is .artlucid\.run."),
        ({"variant": None}, "must be of a known architecture.* of a wrapped network"),
        ({"class_names": 3}, "cannot be read"),
        ({"class_names": ["one"]}, "1 names for 7 classes"),
        ({"identity": "0" * 64}, "identity that it records"),
        ({"variant": "resnet50"}, "declares 'resnet50'"),
        ({"variant": "inception5h"}, "of another shape"),
    ],
)
def test_a_false_declaration_is_refused(changes, message, published, path):
    declare(published, **changes)
    with pytest.raises(WeightsError, match=message):
        _graph.read(published.write(path))


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{", b"[]", b"\xff"])
def test_a_declaration_that_is_none_is_refused(text, published, path):
    published.constant(_graph.METADATA, text)
    with pytest.raises(WeightsError, match=r"must say what artlucid exported.* cannot be read"):
        _graph.read(published.write(path))


def test_a_declaration_is_believed_where_it_fits(published, path):
    names = [f"class {index}" for index in range(CLASSES)]
    declare(published, class_names=names)
    published.write(path)
    assert _graph.read(path).class_names == tuple(names)
    with pytest.raises(ArtlucidError, match="which declares 'mini'"):
        _graph.read(path, "gonthier")
