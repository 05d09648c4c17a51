import json
import subprocess
import sys
import tempfile
from dataclasses import replace

import keras
import numpy as np
import pytest

from artlucid import export, models
from artlucid.errors import ExportError, OutputError, WeightsError


@pytest.fixture(scope="module")
def network():
    return models.load("none", architecture="mini", seed=1)


def test_it_opens_in_safe_mode(network, tmp_path):
    path = export.keras_file(network, tmp_path / "mini.keras")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mini.keras", "mini.keras.manifest.json"]
    images = np.random.default_rng(0).uniform(0, 255, (1, 96, 96, 3)).astype(np.float32)
    loaded = keras.saving.load_model(path, safe_mode=True)
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), network.keras_model.predict(images, verbose=0))


def test_it_opens_after_importing_models_alone(network, tmp_path):
    path = export.keras_file(network, tmp_path / "mini.keras")
    code = "import sys, keras, artlucid.models; print(keras.saving.load_model(sys.argv[1]).output_shape)"
    done = subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "(None, 1000)"


def test_it_is_read_back(network, tmp_path):
    assert models.load(export.keras_file(network, tmp_path / "mini.keras")).identity == network.identity


def test_a_compiled_model_is_written_without_its_training(network, tmp_path):
    trained = keras.models.clone_model(network.keras_model)
    trained.compile(keras.optimizers.SGD(), loss="categorical_crossentropy")
    wrapped = models.Network(trained, network.architecture, (), "", "test")
    assert not keras.saving.load_model(export.keras_file(wrapped, tmp_path / "mini.keras")).compiled


def test_an_old_file_stays_when_writing_fails(network, tmp_path, monkeypatch):
    path = export.keras_file(network, tmp_path / "mini.keras")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OutputError, match="No space left"):
        export.keras_file(network, path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_no_room_for_temporary_files(network, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(OutputError, match=r"temporary files must have room.* TMPDIR"):
        export.keras_file(network, tmp_path / "mini.keras")
    assert list(tmp_path.iterdir()) == []


class Own(keras.layers.Layer):
    def __init__(self, function):
        super().__init__(name="own")
        self.function = function

    def call(self, images):
        return self.function(images)


def test_layers_that_keras_cannot_save(tmp_path):
    inputs = keras.Input((8, 8, 3))
    network = models.wrap(keras.Model(inputs, Own(abs)(inputs)), value_range=(0, 1))
    with pytest.raises(ExportError, match=r"that Keras can save\. Received keras:.*`get_config`\.$"):
        export.keras_file(network, tmp_path / "own.keras")
    assert list(tmp_path.iterdir()) == []


NAMES = ("Ōkubi-e", "Art Nouveau", "cubism")


@pytest.fixture
def named():
    """A network from a run, as far as its export knows."""
    model = models.InceptionV1(weights=None, variant="mini", classes=3, classifier_activation="sigmoid", seed=2)
    lineage = {"run": "/runs/a", "recipe": {"name": "A"}}
    return replace(models.load(model), class_names=NAMES, lineage=lineage, source="/runs/a")


@pytest.fixture
def manifest(named, tmp_path):
    """The manifest beside an export of it."""
    return export.keras_file(named, tmp_path / "named.keras").with_suffix(".keras.manifest.json")


def test_class_names_stand_in_the_manifest(named, manifest):
    content = json.loads(manifest.read_text(encoding="utf-8"))
    assert set(content.pop("made_with")) == {"artlucid", "keras", "tensorflow"}
    assert content == {
        "format": "artlucid.keras",
        "version": 1,
        "architecture": "inception_v1",
        "variant": "mini",
        "activation": "sigmoid",
        "identity": named.identity,
        "class_names": list(NAMES),
        "source": "/runs/a",
        "lineage": {"run": "/runs/a", "recipe": {"name": "A"}},
    }
    assert models.load(manifest.with_name("named.keras")).class_names == NAMES


@pytest.mark.parametrize("change", ["removed", "of another file", "of another program"])
def test_without_its_manifest_the_classes_have_no_names(change, named, manifest):
    content = {"of another file": '{"format": "artlucid.graph"}', "of another program": "[1]"}.get(change)
    manifest.write_text(content) if content else manifest.unlink()
    loaded = models.load(manifest.with_name("named.keras"))
    assert (loaded.class_names, loaded.identity) == ((), named.identity)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"identity": "0" * 64},
            "must record its identity. Received .*named.keras.manifest.*, recorded 0{64}, found ",
        ),
        ({"identity": None}, "must record its identity. Received .* recorded None"),
        ({"class_names": ["one"]}, r"all its classes or none. Received .* with \['one'\] for 3 classes"),
        ({"class_names": "abc"}, "all its classes or none. Received .* with 'abc'"),
        ({"class_names": [1, 2, 3]}, "all its classes or none"),
        ({"class_names": None}, "all its classes or none"),
        ({"version": 2, "identity": None}, "at most 1. Received .* of version 2.* upgrade"),
    ],
)
def test_a_manifest_that_does_not_agree_is_refused(change, message, manifest):
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(content | change))
    with pytest.raises(WeightsError, match=message):
        models.load(manifest.with_name("named.keras"))


@pytest.mark.parametrize("content", ["{", "[" * 100_000, ""], ids=["cut", "nested", "empty"])
def test_a_damaged_manifest_is_refused(content, manifest):
    manifest.write_text(content)
    with pytest.raises(WeightsError, match=r"must be readable JSON. Received .*named.keras.manifest.* export both"):
        models.load(manifest.with_name("named.keras"))
