"""The original Lucid 0.3.10 on TensorFlow 1.15 opens what is exported, sees the same and draws with it."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from artlucid import export, models

pytestmark = pytest.mark.real_data

CHECK = Path(__file__).with_name("lucid_check.py")

# Variant: objective, size in px, steps. Random weights give the upper layers little to rise on, and trained ones need
# some steps until colours tell.
RENDERED = {"mini": ("conv2d2_pre_relu:5", 96, 32), "bvlc": ("mixed4d_3x3_pre_relu:52", 128, 48)}


@pytest.fixture(scope="session")
def lucid_python():
    if not (python := os.environ.get("ARTLUCID_LUCID_PYTHON")):
        pytest.skip("ARTLUCID_LUCID_PYTHON is not set: it names a Python 3.7 with the original Lucid.")
    return python


def mini():
    network = models.load("none", architecture="mini", seed=1)
    return replace(network, class_names=tuple(f"Naïve {index}" for index in range(1000)))


@pytest.fixture(scope="module", params=["mini", "bvlc"])
def network(request):
    if request.param == "mini":
        return mini()
    folder = request.getfixturevalue("shared_data")
    lines = (folder / "weights" / "ilsvrc12_synset_words.txt").read_text().splitlines()
    names = tuple(line.split(" ", 1)[1] for line in lines)
    return replace(models.load(folder / "weights" / "bvlc_googlenet.npz"), class_names=names)


@pytest.fixture(scope="module")
def batches():
    generator = np.random.default_rng(0)
    # Smooth colours: noise alone leaves the upper layers of a trained network silent.
    small = generator.uniform(0, 255, (1, 7, 7, 3)).astype(np.float32)
    image = keras.ops.image.resize(small, (224, 224), interpolation="bicubic")
    image = np.clip(np.asarray(image) + generator.normal(0, 20, image.shape), 0, 255).astype(np.float32)
    return {"usual": image, "other": image[:, 20:180, 10:200]}


@pytest.fixture(scope="module")
def lucid(lucid_python, network, batches, tmp_path_factory):
    """What Lucid makes of the exported graph, asked for from another current folder."""
    folder = tmp_path_factory.mktemp("lucid")
    graph = export.frozen_graph(network, folder / "graph.pb")
    np.savez(folder / "images.npz", **batches)
    rendered = map(str, RENDERED[network.architecture.variant])
    command = [lucid_python, CHECK, graph, folder / "images.npz", *rendered, folder / "out.npz"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "out.npz") as results:
        return dict(results)


def score(network, images):
    """The mean over space of the objective's channel, in Keras."""
    layer, channel = RENDERED[network.architecture.variant][0].split(":")
    model = keras.Model(network.keras_model.inputs, models.layer_output(network, layer))
    return float(np.mean(model.predict(np.ascontiguousarray(images * 255), verbose=0)[..., int(channel)]))


def test_layers_and_labels(lucid, network):
    seen = json.loads(str(lucid["seen"]))
    assert [name for name, _, _ in seen["layers"]] == [*network.layer_names, "softmax2_pre_activation", "softmax2"]
    assert all(tags in (["conv"], ["dense"]) for _, _, tags in seen["layers"])
    assert tuple(seen["labels"]) == network.class_names
    side = network.architecture.input_size
    assert seen["input_name"] == ["input"] * 2
    assert seen["image_shape"] == [[side, side, 3]] * 2
    assert seen["image_value_range"] == [[0, 255]] * 2


@pytest.mark.parametrize("batch", ["usual", "other"])
def test_activations_are_those_of_keras(batch, lucid, network, batches):
    outputs = [models.layer_output(network, name) for name in network.layer_names]
    expected = keras.Model(network.keras_model.inputs, outputs).predict(batches[batch], verbose=0)
    for name, value in zip(network.layer_names, expected, strict=True):
        atol = 1e-4 * np.abs(value).max()
        np.testing.assert_allclose(lucid[f"{batch}/{name}"], value, atol=atol, rtol=0, err_msg=name)


def test_rendering_raises_the_objective(lucid, network):
    assert score(network, lucid["last"]) > score(network, lucid["first"]) + 0.1


def test_colours_are_right(lucid, network):
    if network.architecture.variant == "mini":
        pytest.skip("Random weights see no colours apart.")
    assert score(network, lucid["last"]) > 1.2 * score(network, lucid["last"][..., ::-1])
