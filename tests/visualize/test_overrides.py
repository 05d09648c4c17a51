"""Gradients in the place of others; those of ReLUs beside the original's stand in test_render_exact.py."""

import doctest
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from visualize.conftest import distance

from artlucid.errors import VisualizationError
from artlucid.visualize import overrides

X = tf.constant([[-2.0, -1.0, 0.5], [-2.0, -1.0, -0.5]])


def gradient_of(function, x=X, upstream=None, override=None):
    @tf.function(autograph=False)
    def compute():
        with overrides.gradient_override_map(override or {}):
            return tf.gradients(function(x), x, upstream)[0]

    return compute().numpy()


@pytest.fixture(scope="module")
def of_0_3_10():
    """Values of Lucid 0.3.10, which `make_values_of_transform.py` wrote."""
    with np.load(Path(__file__).parent / "values" / "transform.npz") as values:
        return dict(values)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    ("kind", "gradient"), [("avg", overrides.avg_smoothed_maxpool_grad), ("L2", overrides.l2_smoothed_maxpool_grad)]
)
def test_smoothed_max_pooling(of_0_3_10, kind, gradient, padding):
    images, upstream = of_0_3_10["images"] - 0.5, of_0_3_10["upstream"]

    def pooled(x):
        return tf.nn.max_pool2d(x, 3, 2, padding)

    height, width = pooled(images).shape[1:3]
    found = gradient_of(pooled, tf.constant(images), upstream[:, :height, :width], {"MaxPool": gradient})
    assert distance(found, of_0_3_10[f"pooling/{kind}/{padding}"]) < 1e-6


def test_redirected_gradient_worked_by_hand():
    # Something passes for the first image; nothing for the second, whose inputs may rise and not fall further.
    upstream = tf.constant([[1.0, -1.0, 3.0], [1.0, -2.0, 4.0]])
    found = gradient_of(tf.nn.relu, upstream=upstream, override=overrides.relu_overrides_map)
    np.testing.assert_array_equal(found, [[0, 0, 3], [0, -2, 0]])


def test_redirected_gradient_does_not_look_at_the_neighbours():
    upstream = tf.constant([[1.0, -1.0, 3.0], [1.0, -2.0, 4.0]])
    both = gradient_of(tf.nn.relu, upstream=upstream, override=overrides.relu_overrides_map)
    alone = gradient_of(tf.nn.relu, X[1:], upstream[1:], overrides.relu_overrides_map)
    np.testing.assert_array_equal(both[1:], alone)


def both_kinds(x):
    return tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")


IMAGE = tf.constant([[-1.0, -2.0], [-3.0, -4.0]])[None, ..., None]

# The gradient of each entry of `IMAGE` through a ReLU and the maximum of the four, upstream -1.
CONTEXTS = {
    overrides.relu_overrides: [-1.0, 0.0, 0.0, 0.0],
    overrides.pooling_overrides: [0.0, 0.0, 0.0, 0.0],
    overrides.default_overrides: [-0.25, -0.25, -0.25, -0.25],
    overrides.linearization_overrides: [-0.25, -0.25, -0.25, -0.25],
}


@pytest.mark.parametrize("context", CONTEXTS)
def test_contexts(context):
    @tf.function(autograph=False)
    def compute(upstream):
        with context():
            within = tf.gradients(both_kinds(IMAGE), IMAGE, upstream)[0]
        return within, tf.gradients(both_kinds(IMAGE), IMAGE, upstream)[0]

    within, after = compute(tf.constant([[[[-1.0]]]]))
    np.testing.assert_array_equal(tf.reshape(within, [-1]), CONTEXTS[context])
    assert not after.numpy().any()


def test_linearization_lets_all_pass():
    with_ones = gradient_of(tf.nn.relu, override={"Relu": overrides.identity_grad})
    np.testing.assert_array_equal(with_ones, np.ones_like(X))


def test_a_gradient_is_registered_once():
    gradient_of(tf.nn.relu, override=overrides.default_overrides_map)
    before = dict(overrides._registered)
    for _ in range(3):
        gradient_of(tf.nn.relu, override=overrides.default_overrides_map)
    assert overrides._registered == before


def test_a_gradient_by_its_name():
    gradient_of(tf.nn.relu, override={"Relu": overrides.identity_grad})
    name = overrides._registered[overrides.identity_grad]
    np.testing.assert_array_equal(gradient_of(tf.nn.relu, override={"Relu": name}), np.ones_like(X))


def doubled(call, grad):
    return 2 * grad * call.inputs[0], 3 * grad + 0 * call.outputs[0]


@overrides.use_gradient(doubled)
def rounded_sum(x, y):
    return tf.round(x + y)


def test_use_gradient():
    x, y, upstream = tf.constant([1.2, 2.0]), tf.constant([0.2, 3.0]), tf.constant([1.0, -1.0])
    in_graph = tf.function(lambda x, y: tf.gradients(rounded_sum(x, y), [x, y], upstream), autograph=False)(x, y)
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        output = rounded_sum(x, y)
    np.testing.assert_array_equal(output, [1, 5])
    for gradients in (in_graph, tape.gradient(output, [x, y], upstream)):
        np.testing.assert_allclose(gradients, [[2.4, -4.0], [3.0, -3.0]], rtol=1e-6)


def test_examples_of_overrides():
    found = doctest.testmod(overrides)
    assert found.failed == 0 < found.attempted


@pytest.mark.parametrize(
    ("call", "rule", "received", "advice"),
    [
        (lambda: overrides.relu_overrides().__enter__(), "where a graph is made", "outside one", "tf.function"),
        (lambda: gradient_of(tf.nn.relu, override={"Relu": 3}), "`override_dict` must", "3", "redirected_relu_grad"),
        (
            lambda: gradient_of(tf.nn.relu, X[0], override=overrides.relu_overrides_map),
            "batch as its first axis",
            "(3,)",
            "network",
        ),
        (lambda: overrides.make_smoothed_maxpool_grad("max"), "`smooth_type` must", "'max'", "Choose"),
    ],
)
def test_bad_input_of_overrides(expect_refusal, call, rule, received, advice):
    with expect_refusal(rule, received, advice, kind=VisualizationError):
        call()
