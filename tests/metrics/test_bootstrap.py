"""Intervals against theory, against SciPy, and in cases that have one answer."""

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from artlucid import metrics
from artlucid.errors import MetricError
from artlucid.metrics import Resampling
from artlucid.metrics._resampled_precision import resampled_mean_average_precision

METHODS = ("BCa", "percentile")

every_method = pytest.mark.parametrize("method", METHODS)


def mean(y_true, y_score):
    return y_score.mean()


@pytest.fixture
def several():
    """Labels and scores of 60 images and three classes, the last one with two positives."""
    generator = np.random.default_rng(6)
    labels = (generator.random((60, 3)) < 0.3).astype(np.uint8)
    labels[:, 2] = 0
    labels[[4, 40], 2] = 1
    return labels, generator.random((60, 3)) + 0.4 * labels


@every_method
def test_accuracy_has_the_interval_of_a_binomial(method):
    hits = np.arange(400) < 260
    found = metrics.bootstrap(mean, hits, hits, resampling=Resampling(method=method, resamples=4000))
    half = 1.96 * math.sqrt(0.65 * 0.35 / 400)
    assert (found.low, found.high) == pytest.approx((0.65 - half, 0.65 + half), abs=0.006)


@every_method
def test_metric_of_several_labels_is_scipys(method, several):
    labels, scores = several
    images = np.arange(60)
    settings = {"n_resamples": 200, "confidence_level": 0.8, "method": method, "batch": 100}
    expected = scipy.stats.bootstrap(
        (images,),
        lambda rows: metrics.mean_average_precision(labels[rows], scores[rows]),
        vectorized=False,
        rng=np.random.default_rng(5),
        **settings,
    ).confidence_interval
    resampling = Resampling(level=0.8, resamples=200, method=method, seed=5)
    found = metrics.bootstrap(metrics.mean_average_precision, labels, scores, resampling=resampling)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.low < metrics.mean_average_precision(labels, scores) < found.high


@pytest.mark.parametrize("digits", [1, 2, 9], ids=["many ties", "ties", "no ties"])
def test_precision_on_resamples_is_scikit_learns(digits):
    generator = np.random.default_rng(digits)
    labels = (generator.random((90, 5)) < 0.2).astype(np.uint8)
    labels[:, 3] = 0
    labels[7:, 4] = 0
    labels[:7, 4] = [0, 1, 0, 0, 0, 0, 0]
    scores = np.round(generator.random((90, 5)) + 0.4 * labels, digits)
    resamples = generator.integers(0, 90, (40, 90))
    present = [labels[images].any(axis=0) for images in resamples]
    # No image has the fourth class, and some resamples have no image of the last.
    assert sorted({tuple(classes[3:].tolist()) for classes in present}) == [(False, False), (False, True)]
    expected = [
        sklearn.metrics.average_precision_score(labels[images][:, classes], scores[images][:, classes])
        for images, classes in zip(resamples, present, strict=True)
    ]
    counts = np.array([np.bincount(images, minlength=90) for images in resamples])
    found = resampled_mean_average_precision(labels, scores)(counts)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_bca_and_percentile_differ_where_the_resamples_are_skew(several):
    ends = [
        metrics.bootstrap(metrics.mean_average_precision, *several, resampling=Resampling(resamples=200, method=method))
        for method in METHODS
    ]
    # The average precision of two positives rises where one of them is drawn twice; BCa corrects for that.
    assert ends[0].low < ends[1].low and ends[0].high < ends[1].high


def test_interval_says_how_it_was_made():
    resampling = Resampling(level=0.9, resamples=150, method="percentile", seed=3)
    found = metrics.bootstrap(mean, range(20), range(20), resampling=resampling)
    assert dataclasses.asdict(found) == {
        "low": found.low,
        "high": found.high,
        "level": 0.9,
        "resamples": 150,
        "method": "percentile",
        "seed": 3,
    }
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.low = 0


def test_seed_decides():
    numbers = np.random.default_rng(0).random(50)
    ends = [metrics.bootstrap(mean, numbers, numbers, resampling=Resampling(seed=seed)) for seed in (0, 0, 1)]
    assert ends[0] == ends[1]
    assert (ends[0].low, ends[0].high) != (ends[2].low, ends[2].high)


def test_higher_level_is_wider():
    numbers = np.random.default_rng(0).random(50)
    narrow, wide = (
        metrics.bootstrap(mean, numbers, numbers, resampling=Resampling(level=level)) for level in (0.5, 0.99)
    )
    assert wide.low < narrow.low < numbers.mean() < narrow.high < wide.high


@every_method
def test_difference_of_networks_that_fail_alike_is_known_better_than_their_scores(method):
    generator = np.random.default_rng(0)
    first = generator.random(300) < 0.6
    second = first.copy()
    second[np.flatnonzero(~first)[:30]] = True
    found = metrics.paired_bootstrap(mean, first, [first, second], resampling=Resampling(method=method))
    (difference,) = found.differences
    assert all(score.high - score.low > 0.1 for score in found.scores)
    # Right in 30 of 300 where the first is wrong: a binomial again, and the sign is that of second less first.
    half = 1.96 * math.sqrt(0.1 * 0.9 / 300)
    assert (difference.low, difference.high) == pytest.approx((0.1 - half, 0.1 + half), abs=0.01)


def test_each_network_has_the_interval_that_it_has_alone():
    generator = np.random.default_rng(0)
    scores = generator.random((3, 40))
    found = metrics.paired_bootstrap(mean, scores[0], list(scores))
    alone = [metrics.bootstrap(mean, scores[0], one) for one in (*scores, scores[1] - scores[0], scores[2] - scores[0])]
    for interval, expected in zip(found.scores + found.differences, alone, strict=True):
        assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


@every_method
def test_all_resamples_alike_give_a_point(method):
    right = np.ones(30, bool)
    found = metrics.paired_bootstrap(mean, right, [right, right], resampling=Resampling(method=method))
    assert [(interval.low, interval.high) for interval in found.scores + found.differences] == [(1, 1), (1, 1), (0, 0)]


def test_resamples_without_a_rare_class_are_means_over_the_others():
    # The rare class is ranked worst, the common one perfectly: with it 0.5 and a little, without it 1.
    labels = np.zeros((20, 2), np.uint8)
    labels[:10, 0] = labels[0, 1] = 1
    scores = np.stack([labels[:, 0], 1 - labels[:, 1]], axis=1)
    found = metrics.bootstrap(
        metrics.mean_average_precision, labels, scores, resampling=Resampling(method="percentile", resamples=300)
    )
    assert 0.5 < found.low < 0.6
    assert found.high == 1


def test_metric_that_a_resample_leaves_undefined(expect_refusal):
    labels = np.zeros((20, 2), np.uint8)
    labels[0, 0] = 1
    with expect_refusal("every resample", "a positive in at least one class", "go without", kind=MetricError):
        metrics.bootstrap(metrics.mean_average_precision, labels, np.random.default_rng(0).random((20, 2)))
    with expect_refusal("every resample", "not finite", "go without", kind=MetricError):
        metrics.bootstrap(lambda *_: math.nan, labels, labels)


def test_bca_that_is_undefined(expect_refusal):
    numbers = np.random.default_rng(0).random(30)
    with expect_refusal("on both sides", "BCa", "percentile", kind=MetricError):
        # On the images themselves, none of which is drawn twice, far above what it is on any resample.
        metrics.bootstrap(lambda _, y_score: len(np.unique(y_score)), numbers, numbers)


WRONG = {
    "level 0": ({"level": 0}, "`level`", "Received 0.", "0.95"),
    "level 1": ({"level": 1}, "`level`", "Received 1.", "0.95"),
    "level in percent": ({"level": 95}, "above 0 and below 1", "95", "0.95"),
    "level NaN": ({"level": math.nan}, "`level`", "nan", "0.95"),
    "level that is a text": ({"level": "0.9"}, "`level`", "'0.9'", "0.95"),
    "few resamples": ({"resamples": 99}, "`resamples`", "99", "1000"),
    "resamples that are no integer": ({"resamples": 1e3}, "`resamples`", "1000.0", "Give 1000"),
    "negative seed": ({"seed": -1}, "`seed`", "-1", "Give 0"),
    "method": ({"method": "basic"}, "BCa, percentile", "'basic'", "Choose"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_settings(case, expect_refusal):
    settings, rule, received, advice = WRONG[case]
    with expect_refusal(rule, received.removeprefix("Received "), advice, kind=MetricError):
        Resampling(**settings)


@pytest.mark.parametrize(
    ("labels", "scores", "lengths"),
    [([1, 0, 1], [[1, 0]], "3, 2"), ([1], [[1]], "1, 1"), ([1, 0], [], "2"), (1, [1], "0, 0"), ([], [[]], "0, 0")],
)
def test_arrays_that_do_not_fit(labels, scores, lengths, expect_refusal):
    with expect_refusal("same images", lengths, "Give a label", kind=MetricError):
        metrics.paired_bootstrap(mean, labels, scores)
