"""The original Lucid under TensorFlow 2, and all else untouched."""

import doctest
import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
import pytest
import tensorflow as tf

from artlucid import models
from artlucid.errors import ExportError
from artlucid.export import lucid
from artlucid.export.lucid import _model, _original
from artlucid.export.lucid._tensorflow_1 import rotate

# Not by importing it, which is the bridge's part.
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lucid") is None,
    reason="The original Lucid is not installed: pip install 'artlucid[lucid]'.",
)

UNTOUCHED = """
import logging, sys, threading
import numpy as np
import tensorflow as tf
import keras
from artlucid import models

def same(*_):
    import tensorflow
    assert tensorflow is tf and sys.modules["tensorflow"] is tf and not hasattr(tensorflow, "contrib")

def works():
    same()
    assert tf.executing_eagerly() and tf.Variable(1.0).numpy() == 1
    assert keras.layers.Dense(1)(np.ones((1, 2), "float32")).shape == (1, 1)

def whole(network):
    works()
    assert network.keras_model(np.zeros((1, 64, 64, 3), "float32")).shape[0] == 1

first = models.load("none", architecture="mini")
whole(first)
modules, finders, level = set(sys.modules), sys.meta_path[:], logging.getLogger().level
from artlucid.export import lucid
from artlucid.export.lucid import _original
find = _original._Finder.find_spec
watched = []

def find_and_watch(finder, name, *arguments):
    if name.startswith("lucid."):
        works()
        thread = threading.Thread(target=lambda: (works(), watched.append(name)))
        thread.start()
        thread.join()
    return find(finder, name, *arguments)

_original._Finder.find_spec = find_and_watch
original = lucid.original()
_original._Finder.find_spec = find
assert len(watched) > 20, watched
whole(first)
second = models.load("none", architecture="mini")
whole(second)
assert [type(finder) for finder in sys.meta_path if finder not in finders] == [_original._Finder]
assert not logging.getLogger().handlers and logging.getLogger().level == level

rendering = lucid.Rendering(lucid.model(second), "mixed4d:3", lambda: original.optvis.param.image(64), seed=0)
images = lucid.render(rendering, (2,), same)
assert images[0].shape == (1, 64, 64, 3)
whole(first)

import lucid.optvis.render
assert lucid.optvis.render is original.optvis.render
assert "lucid.modelzoo.vision_models" not in sys.modules
import lucid.modelzoo.vision_models
assert not [name for name in set(sys.modules) - modules if name.startswith("tensorflow.contrib")]
whole(second)
"""


def test_every_other_import_is_untouched():
    subprocess.run([sys.executable, "-c", UNTOUCHED], check=True)


@pytest.fixture
def never_imported(monkeypatch):
    """A process in which nothing of Lucid was imported; what was is there again afterwards."""
    monkeypatch.setattr(_original, "_imported", [])
    for name in [*sys.modules]:
        if name.partition(".")[0] == "lucid":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [x for x in sys.meta_path if not isinstance(x, _original._Finder)])


@pytest.fixture
def own_module(monkeypatch, tmp_path, never_imported):
    """Puts a file in the place of one of Lucid's modules."""

    def put(name, text):
        path = tmp_path / "module.py"
        path.write_text(text)
        find = _original._Finder.find_spec

        def find_own(finder, fullname, *arguments):
            if fullname == name:
                return importlib.util.spec_from_file_location(name, path)
            return find(finder, fullname, *arguments)

        monkeypatch.setattr(_original._Finder, "find_spec", find_own)

    return put


def remains_of_an_import():
    finders = [finder for finder in sys.meta_path if isinstance(finder, _original._Finder)]
    return finders + [name for name in sys.modules if name.partition(".")[0] == "lucid"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failing_import_leaves_nothing_behind(own_module, failure):
    own_module("lucid.optvis.render", f"raise {failure.__name__}")
    with pytest.raises(failure):
        lucid.original()
    assert not remains_of_an_import()
    assert sys.modules["tensorflow"] is tf


def test_what_lucid_imports_must_be_installed(own_module, expect_refusal):
    own_module("lucid.optvis.render", "import no_such_module")
    with expect_refusal("must be installed too", "no_such_module", "pip install", kind=ExportError):
        lucid.original()
    assert not remains_of_an_import()


def test_lucid_must_be_installed(monkeypatch, never_imported, expect_refusal):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(_original.importlib.metadata, "version", missing)
    advice = "pip install 'artlucid[lucid]'"
    with expect_refusal("0.3.8 must be installed", "environment without it", advice, kind=ExportError):
        lucid.original()


def test_lucid_imported_by_somebody_else_is_left_alone(monkeypatch, never_imported, expect_refusal):
    other = ModuleType("lucid")
    monkeypatch.setitem(sys.modules, "lucid", other)
    with expect_refusal("before anything else imports it", "lucid in `sys.modules`", "original()", kind=ExportError):
        lucid.original()
    assert remains_of_an_import() == ["lucid"]
    assert sys.modules["lucid"] is other


def test_rotation_is_that_of_tensorflow_1():
    """Every pixel and gradient of TensorFlow 1.15's, which `make_values_of_rotate.py` wrote."""
    with np.load(Path(__file__).parent / "values" / "rotate.npz") as file:
        values = dict(file)
    for number in range(3):
        images, weights = tf.constant(values[f"{number}/images"]), values[f"{number}/weights"]
        for index, angle in enumerate(values["angles"]):
            with tf.GradientTape() as tape:
                tape.watch(images)
                turned = rotate(images, angle)
                total = tf.reduce_sum(turned * weights)
            np.testing.assert_array_equal(turned, values[f"{number}/turned"][index])
            np.testing.assert_array_equal(tape.gradient(total, images), values[f"{number}/gradient"][index])


def test_the_same_modules_each_time():
    assert lucid.original() is lucid.original()


@pytest.fixture(scope="module")
def network():
    return models.load("none", architecture="mini", seed=2)


@pytest.fixture(scope="module")
def model(network):
    return lucid.model(network)


def activations(model, layer, images):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        imported = lucid.original().optvis.render.import_model(model, tf.constant(images), tf.constant(images))
        return session.run(imported(layer))


@pytest.mark.parametrize("layer", ["mixed3a", "mixed4d_3x3_pre_relu", "mixed4d_pre_relu", "softmax2"])
def test_a_network_as_a_model_of_lucid(layer, network, model):
    images = np.random.default_rng(0).uniform(size=(1, 96, 96, 3)).astype(np.float32)
    part = keras.Model(network.keras_model.input, models.layer_output(network, layer))
    found = activations(model, layer, images)
    expected = part(images * 255)
    assert np.linalg.norm(found - expected) < 1e-5 * np.linalg.norm(expected)


def test_what_the_model_says_of_itself():
    inputs = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="edges")(inputs)
    scores = keras.layers.GlobalAveragePooling2D(name="scores")(maps)
    network = models.wrap(keras.Model(inputs, scores), value_range=(0, 1), class_names=["a", "b", "c", "d"])
    model = lucid.model(network)
    assert model.labels == ["a", "b", "c", "d"]
    assert tuple(model.image_value_range) == (0, 255)
    assert {layer.name: layer.depth for layer in model.layers}["edges"] == 4


def test_lucids_own_methods_of_the_model(network, model):
    assert [layer.name for layer in model.layers][: len(network.layer_names)] == list(network.layer_names)
    assert model.get_layer("mixed4d_3x3_pre_relu").tags == {"conv"}
    assert model.labels is None
    graph = model.graph_def
    model.load_graphdef()
    assert model.graph_def is graph
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        fed, scaled = model.create_input()
        assert fed.shape == (96, 96, 3)
        assert session.run(scaled, {fed: np.ones((96, 96, 3))}).max() == 255


def test_numpys_own_generator_is_left_as_it_was(model):
    rendering = lucid.Rendering(model, "mixed3a:3", lambda: lucid.original().optvis.param.image(64), seed=0)
    before = np.random.get_state()[1].copy()
    first = lucid.render(rendering, (1,))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.testing.assert_array_equal(first, lucid.render(rendering, (1,)))


def test_other_versions_are_refused(monkeypatch, never_imported, expect_refusal):
    monkeypatch.setattr(_original.importlib.metadata, "version", lambda name: "0.3.10")
    with expect_refusal("version 0.3.8 alone runs", "0.3.10", "pip install", kind=ExportError):
        lucid.original()


@pytest.mark.parametrize("module", [_model, _original], ids=lambda module: module.__name__)
def test_examples(module):
    assert doctest.testmod(module).failed == 0
