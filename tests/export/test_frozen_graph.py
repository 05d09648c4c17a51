import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from published_graph import GraphDef, random_arrays, run

from artlucid import architectures, export, models
from artlucid.errors import ArtlucidError, ExportError, OutputError, WeightsError
from artlucid.export._compatible import make_compatible, table
from artlucid.models._build import BuildOptions, build
from artlucid.models._network import get_arrays, set_arrays
from artlucid.models.weights import _graph
from artlucid.models.weights._harmless import HARMLESS
from artlucid.models.weights._record import identity

CLASS_NAMES = ("Art Nouveau", "Naïve Art (Primitivism)", "Ukiyo-e")


def network_of(variant="mini", classes=3, **options):
    architecture = architectures.get(variant)
    model = build(architecture, classes=classes, options=BuildOptions(**options))
    # Other values than a copy of the network would begin with.
    arrays = random_arrays(architecture, classes, seed=3)
    set_arrays(model, architecture, {name: arrays[name] for name in get_arrays(model, architecture)})
    names = CLASS_NAMES if classes == len(CLASS_NAMES) else ()
    return models.Network(model, architecture, names, identity(architecture, get_arrays(model, architecture)), "test")


def read(path):
    return GraphDef.FromString(path.read_bytes())


def images_of(height, width):
    return np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)).astype(np.float32)


def assert_same(network, graph, images, names=None, tolerance=1e-5):
    names = list(names or network.layer_names)
    found = run(graph, images, names)
    outputs = [models.layer_output(network, name) for name in names]
    expected = keras.Model(network.keras_model.inputs, outputs).predict(images, verbose=0)
    for name, value in zip(names, expected, strict=True):
        atol = tolerance * np.abs(value).max()
        np.testing.assert_allclose(found[name], value, atol=atol, rtol=0, err_msg=name)


@pytest.fixture(scope="module")
def network():
    return network_of()


@pytest.fixture(scope="module")
def path(network, tmp_path_factory):
    return export.frozen_graph(network, tmp_path_factory.mktemp("export") / "mini.pb")


def test_every_layer_has_its_values(network, path):
    assert {"mixed4d_pre_relu", "mixed4d_3x3_pre_relu", "mixed4d_3x3", "mixed4d", "logits"} <= set(network.layer_names)
    assert_same(network, read(path), images_of(96, 96))


def test_every_image_size_works(network, path):
    assert_same(network, read(path), images_of(75, 130), ["mixed5b", "avgpool0", "predictions"])


def test_lucids_further_names(network, path):
    values = run(read(path), images_of(96, 96), ["softmax2_pre_activation", "softmax2", "logits", "predictions"])
    np.testing.assert_array_equal(values["softmax2_pre_activation"], values["logits"])
    np.testing.assert_array_equal(values["softmax2"], values["predictions"])


@pytest.mark.parametrize("variant", ["bvlc", "gonthier"])
def test_preprocessing_is_inside(variant, tmp_path):
    network = network_of(variant)
    path = export.frozen_graph(network, tmp_path / "graph.pb")
    assert_same(network, read(path), images_of(64, 64), ["preprocess", "localresponsenorm1", "mixed3a", "predictions"])
    assert models.load(path).identity == network.identity


def test_what_stands_at_the_root(network, path):
    graph = read(path)
    nodes = {node.name: node for node in graph.node}
    root = {name: node.op for name, node in nodes.items() if not name.startswith("inner/")}
    assert all(root[name] == "Identity" for name in network.layer_names)
    assert root["conv2d0_w"] == root["conv2d0_b"] == root["softmax2_w"] == "Const"
    assert Counter(root.values()) == {"Identity": len(network.layer_names) + 2, "Const": 2 * 58 + 2, "Placeholder": 1}
    assert [dimension.size for dimension in nodes["input"].attr["shape"].shape.dim] == [-1, -1, -1, 3]
    assert not graph.library.ByteSize()
    assert graph.versions.producer == table()["producer"] == 134
    assert not any(node.device for node in graph.node)


def test_normalization_is_one_op(path):
    counts = Counter(node.op for node in read(path).node)
    assert counts["LRN"] == 2
    assert counts["BiasAdd"] == 58
    assert not {"Squeeze", "Reshape", "AddV2", "NoOp"} & counts.keys()


def test_only_attributes_of_its_time(path):
    for node in read(path).node:
        assert set(node.attr) <= set(table()["ops"][node.op]), node.name


def test_metadata(network, path):
    nodes = {node.name: node for node in read(path).node}

    def text(name):
        return json.loads(nodes[name].attr["value"].tensor.string_val[0])

    assert text("lucid_metadata_json") == {
        "input_name": "input",
        "image_shape": [96, 96, 3],
        "image_value_range": [0, 255],
    }
    declared = text("artlucid_metadata_json")
    assert declared["variant"] == "mini"
    assert declared["identity"] == network.identity
    assert declared["class_names"] == list(CLASS_NAMES)
    assert declared["activation"] == "softmax"


def test_manifest(network, path):
    manifest = json.loads(path.with_suffix(".manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "artlucid.graph"
    assert manifest["version"] == 1
    assert manifest["model_path"] == "./mini.pb"
    assert manifest["identity"] == network.identity
    layers = {layer["name"]: layer for layer in manifest["layers"]}
    assert list(layers) == [*network.layer_names, "softmax2_pre_activation", "softmax2"]
    assert layers["mixed4d_3x3"] == {"name": "mixed4d_3x3", "depth": 72, "tags": ["conv"]}
    assert layers["softmax2"] == {"name": "softmax2", "depth": 3, "tags": ["dense"]}
    assert path.with_suffix(".labels.txt").read_text(encoding="utf-8").splitlines() == list(CLASS_NAMES)


def test_manifest_of_a_run_names_its_dataset(network, tmp_path):
    lineage = {"recipe": {"name": "A"}, "dataset": {"specification": "rasta:paintings"}}
    path = export.frozen_graph(replace(network, lineage=lineage), tmp_path / "graph.pb")
    manifest = json.loads(path.with_suffix(".manifest.json").read_text(encoding="utf-8"))
    assert manifest["dataset"] == "rasta:paintings"
    assert manifest["lineage"] == lineage


def test_manifest_hides_nothing_of_lucids_model(path):
    # Lucid sets every key as an attribute; these are its model's properties and methods.
    taken = {"labels", "synset_ids", "synsets", "name", "graph_def", "load", "save", "load_graphdef", "post_import",
             "create_input", "import_graph", "show_graph", "get_layer", "suggest_save_args", "get_activations",
             "to_json", "manifest", "layer_names", "from_directory", "load_from_manifest"}  # fmt: skip
    assert not taken & json.loads(path.with_suffix(".manifest.json").read_text(encoding="utf-8")).keys()


def test_it_is_read_back(network, path):
    loaded = models.load(path)
    assert loaded.identity == network.identity
    assert loaded.class_names == CLASS_NAMES
    assert loaded.architecture is network.architecture
    with pytest.raises(WeightsError, match="which declares 'mini'"):
        models.load(path, architecture="bvlc")


@pytest.mark.parametrize(
    ("node", "change", "message"),
    [
        (
            "preprocess_1/Const",
            np.float32([[[[117, 117, 118]]]]),
            "preprocess: graph RGB minus 117 117 118, variant RGB",
        ),
        ("conv2d0_b", np.ones(16, np.float32), "identity that it records"),
    ],
)
def test_a_changed_graph_is_refused(node, change, message, path, tmp_path):
    graph = read(path)
    found = next(entry for entry in graph.node if entry.name.endswith(node))
    found.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(change))
    changed = tmp_path / "changed.pb"
    changed.write_bytes(graph.SerializeToString())
    with pytest.raises(WeightsError, match=message):
        _graph.read(changed)


def test_reading_past_the_preprocessing_is_refused(path, tmp_path):
    graph = read(path)
    next(node for node in graph.node if node.name.endswith("conv2d0_pre_relu_1/convolution")).input[0] = "input"
    changed = tmp_path / "changed.pb"
    changed.write_bytes(graph.SerializeToString())
    with pytest.raises(WeightsError, match=r"conv2d0: graph .* of input, variant .* of preprocess"):
        _graph.read(changed)


def test_a_sigmoid_head_has_no_softmax(tmp_path):
    network = network_of(activation="sigmoid")
    path = export.frozen_graph(network, tmp_path / "graph.pb")
    names = {node.name for node in read(path).node}
    assert "softmax2_pre_activation" in names
    assert "softmax2" not in names
    assert models.load(path).keras_model.get_layer("predictions").activation is keras.activations.sigmoid


def test_auxiliary_heads(tmp_path):
    network = network_of(auxiliary=True)
    path = export.frozen_graph(network, tmp_path / "graph.pb")
    assert_same(network, read(path), images_of(96, 96), ["nn0", "head1_predictions", "predictions"])
    assert {"softmax0", "softmax1_pre_activation", "nn1_w"} <= {node.name for node in read(path).node}
    assert "head0_logits/kernel" in _graph.read(path).arrays
    assert _graph.read(path).arrays["nn0/kernel"].shape == (32, 256)


def test_half_precision_is_written_in_float32(network, tmp_path):
    half = network_of(dtype="mixed_bfloat16")
    path = export.frozen_graph(half, tmp_path / "graph.pb")
    assert_same(network, read(path), images_of(96, 96), ["conv2d0", "predictions"])


def test_a_compiled_model(tmp_path):
    network = network_of()
    network.keras_model.compile(keras.optimizers.SGD(), loss="categorical_crossentropy")
    assert export.frozen_graph(network, tmp_path / "graph.pb").is_file()
    assert network.keras_model.compiled


def test_the_same_network_gives_the_same_bytes(path, tmp_path):
    code = "import sys; from artlucid import export, models; export.frozen_graph(models.load(sys.argv[1]), sys.argv[2])"
    again = tmp_path / "again.pb"
    subprocess.run([sys.executable, "-c", code, path, again], check=True, capture_output=True)
    assert again.read_bytes() == path.read_bytes()


def test_a_wrapped_network(tmp_path):
    inputs = keras.Input((32, 40, 3), name="pixels")
    maps = keras.layers.SeparableConv2D(4, 3, activation="relu", name="edges")(inputs)
    maps = keras.layers.BatchNormalization(name="normalization")(maps)
    flat = keras.layers.Flatten(name="flat")(keras.layers.Dropout(0.5, name="dropout")(maps))
    outputs = keras.layers.Dense(2, activation="softmax", name="classes")(flat)
    network = models.wrap(keras.Model(inputs, outputs), value_range=(-1, 1))
    path = export.frozen_graph(network, tmp_path / "graph.pb")
    assert_same(network, read(path), images_of(32, 40))
    manifest = json.loads(path.with_suffix(".manifest.json").read_text())
    assert manifest["image_shape"] == [32, 40, 3]
    assert not path.with_suffix(".labels.txt").exists()
    again = models.load(path)
    assert (again.identity, again.class_names, again.layer_names, again.analysed_layers) == (
        network.identity, network.class_names, network.layer_names, network.analysed_layers,
    )  # fmt: skip
    assert_same(again, read(path), images_of(32, 40))


def test_a_wrapped_network_keeps_its_size(tmp_path):
    inputs = keras.Input((32, None, 3))
    network = models.wrap(keras.Model(inputs, keras.layers.Conv2D(2, 3, name="maps")(inputs)), value_range=(0, 1))
    graph = read(export.frozen_graph(network, tmp_path / "graph.pb"))
    placeholder = next(node for node in graph.node if node.name == "input")
    assert [dimension.size for dimension in placeholder.attr["shape"].shape.dim] == [-1, 32, -1, 3]


@keras.saving.register_keras_serializable("tests")
class Random(keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.uniform(tf.shape(inputs))


@keras.saving.register_keras_serializable("tests")
class PaddedPool(keras.layers.Layer):
    def call(self, inputs):
        return tf.nn.max_pool2d(inputs, 3, 1, [[0, 0], [1, 0], [1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Random(name="noise"), r"only compute. Received 'RandomUniform' at node 'inner/.*noise"),
        (PaddedPool(name="pool"), r"'MaxPool' at node '.*pool.*' with the attribute '(explicit_paddings|padding)' at"),
        (keras.layers.Lambda(lambda images: images, name="code"), "built anew from their settings"),
        (keras.layers.ReLU(name="input"), "Rename these layers"),
    ],
)
def test_what_cannot_be_exported(layer, message, tmp_path):
    inputs = keras.Input((32, 32, 3))
    network = models.wrap(keras.Model(inputs, layer(inputs)), value_range=(0, 1))
    with pytest.raises(ExportError, match=message):
        export.frozen_graph(network, tmp_path / "graph.pb")
    assert list(tmp_path.iterdir()) == []


def test_new_attributes_go_only_at_their_default():
    node = tf.compat.v1.NodeDef(name="product", op="MatMul")
    node.attr["grad_a"].b = False
    node.attr["_class"].s = b"anything"
    node.attr["transpose_a"].b = True
    make_compatible(node)
    assert set(node.attr) == {"transpose_a"}
    node.attr["grad_a"].b = True
    with pytest.raises(ExportError, match="'MatMul' at node 'product' with the attribute 'grad_a' at b: true"):
        make_compatible(node)


def test_new_values_of_old_attributes_are_refused():
    node = tf.compat.v1.NodeDef(name="sum", op="AddV2")
    node.attr["T"].type = tf.uint64.as_datatype_enum
    with pytest.raises(ExportError, match="'AddV2' at node 'sum' with the attribute 'T' at type: DT_UINT64"):
        make_compatible(node)


def test_the_table_has_every_harmless_op():
    assert set(table()["ops"]) == HARMLESS


@pytest.mark.parametrize("write", [export.frozen_graph, export.keras_file])
@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("graph.txt", ExportError, r"must end in \.(pb|keras)"),
        ("taken{}", OutputError, "is a folder"),
        ("file/graph{}", OutputError, "must be writable"),
    ],
)
def test_where_nothing_can_be_written(write, name, kind, message, network, tmp_path):
    suffix = ".pb" if write is export.frozen_graph else ".keras"
    (tmp_path / f"taken{suffix}").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(kind, match=message):
        write(network, tmp_path / name.format(suffix))


@pytest.mark.parametrize("write", [export.frozen_graph, export.keras_file])
def test_a_missing_folder_is_made(write, network, tmp_path):
    suffix = ".pb" if write is export.frozen_graph else ".keras"
    path = write(network, tmp_path / "deep" / "down" / f"graph{suffix}")
    assert models.load(path).identity == network.identity


def test_exports_of_one_name_keep_their_manifests_apart(network, tmp_path):
    graph = export.frozen_graph(network, tmp_path / "graph.pb")
    before = (tmp_path / "graph.manifest.json").read_bytes()
    saved = export.keras_file(network, tmp_path / "graph.keras")
    assert (tmp_path / "graph.manifest.json").read_bytes() == before
    assert models.load(graph).class_names == models.load(saved).class_names == CLASS_NAMES


@pytest.mark.parametrize(
    ("write", "name", "manifest"),
    [
        (export.frozen_graph, "graph.pb", "graph.manifest.json"),
        (export.keras_file, "graph.keras", "graph.keras.manifest.json"),
    ],
)
def test_a_damaged_manifest_is_written_anew(write, name, manifest, network, tmp_path):
    (tmp_path / manifest).write_text("{")
    path = write(network, tmp_path / name)
    assert json.loads((tmp_path / manifest).read_text())["identity"] == network.identity
    assert models.load(path).class_names == CLASS_NAMES


def test_another_backend_is_refused_before_keras_is_imported():
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    code = "import sys; sys.modules['torch'] = None; import artlucid.export"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stderr.strip().splitlines()[-1].startswith("artlucid.errors.BackendError: Keras must run on TensorFlow")


def test_old_files_stay_when_the_disk_is_full(network, path, tmp_path, monkeypatch):
    target = export.frozen_graph(network, tmp_path / "graph.pb")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ArtlucidError, match="No space left"):
        export.frozen_graph(network_of(classes=5), target)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_labels_of_an_older_export_go(network, tmp_path):
    target = export.frozen_graph(network, tmp_path / "graph.pb")
    export.frozen_graph(replace(network, class_names=()), target)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["graph.manifest.json", "graph.pb"]
