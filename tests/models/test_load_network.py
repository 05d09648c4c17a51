"""The one resolver: what names a model, and what does not."""

import dataclasses
import importlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from plain_inception import draw, shapes
from weight_files import write_own, write_own_npz

from artlucid import architectures, models, runs
from artlucid.errors import BackendError, ModelError, RunError, RunWarning
from artlucid.files import write_json
from artlucid.models import _backend
from artlucid.models._load import resolve
from artlucid.models.weights import _own
from artlucid.models.weights._record import Weights

MINI = architectures.get("mini")
STATE = {"status": "finished", "epochs_done": 12, "best_epoch": 11, "best_loss": 0.5, "selected_by": "val_head_loss"}


@pytest.fixture
def run(tmp_path, weights, arrays):
    """A run directory by hand; the bias of the classifier says which of its weights are meant."""
    folder = tmp_path / "styles-A1"
    (folder / "epochs").mkdir(parents=True)
    for index, name in enumerate(("initial", "best", "last", "epochs/epoch-003", "epochs/epoch-012")):
        marked = arrays | {"logits/bias": np.full(5, index, np.float32)}
        (folder / f"{name}.h5").write_bytes(_own.to_bytes(dataclasses.replace(weights, arrays=marked)))
    write_json(folder / "state.json", STATE)
    return runs.create(folder, {"recipe": {"name": "A"}, "seed": 3})


def mark(network):
    return float(np.asarray(network.keras_model.get_layer("logits").bias)[0])


@pytest.mark.parametrize(("which", "expected"), [
    ("", 1), ("@best", 1), ("@initial", 0), ("@last", 2), ("@epoch-3", 3), ("@epoch-12", 4), ("@epoch-003", 3),
])  # fmt: skip
def test_weights_of_a_run(which, expected, run):
    network = models.load(f"{run.path}{which}")
    assert mark(network) == expected
    assert network.source == f"{run.path}{which}"
    assert network.class_names == ("bat", "cat", "ewe", "gnu", "hen")
    assert network.lineage == run.at(which[1:] or "best").lineage
    assert network.lineage["recipe"] == {"name": "A"}
    assert "format" not in network.lineage


@pytest.mark.parametrize(("file", "which"), [
    ("best", "best"), ("initial", "initial"), ("last", "last"), ("epochs/epoch-003", "epoch-3"),
])  # fmt: skip
def test_weights_file_in_a_run_keeps_the_lineage(file, which, run):
    network = models.load(run.path / f"{file}.h5")
    assert network.lineage == run.at(which).lineage
    assert network.source == str(run.path / f"{file}.h5")


def test_a_network_keeps_its_lineage(run):
    lineage = models.load(run).lineage
    assert resolve(models.load(run))[1] == lineage == resolve(run)[1]


@pytest.mark.parametrize("source", ["run", "path", "relative"])
def test_best_weights_of_an_unfinished_run_are_warned_of(source, run, monkeypatch):
    monkeypatch.chdir(run.path.parent)
    write_json(run.path / "state.json", STATE | {"status": "interrupted", "epochs_done": 4})
    named = {"run": run, "path": run.path, "relative": f"{run.path.name}/"}[source]
    with pytest.warns(RunWarning, match="styles-A1 is interrupted after 4 epochs, not finished") as caught:
        assert mark(models.load(named)) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize("which", ["@best", "@last", "@initial", "@epoch-3", "/best.h5", "/last.h5"])
def test_weights_that_are_named_are_not_warned_of(which, run):
    write_json(run.path / "state.json", STATE | {"status": "running"})
    assert models.load(f"{run.path}{which}").lineage["status"] == "running"
    if which == "@best":
        assert models.load(run.at("best")).lineage["status"] == "running"


def test_run_without_a_state(run, refused):
    (run.path / "state.json").unlink()
    with refused("state.json of a run must be readable", str(run.path), "train again", kind=RunError):
        models.load(run)


def test_how_sources_are_spelled(run, network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imagenet").mkdir()
    (tmp_path / "a.npz").write_bytes(b"")
    spelled = models._load.spelled
    assert [spelled(name) for name in ("imagenet", "bvlc", "none")] == ["imagenet", "bvlc", "none"]
    assert spelled("a.npz") == spelled(Path("a.npz")) == spelled(tmp_path / "a.npz") == str(tmp_path / "a.npz")
    relative = runs.find(run.path.name)
    assert not relative.path.is_absolute()
    assert spelled(relative) == spelled(f"{run.path.name}/") == spelled(run) == str(run.path)
    assert spelled(relative.at("last")) == spelled(f"{run.path.name}@last") == f"{run.path}@last"
    assert spelled(runs.Run(Path("imagenet"), {})) == str(tmp_path / "imagenet")
    assert spelled(network) == "drawn"
    assert spelled(keras.Model(name="mine", inputs=[x := keras.Input((3,))], outputs=x)) == "keras:mine"


def test_run_objects_and_paths(run):
    assert mark(models.load(run)) == mark(models.load(run.path)) == mark(models.load(f"{run.path}/")) == 1
    assert mark(models.load(run.at("initial"))) == 0
    assert models.load(run.at("initial")).source == f"{run.path}@initial"


@pytest.mark.parametrize("which", ["epoch-4", "first", "epoch-", "../best"])
def test_weights_that_a_run_lacks(which, run, refused):
    with refused("initial, best, last, epoch-3, epoch-12", f"{which!r} of {run.path}", "--keep-epochs", kind=RunError):
        models.load(f"{run.path}@{which}")


@pytest.mark.parametrize("source", ["run", "path", "initial"])
def test_run_as_another_variant(source, run, refused):
    named = {"run": run, "path": run.path, "initial": f"{run.path}@initial"}[source]
    with refused("the variant that the weights belong to", "'bvlc'", "Leave `architecture` out"):
        models.load(named, architecture="bvlc")


def test_damaged_run(run, refused):
    (run.path / "run.json").write_text("{")
    with refused("readable JSON", str(run.path), "train again", kind=RunError):
        models.load(run.path)


def test_folder_without_a_run(tmp_path, refused):
    with refused(
        "a run directory, a weights file, imagenet, bvlc or none", "folder without a run", "", kind=ModelError
    ):
        models.load(tmp_path)


@pytest.mark.parametrize("source", ["nothing.npz", "runs/none@initial", "imagenet21k", "nothing/", "@best"])
def test_nothing_of_that_name(source, tmp_path, monkeypatch, refused):
    monkeypatch.chdir(tmp_path)
    received = f"{source.rstrip('/')!r}, which does not exist"
    with refused("a run directory, a weights file,", received, "Check the spelling", kind=ModelError):
        models.load(source)


@pytest.mark.parametrize("name", ["weights.pth", "weights", "weights.NPZ", "weights.npz.zip", "weights.hdf5"])
def test_unknown_suffix(name, tmp_path, refused):
    (tmp_path / name).write_bytes(b"x")
    with refused(".pb, .npz, .caffemodel, .weights.h5, .keras, .h5", name, "Rename it"):
        models.load(tmp_path / name)


def test_random_weights_by_the_seed():
    first, again, other = (models.load("none", architecture="mini", seed=seed) for seed in (1, 1, 2))
    assert first.identity == again.identity != other.identity
    assert first.source == "none"
    assert first.keras_model.output_shape == (None, 1000)


def test_random_weights_need_an_architecture(refused):
    with refused(
        "`architecture` must name the network", "nothing", "inception5h, bvlc, gonthier, mini", kind=ModelError
    ):
        models.load("none")
    with refused("known variant", "'alexnet'", "inception5h", kind=ModelError):
        models.load("none", architecture="alexnet")


def test_analysed_layers_are_those_of_the_architecture(network):
    assert network.analysed_layers == MINI.analysed_layers
    assert set(network.analysed_layers) <= set(network.layer_names)


def test_networks_are_returned_as_they_are(network):
    assert models.load(network) is network


def test_network_as_the_variant_of_the_same_shapes(images):
    arrays = draw("inception5h", 2)
    network = models._load.from_weights(Weights(arrays, architectures.get("inception5h")), source="drawn")
    theirs = models.load(network, architecture="gonthier")
    assert theirs.architecture.variant == "gonthier"
    assert theirs.identity != network.identity
    layer = models.layer_output(theirs, "preprocess")
    found = np.asarray(keras.Model(theirs.keras_model.input, layer)(images))
    np.testing.assert_allclose(found[0, 0, 0], images[0, 0, 0, ::-1] - [103.939, 116.779, 123.68], rtol=1e-4)


def test_network_as_a_variant_of_other_shapes(network, refused):
    with refused(
        "`architecture` must be the variant of the weights", "'bvlc' for weights of 'mini'", "Leave `architecture` out"
    ):
        models.load(network, architecture="bvlc")


def test_wrapped_networks_are_no_weights(refused):
    inputs = keras.Input((32, 32, 3))
    wrapped = models.wrap(keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs)), value_range=(0, 1))
    assert models.load(wrapped) is wrapped
    with refused("must be of a known architecture", "a wrapped network", "inception5h", kind=ModelError):
        resolve(wrapped)


def test_identity_tells_variants_and_arrays_apart(arrays, tmp_path):
    full = {name: np.zeros(shape, np.float32) for name, shape in shapes("inception5h", 2).items()}
    write_own_npz(tmp_path / "full.npz", full)
    identities = [
        models.load(tmp_path / "full.npz", architecture=name).identity for name in ("inception5h", "gonthier")
    ]
    assert len({*identities}) == 2
    assert all(len(identity) == 64 and int(identity, 16) for identity in identities)


def test_identity_is_stable(tmp_path, arrays):
    # One value, so that a file of today is known tomorrow.
    halves = {name: np.full(array.shape, 0.5, np.float32) for name, array in arrays.items()}
    write_own(tmp_path / "a.h5", halves)
    assert models.load(tmp_path / "a.h5").identity == HALVES


HALVES = "1ba7ffc4091fdebcb2b4384fce6c7d6f02f0e271e383798f55b0ef8536851c42"


def test_auxiliary_heads_are_left_out_but_read(tmp_path, images):
    model = models.InceptionV1(weights=None, variant="mini", classes=3, deep_supervision=True)
    model.save_weights(tmp_path / "a.weights.h5")
    network = models.load(tmp_path / "a.weights.h5", architecture="mini")
    assert network.keras_model.output_shape == (None, 3)
    supervised = models.InceptionV1(weights=tmp_path / "a.weights.h5", variant="mini", deep_supervision=True, seed=9)
    for layer in ("nn0_pre_relu", "head1_bottleneck_pre_relu", "head1_logits"):
        np.testing.assert_array_equal(supervised.get_layer(layer).kernel, model.get_layer(layer).kernel)


REFUSAL = (
    "Keras must run on TensorFlow. Received the backend {backend!r}. Set KERAS_BACKEND=tensorflow before Python starts."
)


def test_another_backend_is_refused_by_name():
    # Its own library need not be installed.
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    code = "import artlucid.models"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert done.stderr.strip().split("\n")[-1] == f"artlucid.errors.BackendError: {REFUSAL.format(backend='jax')}"


def test_another_backend_that_is_installed_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(BackendError) as caught:
        importlib.reload(_backend)
    assert str(caught.value) == REFUSAL.format(backend="torch")
