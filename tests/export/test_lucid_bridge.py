"""The original Lucid under TensorFlow 2, and all else untouched."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from artlucid import models
from artlucid.errors import ExportError
from artlucid.export import lucid
from artlucid.export.lucid import _original

pytest.importorskip("decorator", reason="the original Lucid is not installed: pip install 'artlucid[lucid]'")

UNTOUCHED = """
import logging, sys
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
    model = keras.Sequential([keras.layers.Dense(1)])
    assert model(np.ones((1, 2), "float32")).shape == (1, 1)
    assert models.load("none", architecture="mini").keras_model(np.zeros((1, 64, 64, 3), "float32")).shape[0] == 1

works()
before = set(sys.modules)
from artlucid.export import lucid
original = lucid.original()
works()
handlers = logging.getLogger().handlers[:]
assert not handlers, handlers
images = lucid.render(lucid.Rendering(lucid.model(models.load("none", architecture="mini")), "mixed4d:3",
    lambda: original.optvis.param.image(64), seed=0), (2,), same)
assert images[0].shape == (1, 64, 64, 3)
works()
import lucid.optvis.render
assert lucid.optvis.render is original.optvis.render
assert not [name for name in set(sys.modules) - before if name.startswith("tensorflow.contrib")]
"""


def test_every_other_import_is_untouched():
    subprocess.run([sys.executable, "-c", UNTOUCHED], check=True)


FAILING = """
import sys
from artlucid.export import lucid
from artlucid.export.lucid import _original
_original.MODULES = (*_original.MODULES[:3], "lucid.no_such_module")
try:
    lucid.original()
except ModuleNotFoundError:
    pass
assert not [name for name in sys.modules if name.split(".")[0] == "lucid"]
assert not [finder for finder in sys.meta_path if type(finder).__module__.startswith("artlucid")]
"""


def test_a_failing_import_leaves_nothing_behind():
    subprocess.run([sys.executable, "-c", FAILING], check=True)


def test_the_same_modules_each_time():
    assert lucid.original() is lucid.original()


def activations(model, layer, images):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        imported = lucid.original().optvis.render.import_model(model, tf.constant(images), tf.constant(images))
        return session.run(imported(layer))


@pytest.mark.parametrize("layer", ["mixed3a", "mixed4d_3x3_pre_relu", "mixed4d_pre_relu", "softmax2"])
def test_a_network_as_a_model_of_lucid(layer):
    network = models.load("none", architecture="mini", seed=2)
    images = np.random.default_rng(0).uniform(size=(1, 96, 96, 3)).astype(np.float32)
    part = keras.Model(network.keras_model.input, models.layer_output(network, layer))
    found = activations(lucid.model(network), layer, images)
    np.testing.assert_allclose(found, part(images * 255), rtol=1e-4, atol=1e-5 * np.abs(found).max())


def test_what_the_model_says_of_itself():
    inputs = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="edges")(inputs)
    scores = keras.layers.GlobalAveragePooling2D(name="scores")(maps)
    network = models.wrap(keras.Model(inputs, scores), value_range=(0, 1), class_names=["a", "b", "c", "d"])
    model = lucid.model(network)
    assert model.labels == ["a", "b", "c", "d"]
    assert tuple(model.image_value_range) == (0, 255)
    assert {layer.name: layer.depth for layer in model.layers}["edges"] == 4


def test_numpys_own_generator_is_left_as_it_was():
    model = lucid.model(models.load("none", architecture="mini"))
    rendering = lucid.Rendering(model, "mixed3a:3", lambda: lucid.original().optvis.param.image(64), seed=0)
    before = np.random.get_state()[1].copy()
    first = lucid.render(rendering, (1,))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.testing.assert_array_equal(first, lucid.render(rendering, (1,)))


def test_other_versions_are_refused(monkeypatch, expect_refusal):
    monkeypatch.setattr(_original.importlib.metadata, "version", lambda name: "0.3.10")
    with expect_refusal("version 0.3.8 alone runs", "0.3.10", "pip install", kind=ExportError):
        _original._check()
