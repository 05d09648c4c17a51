"""Rendering beside the original Lucid: gradients, updates, their number, and where they lead."""

import numpy as np
import pytest
import tensorflow as tf
from visualize.conftest import distance

from artlucid import models
from artlucid.export import lucid as bridge
from artlucid.visualize import _draws, objectives, overrides, param, render
from artlucid.visualize._activations import sight_of
from artlucid.visualize._optimization import REDIRECTED_STEPS, Ascent

SIZE = 64


class Original:
    """The original's visualization in a graph of its own, with draws that are given to it."""

    def __init__(self, lucid, model, objective, *, transforms=None, redirect=True, batch=None, size=SIZE):
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.session = tf.compat.v1.Session()
            with self.session.as_default():
                self.T = lucid.optvis.render.make_vis_T(
                    model,
                    objective,
                    lambda: lucid.optvis.param.image(size, batch=batch),
                    None,
                    transforms,
                    redirect,
                )
                self.variables = tf.compat.v1.trainable_variables()
                self.gradients = tf.compat.v1.gradients(-self.T("loss"), self.variables)
                self.session.run(tf.compat.v1.global_variables_initializer())
                self.random = [op.outputs[0] for op in self.graph.get_operations() if op.type.startswith("Random")]

    def set(self, step, coefficients):
        """Go to a step, with these coefficients."""
        with self.graph.as_default():
            tf.compat.v1.train.get_global_step().load(step, self.session)
            for variable, value in zip(self.variables, np.moveaxis(coefficients, 1, 0), strict=True):
                variable.load(value, self.session)

    def coefficients(self):
        """As this library has them: (2, batch, channels, …)."""
        return np.stack(self.session.run(self.variables), axis=1)

    def run(self, *what, draws=()):
        feeds = {}
        if draws:
            above, left, scale, angle, above_2, left_2 = draws
            feeds = dict(zip(self.random, [[0, above, left, 0], scale, angle, [0, above_2, left_2, 0]], strict=True))
        return self.session.run(list(what), feeds)


def draws_of(step):
    generator = np.random.default_rng(step)
    return [int(generator.integers(n)) for n in (9, 9, 11, 26, 5, 5)]


def ours(network, objective, *, coefficients, transforms=None, redirect=True, table=None, size=SIZE):
    """This library's visualization from the same coefficients, with the draws of a table (step, draw)."""
    number = coefficients.shape[1]
    image = render.make_t_image(lambda: param.image(size, batch=number))
    image.variables[0].assign(coefficients)
    draws = _draws.free
    if table is not None:
        draws = lambda step: _draws.GivenDraws(tf.unstack(tf.constant(table)[step]))  # noqa: E731
    ascent = Ascent(
        sight_of(network),
        objectives.as_objective(objective),
        image,
        render.make_transform_f(transforms),
        redirect=redirect,
        draws=draws,
    )
    return render.Visualization(ascent, render.make_optimizer())


def gradient_of(visualization, *, step):
    """Objective and gradient as the step of that number has them."""
    ascent, optimizer = visualization._ascent, visualization._optimizer
    redirected = ascent.redirect and step < REDIRECTED_STEPS

    @tf.function(autograph=False)
    def compute():
        value = ascent.objective(optimizer.activations(tf.constant(step), redirected=redirected))
        return value, tf.gradients(-value, ascent.image.variables)[0]

    value, gradient = compute()
    return value.numpy(), gradient.numpy()


CASES = {
    "before the ReLU": ("mixed3b_3x3_pre_relu:5", None),
    "after it": ("mixed3b:9", None),
    "concatenation before": ("mixed3b_pre_relu:40", None),
    "logits": ("softmax2_pre_activation:3", None),
    "two images": ("mixed3a:1", 2),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("redirect", [True, False])
def test_value_and_gradient(lucid, lucid_mini, mini, name, redirect):
    objective, batch = CASES[name]
    original = Original(lucid, lucid_mini, objective, redirect=redirect, batch=batch)
    draws = draws_of(len(name))
    # A fixed start: near a tie of a pooled window, rounding decides which way the gradient goes.
    start = np.random.default_rng(len(name)).normal(scale=0.1, size=original.coefficients().shape)
    original.set(0, start)
    mine = ours(mini, objective, coefficients=start, redirect=redirect, table=[draws])
    truth, true_gradients, image = original.run(
        original.T("loss"), original.gradients, original.T("input"), draws=draws
    )
    value, gradient = gradient_of(mine, step=0)
    assert distance(mine("input").eval(), image) < 1e-6
    assert value == pytest.approx(float(truth), rel=1e-5, abs=1e-7)
    assert distance(gradient, np.stack(true_gradients, axis=1)) < 1e-5


def relu_gradients(lucid, ours_of, originals_of, kind, x, upstream, step):
    """Of both, for one ReLU."""

    @tf.function(autograph=False)
    def mine():
        made = tf.constant(x)
        with overrides.gradient_override_map({kind: ours_of}):
            y = getattr(tf.nn, kind.lower())(made)
        return tf.gradients(y, made, tf.constant(upstream))[0]

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        global_step = tf.compat.v1.train.get_or_create_global_step()
        session.run(global_step.initializer)
        global_step.load(step, session)
        made = tf.constant(x)
        with lucid.misc.gradient_override.gradient_override_map({kind: originals_of}):
            y = getattr(tf.nn, kind.lower())(made)
        truth = session.run(tf.compat.v1.gradients(y, made, tf.constant(upstream))[0])
    return mine().numpy(), truth


@pytest.mark.parametrize("kind", ["Relu", "Relu6"])
@pytest.mark.parametrize("shape", [(3, 4, 4, 5), (3, 7)])
def test_redirected_gradients(lucid, kind, shape):
    generator = np.random.default_rng(3)
    x = generator.uniform(-4, 9, shape).astype(np.float32)
    # Nothing passes for the first image, something for the others.
    x[0] = np.where(generator.uniform(size=shape[1:]) < 0.5, -1, -2 if kind == "Relu" else 8)
    upstream = generator.normal(size=shape).astype(np.float32)
    name = f"redirected_{kind.lower()}_grad"
    original = getattr(lucid.misc.redirected_relu_grad, name)
    mine, truth = relu_gradients(lucid, getattr(overrides, name), original, kind, x, upstream, step=16)
    np.testing.assert_array_equal(mine, truth)
    assert mine[0].any() and not (mine == upstream).all()
    _, late = relu_gradients(lucid, getattr(overrides, name), original, kind, x, upstream, step=17)
    assert not late[0].any()


def test_number_of_redirected_updates(lucid, lucid_mini, mini):
    """The 17th update still lets gradients pass, the 18th does not."""
    assert REDIRECTED_STEPS == 17
    original = Original(lucid, lucid_mini, "mixed3a:9", transforms=[])
    blocked = np.zeros_like(original.coefficients())
    truths = []
    for step in (16, 17):
        original.set(step, blocked)
        (gradients,) = original.run(original.gradients)
        truths.append(np.stack(gradients, axis=1))
    mine = ours(mini, "mixed3a:9", coefficients=blocked, transforms=[])
    for step, truth in zip((16, 17), truths, strict=True):
        _, gradient = gradient_of(mine, step=step)
        assert distance(gradient, truth) < 1e-5


def test_updates_for_the_same_gradients(lucid):
    generator = np.random.default_rng(0)
    start = np.zeros((4, 5), np.float32)
    gradients = (generator.normal(size=(30, 4, 5)) * 10.0 ** generator.integers(-9, 1, (30, 1, 1))).astype(np.float32)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variable, placeholder = tf.Variable(start), tf.compat.v1.placeholder(tf.float32, start.shape)
        update = lucid.optvis.render.make_optimizer(None, []).apply_gradients([(placeholder, variable)])
        session.run(tf.compat.v1.global_variables_initializer())
        truths = []
        for gradient in gradients:
            session.run(update, {placeholder: gradient})
            truths.append(session.run(variable))
    mine = tf.Variable(start)
    optimizer = render.make_optimizer()
    optimizer.build([mine])
    for gradient, truth in zip(gradients, truths, strict=True):
        optimizer.apply([tf.constant(gradient)], [mine])
        assert distance(mine, truth) < 1e-6


def test_as_many_updates_as_lucid(mini):
    images = render.render_vis(mini, "conv2d2:7", lambda: param.image(SIZE), thresholds=(0, 2), verbose=False, seed=0)
    T = render.make_vis_T(mini, "conv2d2:7", lambda: param.image(SIZE), relu_gradient_override=True, seed=0)
    kept = []
    for _ in range(3):
        T("vis_op").run()
        kept.append(T("input").eval())
    np.testing.assert_array_equal(images[0], kept[0])
    np.testing.assert_array_equal(images[1], kept[2])
    assert len(images) == 2


def test_the_same_seed_the_same_bits_and_another_seed_others(mini):
    def rendered(seed, **options):
        return render.render_vis(
            mini, "conv2d2:7", lambda: param.image(SIZE), thresholds=(3,), verbose=False, seed=seed, **options
        )[0]

    first = rendered(5)
    np.testing.assert_array_equal(first, rendered(5))
    assert (first != rendered(6)).any()
    assert (first != rendered(5, transforms_per_image=True)).any()


def test_fixed_seed_is_seed_0(mini):
    options = {"param_f": lambda: param.image(SIZE), "thresholds": (1,), "verbose": False}
    fixed = render.render_vis(mini, "conv2d2:7", use_fixed_seed=True, **options)
    np.testing.assert_array_equal(fixed[0], render.render_vis(mini, "conv2d2:7", seed=0, **options)[0])


CHANNELS = [
    *(("conv2d2_pre_relu", 7), ("mixed3a_pre_relu", 14), ("mixed3b_pre_relu", 21), ("mixed4a_pre_relu", 28)),
    *(("mixed4b_pre_relu", 35), ("mixed4c_pre_relu", 42), ("mixed4d_pre_relu", 49), ("mixed4e_pre_relu", 56)),
    *(("mixed5a_pre_relu", 63), ("mixed5b_pre_relu", 70)),
    *(("mixed4d_3x3_pre_relu", 52), ("mixed4b_3x3_bottleneck_pre_relu", 35)),
]


def of_each_image(T):
    """Image i's mean of channel i."""
    return tf.stack([tf.reduce_mean(T(layer)[index, ..., number]) for index, (layer, number) in enumerate(CHANNELS)])


@pytest.mark.real_data
def test_final_objectives_over_128_steps(shared_data, lucid):
    """From the same start with the same draws: 2 % in the mean over 12 channels, an image each."""
    network = models.load(shared_data / "weights" / "bvlc_googlenet.npz")
    table = [draws_of(step) for step in range(128)]
    original = Original(lucid, bridge.model(network), of_each_image, batch=len(CHANNELS), size=32)
    start = np.random.default_rng(0).normal(scale=0.01, size=original.coefficients().shape)
    original.set(0, start)
    truths = [original.run(original.T("loss"), original.T("vis_op"), draws=draws)[0] for draws in table]
    mine = ours(network, of_each_image, coefficients=start, table=table, size=32)
    found = [mine("vis_op").run() for _ in table]
    # The draw of a single step moves an objective by more than the rounding of all steps before.
    ratios = np.mean(found[-16:], axis=0) / np.mean(truths[-16:], axis=0)
    assert np.mean(ratios) == pytest.approx(1, abs=0.02), ratios
