"""Intervals and floors against derivatives, jackknife, coverage, and all orders of a few images."""

import dataclasses
import itertools

import numpy as np
import pytest
import scipy.stats

from artlucid import metrics
from artlucid.errors import MetricError
from artlucid.metrics import Permutations, Resampling
from artlucid.metrics._cka_statistics import influence, unbiased_of_images
from artlucid.metrics._features import paired_features
from artlucid.metrics._hsic import FeatureForm, GramForm, form_of, gram, unbiased

PERCENTILE = Resampling(method="percentile", resamples=400)


def drawn(n_images, channels=12, mix=0.8, seed=0):
    """Features of which the true CKA is mix² for one and the same variance in all directions."""
    generator = np.random.default_rng(seed)
    a, other = generator.normal(size=(2, n_images, channels))
    return a, mix * a + np.sqrt(1 - mix**2) * other


def form(a, b):
    return form_of(*paired_features(a, b, ("a", "b")))


def test_values_are_those_of_linear_cka():
    a, b = drawn(50)
    found = metrics.cka_statistics(a, b)
    debiased = metrics.linear_cka(a, b, debiased=True)
    assert found == metrics.CkaStatistics(50, metrics.linear_cka(a, b), debiased)
    assert found.interval is found.floor is None


def test_both_forms_have_the_same_parts():
    a, b = drawn(90)
    features = paired_features(a, b, ("a", "b"))
    forms = FeatureForm(*features), GramForm(*(gram(one.whole()) for one in features))
    order = np.random.default_rng(0).permutation(90)
    for name in ("product_ab", "product_aa", "product_bb", "diagonal_a", "diagonal_b"):
        np.testing.assert_allclose(*(getattr(one.sums, name) for one in forms), rtol=1e-11)
    np.testing.assert_allclose(*(one.of_images() for one in forms), rtol=1e-9, atol=1e-9)
    assert forms[0].product_of_permuted(order) == pytest.approx(forms[1].product_of_permuted(order), rel=1e-11)


@pytest.mark.parametrize(("n_images", "expected"), [(23, GramForm), (24, FeatureForm), (500, FeatureForm)])
def test_form_that_costs_less(n_images, expected):
    assert type(form(*drawn(n_images))) is expected


def test_influence_is_the_derivative_by_an_images_weight():
    a, b = drawn(40, channels=5)

    def weighted(weights):
        weights = weights / weights.sum()
        (x, y) = (array - weights @ array for array in (a, b))
        products = [(u.T @ (weights[:, None] * v)) for u, v in ((x, y), (x, x), (y, y))]
        both, of_a, of_b = ((product**2).sum() for product in products)
        return both / np.sqrt(of_a * of_b)

    value = weighted(np.ones(40))
    found = influence(form(a, b).of_images(), value)
    step = 1e-5
    expected = [(weighted(1 + step * row) - weighted(1 - step * row)) / (2 * step) for row in np.eye(40)]
    np.testing.assert_allclose(found / 40, expected, rtol=1e-5, atol=1e-9)


def test_debiased_influence_is_what_leaving_an_image_out_changes():
    a, b = drawn(80, channels=30)
    one = form(a, b)
    sums = one.sums
    pairs = (
        (sums.diagonal_a, sums.diagonal_b),
        (sums.diagonal_a, sums.diagonal_a),
        (sums.diagonal_b, sums.diagonal_b),
    )
    parts = [unbiased_of_images(part, *pair) for part, pair in zip(one.of_images(), pairs, strict=True)]
    value = metrics.linear_cka(a, b, debiased=True)
    np.testing.assert_allclose([part.sum() for part in parts][1:], [sums.unbiased_aa(), sums.unbiased_bb()], rtol=1e-11)
    assert parts[0].sum() == pytest.approx(unbiased(sums.product_ab, sums.diagonal_a, sums.diagonal_b), rel=1e-11)
    found = influence(parts, value)
    without = [metrics.linear_cka(*(np.delete(x, image, axis=0) for x in (a, b)), debiased=True) for image in range(80)]
    left_out = 79 * (value - np.array(without))
    assert np.corrcoef(found, left_out)[0, 1] > 0.995
    assert np.std(found) == pytest.approx(np.std(left_out), rel=0.05)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_interval_is_that_of_a_jackknife_error(method):
    a, b = drawn(300)
    found = metrics.cka_statistics(a, b, resampling=Resampling(method=method, resamples=2000))
    for value, interval, debiased in (
        (found.cka, found.interval, False),
        (found.cka_debiased, found.interval_debiased, True),
    ):
        without = [
            metrics.linear_cka(*(np.delete(x, image, axis=0) for x in (a, b)), debiased=debiased)
            for image in range(300)
        ]
        error = np.std(without) * np.sqrt(299)
        assert (interval.low, interval.high) == pytest.approx(
            (value - 1.96 * error, value + 1.96 * error), abs=0.2 * error
        )


@pytest.mark.parametrize("mix", [0, 0.4, 0.9])
def test_intervals_of_95_per_cent_hold_the_true_value_about_as_often(mix):
    held = 0
    for seed in range(120):
        found = metrics.cka_statistics(*drawn(60, 40, mix, seed), resampling=dataclasses.replace(PERCENTILE, seed=seed))
        held += found.interval_debiased.low <= mix**2 <= found.interval_debiased.high
    assert 0.89 <= held / 120 <= 1


def test_plain_interval_is_around_the_plain_value():
    found = metrics.cka_statistics(*drawn(60, 40, 0.4), resampling=PERCENTILE)
    assert found.interval.low < found.cka < found.interval.high
    # The plain value of so few images is far above the true one, 0.16.
    assert found.interval.low > 0.3 > found.interval_debiased.high - 0.1
    assert dataclasses.asdict(found.interval).items() >= dataclasses.asdict(PERCENTILE).items()


def test_interval_stays_where_the_values_are():
    lows = []
    for seed, mix in itertools.product(range(8), (0, 0.7)):
        found = metrics.cka_statistics(*drawn(5, 1, mix, seed), resampling=PERCENTILE)
        lows.append(found.interval_debiased.low)
        assert 0 <= found.interval.low <= found.interval.high <= 1
        assert -1 <= found.interval_debiased.low <= found.interval_debiased.high <= 1
    assert min(lows) < 0


@pytest.mark.parametrize("n_images", [8, 200])
@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_interval_of_a_network_with_itself_is_a_point(method, n_images):
    a, _ = drawn(n_images)
    for b in (a, 3 * a[:, ::-1] + 1):
        found = metrics.cka_statistics(a, b, resampling=Resampling(method=method, resamples=100))
        for interval in (found.interval, found.interval_debiased):
            assert (interval.low, interval.high) == pytest.approx((1, 1), abs=1e-12)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
@pytest.mark.parametrize("n_images", [4, 20, 150])
def test_interval_of_a_network_that_differs_by_rounding_is_about_1(method, n_images):
    generator = np.random.default_rng(n_images)
    for channels, seed in itertools.product((2, 5, 40), range(4)):
        a = generator.normal(size=(n_images, channels))
        rotation = scipy.stats.ortho_group.rvs(channels, random_state=seed)
        for b in (a @ rotation, a * (1 + 1e-8 * generator.normal(size=a.shape)), 3 * a + 1):
            found = metrics.cka_statistics(a, b, resampling=Resampling(method=method, resamples=100))
            for interval in (found.interval, found.interval_debiased):
                assert 1 - 1e-10 < interval.low <= interval.high <= 1


def test_features_without_any_product():
    # Of images in pairs, so that every covariance of channels is 0, and the plain value too.
    a, b = np.tile([[-1.0], [-1.0], [1.0], [1.0]], (5, 1)), np.tile([[-1.0], [1.0]], (10, 1))
    found = metrics.cka_statistics(a, b, resampling=Resampling(), permutations=Permutations())
    assert found.cka == found.interval.low == 0
    assert found.cka_debiased == metrics.linear_cka(a, b, debiased=True)
    assert found.floor.mean == pytest.approx(1 / 19)


def test_seeds_decide():
    arrays = drawn(40)
    found = [
        metrics.cka_statistics(*arrays, resampling=Resampling(seed=seed), permutations=Permutations(seed=seed))
        for seed in (0, 0, 1)
    ]
    assert found[0] == found[1]
    assert found[0].interval.low != found[2].interval.low
    assert found[0].floor.quantile != found[2].floor.quantile
    assert found[0].floor.mean == found[2].floor.mean


@pytest.mark.parametrize("channels", [2, 9])
def test_floor_is_that_of_all_orders(channels):
    a, b = drawn(6, channels)
    orders = list(itertools.permutations(range(6)))
    found = metrics.cka_statistics(a, b, permutations=Permutations(number=2000, level=0.8))
    for floor, debiased in ((found.floor, False), (found.floor_debiased, True)):
        values = [metrics.linear_cka(a, b[list(order)], debiased=debiased) for order in orders]
        assert floor.mean == pytest.approx(np.mean(values), abs=1e-12)
        assert floor.quantile == pytest.approx(np.quantile(values, 0.8), abs=0.03)
        assert (floor.number, floor.level, floor.seed) == (2000, 0.8, 0)


@pytest.mark.parametrize("n_images", [20, 60])
def test_floor_of_the_orders_drawn(n_images):
    a, b = drawn(n_images, 12)
    generator = np.random.default_rng(7)
    orders = [generator.permutation(n_images) for _ in range(20)]
    found = metrics.cka_statistics(a, b, permutations=Permutations(number=20, seed=7))
    for floor, debiased in ((found.floor, False), (found.floor_debiased, True)):
        values = [metrics.linear_cka(a, b[order], debiased=debiased) for order in orders]
        assert floor.quantile == pytest.approx(np.quantile(values, 0.95), rel=1e-9)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("number", 19), ("number", 20.5), ("seed", -1), ("level", 0), ("level", 1), ("level", True), ("level", None)],
)
def test_permutations_out_of_range(setting, value):
    with pytest.raises(MetricError, match=f"`{setting}` of permutations must be .*Received {value}. Give"):
        Permutations(**{setting: value})
