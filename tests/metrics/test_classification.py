"""Values worked out by hand, and scikit-learn's."""

import numpy as np
import pytest
import sklearn.metrics

from artlucid import metrics
from artlucid.errors import MetricError

Y_TRUE = [0, 1, 2, 2]
# Ranks of the true class: 1, 2, 3, 1.
Y_SCORE = [[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]


@pytest.fixture(params=[0, 1, 2])
def drawn(request):
    generator = np.random.default_rng(request.param)
    scores = generator.dirichlet(np.ones(7), size=90)
    labels = np.where(generator.random(90) < 0.5, scores.argmax(axis=1), generator.integers(0, 7, 90))
    return labels, scores


def test_by_hand():
    assert [metrics.top_k_accuracy(Y_TRUE, Y_SCORE, k=k) for k in (1, 2)] == [0.5, 0.75]
    assert metrics.confusion_matrix(Y_TRUE, Y_SCORE).tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 1]]
    assert metrics.class_accuracies(Y_TRUE, Y_SCORE).tolist() == [1.0, 0.0, 0.5]


def test_class_without_images():
    accuracies = metrics.class_accuracies([0, 0], [[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]])
    assert accuracies[0] == 0.5
    assert np.isnan(accuracies[1:]).all()


def test_of_equal_scores_the_first_is_the_prediction():
    assert metrics.confusion_matrix([1], [[0.4, 0.4, 0.2]]).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert metrics.top_k_accuracy([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == 0.5
    assert metrics.top_k_hits([0, 1, 2], [[0.3, 0.3, 0.3]] * 3, k=1).tolist() == [True, False, False]
    assert metrics.top_k_hits([0, 1, 2], [[0.3, 0.3, 0.3]] * 3, k=2).tolist() == [True, True, False]


def test_hits_by_hand():
    assert metrics.top_k_hits(Y_TRUE, Y_SCORE).tolist() == [True, False, False, True]
    assert metrics.top_k_hits(Y_TRUE, Y_SCORE, k=2).tolist() == [True, True, False, True]
    # With equal scores too, the accuracy is that of the confusion matrix.
    generator = np.random.default_rng(3)
    labels, scores = generator.integers(0, 4, 200), generator.integers(0, 3, (200, 4))
    right = np.trace(metrics.confusion_matrix(labels, scores))
    assert metrics.top_k_hits(labels, scores).sum() == right == 200 * metrics.top_k_accuracy(labels, scores)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_top_k_is_scikit_learns(k, drawn):
    labels, scores = drawn
    expected = sklearn.metrics.top_k_accuracy_score(labels, scores, k=k, labels=range(7))
    assert metrics.top_k_accuracy(labels, scores, k=k) == pytest.approx(expected)


def test_others_are_scikit_learns(drawn):
    labels, scores = drawn
    predicted = scores.argmax(axis=1)
    matrix = sklearn.metrics.confusion_matrix(labels, predicted, labels=range(7))
    np.testing.assert_array_equal(metrics.confusion_matrix(labels, scores), matrix)
    recall = sklearn.metrics.recall_score(labels, predicted, labels=range(7), average=None)
    np.testing.assert_allclose(metrics.class_accuracies(labels, scores), recall)
    assert metrics.top_k_accuracy(labels, scores) == pytest.approx(sklearn.metrics.accuracy_score(labels, predicted))


def test_two_classes():
    generator = np.random.default_rng(0)
    scores, labels = generator.random((50, 2)), generator.integers(0, 2, 50)
    expected = sklearn.metrics.accuracy_score(labels, scores.argmax(axis=1))
    assert metrics.top_k_accuracy(labels, scores) == pytest.approx(expected)


@pytest.mark.parametrize("k", [0, -1, 3, 4, 1.5, 2.0, True, None])
def test_k_out_of_range(k):
    with pytest.raises(
        MetricError, match=f"`k` must be an integer of at least 1 and below .*Received {k} for 3 classes. With k"
    ):
        metrics.top_k_accuracy(Y_TRUE, Y_SCORE, k=k)
