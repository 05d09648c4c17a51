import importlib.util
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from artlucid import models
from artlucid.export import lucid as bridge


@pytest.fixture(scope="session")
def lucid():
    """The original Lucid 0.3.8, under TensorFlow 2."""
    if importlib.util.find_spec("lucid") is None:
        pytest.skip("The original Lucid is not installed: pip install 'artlucid[lucid]'.")
    return bridge.original()


@pytest.fixture(scope="session")
def mini():
    return models.load("none", architecture="mini", seed=3)


@pytest.fixture(scope="session")
def lucid_mini(lucid, mini):
    return bridge.model(mini)


def distance(found, truth):
    """Relative norm of the difference."""
    found, truth = np.asarray(found, np.float64), np.asarray(truth, np.float64)
    assert found.shape == truth.shape
    return np.linalg.norm(found - truth) / max(np.linalg.norm(truth), 1e-30)


def in_version_1(build, parameters=(), draws=()):
    """Value and gradients of what `build` makes in a graph of TensorFlow 1.

    `build` gives a tensor; `parameters` are what its variables are set to, `draws` the values of its random operations,
    both in the order in which the graph has them. The gradients are those of a sum with fixed weights.
    """
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        output = build()
        variables = tf.compat.v1.trainable_variables()
        gradients = tf.compat.v1.gradients(tf.reduce_sum(output * weights_of(output)), variables)
        random = [op.outputs[0] for op in graph.get_operations() if op.type.startswith("Random")]
        feeds = dict(zip(random, draws, strict=True)) if draws else {}
        session.run(tf.compat.v1.global_variables_initializer())
        for variable, value in zip(variables, parameters, strict=bool(parameters)):
            variable.load(value, session)
        return session.run([output, gradients], feeds)


def in_version_2(build, variables):
    """Value and gradients of the same, `build` being a function without arguments of `variables`."""

    @tf.function(autograph=False)
    def compute():
        output = build()
        return output, tf.gradients(tf.reduce_sum(output * weights_of(output)), variables)

    return compute()


def weights_of(tensor):
    """Fixed numbers of the shape of a tensor, so that a sum with them sees every entry."""
    number = tf.size(tensor)
    return tf.reshape(tf.cos(tf.cast(tf.range(number), tf.float32)), tf.shape(tensor))


@pytest.fixture(scope="session")
def stored():
    """Values of Lucid 0.3.10, which `make_values_of_lucid.py` wrote."""
    with np.load(Path(__file__).parent / "values" / "lucid_0_3_10.npz") as values:
        return dict(values)
