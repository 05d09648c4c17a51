"""The transformations beside the original Lucid's, with the same draws."""

import numpy as np
import pytest
import tensorflow as tf
from visualize.conftest import distance, in_version_1, in_version_2

from artlucid.errors import VisualizationError
from artlucid.visualize import _draws, transform

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
    **{
        f"scale {SCALES[index]}": (
            transform.random_scale(SCALES),
            lambda lucid: lucid.random_scale(SCALES),
            [index],
            [index],
            3,
        )
        for index in range(11)
    },
    **{
        f"rotate {ANGLES[index]}": (
            transform.random_rotate(ANGLES),
            lambda lucid: lucid.random_rotate(ANGLES),
            [index],
            [index],
            3,
        )
        for index in range(21)
    },
    "rotate in radians": (
        transform.random_rotate([0.3], units="rads"),
        lambda lucid: lucid.random_rotate([0.3], units="rads"),
        [0],
        [0],
        3,
    ),
    "pad": (transform.pad(4), lambda lucid: lucid.pad(4), [], [], 3),
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
        transform.normalize_gradient([1.0, 2.0]),
        lambda lucid: lucid.normalize_gradient([1.0, 2.0]),
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
    start = np.random.default_rng(1).uniform(size=(2, *size, channels)).astype(np.float32)
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
    if name == "crop_or_pad_to" and not hasattr(lucid.optvis.transform, "crop_or_pad_to"):
        pytest.skip("0.3.8 has no crop_or_pad_to")
    compare(ours, originals(lucid.optvis.transform), draws, original_draws, channels)


def test_random_background(lucid):
    drawn = [np.random.default_rng(index).normal(size=(2, 3, 30, 18)).astype(np.float32) for index in range(2)]
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


def test_sizes_unknown_while_tracing():
    twice = transform.compose([transform.random_scale([0.9]), *transform.standard_transforms])
    traced = tf.function(twice, autograph=False).get_concrete_function(tf.TensorSpec([1, None, None, 3], tf.float32))
    assert traced(tf.zeros([1, 50, 50, 3])).shape[0] == 1


def test_a_gradient_of_zero_stays_zero():
    image = tf.Variable(tf.ones([1, 4, 4, 3]))
    _, gradients = in_version_2(lambda: transform.normalize_gradient()(image + 0.0) * 0.0, [image])
    np.testing.assert_array_equal(gradients[0], 0)


def test_descriptions():
    def sharpen(image):
        return image

    assert [transform.describe(one) for one in (transform.jitter(8), transform.random_scale([0.9, 1]), sharpen)] == [
        "jitter(d=8)",
        "random_scale(scales=(0.9, 1.0))",
        "test_descriptions.<locals>.sharpen",
    ]


IMAGE = tf.zeros([1, 8, 8, 3])


@pytest.mark.parametrize(
    ("call", "rule", "received", "advice"),
    [
        (lambda: transform.jitter(-1), "`d` must be a whole number", "-1", "another"),
        (lambda: transform.jitter(8)(IMAGE), "cut off less than the image has", "jitter(8)", "larger image"),
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
