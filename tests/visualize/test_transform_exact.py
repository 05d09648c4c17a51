"""The transformations beside the original Lucid's, with the same draws."""

import doctest
import functools
import importlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from visualize.conftest import distance, in_version_1, in_version_2, weights_of

from artlucid.errors import VisualizationError
from artlucid.visualize import _draws, transform
from artlucid.visualize._refusals import refusals

SCALES = [1 + (step - 5) / 50 for step in range(11)]
ANGLES = [*range(-10, 11), 0, 0, 0, 0, 0]

# Name: ours, the original's, our draws, the original's, the number of channels.
CASES = {
    **{
        f"jitter {above} {left}": (
            transform.jitter(5),
            lambda lucid: lucid.jitter(5),
            [above, left],
            [[0, above, left, 0]],
            3,
        )
        for above, left in [(0, 0), (5, 0), (2, 5)]
    },
    "rotate in radians": (
        transform.random_rotate([0.3], units="rads"),
        lambda lucid: lucid.random_rotate([0.3], units="rads"),
        [0],
        [0],
        3,
    ),
    "pad": (transform.pad(4), lambda lucid: lucid.pad(4), [], [], 3),
    "pad with all of the image": (
        transform.pad(30, "symmetric"),
        lambda lucid: lucid.pad(30, "symmetric"),
        [],
        [],
        3,
    ),
    "pad constant": (
        transform.pad(4, "constant", 0.3),
        lambda lucid: lucid.pad(4, "constant", 0.3),
        [],
        [],
        3,
    ),
    "pad uniform": (
        transform.pad(4, "constant", "uniform"),
        lambda lucid: lucid.pad(4, "constant", "uniform"),
        [0.7],
        [0.7],
        3,
    ),
    "normalize_gradient": (
        transform.normalize_gradient(),
        lambda lucid: lucid.normalize_gradient(),
        [],
        [],
        3,
    ),
    "normalize_gradient scaled": (
        transform.normalize_gradient([1.0, 2.0, 0.5]),
        lambda lucid: lucid.normalize_gradient([1.0, 2.0, 0.5]),
        [],
        [],
        3,
    ),
    "crop_or_pad_to": (
        transform.crop_or_pad_to(20, 40),
        lambda lucid: lucid.crop_or_pad_to(20, 40),
        [],
        [],
        3,
    ),
}


def compare(ours, originals, draws, original_draws, channels, size=(30, 34)):
    start = np.random.default_rng(1).uniform(size=(3, *size, channels)).astype(np.float32)
    variable = tf.Variable(start)

    def transformed():
        with _draws.drawing(_draws.GivenDraws(draws)):
            return ours(tf.convert_to_tensor(variable))

    found, gradients = in_version_2(transformed, [variable])
    truth, true_gradients = in_version_1(
        lambda: originals(tf.convert_to_tensor(tf.Variable(start))), [start], original_draws
    )
    assert distance(found, truth) < 1e-6
    assert distance(gradients[0], true_gradients[0]) < 1e-5


@pytest.mark.parametrize("name", CASES)
def test_beside_lucid(lucid, name):
    ours, originals, draws, original_draws, channels = CASES[name]
    compare(ours, originals(lucid.optvis.transform), draws, original_draws, channels)


# Each with as many choices as the last number says.
CHOICES = {
    "scale": (transform.random_scale(SCALES), lambda lucid: lucid.random_scale(SCALES), 11),
    "rotate": (transform.random_rotate(ANGLES), lambda lucid: lucid.random_rotate(ANGLES), 26),
}


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("size", [(30, 34), (47, 29)])
def test_every_choice_beside_lucid(lucid, name, size):
    ours, originals, number = CHOICES[name]
    images = np.random.default_rng(7).uniform(size=(3, *size, 3)).astype(np.float32)

    @tf.function(autograph=False)
    def mine(images, choice):
        with _draws.drawing(_draws.GivenDraws([choice])):
            output = ours(images)
        return output, tf.gradients(tf.reduce_sum(output * weights_of(output)), images)[0]

    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        given = tf.constant(images)
        output = originals(lucid.optvis.transform)(given)
        gradient = tf.compat.v1.gradients(tf.reduce_sum(output * weights_of(output)), given)[0]
        (choice,) = [op.outputs[0] for op in graph.get_operations() if op.type.startswith("Random")]
        truths = [session.run([output, gradient], {choice: index}) for index in range(number)]
    for index, (truth, true_gradient) in enumerate(truths):
        found, gradient = mine(tf.constant(images), tf.constant(index))
        assert distance(found, truth) < 1e-6, index
        assert distance(gradient, true_gradient) < 1e-5, index


@pytest.mark.parametrize("sides", [(30, 34), (None, None)])
@pytest.mark.parametrize("name", [*CASES, *CHOICES])
def test_as_much_of_the_shape_is_known(lucid, name, sides):
    ours, originals = (CASES | CHOICES)[name][:2]
    with tf.Graph().as_default():
        given = tf.compat.v1.placeholder(tf.float32, [3, *sides, 3])
        known = originals(lucid.optvis.transform)(given).shape.as_list()
        assert ours(given).shape.as_list() == known


def test_random_background(lucid):
    drawn = [np.random.default_rng(index).normal(size=(2, 3, 30, 18)).astype(np.float32) for index in range(3)]
    compare(transform.collapse_alpha_random(), lucid.optvis.transform.collapse_alpha_random(), drawn, drawn, channels=4)


@pytest.mark.parametrize("draw", range(4))
def test_standard_transforms(lucid, draw):
    generator = np.random.default_rng(draw)
    above, left, scale, angle, above_2, left_2 = (int(generator.integers(n)) for n in (9, 9, 11, 26, 5, 5))
    compare(
        transform.compose(transform.standard_transforms),
        lucid.optvis.transform.compose(lucid.optvis.transform.standard_transforms),
        [above, left, scale, angle, above_2, left_2],
        [[0, above, left, 0], scale, angle, [0, above_2, left_2, 0]],
        3,
        size=(64, 48),
    )


@pytest.fixture(scope="module")
def of_0_3_10():
    """Values of Lucid 0.3.10 on TensorFlow 1.15, which `make_values_of_transform.py` wrote."""
    with np.load(Path(__file__).parent / "values" / "transform.npz") as values:
        return dict(values)


def check_stored(values, name, ours, images, draws):
    def transformed():
        with _draws.drawing(_draws.GivenDraws(draws)):
            return ours(tf.convert_to_tensor(variable))

    variable = tf.Variable(images)
    found, (gradient,) = in_version_2(transformed, [variable])
    assert distance(found, values[name]) < 1e-6
    assert distance(gradient, values[f"{name}/gradient"]) < 1e-5


@pytest.mark.parametrize("index", range(11))
def test_scales_of_version_1(of_0_3_10, index):
    images = of_0_3_10["images"][:1, :13, :17, :1]
    check_stored(of_0_3_10, f"scale/{index}", transform.random_scale(SCALES), images, [index])


@pytest.mark.parametrize("index", range(3))
def test_standard_transforms_of_version_1(of_0_3_10, index):
    ours = transform.compose(transform.standard_transforms)
    check_stored(of_0_3_10, f"standard/{index}", ours, of_0_3_10["images"], of_0_3_10["standard"][index].tolist())


TRANSFORMATIONS = {
    "jitter": transform.jitter(5),
    "pad": transform.pad(3, "constant", "uniform"),
    "random_scale": transform.random_scale(SCALES),
    "random_rotate": transform.random_rotate(ANGLES),
    "crop_or_pad_to": transform.crop_or_pad_to(20, 40),
    "normalize_gradient": transform.normalize_gradient(),
    "compose": transform.compose(transform.standard_transforms),
    "per_image": transform.per_image(transform.standard_transforms),
    "collapse_alpha_random": lambda x: transform.collapse_alpha_random()(tf.concat([x, x[..., :1]], -1)),
}


def test_every_transformation_is_held_to_the_laws():
    assert set(transform.__all__) - {"describe", "standard_transforms"} == set(TRANSFORMATIONS)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_laws(name):
    images = tf.constant(np.random.default_rng(2).uniform(size=(3, 40, 48, 3)).astype(np.float32))
    before = images.numpy()

    def at(step, batch=images):
        with _draws.drawing(_draws.SeededDraws(4, step)):
            return TRANSFORMATIONS[name](batch)

    np.testing.assert_array_equal(at(0), at(0))
    np.testing.assert_array_equal(images, before)
    random = name not in ("crop_or_pad_to", "normalize_gradient")
    steps = [at(step).numpy() for step in range(4)]
    alike = all(one.shape == steps[0].shape and (one == steps[0]).all() for one in steps)
    assert alike is not random
    if name not in ("per_image", "collapse_alpha_random"):
        # One draw for the batch: an image comes out the same whatever lies beside it.
        np.testing.assert_array_equal(at(1)[2], at(1, images[2:])[0])


def test_each_image_has_its_own_draws():
    same = tf.tile(tf.constant(np.random.default_rng(2).uniform(size=(1, 40, 48, 3)), tf.float32), [4, 1, 1, 1])
    with _draws.drawing(_draws.SeededDraws(0, 0)):
        found = transform.per_image(transform.standard_transforms)(same).numpy()
    assert found.shape == (4, 40, 48, 3)
    assert not any((found[0] == other).all() for other in found[1:])


def test_draws_of_each_image_follow_one_another():
    images = tf.random.uniform([2, 12, 14, 3])
    with _draws.drawing(_draws.GivenDraws([0, 0, 4, 2])):
        found = transform.per_image([transform.jitter(4)])(images)
    np.testing.assert_allclose(found, tf.stack([images[0, :8, :10], images[1, 4:, 2:12]]), atol=1e-6)


def test_the_border_of_each_image_is_grey():
    images = tf.random.uniform([2, 12, 14, 3])
    with _draws.drawing(_draws.GivenDraws([0, 0])):
        found = transform.per_image([transform.random_scale([0.5, 0.6])])(images).numpy()
    assert found.shape == images.shape
    assert (found[:, 3:-3, 3:-4] != 0.5).all()
    found[:, 3:-3, 3:-4] = 0.5
    np.testing.assert_array_equal(found, 0.5)


@pytest.mark.parametrize("number", [1, 2])
def test_sizes_that_vary_become_one_even_if_they_agree_by_chance(number):
    images = tf.zeros([number, 20, 30, 3])
    with _draws.drawing(_draws.GivenDraws([0] * number)):
        assert transform.per_image([transform.random_scale([0.5, 0.9])])(images).shape == images.shape


def test_each_image_to_a_size_of_ones_own():
    enlarged = transform.per_image(
        [transform.pad(3, "constant", 0.0), transform.random_scale([0.9, 1.1])], size=(9, 20)
    )
    traced = tf.function(enlarged, autograph=False).get_concrete_function(tf.TensorSpec([2, None, None, 3], tf.float32))
    assert traced(tf.zeros([2, 8, 12, 3])).shape == (2, 9, 20, 3)


@pytest.mark.parametrize("draws", [_draws.FreeDraws(), _draws.SeededDraws(0, 0)])
def test_a_seed_of_its_own_moves_in_both_directions(draws):
    places = tf.reshape(tf.range(20.0 * 20), [1, 20, 20, 1])

    @tf.function(autograph=False)
    def moved():
        with _draws.drawing(draws):
            return [transform.jitter(9, seed=seed)(places)[0, 0, 0, 0] for seed in range(8)]

    found = {(int(place) // 20, int(place) % 20) for place in moved()}
    assert len(found) > 4
    assert any(above != left for above, left in found)


def test_a_seed_of_its_own_makes_other_draws():
    image = tf.random.uniform([1, 40, 40, 3])

    def at(make, seed):
        with _draws.drawing(_draws.SeededDraws(0, 0)):
            return make(seed)(image)

    for make in (
        lambda seed: transform.jitter(30, seed=seed),
        lambda seed: transform.random_rotate(range(90), seed=seed),
        lambda seed: transform.random_scale([0.5 + step / 200 for step in range(100)], seed=seed),
    ):
        np.testing.assert_array_equal(at(make, 1), at(make, 1))
        assert at(make, 1).shape != at(make, 2).shape or (at(make, 1) != at(make, 2)).numpy().any()


def test_sizes_unknown_while_tracing():
    twice = transform.compose([transform.random_scale([0.9]), *transform.standard_transforms])
    traced = tf.function(twice, autograph=False).get_concrete_function(tf.TensorSpec([1, None, None, 3], tf.float32))
    assert traced(tf.zeros([1, 50, 50, 3])).shape[0] == 1


def test_a_gradient_of_zero_stays_zero():
    image = tf.Variable(tf.ones([1, 4, 4, 3]))
    _, gradients = in_version_2(lambda: transform.normalize_gradient()(image + 0.0) * 0.0, [image])
    np.testing.assert_array_equal(gradients[0], 0)


def sharpen(image, by=1):
    return image * by


class Sharpen:
    def __call__(self, image):
        return image


@pytest.mark.parametrize(
    ("made", "description"),
    [
        (transform.jitter(8), "jitter(d=8)"),
        (transform.random_scale([0.9, 1]), "random_scale(scales=(0.9, 1.0))"),
        (transform.pad(12, "constant"), "pad(w=12, mode='constant', constant_value=0.5)"),
        (transform.collapse_alpha_random(), "collapse_alpha_random(sd=0.5)"),
        (transform.normalize_gradient(), "normalize_gradient()"),
        (transform.compose([transform.jitter(8), sharpen]), "compose(transforms=[jitter(d=8), sharpen])"),
        (transform.per_image([transform.jitter(8)]), "per_image(transforms=[jitter(d=8)])"),
        (functools.partial(sharpen, by=2), "partial(sharpen, by=2)"),
        (Sharpen(), "Sharpen"),
    ],
)
def test_descriptions(made, description):
    assert transform.describe(made) == description


@pytest.mark.parametrize("name", ["_alpha", "_borders", "_combine", "_geometry", "_gradient"])
def test_examples_of_transformations(name):
    found = doctest.testmod(importlib.import_module(f"artlucid.visualize.transform.{name}"))
    assert found.failed == 0 < found.attempted


@pytest.mark.parametrize(
    ("made", "rule", "received", "advice"),
    [
        (transform.jitter(7), "cut off less than the image has", "jitter(7) for an image of 7 x 9", "larger image"),
        (transform.pad(7), "reflect less than the image has", "pad(7) for an image of 7 x 9", "constant"),
        (transform.random_scale([0.1]), "leave a pixel", "0.1 for an image of 7 x 9", "larger image"),
    ],
)
def test_sizes_that_only_the_step_knows(expect_refusal, made, rule, received, advice):
    traced = tf.function(made, autograph=False).get_concrete_function(tf.TensorSpec([1, None, None, 3], tf.float32))
    assert len(traced(tf.zeros([1, 16, 16, 3])).shape) == 4
    with expect_refusal(rule, received, advice, kind=VisualizationError), refusals():
        traced(tf.zeros([1, 7, 9, 3]))


IMAGE = tf.zeros([1, 8, 8, 3])


@pytest.mark.parametrize(
    ("call", "rule", "received", "advice"),
    [
        (lambda: transform.jitter(-1), "`d` must be a whole number", "-1", "another"),
        (lambda: transform.jitter(8)(IMAGE), "cut off less than the image has", "jitter(8)", "larger image"),
        (lambda: transform.jitter(2, seed=0.5), "`seed` must be", "0.5", "Give 0"),
        (lambda: transform.random_scale([0.1])(IMAGE), "leave a pixel", "0.1 for an image of 8 x 8", "larger image"),
        (lambda: transform.random_rotate("10"), "`angles` must be", "'10'", "to draw from"),
        (lambda: transform.compose(3), "sequence of callables", "3", "transform.jitter(8)"),
        (lambda: transform.per_image([], size=224), "`size` must be", "224", "(224, 224)"),
        (lambda: transform.per_image([], size=(8, 0)), "`size` must be", "0", "another"),
        (lambda: transform.jitter(2)(tf.zeros([1, 8, 8, 3], tf.int32)), "floating-point", "int32", "tf.cast"),
        (lambda: transform.random_scale([]), "`scales` must be", "[]", "to draw from"),
        (lambda: transform.random_scale([0.0]), "`scales` must be", "[0.0]", "to draw from"),
        (lambda: transform.random_rotate([]), "`angles` must be", "[]", "to draw from"),
        (lambda: transform.random_rotate([1], units="grad"), "`units` must be", "'grad'", "Choose"),
        (lambda: transform.pad(8)(IMAGE), "reflect less than the image has", "8 x 8", "constant"),
        (lambda: transform.pad(2, "wrap"), "`mode` must be", "'wrap'", "Choose"),
        (lambda: transform.pad(2, "constant", "noise"), "`constant_value`", "'noise'", "0.5"),
        (lambda: transform.collapse_alpha_random()(IMAGE), "opacity", "(1, 8, 8, 3)", "alpha=True"),
        (lambda: transform.collapse_alpha_random(-1), "`sd` must be", "-1", "0.5"),
        (lambda: transform.compose([3]), "sequence of callables", "[3]", "transform.jitter(8)"),
        (lambda: transform.compose(transform.jitter(8)), "sequence of callables", "Jitter", "transform.jitter(8)"),
        (lambda: transform.jitter(2)(IMAGE[0]), "(batch, height, width, channels)", "(8, 8, 3)", "image[None]"),
        (lambda: transform.normalize_gradient([1, 2])(IMAGE), "`grad_scales`", "2 for a batch of 1", "as many"),
        (lambda: transform.crop_or_pad_to(0, 8), "`height` must be", "0", "another"),
    ],
)
def test_bad_input(expect_refusal, call, rule, received, advice):
    with expect_refusal(rule, received, advice, kind=VisualizationError):
        call()


def test_a_rotation_is_differentiated_twice():
    image = tf.random.stateless_uniform([1, 16, 16, 3], (1, 2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(image)
        turned = transform.random_rotate([30])(image)
    first, second = (tape.gradient(turned, image) for _ in range(2))
    np.testing.assert_array_equal(first, second)
