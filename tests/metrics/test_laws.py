"""Laws that every metric obeys. A public metric that is not registered here fails."""

import doctest
import importlib

import numpy as np
import pytest
from registry import OF_LABELS_AND_SCORES, OF_SEVERAL_LABELS, registered

from artlucid import metrics
from artlucid.errors import MetricError

every_metric_of_several_labels = pytest.mark.parametrize(
    "metric", OF_SEVERAL_LABELS.values(), ids=list(OF_SEVERAL_LABELS)
)
every_metric = pytest.mark.parametrize("metric", OF_LABELS_AND_SCORES.values(), ids=OF_LABELS_AND_SCORES)


@pytest.fixture
def drawn():
    generator = np.random.default_rng(5)
    return generator.integers(0, 6, 40), generator.random((40, 6)).astype(np.float32)


def test_every_public_metric_is_registered():
    assert set(metrics.__all__) == registered()


EXAMPLES = [
    "_average_precision",
    "_bootstrap",
    "_checks",
    "_cka",
    "_cka_statistics",
    "_classification",
    "_entropy",
    "_kernels",
    "_overlap",
    "_resampled_precision",
    "_top_images",
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name):
    found = doctest.testmod(importlib.import_module(f"artlucid.metrics.{name}"))
    assert found.failed == 0 < found.attempted


@every_metric
def test_order_of_images_does_not_matter(metric, drawn):
    labels, scores = drawn
    order = np.random.default_rng(1).permutation(len(labels))
    np.testing.assert_array_equal(metric(labels[order], scores[order]), metric(labels, scores))


@every_metric
def test_inputs_stay_as_they_are(metric, drawn):
    labels, scores = drawn
    copies = labels.copy(), scores.copy()
    for array in drawn:
        array.flags.writeable = False
    metric(labels, scores)
    np.testing.assert_array_equal(labels, copies[0])
    np.testing.assert_array_equal(scores, copies[1])


@every_metric
def test_lists_do_as_well_as_arrays(metric, drawn):
    labels, scores = drawn
    np.testing.assert_array_equal(metric(labels.tolist(), scores.tolist()), metric(labels, scores))


@every_metric
def test_scores_count_by_their_order_alone(metric, drawn):
    labels, scores = drawn
    np.testing.assert_array_equal(metric(labels, np.exp(3 * scores) - 7), metric(labels, scores))


@every_metric
def test_renamed_classes_give_the_same_values(metric, drawn):
    labels, scores = drawn
    order = np.random.default_rng(2).permutation(6)
    renamed = metric(np.argsort(order)[labels], scores[:, order])
    expected = np.asarray(metric(labels, scores))
    for axis in range(expected.ndim):
        expected = np.take(expected, order, axis=axis)
    np.testing.assert_array_equal(renamed, expected)


@every_metric
def test_perfect_predictions(metric, drawn):
    labels, _ = drawn
    found = metric(labels, np.eye(6)[labels])
    expected = np.diag(np.bincount(labels)) if np.ndim(found) == 2 else np.ones_like(found)
    np.testing.assert_array_equal(found, expected)


BAD = {
    "one dimension": ([0, 1], [0.1, 0.9], "shape"),
    "too few labels": ([0], [[0.1, 0.9], [0.2, 0.8]], "shape"),
    "labels of two dimensions": ([[0], [1]], [[0.1, 0.9], [0.2, 0.8]], "shape"),
    "one class": ([0, 0], [[0.1], [0.2]], "two classes"),
    "no images": (np.zeros(0, int), np.zeros((0, 4)), "shape"),
    "NaN": ([0, 1], [[0.1, 0.9], [np.nan, 0.8]], "finite. Received 1 values"),
    "infinity": ([0, 1], [[0.1, np.inf], [0.2, -np.inf]], "finite. Received 2 values"),
    "negative label": ([0, -1], [[0.1, 0.9], [0.2, 0.8]], "integers in 0 … 1"),
    "label too large": ([0, 2], [[0.1, 0.9], [0.2, 0.8]], "integers in 0 … 1"),
    "labels that are no integers": ([0.0, 1.0], [[0.1, 0.9], [0.2, 0.8]], "integers"),
    "names of classes": (["Cubism", "Pop"], [[0.1, 0.9], [0.2, 0.8]], "integers in 0 … 1. Received <U6. Number"),
}


@every_metric
@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, metric):
    labels, scores, message = BAD[case]
    with pytest.raises(MetricError, match=message) as caught:
        metric(labels, scores)
    rule, received, advice = str(caught.value).partition("Received")
    assert "must" in rule and received and ". " in advice


@pytest.fixture
def several():
    """Labels and scores of 40 images and six classes; the last class has no positives."""
    generator = np.random.default_rng(6)
    labels = (generator.random((40, 6)) < 0.3).astype(np.uint8)
    labels[:, -1] = 0
    return labels, generator.random((40, 6)).astype(np.float32)


@every_metric_of_several_labels
def test_several_labels_order_of_images_does_not_matter(metric, several):
    labels, scores = several
    order = np.random.default_rng(1).permutation(len(labels))
    np.testing.assert_array_equal(metric(labels[order], scores[order]), metric(labels, scores))


@every_metric_of_several_labels
def test_several_labels_inputs_stay_as_they_are(metric, several):
    copies = [array.copy() for array in several]
    for array in several:
        array.flags.writeable = False
    metric(*several)
    for array, copy in zip(several, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_metric_of_several_labels
def test_several_labels_lists_and_truth_values_do_as_well(metric, several):
    labels, scores = several
    np.testing.assert_array_equal(metric(labels.tolist(), scores.tolist()), metric(labels, scores))
    np.testing.assert_array_equal(metric(labels.astype(bool), scores), metric(labels, scores))


@every_metric_of_several_labels
def test_several_labels_scores_count_by_their_order_in_each_class_alone(metric, several):
    labels, scores = several
    np.testing.assert_array_equal(metric(labels, np.exp(3 * scores) * np.arange(1, 7) - 7), metric(labels, scores))


@every_metric_of_several_labels
def test_several_labels_renamed_classes_give_the_same_values(metric, several):
    labels, scores = several
    order = np.random.default_rng(2).permutation(6)
    expected = np.asarray(metric(labels, scores))
    expected = expected[order] if expected.ndim else expected
    np.testing.assert_allclose(metric(labels[:, order], scores[:, order]), expected, rtol=1e-12)


@every_metric_of_several_labels
def test_several_labels_perfect_predictions(metric, several):
    labels, _ = several
    found = np.atleast_1d(metric(labels, labels * 0.5))
    np.testing.assert_array_equal(found[~np.isnan(found)], 1)


BAD_SEVERAL = {
    "one dimension": ([0, 1], [0.1, 0.9], "shape"),
    "one label an image": ([0, 1], [[0.1, 0.9], [0.2, 0.8]], "shape"),
    "too few labels": ([[0, 1]], [[0.1, 0.9], [0.2, 0.8]], "shape"),
    "no images": (np.zeros((0, 4), int), np.zeros((0, 4)), "shape"),
    "NaN": ([[0, 1], [1, 0]], [[0.1, 0.9], [np.nan, 0.8]], "finite. Received 1 values"),
    "infinity": ([[0, 1], [1, 0]], [[0.1, np.inf], [0.2, -np.inf]], "finite. Received 2 values"),
    "negative label": ([[0, -1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]], "integers 0 and 1. Received int64 in -1 … 1"),
    "label above 1": ([[0, 2], [1, 0]], [[0.1, 0.9], [0.2, 0.8]], "integers 0 and 1. Received int64 in 0 … 2"),
    "labels that are no integers": ([[0.0, 1.0], [1.0, 0.0]], [[0.1, 0.9], [0.2, 0.8]], "integers"),
    "words": ([["no", "yes"]] * 2, [[0.1, 0.9], [0.2, 0.8]], "integers 0 and 1. Received <U3. Give"),
}


@every_metric_of_several_labels
@pytest.mark.parametrize("case", BAD_SEVERAL)
def test_several_labels_bad_input(case, metric):
    labels, scores, message = BAD_SEVERAL[case]
    with pytest.raises(MetricError, match=message) as caught:
        metric(labels, scores)
    rule, received, advice = str(caught.value).partition("Received")
    assert "must" in rule and received and ". " in advice
