"""Images of a batch side by side: the same bits as one after the other."""

import numpy as np
import pytest
import tensorflow as tf

from artlucid import visualize
from artlucid.visualize import _draws, _noise, _side_by_side, param, transform
from artlucid.visualize._variables import Parameterization

SEEDS = (5, 6, 7)


@pytest.mark.parametrize("size", [(48, 40), (37, 33)])
@pytest.mark.parametrize("colours", [None, visualize.ColourStatistics(np.diag([0.3, 0.2, 0.1]), [0.5] * 3, "by hand")])
def test_images(size, colours):
    width, height = size
    with _noise.seeded(SEEDS):
        together = _side_by_side.image(size, 3, colours=colours)
    with _noise.seeded(SEEDS):
        one_after_the_other = param.image(width, height, batch=3, decorrelate=colours or True)
    assert together.shape == (1, height, width, 9)
    np.testing.assert_allclose(_side_by_side.apart(together), one_after_the_other, atol=1e-7)


@pytest.mark.parametrize("size", [(48, 40), (37, 33)])
def test_an_image_does_not_depend_on_its_place(size):
    def images(seeds):
        with _noise.seeded(seeds):
            return _side_by_side.apart(_side_by_side.image(size, 3)).numpy()

    np.testing.assert_array_equal(images(SEEDS)[::-1], images(SEEDS[::-1]))


def test_images_to_begin_with():
    start = np.random.default_rng(0).uniform(0.1, 0.9, (40, 48, 3)).astype(np.float32)
    images = _side_by_side.apart(_side_by_side.image((48, 40), 2, start=start))
    np.testing.assert_allclose(images, np.stack([start, start]), atol=1e-4)


@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize(
    "transforms",
    [
        None,
        [],
        [transform.jitter(4), transform.crop_or_pad_to(33, 35)],
        [transform.jitter(4), tf.image.flip_left_right, transform.random_rotate([30])],
    ],
)
def test_transformations(transforms, per_image):
    images = tf.random.stateless_uniform([1, 40, 48, 6], (1, 2))

    def seen(together):
        chosen = transform.standard_transforms if transforms is None else transforms
        compose = transform.per_image if per_image else transform.compose
        after = _side_by_side.transformed(transforms, per_image=per_image)

        @tf.function(autograph=False)
        def compute(images):
            with _draws.drawing(_draws.SeededDraws(3, 1)):
                result = after(images) if together else compose(chosen)(_side_by_side.apart(images))
            weights = tf.reshape(tf.sin(tf.range(tf.cast(tf.size(result), tf.float32))), tf.shape(result))
            return result, tf.gradients(result, images, weights)[0]

        return compute(images)

    for found, truth in zip(seen(True), seen(False), strict=True):
        np.testing.assert_array_equal(found, truth)


def test_a_parameterization_begins_again():
    image = Parameterization(lambda: param.image(32, batch=2))
    with _noise.seeded([1, 2]):
        first = Parameterization(lambda: param.image(32, batch=2))
        truth = first().numpy()
    image.variables[0].assign_add(tf.ones_like(image.variables[0]))
    with _noise.seeded([1, 2]):
        image.begin_again()
    np.testing.assert_array_equal(image(), truth)
