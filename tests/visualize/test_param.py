import inspect
import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from param_cases import CASES, numbers

from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.visualize import ColourStatistics, _draws, _noise, param
from artlucid.visualize._variables import Parameterization
from artlucid.visualize.param import cppn as cppn_function

VALUES = Path(__file__).with_name("values")

# Lucid's public names that are not ours, and what does their work.
LEFT_OUT = {"resize_bilinear_nd.product": "`math.prod`"}

# In 0.3.8 these are absent, differ, or need `tensorflow.contrib.slim`.
ABSENT_IN_0_3_8 = {"pixel_image", "bilinearly_sampled_image", "grayscale_image_rgb", "laplacian_pyramid_image"}
CASES_IN_0_3_8 = sorted(
    name
    for name in set(CASES) - ABSENT_IN_0_3_8
    if not name.startswith(("cppn", "image_channels", "image_wide", "image_high", "image_batch", "image_pixels"))
)

WIDTH_FIRST = {
    "image_wide": (11, 6, {}),
    "image_high": (6, 9, {}),
    "image_batch": (6, 5, {"batch": 3}),
    "image_pixels": (5, 8, {"batch": 2, "fft": False}),
    "image_pixels_alpha": (5, 4, {"fft": False, "alpha": True, "decorrelate": False}),
    "image_alpha": (6, 4, {"alpha": True}),
}

STATISTICS = ColourStatistics([[0.3, 0.1, 0.02], [0.2, -0.05, 0.1], [0.25, -0.1, -0.1]], [0.6, 0.5, 0.3], "by hand")


def relative_error(found, expected):
    return np.linalg.norm(np.subtract(found, expected)) / np.linalg.norm(expected)


def largest_error(found, expected):
    """Over the variables; one that is nothing but rounding is held against a tenth of all of them together."""
    whole = np.sqrt(sum(np.linalg.norm(gradient) ** 2 for gradient in expected))
    lengths = [max(np.linalg.norm(gradient), 0.1 * whole) for gradient in expected]
    differences = [np.linalg.norm(one - other) for one, other in zip(found, expected, strict=True)]
    return max((difference / length for difference, length in zip(differences, lengths, strict=True)), default=0)


def given_to(name):
    """What a case is given: values of its variables or its draws, then weights of the entries of its image."""
    parameterization = Parameterization(lambda: CASES[name](param, tf))
    shape = parameterization.shape
    shapes = [variable.shape for variable in parameterization.variables]
    if not shapes:
        shapes = [(2, 3, *param.rfft2d_freqs(*shape[1:3]).shape)] * shape[0]
    return numbers(name, [*shapes, shape])


def ours(name):
    """Image and gradients of a case, as a step of an optimization takes them."""
    parameterization = Parameterization(lambda: CASES[name](param, tf))
    variables = parameterization.variables
    *values, weights = given_to(name)
    for variable, value in zip(variables, values, strict=False):
        variable.assign(value)

    @tf.function
    def step():
        with _draws.drawing(_draws.GivenDraws(values)):
            image = parameterization()
        return image, tf.gradients(tf.reduce_sum(image * weights), variables) if variables else []

    image, gradients = step()
    return image.numpy(), [gradient.numpy() for gradient in map(tf.convert_to_tensor, gradients)]


@pytest.fixture(scope="module")
def values():
    with np.load(VALUES / "param.npz", allow_pickle=False) as file:
        return dict(file)


@pytest.mark.parametrize("name", CASES)
def test_image_and_gradient_are_those_of_lucid_0_3_10(name, values):
    image, gradients = ours(name)
    assert image.shape == values[name].shape
    assert relative_error(image, values[name]) < 1e-5
    expected = [values[key] for key in values if key.startswith(f"{name}/")]
    stored = [gradient[..., ::16, ::16] if gradient.size > 10000 else gradient for gradient in gradients]
    assert largest_error(stored, expected) < 1e-5


def original_case(name, original):
    if name in WIDTH_FIRST:
        first, second, options = WIDTH_FIRST[name]
        return lambda: original.image(second, first, **options)  # 0.3.8 takes the height first
    return lambda: CASES[name](original, tf.compat.v1)


def apart(arrays):
    """0.3.8 has a spectrum for each image, 0.3.10 one for all, with the batch as its second axis."""
    return [part for array in arrays for part in (np.moveaxis(array, 1, 0) if array.ndim == 5 else [array])]


@pytest.mark.parametrize("name", [*CASES_IN_0_3_8, *sorted(set(WIDTH_FIRST) - set(CASES_IN_0_3_8))])
def test_image_and_gradient_are_those_of_the_real_lucid(name):
    if find_spec("lucid") is None:
        pytest.skip("The original Lucid is not installed.")
    bridge = pytest.importorskip("artlucid.export.lucid")
    (image, gradients), (*given, weights) = ours(name), given_to(name)
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        expected = original_case(name, bridge.original().optvis.param)()
        variables = tf.compat.v1.global_variables()
        draws = [op.outputs[0] for op in graph.get_operations() if op.type == "RandomStandardNormal"]
        for variable, value in zip(variables, apart(given) if variables else [], strict=True):
            variable.load(value, session)
        wanted = tf.gradients(tf.reduce_sum(expected * weights), variables) if variables else []
        feed = {} if variables else dict(zip(draws, given, strict=True))
        expected, wanted = session.run((expected, wanted), feed)
    assert relative_error(image, expected) < 1e-5
    assert largest_error(apart(gradients), wanted) < 1e-5


def parameters(value):
    if not callable(value):
        return None
    kept = [one for one in inspect.signature(value).parameters.values() if one.kind != one.KEYWORD_ONLY]
    return [str(one.replace(annotation=one.empty)).replace(" = ", "=").split("=<")[0] for one in kept]


def test_names_and_parameters_are_lucids():
    expected = json.loads((VALUES / "param_names.json").read_text())
    assert set(LEFT_OUT) <= set(expected)
    for path in set(expected) - set(LEFT_OUT):
        module, _, name = path.rpartition(".")
        value = getattr(import_module(f"artlucid.visualize.param.{module}".rstrip(".")), name)
        if expected[path] is None or "constrain" in name:
            continue
        found = parameters(value)
        # An older name may take what the newer one takes beside.
        assert found[: len(expected[path])] == expected[path], path
        assert all("=" in one for one in found[len(expected[path]) :]), path


@pytest.mark.parametrize("name", param.__all__)
def test_public_names_exist(name):
    assert hasattr(param, name)


def test_colours_are_lucids():
    np.testing.assert_allclose(param.color.max_norm_svd_sqrt, 0.4619524, rtol=1e-6)
    assert param.color.color_mean == [0.48, 0.46, 0.41]


def test_frequencies_of_an_odd_width_reach_a_pixel_further():
    assert param.rfft2d_freqs(4, 5).shape == (4, 4)
    assert param.rfft2d_freqs(4, 6).shape == (4, 4)


@pytest.mark.parametrize("fft", [True, False])
def test_noise_of_an_image_does_not_depend_on_its_batch(fft):
    with _noise.seeded([1, 2, 3]):
        together = param.image(6, batch=3, fft=fft)
    with _noise.seeded([2]):
        alone = param.image(6, fft=fft)
    np.testing.assert_allclose(together[1:2], alone, atol=1e-6)  # a transform of three rounds otherwise than one


@pytest.mark.parametrize(
    "make",
    [
        lambda sd: param.fft_image([1, 16, 16, 3], sd=sd),
        lambda sd: param.pixel_image([1, 16, 16, 3], sd=sd),
        lambda sd: param.lowres_tensor([1, 16, 16, 3], [1, 16, 16, 3], sd=sd),
        lambda sd: param.image(16, channels=2, sd=sd),
    ],
)
def test_initial_noise_has_the_deviation_asked_for(make):
    for sd in (None, 0.3):
        variables = Parameterization(lambda sd=sd: make(sd)).variables
        assert np.std(variables[0]) == pytest.approx(sd or 0.01, rel=0.1)


# Starting from an image.


def picture(shape):
    return np.random.default_rng(0).uniform(0.05, 0.95, shape)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((12, 16, 3), {}),
        ((9, 7, 3), {}),
        ((1, 1, 8, 3), {}),
        ((8, 6, 3), {"decorrelate": False}),
        ((8, 6, 3), {"decorrelate": STATISTICS}),
        ((8, 7, 3), {"fft": False}),
        ((2, 8, 7, 3), {"batch": 2}),
        ((3, 8, 7, 4), {"alpha": True}),
        ((8, 7, 5), {"channels": 5}),
    ],
)
def test_start_from_an_image(shape, options):
    init = picture(shape)
    image = param.image(shape[-2], shape[-3], init=init, **options)
    assert image.shape == (shape[0] if len(shape) == 4 else 1, *shape[-3:])
    np.testing.assert_allclose(image, np.broadcast_to(init, image.shape), atol=1e-4)


def test_one_image_starts_every_image_of_a_batch():
    init = picture((6, 5, 3))
    np.testing.assert_allclose(param.image(5, 6, batch=3, init=init)[2], init, atol=1e-4)


def test_black_and_white_come_out_nearly():
    init = np.zeros((8, 9, 3))
    init[:4] = 1
    found = param.image(9, 8, init=init).numpy()
    np.testing.assert_allclose(found[0], init, atol=1.1e-3)
    assert np.abs(found[0] - init).max() > 0.9e-3


def test_grey_start():
    init = picture((8, 6, 1))
    np.testing.assert_allclose(param.grayscale_image_rgb(6, 8, init=init)[0, ..., 2:], init, atol=1e-4)


@pytest.mark.parametrize("make", [param.fft_image, param.pixel_image])
def test_start_before_the_sigmoid(make):
    initial = np.random.default_rng(1).normal(size=(2, 5, 7, 3))
    np.testing.assert_allclose(make([2, 5, 7, 3], init_val=initial), initial, atol=1e-5)
    with pytest.warns(VisualizationWarning, match=r"sd=0\.1 has no effect"):
        make([2, 5, 7, 3], sd=0.1, init_val=initial)


# Colours of a collection.


def test_colours_of_a_collection_take_the_place_of_imagenets():
    t = np.random.default_rng(0).normal(size=(2, 3, 4, 3)).astype(np.float32)
    matrix = STATISTICS.matrix / np.linalg.norm(STATISTICS.matrix, axis=0).max()
    found = param.to_valid_rgb(t, decorrelate=STATISTICS)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-t @ matrix.T)), atol=1e-6)
    found = param.to_valid_rgb(t, decorrelate=STATISTICS, sigmoid=False)
    np.testing.assert_allclose(found, np.clip(t @ matrix.T + STATISTICS.mean, 0, 1), atol=1e-6)


# Repairs of Lucid.


@pytest.mark.parametrize("sequence", [list, tuple])
def test_pyramid_takes_any_sequence(sequence):
    assert param.laplacian_pyramid_image(sequence([1, 8, 16, 3])).shape == (1, 8, 16, 3)


def test_offsets_of_the_caller_stay():
    offset = [0, True, 2, False]
    param.lowres_tensor([1, 9, 8, 3], [1, 3, 4, 3], offset=offset)
    assert offset == [0, True, 2, False]


def test_older_names_are_the_newer_functions():
    assert param.naive is param.pixel_image
    assert param.laplacian_pyramid is param.laplacian_pyramid_image
    assert param.sample_bilinear is param.bilinearly_sampled_image


@pytest.mark.parametrize("make", [param.unit_ball_L2, param.unit_ball_L_inf])
def test_gradient_at_the_centre_of_a_ball_is_finite(make):
    ball = Parameterization(lambda: make([3, 2]))
    gradients = tf.function(lambda: tf.gradients(tf.reduce_sum(ball()), ball.variables))()
    np.testing.assert_array_equal(gradients[0], np.ones((3, 2)))


# CPPN.


def test_cppn_starts_with_one_colour_and_scaled_weights():
    with _noise.seeded([0]):
        network = Parameterization(lambda: cppn_function(4, num_hidden_channels=200, num_layers=2))
    first, bias, second, _, last, _ = (variable.numpy() for variable in network.variables)
    assert (np.ptp(network().numpy(), axis=(1, 2)) == 0).all()
    assert not last.any()
    for weights in (first, second):
        inputs = weights.shape[2]
        assert weights.std() == pytest.approx(inputs**-0.5, rel=0.05)
        # Truncated at two deviations of the distribution before the cut.
        assert np.abs(weights).max() <= 2 / 0.8796 * inputs**-0.5
    assert bias.std() == pytest.approx(0.1, rel=0.15)


def test_cppn_with_another_activation():
    from artlucid.visualize.param.cppn import _relu_normalized_activation

    normal = np.random.default_rng(0).normal(size=100000).astype(np.float32)
    activated = _relu_normalized_activation(normal).numpy()
    assert (activated.mean(), activated.std()) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.02))
    assert param.cppn(4, num_layers=1, activation_func=_relu_normalized_activation).shape == (1, 4, 4, 3)


def test_unbiased_activation():
    from artlucid.visualize.param.cppn import _composite_activation

    normal = np.random.default_rng(0).normal(size=(100000, 1)).astype(np.float32)
    both = _composite_activation(normal, biased=False).numpy()
    np.testing.assert_allclose(both.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(both.std(axis=0), 1, atol=0.03)


# Bad input.

BAD = {
    "width 0": (lambda: param.image(0), "`w` must be a whole number, at least 1", "0", "give another"),
    "negative height": (lambda: param.image(8, -1), "`h` must be a whole number", "-1", "Leave it out"),
    "height 0": (lambda: param.image(8, 0), "`h` must be a whole number", "0", "Leave it out"),
    "half a pixel": (lambda: param.image(8.5), "`w` must be a whole number", "8.5", "Leave it out"),
    "batch 0": (lambda: param.image(8, batch=0), "`batch` must be a whole number", "0", "Leave it out"),
    "no channel": (lambda: param.image(8, channels=0), "`channels` must be a whole number", "0", "Leave it out"),
    "sd 0": (lambda: param.image(8, sd=0), "`sd` must be a standard deviation above 0", "0", "Leave it out"),
    "sd -1": (lambda: param.pixel_image([1, 8, 8, 3], sd=-1), "`sd` must be", "-1", "Leave it out"),
    "sd nan": (lambda: param.lowres_tensor([8], [4], sd=float("nan")), "`sd` must be", "nan", "Leave it out"),
    "sample's sd": (lambda: param.image_sample([1, 8, 8, 3], sd=-1), "above 0 or 0", "-1", "Leave it out"),
    "alpha and channels": (
        lambda: param.image(8, alpha=True, channels=4),
        "`alpha` must be left out",
        "channels=4",
        "alpha=True",
    ),
    "colours and channels": (
        lambda: param.image(8, decorrelate=STATISTICS, channels=4),
        "no colour statistics where `channels` is given",
        "channels=4",
        "Leave one of them out",
    ),
    "colours by name": (
        lambda: param.image(8, decorrelate="imagenet"),
        "`decorrelate` must be True, False or colour statistics",
        "'imagenet'",
        "colour_statistics",
    ),
    "four channels": (
        lambda: param.to_valid_rgb(tf.zeros([1, 3, 3, 4]), decorrelate=True),
        "must have three channels",
        "[1, 3, 3, 4]",
        "t[..., :3]",
    ),
    "shape without a batch": (
        lambda: param.fft_image([8, 8, 3]),
        "`shape` must be (batch, height, width, channels)",
        "[8, 8, 3]",
        "[1, 224, 224, 3]",
    ),
    "shape with a 0": (lambda: param.pixel_image([1, 0, 8, 3]), "at least 1", "[1, 0, 8, 3]", "[1, 224, 224, 3]"),
    "number as a shape": (lambda: param.pixel_image(8), "`shape` must be", "8", "[1, 224, 224, 3]"),
    "one pixel wide": (lambda: param.image(1, 8), "must be at least 2", "1", "fft=False"),
    "too many levels": (
        lambda: param.laplacian_pyramid_image([1, 7, 9, 3]),
        "`n_levels` must leave a pixel",
        "4",
        "Use 3 or fewer",
    ),
    "shapes of other lengths": (
        lambda: param.lowres_tensor([1, 8, 8, 3], [4, 4, 3]),
        "an entry for each axis of `shape`",
        "[4, 4, 3]",
        "Give 1",
    ),
    "offset beyond": (
        lambda: param.lowres_tensor([1, 8, 8, 3], [1, 4, 4, 3], offset=9),
        "`offset` must be one number",
        "9 for [1, 8, 8, 3]",
        "half an entry",
    ),
    "offset for two axes": (
        lambda: param.lowres_tensor([1, 8, 8, 3], [1, 4, 4, 3], offset=[1, 1]),
        "one for each axis",
        "[1, 1]",
        "half an entry",
    ),
    "resizing to other axes": (
        lambda: param.resize_bilinear_nd(tf.zeros([3, 3]), [3]),
        "an entry for each axis of the tensor",
        "[3] for [3, 3]",
        "stay the length",
    ),
    "a batch as a texture": (
        lambda: param.bilinearly_sampled_image(tf.zeros([1, 4, 4, 3]), tf.zeros([2, 2])),
        "`texture` must be (height, width, channels)",
        "(1, 4, 4, 3)",
        "images[0]",
    ),
    "no places": (
        lambda: param.bilinearly_sampled_image(tf.zeros([4, 4, 3]), tf.zeros([2, 3])),
        "`uv` (…, 2)",
        "(2, 3)",
        "images[0]",
    ),
    "init of another size": (
        lambda: param.image(8, init=np.zeros((8, 9, 3))),
        "`init` must be an array of shape (1, 8, 8, 3) or (8, 8, 3)",
        "(8, 9, 3)",
        "Resize the image",
    ),
    "init of another batch": (
        lambda: param.image(8, batch=2, init=np.zeros((3, 8, 8, 3))),
        "of shape (2, 8, 8, 3)",
        "(3, 8, 8, 3)",
        "Resize",
    ),
    "init without alpha": (
        lambda: param.image(8, alpha=True, init=np.zeros((8, 8, 3))),
        "(8, 8, 4)",
        "(8, 8, 3)",
        "channels",
    ),
    "init in 0 … 255": (
        lambda: param.image(8, init=np.full((8, 8, 3), 200.0)),
        "`init` must hold values in 0 … 1",
        "200 … 200",
        "Divide by 255",
    ),
    "init with NaN": (lambda: param.image(8, init=np.full((8, 8, 3), np.nan)), "`init` must be finite", "192", "Look"),
    "init is text": (lambda: param.image(8, init="photo.png"), "`init` must be an array", "str", "Resize"),
    "init and sd": (
        lambda: param.image(8, sd=0.1, init=np.zeros((8, 8, 3))),
        "`sd` must be left out where `init` is given",
        "sd=0.1",
        "Add noise",
    ),
    "no layers": (lambda: param.cppn(8, num_layers=0), "`num_layers` must be", "0", "give another"),
    "ball of nothing": (lambda: param.unit_ball_L2([0]), "`shape` must be", "[0]", "[1, 224, 224, 3]"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(case, expect_refusal):
    call, rule, received, advice = BAD[case]
    with expect_refusal(rule, received, advice, kind=VisualizationError):
        call()
