"""Laws that every similarity of features obeys."""

import numpy as np
import pytest
import scipy.stats
from registry import SIMILARITIES

from artlucid.errors import MetricError
from artlucid.metrics import ConstantFeaturesError

every_similarity = pytest.mark.parametrize("similarity", SIMILARITIES.values(), ids=SIMILARITIES)
every_debiased = pytest.mark.parametrize(
    "similarity", [pytest.param(call, id=name) for name, call in SIMILARITIES.items() if "debiased" in name]
)

# More images than channels, and fewer: the two forms of the products.
SHAPES = {"many images": (90, 5, 8), "many channels": (12, 30, 7)}


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def features(request):
    """Of two networks, with a dead channel, and what both have in common."""
    n_images, channels_a, channels_b = request.param
    generator = np.random.default_rng(4)
    common = generator.normal(size=(n_images, 3))
    a, b = (common @ generator.normal(size=(3, channels)) for channels in (channels_a, channels_b))
    a, b = (np.maximum(array + 0.5 * generator.normal(size=array.shape), 0) for array in (a, b))
    b[:, 0] = 0
    return a, b


@every_similarity
def test_is_symmetric(similarity, features):
    a, b = features
    assert similarity(a, b) == pytest.approx(similarity(b, a), rel=1e-12)


@every_similarity
def test_rotation_scale_and_shift_change_nothing(similarity, features):
    a, b = features
    rotation = scipy.stats.ortho_group.rvs(b.shape[1], random_state=1)
    expected = similarity(a, b)
    assert similarity(a, 1e-3 * (b @ rotation) + 40) == pytest.approx(expected, rel=1e-9)
    assert similarity(-7e5 * a, b) == pytest.approx(expected, rel=1e-11)


@every_similarity
def test_other_linear_maps_change_it(similarity, features):
    a, b = features
    assert abs(similarity(a, b * np.linspace(0, 9, b.shape[1])) - similarity(a, b)) > 0.01


@every_similarity
def test_order_of_images_and_of_channels_does_not_matter(similarity, features):
    a, b = features
    generator = np.random.default_rng(1)
    images, channels = generator.permutation(len(a)), generator.permutation(a.shape[1])
    assert similarity(a[images], b[images]) == pytest.approx(similarity(a, b), rel=1e-11)
    assert similarity(a[:, channels], b) == pytest.approx(similarity(a, b), rel=1e-11)
    # The order of one network's images alone does.
    assert abs(similarity(a, b[images]) - similarity(a, b)) > 0.01


@every_similarity
def test_is_1_with_itself_and_never_more(similarity, features):
    for array in features:
        assert 1 - 1e-12 < similarity(array, array) <= 1
        assert 1 - 1e-12 < similarity(array, 3 * array[:, ::-1]) <= 1
    assert 0 < similarity(*features) < 0.99


@every_similarity
@pytest.mark.parametrize("scale", [1e-160, 1e-30, 1e30, 1e150])
def test_scales_that_overflow_or_underflow_in_fourth_powers(scale, similarity, features):
    a, b = features
    assert similarity(a * scale, b) == pytest.approx(similarity(a, b), rel=1e-11)


@every_similarity
def test_inputs_stay_as_they_are(similarity, features):
    copies = [array.copy() for array in features]
    for array in features:
        array.flags.writeable = False
    similarity(*features)
    for array, copy in zip(features, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_similarity
def test_precisions_layouts_and_lists(similarity, features):
    a, b = features
    single = [array.astype(np.float32) for array in features]
    expected = similarity(*(array.astype(np.float64) for array in single))
    assert similarity(*single) == expected == similarity(single[0], single[1].astype(np.float64))
    assert similarity(np.asfortranarray(a), b[::-1][::-1]) == pytest.approx(similarity(a, b), rel=1e-12)
    assert similarity(a.tolist(), b.tolist()) == similarity(a, b)
    whole = np.round(10 * a).astype(np.uint8)
    assert similarity(whole, b) == similarity(whole.astype(np.float64), b)
    assert np.isfinite(similarity(a > 0.5, b.astype(np.float16)))


@every_similarity
@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
def test_constant_layer_is_named(value, similarity, features):
    a, b = features
    with pytest.raises(ConstantFeaturesError, match=r"`mixed3a` must vary over .*Received .* Leave this layer out"):
        similarity(a, np.full_like(b, value), names=("conv2d0", "mixed3a"))
    with pytest.raises(ConstantFeaturesError, match="`features_a` must vary over"):
        similarity(np.full_like(a, value), b)


@every_debiased
def test_layer_that_one_image_fires_is_named(similarity, features):
    a, b = features
    single = np.zeros_like(b)
    single[5] = b[5]
    with pytest.raises(ConstantFeaturesError, match="`features_b` must vary over"):
        similarity(a, single)


BAD = {
    "one dimension": (np.ones(9), "must have shape .n_images, n_channels.* Received shape .9,.. Average"),
    "maps": (np.ones((9, 2, 2, 3)), r"Received shape \(9, 2, 2, 3\). Average over height and width first"),
    "no channels": (np.ones((9, 0)), r"Received shape \(9, 0\)"),
    "complex": (np.ones((9, 2)) * 1j, "must hold real numbers. Received complex128. Give"),
    "words": (np.full((9, 2), "a"), "must hold real numbers. Received <U1"),
    "objects": (np.full((9, 2), None), "must hold real numbers. Received object"),
    "too many images": (np.ones((10, 2)), "same images in the same order. Received 9 and 10 rows. Extract"),
}


@every_similarity
@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, similarity):
    bad, message = BAD[case]
    with pytest.raises(MetricError, match=message):
        similarity(np.random.default_rng(0).random((9, 3)), bad)


@every_similarity
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_located(value, similarity, features):
    a, b = features
    b[7, 3] = value
    with pytest.raises(MetricError, match=rf"`mixed5b` must be finite. Received {value} for image 7, channel 3. Look"):
        similarity(a, b, names=("mixed5b", "mixed5b"))


@every_similarity
def test_differences_beyond_the_doubles_are_refused(similarity):
    a = np.random.default_rng(0).random((9, 3))
    b = np.where(a > 0.5, 1.7e308, -1.7e308)
    with pytest.raises(MetricError, match=r"sums are finite. Received .* Divide"):
        similarity(a, b)


@every_similarity
def test_fewest_images(similarity):
    fewest = 2 if similarity in (SIMILARITIES["linear_cka"], SIMILARITIES["rbf_cka"]) else 4
    a, b = np.random.default_rng(0).random((2, fewest, 3))
    assert -1 <= similarity(a, b) <= 1
    with pytest.raises(MetricError, match=f"at least {fewest} images. Received {fewest - 1}. Give more"):
        similarity(a[1:], b[1:])
