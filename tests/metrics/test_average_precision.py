"""Values worked out by hand, and scikit-learn's."""

import numpy as np
import pytest
import sklearn.metrics

from artlucid import metrics
from artlucid.errors import MetricError

# Columns: positives at ranks 1 and 3 of four; at rank 4; nowhere; everywhere.
Y_TRUE = [[1, 0, 0, 1], [0, 0, 0, 1], [1, 0, 0, 1], [0, 1, 0, 1]]
Y_SCORE = [[0.9, 0.9, 0.1, 0.1], [0.8, 0.8, 0.2, 0.2], [0.7, 0.7, 0.3, 0.3], [0.6, 0.6, 0.4, 0.4]]


def test_by_hand():
    found = metrics.average_precisions(Y_TRUE, Y_SCORE)
    np.testing.assert_allclose(found, [(1 / 1 + 2 / 3) / 2, 1 / 4, np.nan, 1])
    assert metrics.mean_average_precision(Y_TRUE, Y_SCORE) == pytest.approx((5 / 6 + 1 / 4 + 1) / 3)


def test_equal_scores_count_at_one_threshold():
    # Down to the shared score two of three images are positive, whatever their order.
    assert metrics.average_precisions([[1], [0], [1], [0]], [[0.5], [0.5], [0.5], [0.1]]).tolist() == [2 / 3]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scikit_learns(seed):
    generator = np.random.default_rng(seed)
    labels = (generator.random((120, 7)) < 0.2).astype(np.uint8)
    scores = np.round(generator.random((120, 7)) + 0.4 * labels, 2)
    expected = sklearn.metrics.average_precision_score(labels, scores, average=None)
    np.testing.assert_array_equal(metrics.average_precisions(labels, scores), expected)
    assert metrics.mean_average_precision(labels, scores) == pytest.approx(
        sklearn.metrics.average_precision_score(labels, scores, average="macro")
    )


def test_class_without_positives_counts_in_no_mean():
    # scikit-learn warns and counts it as 0.
    with pytest.warns(UserWarning, match="No positive class"):
        macro = sklearn.metrics.average_precision_score(Y_TRUE, Y_SCORE, average="macro")
    assert metrics.mean_average_precision(Y_TRUE, Y_SCORE) == pytest.approx(macro * 4 / 3)


def test_no_positives_at_all(expect_refusal):
    assert np.isnan(metrics.average_precisions([[0, 0], [0, 0]], [[0.1, 0.2], [0.3, 0.4]])).all()
    with expect_refusal("a positive in at least one", "2 images without any in 2", "give more", kind=MetricError):
        metrics.mean_average_precision([[0, 0], [0, 0]], [[0.1, 0.2], [0.3, 0.4]])
