import subprocess
import sys

import keras
import numpy as np
import pytest

from artlucid import export, models
from artlucid.errors import ExportError


@pytest.fixture(scope="module")
def network():
    return models.load("none", architecture="mini", seed=1)


def test_it_opens_in_safe_mode(network, tmp_path):
    path = export.keras_file(network, tmp_path / "mini.keras")
    assert [file.name for file in tmp_path.iterdir()] == ["mini.keras"]
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
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ExportError, match="No space left"):
        export.keras_file(network, path)
    assert [file.name for file in tmp_path.iterdir()] == ["mini.keras"]
    assert path.read_bytes() == before
