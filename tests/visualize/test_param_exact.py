"""The parameterizations beside the original Lucid's, from the same variables."""

import numpy as np
import pytest
import tensorflow as tf
from visualize.conftest import distance, in_version_1, in_version_2

from artlucid.errors import VisualizationError
from artlucid.visualize import _draws, _noise, param
from artlucid.visualize._variables import Parameterization

SIZES = [(32, 32), (33, 24), (24, 33)]


def variables_of(parameterization, seed=5):
    """Values for the variables, as a start from noise has them."""
    generator = np.random.default_rng(seed)
    return [generator.normal(size=v.shape, scale=0.5).astype(np.float32) for v in parameterization.variables]


def compare(ours, originals, *, to_originals=lambda values: values, tolerance=1e-6):
    """Image and gradients of both, `to_originals` giving the original's variables for ours."""
    image = Parameterization(ours)
    values = variables_of(image)
    for variable, value in zip(image.variables, values, strict=True):
        variable.assign(value)
    found, gradients = in_version_2(image, image.variables)
    truth, true_gradients = in_version_1(originals, to_originals(values))
    assert distance(found, truth) < tolerance
    for gradient, true_gradient in zip(to_originals(gradients), true_gradients, strict=True):
        assert distance(gradient, true_gradient) < 1e-5


def images_apart(values):
    """Of coefficients (2, batch, channels, …), those of each image, which 0.3.8 has in variables of their own."""
    return list(np.moveaxis(np.asarray(values[0]), 1, 0))


@pytest.mark.parametrize(("w", "h"), SIZES)
@pytest.mark.parametrize("options", [{}, {"decorrelate": False}, {"alpha": True}, {"batch": 3}])
def test_fft_image(lucid, w, h, options):
    # 0.3.8 takes the height for the width.
    compare(
        lambda: param.image(w, h, **options),
        lambda: lucid.optvis.param.image(h, w, **options),
        to_originals=images_apart,
    )


@pytest.mark.parametrize("options", [{}, {"decorrelate": False}, {"alpha": True}, {"batch": 3}])
def test_pixels(lucid, options):
    compare(lambda: param.image(24, fft=False, **options), lambda: lucid.optvis.param.image(24, fft=False, **options))


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_decay(lucid, power):
    compare(
        lambda: param.fft_image([2, 17, 20, 5], decay_power=power),
        lambda: lucid.optvis.param.fft_image([2, 17, 20, 5], decay_power=power),
        to_originals=images_apart,
    )


@pytest.mark.parametrize(
    ("shape", "underlying", "offset"),
    [
        ([2, 16, 24, 3], [1, 8, 6, 3], None),
        ([2, 16, 24, 3], [1, 8, 6, 3], True),
        ([1, 15, 15, 3], [1, 4, 7, 1], None),
        ([1, 16, 16, 3], [1, 8, 8, 3], 1),
        ([1, 16, 16, 3], [1, 8, 8, 3], [0, 2, 5, 0]),
    ],
)
def test_lowres_tensor(lucid, shape, underlying, offset):
    compare(
        lambda: param.lowres_tensor(shape, underlying, offset),
        lambda: lucid.optvis.param.lowres_tensor(shape, underlying, offset),
    )


def test_laplacian_pyramid(lucid):
    compare(
        lambda: param.laplacian_pyramid_image([2, 16, 24, 3]),
        lambda: lucid.optvis.param.laplacian_pyramid([2, 16, 24, 3]),
    )


@pytest.mark.parametrize("decorrelate", [True, False])
@pytest.mark.parametrize("sigmoid", [True, False])
def test_to_valid_rgb(lucid, decorrelate, sigmoid):
    compare(
        lambda: param.to_valid_rgb(tf.Variable(tf.zeros([1, 8, 8, 3])), decorrelate, sigmoid),
        lambda: lucid.optvis.param.to_valid_rgb(tf.Variable(tf.zeros([1, 8, 8, 3])), decorrelate, sigmoid),
    )


def test_shared_by_a_batch(lucid):
    def shared(module):
        return module.to_valid_rgb(
            module.lowres_tensor([3, 16, 16, 3], [3, 8, 8, 3]) + module.lowres_tensor([3, 16, 16, 3], [1, 4, 4, 3]),
            decorrelate=True,
        )

    compare(lambda: shared(param), lambda: shared(lucid.optvis.param))


def test_random_images(lucid):
    shape = [2, 17, 20, 3]
    generator = np.random.default_rng(0)
    drawn = [generator.normal(size=(2, 3, 17, 11)).astype(np.float32) for _ in range(2)]
    with _draws.drawing(_draws.GivenDraws(drawn)):
        found = param.image_sample(shape, sd=0.3)
    truth, _ = in_version_1(lambda: lucid.optvis.param.random.image_sample(shape, sd=0.3), draws=drawn)
    assert distance(found, truth) < 1e-6


def test_sampled_texture(lucid):
    generator = np.random.default_rng(0)
    texture = generator.uniform(size=(6, 9, 4)).astype(np.float32)
    places = generator.uniform(size=(5, 7, 2)).astype(np.float32)
    truth, _ = in_version_1(lambda: lucid.optvis.param.spatial.sample_bilinear(tf.constant(texture), places))
    assert distance(param.bilinearly_sampled_image(texture, places), truth) < 1e-6


@pytest.mark.parametrize("form", ["L2", "L_inf", "L_inf without precondition"])
def test_unit_balls(lucid, form):
    def ball(module):
        balls = module.unit_balls
        if form == "L2":
            return balls.unit_ball_L2([2, 3])
        return balls.unit_ball_L_inf([2, 3], precondition=form == "L_inf")

    compare(lambda: ball(param), lambda: ball(lucid.optvis.param))


def test_version_0_3_10(stored):
    for name, (w, h, options) in {
        "wide": (12, 8, {}),
        "odd": (9, 7, {"batch": 2}),
        "channels": (8, None, {"channels": 5}),
        "pixels": (8, 6, {"fft": False}),
    }.items():
        image = Parameterization(lambda w=w, h=h, options=options: param.image(w, h, **options))
        image.variables[0].assign(stored[f"image/{name}/variable"])
        assert distance(image(), stored[f"image/{name}"]) < 1e-6, name


def test_noise_has_its_spread():
    assert param.pixel_image([8, 64, 64, 3], sd=0.3).numpy().std() == pytest.approx(0.3, rel=0.02)
    variable = Parameterization(lambda: param.fft_image([4, 64, 64, 3])).variables[0]
    assert variable.numpy().std() == pytest.approx(0.01, rel=0.02)


def test_an_image_starts_with_its_own_noise_whatever_the_batch():
    with _noise.seeded([7, 8, 9]):
        three = param.image(16, batch=3)
    with _noise.seeded([8]):
        one = param.image(16)
    np.testing.assert_array_equal(three[1], one[0])


@pytest.mark.parametrize("options", [{}, {"fft": False}, {"decorrelate": False}, {"batch": 2}])
@pytest.mark.parametrize(("w", "h"), SIZES)
def test_start_from_an_image(w, h, options):
    picture = np.random.default_rng(0).uniform(0.1, 0.9, (h, w, 3))
    found = param.image(w, h, init=picture, **options)
    np.testing.assert_allclose(found, np.broadcast_to(picture, found.shape), atol=1e-3)


def test_variables_are_made_once():
    image = Parameterization(lambda: param.image(8) * 0.5 + param.cppn(8) * 0.5)
    number = len(image.variables)
    traced = tf.function(lambda: image())
    np.testing.assert_allclose(traced(), image(), atol=1e-6)
    assert number == len(image.variables) == 1 + 2 * 9


@pytest.mark.parametrize(
    ("call", "rule", "received", "advice"),
    [
        (lambda: param.image(0), "`w` must be a whole number", "0", "give another"),
        (lambda: param.image(8, -3), "`h` must be a whole number", "-3", "give another"),
        (lambda: param.image(8, batch=0), "`batch` must be", "0", "give another"),
        (lambda: param.image(8, sd=0), "`sd` must be a standard deviation", "0", "Leave it out"),
        (lambda: param.image(8, alpha=True, channels=3), "One of `alpha` and `channels`", "channels=3", "leave"),
        (lambda: param.image(8, init=np.zeros((9, 8, 3))), "`init` must be an array", "(9, 8, 3)", "Resize"),
        (lambda: param.image(8, init=np.full((8, 8, 3), 200)), "`init` must have values 0 … 1", "200", "Divide by 255"),
        (lambda: param.image(8, init=np.full((8, 8, 3), np.nan)), "`init` must be finite", "192 values", "Look"),
        (lambda: param.to_valid_rgb(tf.zeros([1, 2, 2, 4]), True), "three channels", "[1, 2, 2, 4]", "colours alone"),
        (lambda: param.to_valid_rgb(tf.zeros([1, 2, 2, 3]), "art"), "`decorrelate` must be", "'art'", "Measure"),
        (lambda: param.fft_image([1, 8, 8]), "`shape` must be (batch", "[1, 8, 8]", "[1, 224, 224, 3]"),
        (lambda: param.laplacian_pyramid_image([1, 4, 4, 3]), "`n_levels`", "4", "fewer levels"),
        (lambda: param.lowres_tensor([1, 8], [1, 2, 3]), "`underlying_shape`", "[1, 2, 3]", "Give 1"),
        (lambda: param.lowres_tensor([1, 8], [1, 2], 9), "`offset`", "9", "half an entry"),
    ],
)
def test_bad_input(expect_refusal, call, rule, received, advice):
    with expect_refusal(rule, received, advice, kind=VisualizationError):
        call()
