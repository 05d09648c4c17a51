"""Files that Keras saves."""

import dataclasses
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from plain_inception import VARIANTS
from weight_files import write_keras

from artlucid import architectures, models
from artlucid.models._build import BuildOptions, build
from artlucid.models._layers import LocalResponseNormalization, Preprocess
from artlucid.models._load import resolve
from artlucid.models._network import get_arrays
from artlucid.models.weights import _keras_file
from artlucid.models.weights._keras_file import architecture_of

MINI = architectures.get("mini")
OPTIONS = {
    "plain": BuildOptions(),
    "sigmoid": BuildOptions(activation="sigmoid"),
    "deep supervision": BuildOptions(auxiliary=True),
    "bfloat16": BuildOptions(dtype="mixed_bfloat16"),
    "penalty": BuildOptions(kernel_penalty=2e-4, seed=8),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.keras"


def assert_same_arrays(weights, model):
    arrays = get_arrays(model, MINI)
    assert set(weights.arrays) == set(arrays)
    assert all(np.array_equal(weights.arrays[name], array) for name, array in arrays.items())


@pytest.mark.parametrize("options", OPTIONS)
def test_keras_round_trip(options, path):
    model = build(MINI, classes=3, options=OPTIONS[options])
    model.save(path)
    weights, _ = resolve(path)
    assert weights.architecture is MINI
    assert weights.activation == OPTIONS[options].activation
    assert_same_arrays(weights, model)


@pytest.mark.parametrize("options", [option for option in OPTIONS if option != "sigmoid"])
def test_weights_round_trip(options, tmp_path):
    model = build(MINI, classes=3, options=OPTIONS[options])
    model.save_weights(tmp_path / "a.weights.h5")
    assert_same_arrays(resolve(tmp_path / "a.weights.h5", architecture="mini")[0], model)


def test_keras_opens_its_own_file_with_equal_predictions(path, network, images):
    network.keras_model.save(path)
    again = keras.saving.load_model(path)
    np.testing.assert_array_equal(again(images), network.keras_model(images))
    assert models.load(path).identity == network.identity


def test_state_of_the_optimizer_does_not_count(path):
    model = models.InceptionV1(weights=None, variant="mini", classes=2)
    model.compile(keras.optimizers.Adam(), loss="categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    model.save(path)
    assert_same_arrays(resolve(path)[0], model)


def test_names_and_frozen_layers_do_not_count(path):
    model = models.InceptionV1(
        weights=None, variant="mini", classes=2, input_tensor=keras.Input((64, 64, 3), name="photographs"), name="mine"
    )
    model.get_layer("conv2d0_pre_relu").trainable = False
    model.save(path)
    assert resolve(path)[0].architecture is MINI


def described(model):
    return json.loads(model.to_json())


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_are_told_apart(variant):
    model = models.InceptionV1(weights=None, variant=variant, classes=3)
    architecture, activation = architecture_of(described(model), "here")
    assert (architecture.variant, activation) == (variant, "softmax")


CHANGES = {
    "means": lambda mini: dataclasses.replace(mini, preprocess=architectures.Preprocess("RGB", (117, 117, 116))),
    "order": lambda mini: dataclasses.replace(mini, preprocess=architectures.Preprocess("BGR", (117, 117, 117))),
    "LRN radius": lambda mini: changed_lrn(mini, depth_radius=2),
    "LRN bias": lambda mini: changed_lrn(mini, bias=1.0),
    "LRN alpha": lambda mini: changed_lrn(mini, alpha=2e-5),
    "LRN beta": lambda mini: changed_lrn(mini, beta=0.75),
    "padding": lambda mini: dataclasses.replace(mini, padding="symmetric"),
    "width": lambda mini: changed_layer(mini, "mixed4a_3x3", filters=52),
    "stride": lambda mini: changed_layer(mini, "conv2d2", stride=2),
    "kernel": lambda mini: changed_layer(mini, "mixed5b_5x5", kernel_size=3),
    "wiring": lambda mini: changed_layer(mini, "mixed4d_pool", source="mixed4b"),
    "order of branches": lambda mini: changed_layer(
        mini, "mixed3a", sources=("mixed3a_1x1", "mixed3a_5x5", "mixed3a_3x3", "mixed3a_pool_reduce")
    ),
}  # fmt: skip


def changed_lrn(architecture, **constants):
    return dataclasses.replace(
        architecture, local_response=dataclasses.replace(architecture.local_response, **constants)
    )


def changed_layer(architecture, name, **fields):
    backbone = tuple(
        dataclasses.replace(layer, **fields) if layer.name == name else layer for layer in architecture.backbone
    )
    return dataclasses.replace(architecture, backbone=backbone)


@pytest.mark.parametrize("change", CHANGES)
def test_a_network_that_computes_something_else(change, path, refused):
    # What it computes is judged before its arrays are looked at.
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", build(CHANGES[change](MINI), classes=3).to_json())
        archive.writestr("model.weights.h5", b"")
    with refused(
        "must hold a network of inception_v1/inception5h, ", "differs from inception_v1/mini in", "models.wrap"
    ):
        models.load(path)


def test_another_variant_than_asked_for(path, network, refused):
    network.keras_model.save(path)
    with refused("network of inception_v1/bvlc", "which differs from inception_v1/bvlc in ", "Name the right variant"):
        models.load(path, architecture="bvlc")


def test_a_network_of_another_kind(path, refused):
    inputs = keras.Input((32, 32, 3))
    keras.Model(inputs, keras.layers.Conv2D(2, 3, name="only")(inputs)).save(path)
    with refused("must hold a network of", "differs from", "models.wrap"):
        models.load(path)


def test_no_classifier(path, refused):
    models.InceptionV1(weights=None, variant="mini", include_top=False).save(path)
    with refused("must hold a network of", "inception_v1/mini in avgpool0, logits, predictions.", "models.wrap"):
        models.load(path)


def test_other_activation(path, refused):
    model = models.InceptionV1(weights=None, variant="mini", classes=3)
    model.get_layer("predictions").activation = keras.activations.relu
    model.save(path)
    with refused("must end in softmax or sigmoid", "it ends in 'relu'", "models.wrap"):
        models.load(path)


def test_code_is_never_run(path, tmp_path, refused):
    inputs = keras.Input((96, 96, 3))
    sprung = tmp_path / "sprung"
    place = str(sprung)
    trap = keras.layers.Lambda(lambda x: (__import__("os").makedirs(place, exist_ok=True), x)[1], name="trap")
    keras.Model(inputs, models.InceptionV1(weights=None, variant="mini", classes=3)(trap(inputs))).save(path)
    sprung.rmdir()
    with refused("must hold a network of", "trap", "models.wrap"):
        models.load(path)
    assert not sprung.exists()


def test_module_that_is_named_is_not_imported(path, arrays, tmp_path, monkeypatch, refused):
    (tmp_path / "hostile_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    whole = tmp_path / "whole.keras"
    write_keras(whole, arrays)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        config = json.loads(source.read("config.json"))
        config["config"]["layers"][3] |= {"module": "hostile_module", "registered_name": "ReLU"}
        target.writestr("config.json", json.dumps(config))
        target.writestr("model.weights.h5", source.read("model.weights.h5"))
    with refused("must hold a network of", "differs from inception_v1/mini in conv2d0.", "models.wrap"):
        models.load(path)


@pytest.mark.parametrize(("config", "rule"), [
    ("[" * 100_000, "an archive that Keras 3 saved"),
    ("{", "an archive that Keras 3 saved"),
    ("[]", "a functional network"),
    ("7", "a functional network"),
    ('{"config": {"layers": [{}]}}', "a functional network"),
    ('{"config": {"layers": [{"class_name": [1], "config": {"name": {}}}]}}', "a functional network"),
    ('{"config": {"layers": 3}}', "a functional network"),
    ('{"config": {"layers": []}}', "a network of inception_v1/inception5h"),
])  # fmt: skip
def test_configurations_that_are_none(config, rule, path, refused):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", b"")
    with refused(rule, str(path), ""):
        models.load(path)


@pytest.mark.parametrize("missing", ["config.json", "model.weights.h5"])
def test_archive_without_a_part(missing, path, tmp_path, arrays, refused):
    write_keras(tmp_path / "whole.keras", arrays)
    with zipfile.ZipFile(tmp_path / "whole.keras") as source, zipfile.ZipFile(path, "w") as target:
        for name in {"config.json", "model.weights.h5"} - {missing}:
            target.writestr(name, source.read(name))
    with refused("an archive that Keras 3 saved", f"no item named '{missing}'", "get it again"):
        models.load(path)


def test_archive_that_unpacks_to_too_much(path, monkeypatch, refused):
    monkeypatch.setattr(_keras_file, "MOST_BYTES", 10**6)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(10**7))
    assert path.stat().st_size < 10**5
    with refused("an archive that Keras 3 saved", "unpacks to 10000000 bytes", "get it again"):
        models.load(path)


def test_weights_without_layers(tmp_path, refused):
    path = tmp_path / "a.weights.h5"
    with h5py.File(path, "w") as file:
        file["conv2d"] = np.zeros(3)
    with refused("must have the group `layers`", str(path), "model.save_weights"):
        models.load(path, architecture="mini")


def test_weights_of_another_variant(tmp_path, refused):
    path = tmp_path / "a.weights.h5"
    models.InceptionV1(weights=None, variant="mini", classes=3).save_weights(path)
    with refused("exactly those of inception_v1/bvlc", "(7, 7, 3, 16) in the file, (7, 7, 3, 64) in", "architecture"):
        models.load(path, architecture="bvlc")


def test_models_built_here_are_networks(images):
    model = models.InceptionV1(weights=None, variant="mini", classes=3, classifier_activation="sigmoid", name="mine")
    network = models.load(model)
    assert (network.architecture, network.source) == (MINI, "keras:mine")
    np.testing.assert_array_equal(network.keras_model(images), model(images))


def test_models_with_auxiliary_heads_are_networks_without_them():
    model = models.InceptionV1(weights=None, variant="mini", classes=3, deep_supervision=True)
    network = models.load(model)
    assert network.keras_model.output_shape == (None, 3)
    assert "head0_logits" not in network.layer_names
    assert "head0_logits/kernel" in resolve(model)[0].arrays


def test_other_models_must_be_wrapped(refused):
    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs), name="mine")
    with refused(
        "built, or be wrapped", "'mine'", "models.wrap(keras_model, value_range", kind=models._load.ModelError
    ):
        models.load(model)


def test_models_that_only_preprocess_alike(refused):
    inputs = keras.Input((32, 32, 3))
    x = LocalResponseNormalization(2, 1.0, 1e-3, 0.5)(Preprocess("RGB", (117, 117, 117))(inputs))
    with refused("must hold a network of", "the Keras model 'mine', which differs", "models.wrap"):
        models.load(keras.Model(inputs, x, name="mine"))
